/**
 * Records the vectors on this machine's processor: makes the cases of every form, has them run, writes one file for each
 * group.
 *
 *     npx tsx tests/conformance/record.ts [group...]
 *
 * Needs Linux on x86 (32-bit programs enabled) and gcc that takes -m32; no C library for it.
 */
import { release } from "node:os";
import { makeCase } from "./cases.ts";
import { type Form, forms, groupNames } from "./forms.ts";
import type { Case } from "./machine-state.ts";
import { type Answers, processorName, Silicon } from "./silicon.ts";
import { addToChecksum, encodeOutcome, type RecordedForm, writeVectors } from "./vectors.ts";

function* casesOf(own: readonly Form[]): Generator<Case> {
  for (const form of own) for (let index = 0; index < form.cases; index++) yield makeCase(form, index);
}

function record(silicon: Silicon, group: string): void {
  const own = forms.filter((form) => form.group === group);
  const answers = silicon.ask(casesOf(own));
  const recorded: RecordedForm[] = [];
  const outcomes = own.map((form) => outcomesOf(form, answers, recorded));
  if (!answers.done) throw new Error(`${group}: more answers than cases`);
  const header = { processor: processorName(), system: `Linux ${release()}`, forms: recorded };
  const size = writeVectors(group, header, outcomes);
  const cases = own.reduce((sum, form) => sum + form.cases, 0);
  console.log(`${group.padEnd(20)} ${own.length} forms, ${cases} cases, ${size} bytes`);
}

function outcomesOf(form: Form, answers: Answers, recorded: RecordedForm[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let checksum = 0;
  for (let index = 0; index < form.cases; index++) {
    const from = makeCase(form, index);
    checksum = addToChecksum(checksum, from);
    parts.push(encodeOutcome(from, answers.next()));
  }
  const bytes = Buffer.concat(parts);
  recorded.push({ id: form.id, cases: form.cases, checksum, bytes: bytes.length });
  return bytes;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((group) => !groupNames.includes(group));
if (unknown.length > 0) {
  throw new RangeError(`there is no group ${unknown.join(", ")}; there are ${groupNames.join(", ")}`);
}
const silicon = new Silicon();
try {
  for (const group of groupNames) if (wanted.length === 0 || wanted.includes(group)) record(silicon, group);
} finally {
  silicon.close();
}
