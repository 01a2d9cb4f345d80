/** What `run.ts` and `campaign.ts` print. */
import type { Failure, Result } from "./check.ts";
import { describeBefore } from "./compare.ts";
import { disassemble } from "./disassemble.ts";
import { type Form, formName } from "./forms.ts";

function print(form: Form, { index, from, differences }: Failure): void {
  console.log(`    case ${index}: ${disassemble(from.code, from.at)}`);
  for (const line of describeBefore(from, form)) console.log(`      ${line}`);
  for (const line of differences) console.log(`      ${line}`);
}

/** Prints a form that differs, or any if `all`; true if it agrees. */
export function report(result: Result, all: boolean): boolean {
  const { form, cases, passed, words, failures, trouble } = result;
  const good = trouble === "" && passed === cases;
  if (good && !all) return true;
  const verdict = trouble === "" ? `${passed}/${cases}` : trouble;
  console.log(`  ${good ? "ok  " : "FAIL"} ${formName(form).padEnd(44)} ${verdict}`);
  if (words.size > 0)
    console.log(`    differing: ${[...words].map(([word, times]) => `${word} ${times}`).join(", ")}`);
  for (const failure of failures) print(form, failure);
  return good;
}
