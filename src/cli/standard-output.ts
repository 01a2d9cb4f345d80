/**
 * Standard output and standard error of this process, and what becomes of us when one of them fails.
 *
 * Nobody to write to on standard error is no reason to stop. Standard output is what the user asked for: without it
 * the run ends, quietly if its reader went away (`| head -1`), else with a sentence.
 */
import { CommandError, STATUS_BROKEN_PIPE, STATUS_HOST_ERROR } from "./exit-status.ts";

let failure: NodeJS.ErrnoException | null = null;

/** To be called once, before anything is written. */
export function watchStandardOutput(): void {
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error) => {
    failure ??= error;
  });
}

export function standardOutputFailed(): boolean {
  return failure !== null;
}

/** Waits until all of standard output is written. Throws if it could not be. */
export async function finishStandardOutput(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.stdout.write("", () => resolve());
  });
  // A stream tells its writers first, and emits "error" after that.
  await new Promise(setImmediate);
  if (failure === null) return;
  if (failure.code === "EPIPE") throw new CommandError("", STATUS_BROKEN_PIPE);
  throw new CommandError(`standard output cannot be written (${failure.message}).`, STATUS_HOST_ERROR);
}
