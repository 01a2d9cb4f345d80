/** `umbra run` with the face that fits: each is loaded only when it is wanted. */
import type { RunOptions } from "./commands/run.ts";
import { chooseUi } from "./dashboard/terminal-abilities.ts";
import { CommandError, STATUS_USAGE } from "./exit-status.ts";

export async function startRun(image: string, options: RunOptions): Promise<number> {
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const ui = chooseUi(options, process.env, terminal);
  if (ui === "dashboard") {
    checkTerminal(options, terminal);
    const { runDashboard } = await import("./dashboard/run-dashboard.ts");
    return runDashboard(image, options);
  }
  if (ui === "plain") {
    const { runPlain } = await import("./dashboard/run-plain.ts");
    return runPlain(image, options);
  }
  if (options.paused === true) {
    throw new CommandError(
      "--paused needs --ui dashboard or plain: nobody else could start it.",
      STATUS_USAGE,
    );
  }
  const { runCommand } = await import("./run-session.ts");
  return runCommand(image, { ...options, ui });
}

function checkTerminal({ trace }: RunOptions, terminal: boolean): void {
  if (!terminal) {
    throw new CommandError(
      "--ui dashboard needs a terminal on standard input and output; --ui plain or none does not.",
      STATUS_USAGE,
    );
  }
  if (trace === "-") {
    throw new CommandError(
      "--trace - and the dashboard both want standard output; name a file.",
      STATUS_USAGE,
    );
  }
}
