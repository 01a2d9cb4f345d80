/** `umbra exec IMAGE COMMAND...`: run to a point, carry out commands of the monitor, end. */
import type { Command } from "commander";
import { monitorHelp } from "../../debug/monitor.ts";
import { declareKnobs, declarePolicy, policyList } from "../policy-options.ts";
import { declareMachine, type RunOptions } from "./run.ts";

export interface ExecOptions extends RunOptions {
  /** Where the commands begin: an icount, or words of an event filter; the end of the run if absent. */
  readonly until?: string;
}

export function declareExec(program: Command): void {
  const command = program
    .command("exec")
    .description("run an image to a point, then carry out commands: questions, steps, watchpoints")
    .argument("<image>", "file, or name of a built-in guest")
    .argument("<command...>", "in this order, each in quotes, such as 'info oos'");
  declareMachine(command).option(
    "--until <point>",
    "begin when exactly that many instructions have run, or at an event: reason=cr3_load (default: at the end)",
  );
  declarePolicy(command);
  declareKnobs(command);
  command
    .helpOption("-h, --help", "print this help")
    .showHelpAfterError("`umbra exec --help` lists what there is.")
    .addHelpText(
      "after",
      `
Commands:
${monitorHelp.map((line) => `  ${line}`).join("\n")}

And about the dashboard's pictures:
  screen N             a screen as text, by number or name
  filter WORDS         only events that pass are on the screens after it

An ADDRESS is a sum such as 0xc0101000, $eip+16 or $esp - 8; eight digits,
such as c0101000, are hexadecimal as they are, and so are GFN and SP. Words may
be shortened: i oos, x/5i $eip, b, c, s, n.

Policies:
${policyList()}

The answers are on stdout, the guest's console on stderr. A command that runs
the machine runs it to its end, and prints why it stopped. Exit status:
  0    all was carried out
  2    an unusable option, image or command
  124  --timeout or --max-icount came before --until, or ended a command
  130  ended with Ctrl-C (SIGTERM 143, SIGHUP 129)`,
    )
    .action(async (image: string, commands: readonly string[], options: ExecOptions) => {
      const { execCommand } = await import("../exec-session.ts");
      process.exitCode = await execCommand(image, commands, options);
    });
}
