/**
 * The `umbra` command. Each subcommand is declared in its own file; nothing is loaded that it does not need.
 */
import { Command, CommanderError } from "commander";
import { declareCheck } from "./commands/check.ts";
import { declareCompare } from "./commands/compare.ts";
import { declareExec } from "./commands/exec.ts";
import { declareGuests } from "./commands/guests.ts";
import { declareRun } from "./commands/run.ts";
import { STATUS_USAGE } from "./exit-status.ts";
import { explainFailure } from "./explain-failure.ts";
import { packageVersion } from "./package-root.ts";
import { finishStandardOutput, watchStandardOutput } from "./standard-output.ts";

const program = new Command("umbra")
  .description("A 32-bit x86 PC emulator whose MMU is KVM's shadow-paging MMU, in the open.")
  .version(packageVersion(), "--version", "print the version")
  .helpOption("-h, --help", "print this help")
  .helpCommand(false)
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "umbra: ")) })
  .showHelpAfterError("`umbra --help` lists the commands; options come after the command.")
  .exitOverride();

declareRun(program);
declareCompare(program);
declareCheck(program);
declareExec(program);
declareGuests(program);

async function runCommandLine(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    // Commander has printed its sentence already.
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : STATUS_USAGE;
  }
  await finishStandardOutput();
}

watchStandardOutput();
try {
  await runCommandLine();
} catch (error) {
  const { text, status } = explainFailure(error);
  process.stderr.write(text);
  process.exitCode = status;
}
