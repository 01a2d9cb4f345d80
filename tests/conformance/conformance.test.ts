/**
 * A sample of the vectors: what single instructions did on a real processor, ours does too. All of them, with what each
 * difference was: `npx tsx tests/conformance/run.ts`.
 */
import { describe, expect, it } from "vitest";
import { rows } from "../../src/cpu/opcodes.ts";
import { checkForm, type Result } from "./check.ts";
import { disassemble } from "./disassemble.ts";
import { formName, forms, groupNames, notRecorded } from "./forms.ts";
import { Replay } from "./replay.ts";
import { readVectors } from "./vectors.ts";

/** One case of so many: twenty of the forms with the fewest. */
const EVERY = 16;
const AT_LEAST = 10;
/** Differences to show of a group. */
const SHOWN = 12;

const replay = new Replay();

/** Lines about a form that is not as recorded; none if it is. */
function complaints({ form, trouble, failures, passed, cases }: Result): string[] {
  if (trouble !== "") return [`${formName(form)}: ${trouble}`];
  return failures.map(
    ({ index, from, differences }) =>
      `${formName(form)}: ${passed} of ${cases}; case ${index}: ${disassemble(from.code, from.at)}: ${differences.join("; ")}`,
  );
}

describe("against a real processor", () => {
  it.each(groupNames)("%s: every form does what it did there", (group) => {
    const file = readVectors(group);
    const results = forms
      .filter((form) => form.group === group)
      .map((form) => checkForm(replay, form, file, { every: EVERY }));
    expect(results.flatMap(complaints).slice(0, SHOWN)).toEqual([]);
    expect(results.filter(({ cases }) => cases < AT_LEAST).map(({ form }) => formName(form))).toEqual([]);
  });

  it("repetitions come to the same however they are cut up", () => {
    const file = readVectors("string");
    const repeated = forms.filter(({ row }) => row.mnemonic.startsWith("rep_"));
    const results = repeated.map((form) => checkForm(replay, form, file, { every: EVERY, slice: 1 }));
    expect(results.flatMap(complaints).slice(0, SHOWN)).toEqual([]);
  });

  it("every row of the opcode table has vectors, or a reason why not", () => {
    const covered = new Set(forms.map(({ row }) => row));
    for (const { row } of notRecorded) covered.add(row);
    expect(rows.filter((row) => !covered.has(row)).map(({ key }) => key)).toEqual([]);
    expect(forms.filter(({ cases }) => cases < 300)).toEqual([]);
  });

  it("a processor that does something else is told apart", () => {
    const form = forms.find(({ id }) => id === "01 32 reg")!;
    const file = readVectors(form.group);
    const wrong = new Replay();
    // Runs the neighbour: ADC in the place of ADD.
    const run = wrong.run.bind(wrong);
    wrong.run = (from) => {
      const code = from.code.slice();
      const opcode = code.lastIndexOf(0x01, code.length - 2);
      code[opcode] = 0x11;
      return run({ ...from, code });
    };
    const { passed, cases } = checkForm(wrong, form, file, { every: EVERY });
    expect(passed).toBeLessThan(cases);
  });
});
