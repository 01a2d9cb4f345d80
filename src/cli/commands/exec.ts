/** `umbra exec IMAGE QUESTION...`: run to a point, answer questions about the machine, end. */
import type { Command } from "commander";
import { monitorHelp } from "../../debug/monitor.ts";
import { parseCount } from "../args.ts";
import { declareKnobs, declarePolicy, policyList } from "../policy-options.ts";
import { declareMachine, type RunOptions } from "./run.ts";

export interface ExecOptions extends RunOptions {
  /** icount at which the questions are asked; the end of the run if absent. */
  readonly until?: number;
}

export function declareExec(program: Command): void {
  const command = program
    .command("exec")
    .description("run an image to a point, then answer questions about the machine")
    .argument("<image>", "file, or name of a built-in guest")
    .argument("<ask...>", "questions, each in quotes, such as 'info oos'");
  declareMachine(command).option(
    "--until <n>",
    "ask when exactly this many instructions have run (default: at the end)",
    parseCount,
  );
  declarePolicy(command);
  declareKnobs(command);
  command
    .helpOption("-h, --help", "print this help")
    .showHelpAfterError("`umbra exec --help` lists what there is.")
    .addHelpText(
      "after",
      `
Questions:
${monitorHelp.map((line) => `  ${line}`).join("\n")}

Policies:
${policyList()}

The answers are on stdout, the guest's console on stderr. Exit status: 0 when
all was answered, 2 for an unusable option, image or question.`,
    )
    .action(async (image: string, questions: readonly string[], options: ExecOptions) => {
      const { execCommand } = await import("../exec-session.ts");
      process.exitCode = await execCommand(image, questions, options);
    });
}
