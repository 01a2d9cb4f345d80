/**
 * Whoever can boot a benchmark guest. Each boot is a new process, so that no row leaves its traces in the next
 * one's inline caches, and a peer that dies takes only its own row along.
 */
import { fork } from "node:child_process";
import type { Round } from "../markers.ts";
import { imagePath, type Row } from "../rows.ts";

export const RAM_MIB = 64;

export interface Peer {
  /** Key in result files and head of its column. */
  readonly name: string;
  /** One sentence for the log: versions and settings. */
  readonly about: string;
  /** Its rounds' instruction counts are exact, an iteration of a string instruction counting as one. */
  readonly countsExactly: boolean;
  /** Boots the row's image and returns its first rounds. Rejects with an Error for people to read. */
  boot(row: Row, rounds: number): Promise<readonly Round[]>;
}

/** A peer that is not there. The message is for people. */
export class PeerMissing extends Error {}

export interface ChildJob {
  readonly image: string;
  readonly rounds: number;
  readonly ramMib: number;
  /** For the child's own use. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
}

/** Runs `script` as a child with `job` as its argument; the child sends its rounds and ends. */
export function bootInChild(
  script: URL,
  row: Row,
  rounds: number,
  settings: ChildJob["settings"],
  { timeoutMs = 180_000, nodeArguments = [] as readonly string[] } = {},
): Promise<readonly Round[]> {
  const job: ChildJob = { image: imagePath(row.name), rounds, ramMib: RAM_MIB, settings };
  const child = fork(script, [JSON.stringify(job)], {
    execArgv: [...process.execArgv, ...nodeArguments],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  return new Promise((resolve, reject) => {
    let result: readonly Round[] | null = null;
    let errors = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    child.stderr?.on("data", (text: Buffer) => {
      errors = (errors + text.toString()).slice(-2000);
    });
    child.on("message", (message) => {
      result = message as readonly Round[];
    });
    child.on("error", reject);
    child.on("close", (status) => {
      clearTimeout(timer);
      if (result !== null) resolve(result);
      else if (late) reject(new Error(`no result after ${timeoutMs / 1000} s`));
      else reject(new Error(lastError(errors) ?? `the process ended with status ${status} and no result`));
    });
  });
}

/** The line of a stack trace that says what happened. */
function lastError(text: string): string | null {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? null;
}

/** For a child: its job, and how it answers. */
export const childJob = (): ChildJob => JSON.parse(process.argv[2]) as ChildJob;

export function sendRounds(rounds: readonly Round[]): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(rounds, () => resolve());
  });
}
