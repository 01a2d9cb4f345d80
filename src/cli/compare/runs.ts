/** Runs one image under several policies, each in a thread of its own, and finds where two runs first differ. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { firstDifference } from "../../inspect/machine-digest.ts";
import type { RunOptions } from "../commands/run.ts";
import { CommandError } from "../exit-status.ts";
import type { PolicyChoice } from "../policy-options.ts";
import type { StopRequest } from "../stop-request.ts";
import type { Finished, FromWorker, Job, RunDifference } from "./job.ts";

/** One policy of a comparison. */
export interface Contestant {
  readonly name: string;
  readonly choice: PolicyChoice;
}

export interface Run extends Contestant {
  readonly result: Finished;
  /** The thread, which still has the machine. */
  readonly worker: Worker;
}

/**
 * Runs all, at most as many at once as there are processors; null if that was stopped. Throws what a worker refused
 * or died of.
 */
export async function runAll(
  image: string,
  options: RunOptions,
  contestants: readonly Contestant[],
  stop: StopRequest,
  progress: (finished: number) => void,
): Promise<Run[] | null> {
  const runs: Run[] = [];
  const waiting = [...contestants.entries()];
  const workers: Worker[] = [];
  const thread = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, contestant] = next;
      const job: Job = { image, options, choice: contestant.choice };
      const worker = startWorker(job, index > 0);
      workers.push(worker);
      runs[index] = { ...contestant, result: await finished(worker), worker };
      progress(runs.filter((run) => run !== undefined).length);
    }
  };
  const endAll = () => Promise.all(workers.map((worker) => worker.terminate()));
  const threads = Math.min(availableParallelism(), contestants.length);
  const all = Promise.all(Array.from({ length: threads }, thread)).then(() => {});
  try {
    await stop.wait(all);
  } catch (error) {
    waiting.length = 0;
    await endAll();
    throw error;
  }
  if (stop.reason === null) return runs;
  waiting.length = 0;
  all.catch(() => {});
  await endAll();
  return null;
}

/** @param mute all runs have the same warnings: one prints them */
function startWorker(job: Job, mute: boolean): Worker {
  return new Worker(new URL("./compare-worker.js", import.meta.url), {
    workerData: job,
    stdout: true,
    stderr: mute,
  });
}

function answer(worker: Worker): Promise<FromWorker> {
  return new Promise((resolve, reject) => {
    const done = (act: () => void): void => {
      worker.off("message", onMessage);
      worker.off("error", onError);
      worker.off("exit", onExit);
      act();
    };
    const onMessage = (message: FromWorker): void => done(() => resolve(message));
    const onError = (error: unknown): void => done(() => reject(error));
    const onExit = (code: number): void =>
      done(() => reject(new Error(`a run's thread ended with status ${code} before it had a result`)));
    worker.on("message", onMessage);
    worker.on("error", onError);
    worker.on("exit", onExit);
  });
}

async function finished(worker: Worker): Promise<Finished> {
  const message = await answer(worker);
  if (message.kind === "refused") throw new CommandError(message.message, message.status);
  if (message.kind !== "finished") throw new Error("a run's thread answered out of turn");
  return message;
}

async function page(worker: Worker, frame: number): Promise<Uint8Array> {
  const message = answer(worker);
  worker.postMessage(frame);
  const reply = await message;
  if (reply.kind !== "page") throw new Error("a run's thread answered out of turn");
  return reply.bytes;
}

/** A difference in words, between the first run and the first that is not like it; null if all are equal. */
export async function findDifference(runs: readonly Run[]): Promise<string | null> {
  const [reference, ...others] = runs;
  for (const other of others) {
    const difference = differenceOf(reference.result, other.result);
    if (difference !== null) return describe(reference, other, difference);
  }
  return null;
}

export function differenceOf(one: Finished, other: Finished): RunDifference | null {
  const facts: [string, (run: Finished) => string][] = [
    ["the run ends with", ({ reason, status }) => `${reason}, status ${status}`],
    ["instructions", ({ instructions }) => String(instructions)],
    ["guest time in instructions", ({ icount }) => String(icount)],
    ["console bytes", (run) => String(run.console.length)],
    ["first console byte that differs", (run) => consoleByte(run.console, one.console, other.console)],
  ];
  for (const [what, of] of facts) {
    const values = [of(one), of(other)] as const;
    if (values[0] !== values[1]) return { kind: "run", what, values };
  }
  const found = firstDifference(one.digest, other.digest);
  if (found !== null || one.stateHash === other.stateHash) return found;
  return { kind: "run", what: "hash of registers and memory", values: [one.stateHash, other.stateHash] };
}

function consoleByte(own: Uint8Array, one: Uint8Array, other: Uint8Array): string {
  const at = one.findIndex((byte, i) => byte !== other[i]);
  return at < 0 ? "none" : `0x${own[at].toString(16)} at ${at}`;
}

const hex = (value: number, digits = 1): string => `0x${value.toString(16).padStart(digits, "0")}`;

async function describe(one: Run, other: Run, difference: RunDifference): Promise<string> {
  if (difference.kind === "run") {
    const [left, right] = difference.values;
    return `${difference.what}: ${left} under ${one.name}, ${right} under ${other.name}`;
  }
  if (difference.kind === "register") {
    const [left, right] = difference.values;
    return `register ${difference.name}: ${hex(left, 8)} under ${one.name}, ${hex(right, 8)} under ${other.name}`;
  }
  const { frame } = difference;
  const [left, right] = await Promise.all([page(one.worker, frame), page(other.worker, frame)]);
  const at = left.findIndex((byte, i) => byte !== right[i]);
  return (
    `page gfn ${hex(frame)}, byte ${hex(at, 3)}: ` +
    `${hex(left[at], 2)} under ${one.name}, ${hex(right[at], 2)} under ${other.name}`
  );
}
