/** `umbra run IMAGE`: boot it, show its console, report how it went. */
import { type Command, Option } from "commander";
import {
  type DebugConsoleOption,
  parseCount,
  parseDebugConsole,
  parseDuration,
  parseMemorySize,
  parseShadowPages,
  parseStatus,
  parseSwitch,
} from "../args.ts";

export interface RunOptions {
  readonly append?: string;
  readonly initrd?: string;
  readonly mem?: number;
  readonly mmu: "bare" | "shadow";
  readonly oos?: boolean;
  readonly oosGlobal?: boolean;
  readonly shadowPages?: number;
  readonly ui?: "none" | "console";
  readonly report?: "summary" | "json" | "none";
  readonly debugcon?: readonly DebugConsoleOption[];
  readonly success?: number;
  readonly maxIcount?: number;
  readonly timeout?: number;
}

export function declareRun(program: Command): void {
  program
    .command("run")
    .description("boot an image: a multiboot kernel, or a built-in guest by name")
    .argument("<image>", "file, or name of a built-in guest (see `umbra guests`); ./kmap is a file")
    .option("--append <text>", "kernel command line")
    .option("--initrd <files>", "multiboot modules, separated by commas")
    .option("--mem <size>", "guest RAM, 1M to 2G (default 64M)", parseMemorySize)
    .addOption(
      new Option("--mmu <kind>", "shadow: KVM's shadow MMU; bare: the guest's own page tables")
        .choices(["shadow", "bare"])
        .default("shadow"),
    )
    .option("--oos <on|off>", "let level-1 page tables go out of sync (default on)", parseSwitch)
    .option(
      "--oos-global <on|off>",
      "keep all-global ones out of sync over CR3 loads (default on)",
      parseSwitch,
    )
    .option(
      "--shadow-pages <n>",
      "size of the shadow page pool, at least 64 (default 2 % of RAM)",
      parseShadowPages,
    )
    .addOption(
      new Option(
        "--ui <kind>",
        "none: console on stdout; console: and the keyboard to the guest, ^] ends",
      ).choices(["none", "console"]),
    )
    .addOption(
      new Option("--report <kind>", "what to print at the end (default summary, on stderr)").choices([
        "summary",
        "json",
        "none",
      ]),
    )
    .option(
      "--debugcon <port[=file]>",
      "a debug console at a port, more than once if wanted",
      parseDebugConsole,
    )
    .option("--success <status>", "exit with 0 if the guest ends with this debug-exit status", parseStatus)
    .option("--max-icount <n>", "stop after this many instructions", parseCount)
    .option("--timeout <time>", "stop after this much host time, such as 30s", parseDuration)
    .helpOption("-h, --help", "print this help")
    .showHelpAfterError("`umbra run --help` lists what there is.")
    .addHelpText(
      "after",
      `
Exit status: what the guest wrote to the debug-exit port (0xf4), as
(value << 1) | 1, or
  0    the guest halted for good, or ended with the --success status
  1    something went wrong on our side
  2    unusable option or image
  3    triple fault
  124  --timeout or --max-icount reached
  130  ended with Ctrl-C, or with ^] in --ui console (SIGTERM 143, SIGHUP 129)
  141  the reader of our output went away

stdout has the guest's console, stderr the summary. With --report json the
report is on stdout and the console on stderr.`,
    )
    .action(async (image: string, options: RunOptions) => {
      const { runCommand } = await import("../run-session.ts");
      process.exitCode = await runCommand(image, options);
    });
}
