/**
 * The `umbra` command. Each subcommand is declared in its own file; nothing is loaded that it does not need.
 */
import { Command, CommanderError } from "commander";
import { declareGuests } from "./commands/guests.ts";
import { declareRun } from "./commands/run.ts";
import { CommandError, STATUS_HOST_ERROR, STATUS_USAGE } from "./exit-status.ts";
import { packageVersion } from "./package-root.ts";

const program = new Command("umbra")
  .description("A 32-bit x86 PC emulator whose MMU is KVM's shadow-paging MMU, in the open.")
  .version(packageVersion(), "--version", "print the version")
  .helpOption("--help", "print this help")
  .helpCommand(false)
  .showHelpAfterError("Run with --help to see what there is.")
  .exitOverride();

declareRun(program);
declareGuests(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its sentence already.
    process.exitCode = error.exitCode === 0 ? 0 : STATUS_USAGE;
  } else if (error instanceof CommandError) {
    process.stderr.write(`umbra: ${error.message}\n`);
    process.exitCode = error.status;
  } else {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`umbra: this is a defect of umbra, please report it.\n${detail}\n`);
    process.exitCode = STATUS_HOST_ERROR;
  }
}
