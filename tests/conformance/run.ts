/**
 * Replays every vector and prints a table by instruction form. Exit status 1 if anything differs.
 *
 *     npx tsx tests/conformance/run.ts [--group NAME] [--form TEXT] [--first N] [--all]
 *
 *     --group NAME   only vector files whose name begins so
 *     --form TEXT    only forms whose name contains this
 *     --first N      show N differences of a form, not one
 *     --all          list forms that pass, too
 */
import { parseArgs } from "node:util";
import { checkForm } from "./check.ts";
import { type Form, formName, forms, groupNames, notRecorded } from "./forms.ts";
import { Replay } from "./replay.ts";
import { report } from "./report.ts";
import { UNDEFINED, type Undefined } from "./undefined.ts";
import { readVectors } from "./vectors.ts";

const { values: options } = parseArgs({
  options: {
    group: { type: "string", default: "" },
    form: { type: "string", default: "" },
    first: { type: "string", default: "1" },
    all: { type: "boolean", default: false },
  },
});

const replay = new Replay();
const totals = { forms: 0, failing: 0, cases: 0, passed: 0 };
const forgiven = new Map<Undefined, number>();
const started = Date.now();
for (const group of groupNames) {
  if (!group.startsWith(options.group)) continue;
  const selected = (form: Form): boolean => form.group === group && formName(form).includes(options.form);
  const own = forms.filter(selected);
  if (own.length === 0) continue;
  const file = readVectors(group);
  console.log(
    `${group}: ${own.length} forms, ${file === null ? "not recorded" : `recorded on ${file.header.processor}`}`,
  );
  for (const form of own) {
    const result = checkForm(replay, form, file, { keep: Number(options.first) });
    totals.forms++;
    totals.cases += result.cases;
    totals.passed += result.passed;
    for (const [rule, times] of result.forgiven) forgiven.set(rule, (forgiven.get(rule) ?? 0) + times);
    if (!report(result, options.all)) totals.failing++;
  }
}

console.log("\nCases that pass because their difference is allowed (undefined.ts):");
for (const rule of UNDEFINED) console.log(`  ${String(forgiven.get(rule) ?? 0).padStart(6)}  ${rule.why}`);
console.log("\nRows of the opcode table without vectors:");
const reasons = new Set(notRecorded.map(({ why }) => why));
for (const why of reasons) {
  const rows = notRecorded.filter((entry) => entry.why === why).map(({ row }) => row);
  const names = [...new Set(rows.map(({ mnemonic, operands }) => `${mnemonic} ${operands}`.trim()))].filter(
    Boolean,
  );
  console.log(`  ${String(rows.length).padStart(3)}  ${why}: ${names.join("; ")}`);
}
const seconds = ((Date.now() - started) / 1000).toFixed(1);
console.log(
  `\n${totals.forms} forms, ${totals.failing} with differences; ${totals.passed} of ${totals.cases} cases as recorded; ` +
    `${notRecorded.length} rows without vectors; ${seconds} s`,
);
process.exitCode = totals.failing === 0 ? 0 : 1;
