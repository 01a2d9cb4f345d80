/**
 * Asks this machine's processor and ours about many more cases than there are vectors of, and keeps nothing.
 *
 *     npx tsx tests/conformance/campaign.ts [--group NAME] [--form TEXT] [--cases N] [--from INDEX] [--first N]
 *
 * Of each form the cases INDEX (1000) to INDEX + N - 1. On a processor other than the recorded one, what the SDM leaves
 * undefined differs.
 */
import { parseArgs } from "node:util";
import { makeCase } from "./cases.ts";
import { compareCases } from "./check.ts";
import { type Form, formName, forms, groupNames } from "./forms.ts";
import type { Case } from "./machine-state.ts";
import { Replay } from "./replay.ts";
import { report } from "./report.ts";
import { processorName, Silicon } from "./silicon.ts";

const { values: options } = parseArgs({
  options: {
    group: { type: "string", default: "" },
    form: { type: "string", default: "" },
    cases: { type: "string", default: "2000" },
    from: { type: "string", default: "1000" },
    first: { type: "string", default: "1" },
  },
});
const start = Number(options.from);
const end = start + Number(options.cases);

function* casesOf(form: Form): Generator<Case> {
  for (let index = start; index < end; index++) yield makeCase(form, index);
}

console.log(`against ${processorName()}`);
const silicon = new Silicon();
const replay = new Replay();
let cases = 0;
let passed = 0;
try {
  for (const group of groupNames) {
    if (!group.startsWith(options.group)) continue;
    console.log(group);
    for (const form of forms) {
      if (form.group !== group || !formName(form).includes(options.form)) continue;
      const answers = silicon.ask(casesOf(form));
      const { result } = compareCases(replay, form, answers, [start, end], { keep: Number(options.first) });
      report(result, false);
      cases += result.cases;
      passed += result.passed;
    }
  }
} finally {
  silicon.close();
}
console.log(`${passed} of ${cases} cases agree`);
process.exitCode = passed === cases ? 0 : 1;
