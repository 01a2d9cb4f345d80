/** `umbra run IMAGE`: boot it, show its console, report how it went. */
import { type Command, Option } from "commander";
import { CPU_MODELS, type CpuModelName, DEFAULT_CPU } from "../../cpu/models.ts";
import type { FlatPlace } from "../../machine/image/flat-binary.ts";
import {
  type DebugConsoleOption,
  parseAuditInterval,
  parseBootOrder,
  parseCount,
  parseDate,
  parseDebugConsole,
  parseDuration,
  parseFps,
  parseMemorySize,
  parsePlace,
  parseStatus,
} from "../args.ts";
import { bootMedium } from "../boot-medium.ts";
import { type DriveOptions, hasDrives } from "../drives.ts";
import { CommandError, STATUS_USAGE } from "../exit-status.ts";
import { declareKnobs, declarePolicy, type PolicyOptions, policyList } from "../policy-options.ts";

export interface RunOptions extends PolicyOptions, DriveOptions {
  readonly cpu?: CpuModelName;
  /** A ROM to start from. */
  readonly bios?: string;
  /** Which kinds of drive the BIOS tries, in that order. */
  readonly boot?: string;
  readonly append?: string;
  readonly initrd?: string;
  /** The image is a flat binary for this address. */
  readonly at?: FlatPlace;
  readonly mem?: number;
  /** Seconds since 1970. */
  readonly date?: number;
  /** False: a reset that the guest asks for ends the run. */
  readonly reboot?: boolean;
  readonly ui?: "dashboard" | "plain" | "console" | "none";
  readonly color?: "auto" | "always" | "never";
  /** Draw with ASCII characters only. */
  readonly ascii?: boolean;
  /** Start with the machine stopped, as QEMU's -S does. */
  readonly paused?: boolean;
  /** Frames a second of the dashboard. */
  readonly fps?: number;
  readonly report?: "summary" | "json" | "none";
  readonly debugcon?: readonly DebugConsoleOption[];
  /** Files, or - for the console. */
  readonly com2?: string;
  readonly com3?: string;
  readonly com4?: string;
  readonly testdev?: boolean;
  readonly success?: number;
  readonly maxIcount?: number;
  readonly timeout?: number;
  /** Check the invariants at each guest entry that is a multiple of this; true for every entry. */
  readonly audit?: number | true;
  /** Instructions of a round of the dirty log; true for one round. */
  readonly dirtyLog?: number | true;
  /** A file, its suffix .ndjson, .json or .txt; "-" for standard output. */
  readonly trace?: string;
  readonly events?: string;
  readonly filter?: string;
}

/** Options about the guest and its machine, which every command that runs an image has. */
export function declareMachine(command: Command): Command {
  return command
    .option("--append <text>", "kernel command line")
    .option("--initrd <files>", "initial RAM disk of Linux, or multiboot modules, separated by commas")
    .option(
      "--at <address>",
      "the image is a flat binary: load it there (hexadecimal) and start it, in real mode below 1 MiB",
      parsePlace,
    )
    .addOption(
      new Option(
        "--cpu <model>",
        `what CPUID announces, and so what there is (default ${DEFAULT_CPU})`,
      ).choices(CPU_MODELS.map(({ name }) => name)),
    )
    .option("--mem <size>", "guest RAM, 1M to 2G (default 64M)", parseMemorySize)
    .option(
      "--date <when>",
      "what the guest's clock says at first: now, or such as 2008-12-01T12:30:00, in UTC (default 2008-12-01)",
      parseDate,
    )
    .option(
      "--bios <file>",
      "a ROM of 64, 128 or 256 KiB, started by a reset; disk images find SeaBIOS by themselves",
    )
    .option("--hda <file>", "the first disk: a raw image (--hdb, --hdc, --hdd likewise)")
    .addOption(new Option("--hdb <file>", "").hideHelp())
    .addOption(new Option("--hdc <file>", "").hideHelp())
    .addOption(new Option("--hdd <file>", "").hideHelp())
    .option("--cdrom <file>", "what is in the CD-ROM drive: an ISO image")
    .option("--fda <file>", "the diskette in drive A: a raw image (--fdb likewise)")
    .addOption(new Option("--fdb <file>", "").hideHelp())
    .option(
      "--virtio-disk <file>",
      "a disk on a virtio card, more than once if wanted",
      (file: string, earlier: readonly string[] = []) => [...earlier, file],
    )
    .option("--virtio-console", "a virtio console (hvc0), which prints where COM1 does")
    .option("--virtio-rng", "a virtio source of entropy, the same numbers in every run")
    .option("--writable", "disks are changed; otherwise what the guest writes is kept in memory")
    .option(
      "--boot <order>",
      "which drives the BIOS tries: a floppy, c disk, d CD-ROM (default acd)",
      parseBootOrder,
    )
    .option("--no-reboot", "a reset that the guest asks for ends the run")
    .option(
      "--debugcon <port[=file]>",
      "a debug console at a port, more than once if wanted",
      parseDebugConsole,
    )
    .option("--com2 <file>", "where COM2 sends, - for the console (--com3, --com4 likewise; default nowhere)")
    .addOption(new Option("--com3 <file>", "").hideHelp())
    .addOption(new Option("--com4 <file>", "").hideHelp())
    .option("--testdev", "the device of test kernels: registers, memory, interrupt lines at ports e0, 2000")
    .option("--max-icount <n>", "stop after this many instructions", parseCount)
    .option("--timeout <time>", "stop after this much host time, such as 30s", parseDuration);
}

/** The name of the image; "" for what is in the drives, or for a ROM alone. */
function whatToRun(image: string | undefined, options: RunOptions): string {
  const { bios } = options;
  if (image === "") throw new CommandError("the name of the image is empty.", STATUS_USAGE);
  if (image === undefined && bios === undefined && !hasDrives(options)) {
    throw new CommandError(
      "there is nothing to run; name an image, a built-in guest, a drive with --hda, --fda or --cdrom, or a ROM with --bios.",
      STATUS_USAGE,
    );
  }
  if (options.at !== undefined && (image === undefined || bios !== undefined)) {
    throw new CommandError(
      "--at is where an image is loaded that is started without a BIOS; name that image, and no ROM.",
      STATUS_USAGE,
    );
  }
  if (image !== undefined && bios !== undefined && bootMedium(image) === null) {
    throw new CommandError(
      `--bios ${bios} boots from drives and cannot load ${image}, which is no image of one; give one of them.`,
      STATUS_USAGE,
    );
  }
  return image ?? "";
}

const processorList = (): string =>
  CPU_MODELS.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`).join("\n");

export function declareRun(program: Command): void {
  const command = program
    .command("run")
    .description(
      "boot an image: a multiboot or Linux kernel, a disk, a diskette or CD-ROM, a built-in guest by name, a ROM",
    )
    .argument("[image]", "file, or name of a built-in guest (see `umbra guests`); ./kmap is a file");
  declareMachine(command)
    .option("--success <status>", "exit with 0 if the guest ends with this debug-exit status", parseStatus)
    .addOption(
      new Option(
        "--ui <kind>",
        "dashboard (default on a terminal); plain: the same as lines of text; console: the guest's, ^] ends; none: console on stdout",
      ).choices(["dashboard", "plain", "console", "none"]),
    )
    .option("--paused", "dashboard and plain: start with the machine stopped")
    .option("--fps <n>", "dashboard: frames a second, 1 to 15 (default 10)", parseFps)
    .option("--ascii", "draw with ASCII characters (default where the locale is not UTF-8)")
    .addOption(
      new Option("--color <when>", "colours on the dashboard; NO_COLOR is heeded").choices([
        "auto",
        "always",
        "never",
      ]),
    )
    .addOption(
      new Option(
        "--report <kind>",
        "what to print at the end (default summary, on stderr); json: without a dashboard, also on a terminal",
      ).choices(["summary", "json", "none"]),
    )
    .helpOption("-h, --help", "print this help");
  declarePolicy(command);
  declareKnobs(command);
  command
    .optionsGroup("What happens inside:")
    .option(
      "--audit [n]",
      "check all invariants of the shadow MMU before every guest entry, or every nth: --audit=64",
      parseAuditInterval,
    )
    .option(
      "--dirty-log [n]",
      "log the frames that the guest stores to, in rounds of that many instructions",
      parseCount,
    )
    .option("--trace <file>", "write what the MMU does and why: .ndjson, .json (Perfetto), .txt; - is stdout")
    .option("--events <names>", "which events: mmu, exit, guest, kvm_mmu_*, separated by commas")
    .option("--filter <words>", "which of those: 'gfn=10c reason=lookup icount>4812000 -flush'")
    .showHelpAfterError("`umbra run --help` lists what there is.")
    .addHelpText(
      "after",
      `
Policies:
${policyList()}

Processors:
${processorList()}

Exit status: what the guest wrote to the debug-exit port (0xf4), as
(value << 1) | 1, or
  0    the guest switched itself off, halted for good, asked for a reset under
       --no-reboot, or ended with the --success status
  1    something went wrong on our side
  2    unusable option or image
  3    triple fault
  4    --audit found an invariant broken
  124  --timeout or --max-icount reached
  130  ended with Ctrl-C, or with ^] in --ui console (SIGTERM 143, SIGHUP 129)
  141  the reader of our output went away

stdout has the guest's console, stderr the summary. With --report json the
report is on stdout, with --trace - the trace, and the console on stderr; both
are run without a dashboard unless --ui asks for one.`,
    )
    .action(async (image: string | undefined, options: RunOptions) => {
      const { startRun } = await import("../start-run.ts");
      process.exitCode = await startRun(whatToRun(image, options), options);
    });
}
