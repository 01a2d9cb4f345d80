/** One run for `umbra exec`: to a point, then the answers. */
import { monitor } from "../debug/monitor.ts";
import { MonitorError } from "../debug/monitor-error.ts";
import type { ExecOptions } from "./commands/exec.ts";
import { CommandError, STATUS_OK, STATUS_USAGE } from "./exit-status.ts";
import { catalogGuest } from "./guest-catalog.ts";
import { choosePolicy } from "./policy-options.ts";
import { prepare } from "./prepare.ts";
import { RunSession } from "./run-session.ts";
import { tuneV8 } from "./tune-v8.ts";

export async function execCommand(
  image: string,
  questions: readonly string[],
  { until, ...options }: ExecOptions,
): Promise<number> {
  tuneV8();
  const guest = catalogGuest(image);
  const limit = Math.min(until ?? Number.POSITIVE_INFINITY, options.maxIcount ?? Number.POSITIVE_INFINITY);
  const bounded = Number.isFinite(limit) ? { ...options, maxIcount: limit } : options;
  const prepared = prepare(image, guest, bounded, choosePolicy(options), process.stderr);
  const { machine } = prepared;
  const { reason, status } = await new RunSession(image, prepared, bounded, guest).run();
  if (reason === "interrupted") return status;
  if (until !== undefined && machine.icount < until) {
    process.stderr.write(
      `umbra: the guest ended at instruction ${machine.icount}, before --until ${until}.\n`,
    );
  }
  for (const question of questions) {
    const lines = answer(() => monitor(machine, question));
    const title = questions.length > 1 ? [`(${question})`] : [];
    process.stdout.write(`${[...title, ...lines].join("\n")}\n`);
  }
  return STATUS_OK;
}

function answer(ask: () => string[]): string[] {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof MonitorError)) throw error;
    throw new CommandError(`${error.message}.`, STATUS_USAGE);
  }
}
