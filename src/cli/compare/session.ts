/** `umbra compare`: runs, equality first, then the table or the document, then the assertions. */
import { grouped } from "../../common/grouped.ts";
import { estimatedCost, type PriceChanges, prices } from "../../inspect/cost-model.ts";
import type { CompareOptions } from "../commands/compare.ts";
import { keepComparison } from "../dashboard/last-comparison.ts";
import {
  CommandError,
  STATUS_ASSERTION,
  STATUS_LIMIT,
  STATUS_OK,
  STATUS_SIGNAL,
  STATUS_USAGE,
  STATUS_VIOLATION,
} from "../exit-status.ts";
import { policyNamed } from "../policy-options.ts";
import { StopRequest } from "../stop-request.ts";
import { tuneV8 } from "../tune-v8.ts";
import { type Assertion, type AssertionResult, AssertionSyntaxError, parseAssertion } from "./assertion.ts";
import { numberNames, numberOf, rows } from "./rows.ts";
import { type Contestant, findDifference, type Run, runAll } from "./runs.ts";
import { comparisonText } from "./table.ts";

export async function compareCommand(image: string, options: CompareOptions): Promise<number> {
  tuneV8();
  const contestants = contestantsOf(options);
  const changes = priceChanges(options.cost ?? []);
  const names = contestants.map(({ name }) => name);
  const assertions = (options.assert ?? []).map((text) => assertionOf(text, names));
  refuseSharedFiles(options);
  const { policy: _policies, report: _report, ...machineOptions } = options;
  const stop = new StopRequest(undefined);
  let runs: Run[] | null;
  try {
    runs = await runAll(image, machineOptions, contestants, stop, (finished) =>
      showProgress(finished, names.length),
    );
  } finally {
    stop.close();
    showProgress(-1, names.length);
  }
  if (runs === null) return STATUS_SIGNAL + stop.signal;
  try {
    refuseTimeouts(runs);
    const difference = await findDifference(runs);
    const results = assertions.map(({ evaluate }) =>
      evaluate((policy, counter) => numberOf(runNamed(runs, policy), counter, changes)),
    );
    if (options.console === true) process.stderr.write(runs[0].result.console);
    if (options.report === "json") {
      const document = jsonComparison(image, runs, difference, results, changes);
      process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    } else {
      const table = comparisonText(runs, difference, changes);
      keepComparison(`umbra compare ${image}\n\n${table}`);
      process.stdout.write(table + assertionText(results));
    }
    if (difference !== null) return STATUS_VIOLATION;
    return results.every(({ holds }) => holds) ? STATUS_OK : STATUS_ASSERTION;
  } finally {
    await Promise.all(runs.map(({ worker }) => worker.terminate()));
  }
}

function contestantsOf(options: CompareOptions): Contestant[] {
  const names = options.policy;
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new CommandError(`--policy names ${twice} twice.`, STATUS_USAGE);
  if (names.length < 2) {
    throw new CommandError(
      "--policy has one name; a comparison needs two, such as oos,oos+global.",
      STATUS_USAGE,
    );
  }
  const { policy: _names, ...knobs } = options;
  return names.map((name) => ({ name, choice: policyNamed(name, knobs) }));
}

/** Host time stops runs wherever they are: what differs then says nothing about policies. */
function refuseTimeouts(runs: readonly Run[]): void {
  const late = runs.find(({ result }) => result.reason === "timeout");
  if (late === undefined) return;
  throw new CommandError(
    `--timeout stopped ${late.name} after ${grouped(late.result.instructions)} instructions, so states cannot be ` +
      "compared; give it more time, or stop all runs at the same place with --max-icount.",
    STATUS_LIMIT,
  );
}

/** Runs side by side would write over each other. */
function refuseSharedFiles(options: CompareOptions): void {
  const { debugcon = [], writable } = options;
  const written = [
    ...debugcon.flatMap(({ port, file }) =>
      file === null ? [] : [`--debugcon 0x${port.toString(16)}=${file}`],
    ),
    ...(["com2", "com3", "com4"] as const).flatMap((port) => {
      const file = options[port];
      return file === undefined || file === "-" ? [] : [`--${port} ${file}`];
    }),
  ].map((option) => `${option}: all runs would write that file`);
  if (writable === true) written.push("--writable: all runs would write the same disks");
  if (written.length === 0) return;
  throw new CommandError(`${written[0]}; leave it out, or use umbra run.`, STATUS_USAGE);
}

function priceChanges(given: readonly (readonly [key: string, cycles: number])[]): PriceChanges {
  for (const [key] of given) {
    if (prices.some((price) => price.key === key)) continue;
    const known = prices.map((price) => price.key).join(", ");
    throw new CommandError(`--cost ${key}: there is no such price; there are ${known}.`, STATUS_USAGE);
  }
  return Object.fromEntries(given);
}

function assertionOf(text: string, names: readonly string[]): Assertion {
  try {
    return parseAssertion(text, names, numberNames);
  } catch (error) {
    if (!(error instanceof AssertionSyntaxError)) throw error;
    throw new CommandError(`--assert ${error.message}`, STATUS_USAGE);
  }
}

function runNamed(runs: readonly Run[], name: string): Run {
  const run = runs.find((one) => one.name === name);
  if (run === undefined) throw new Error(`no run of ${name}`);
  return run;
}

/** One line that is written over, for a person who waits; -1 takes it away. */
function showProgress(finished: number, total: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(finished < 0 ? "\r\x1b[K" : `\r${finished} of ${total} runs finished`);
}

const shown = (value: number): string => String(Number(value.toPrecision(12)));

function assertionText(results: readonly AssertionResult[]): string {
  if (results.length === 0) return "";
  const lines = results.map(
    ({ text, left, right, holds }) =>
      `${holds ? "holds" : "FALSE"}  ${text}   (${shown(left)}, ${shown(right)})`,
  );
  return `\n${lines.join("\n")}\n`;
}

function jsonComparison(
  image: string,
  runs: readonly Run[],
  difference: string | null,
  assertions: readonly AssertionResult[],
  changes: PriceChanges,
): object {
  return {
    image,
    equal: difference === null,
    firstDifference: difference,
    runs: runs.map((run) => ({
      policy: run.name,
      mmu: run.choice.mmu,
      knobs: run.choice.mmu === "bare" ? null : run.choice.policy,
      exit: { reason: run.result.reason, status: run.result.status },
      instructions: run.result.instructions,
      stateHash: run.result.stateHash,
      consoleBytes: run.result.console.length,
      hostSeconds: Number(run.result.hostSeconds.toFixed(3)),
      counters: run.result.stats,
      rows: Object.fromEntries(rows.map(({ name }) => [name, numberOf(run, name, changes)])),
      estimatedCycles: run.result.stats === null ? null : estimatedCost(run.result.stats, changes),
    })),
    assertions,
  };
}
