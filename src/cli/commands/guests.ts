/** `umbra guests`: what can be run by name, and what each shows. */
import type { Command } from "commander";
import { catalog } from "../guest-catalog.ts";

export function declareGuests(program: Command): void {
  program
    .command("guests")
    .description("list the built-in guests and what each one shows")
    .helpOption("-h, --help", "print this help")
    .showHelpAfterError("`umbra guests` takes no arguments.")
    .action(() => {
      const guests = catalog();
      const width = Math.max(...guests.map(({ name }) => name.length));
      for (const { name, summary } of guests) process.stdout.write(`${name.padEnd(width)}  ${summary}\n`);
    });
}
