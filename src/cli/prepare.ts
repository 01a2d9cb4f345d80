/** From a command line to a machine with its image loaded: files in, wires for the console out. */
import { basename } from "node:path";
import { BusConflict } from "../machine/bus.ts";
import { ImageError } from "../machine/image/image-error.ts";
import { type BootModule, loadMultiboot } from "../machine/image/multiboot.ts";
import { Machine, type MachineOptions } from "../machine/machine.ts";
import { defaultPolicy } from "../mmu/shadow/policy.ts";
import { parseMemorySize } from "./args.ts";
import type { RunOptions } from "./commands/run.ts";
import { CommandError, STATUS_HOST_ERROR, STATUS_USAGE } from "./exit-status.ts";
import { OutputFile, readInput } from "./files.ts";
import { type CatalogGuest, guestImagePath } from "./guest-catalog.ts";
import { OutputStream } from "./output-stream.ts";
import { packageVersion } from "./package-root.ts";

const DEFAULT_MEM = "64M";
const NO_IMAGE = "there is no such file, nor a built-in guest of that name; `umbra guests` lists those.";
const NO_MODULE = "there is no such file; --initrd takes FILE or 'FILE ARGUMENTS', separated by commas.";

export interface PreparedRun {
  readonly machine: Machine;
  readonly console: OutputStream;
  /** Files of debug consoles, open. */
  readonly files: readonly OutputFile[];
}

export function prepare(name: string, guest: CatalogGuest | undefined, options: RunOptions): PreparedRun {
  if (name === "") throw new CommandError("the name of the image is empty.", STATUS_USAGE);
  const bytes = readInput(guest === undefined ? name : guestImagePath(guest), name, NO_IMAGE);
  const ramBytes = options.mem ?? parseMemorySize(guest?.mem ?? DEFAULT_MEM);
  const image = orSentence(() =>
    loadMultiboot(
      { name, bytes },
      {
        memBytes: ramBytes,
        commandLine: options.append ?? guest?.append ?? "",
        modules: modulesOf(options.initrd),
        bootLoaderName: `Umbra ${packageVersion()}`,
      },
    ),
  );
  const console = new OutputStream(options.report === "json" ? process.stderr : process.stdout);
  const { wires, files } = debugConsoles(options, console);
  const { oos, oosGlobal, shadowPages } = { ...defaultPolicy, ...options };
  const machine = buildMachine({
    ramBytes,
    mmu: options.mmu,
    policy: { ...defaultPolicy, oos, oosGlobal, shadowPages },
    console: (byte) => console.put(byte),
    debugConsoles: wires,
  });
  for (const file of files) file.open();
  for (const warning of image.warnings) process.stderr.write(`umbra: ${warning}.\n`);
  machine.load(image);
  return { machine, console, files };
}

function modulesOf(list: string | undefined): BootModule[] {
  if (list === undefined) return [];
  return list.split(",").map((entry) => {
    // As QEMU has it: FILE, or FILE followed by arguments for the module.
    const [file] = entry.split(" ", 1);
    if (file === "") {
      throw new CommandError(`--initrd '${list}' has an empty name in its list of files.`, STATUS_USAGE);
    }
    return { name: basename(file), bytes: readInput(file, file, NO_MODULE), commandLine: entry };
  });
}

function debugConsoles({ debugcon = [] }: RunOptions, console: OutputStream) {
  const files: OutputFile[] = [];
  const wires = debugcon.map(({ port, file }) => {
    const sink = file === null ? console : new OutputFile(file);
    if (sink instanceof OutputFile) files.push(sink);
    return { port, output: (byte: number) => sink.put(byte) };
  });
  return { wires, files };
}

function buildMachine(options: MachineOptions): Machine {
  try {
    return orSentence(() => new Machine(options));
  } catch (error) {
    // What WebAssembly.Memory throws when there is no room.
    if (!(error instanceof RangeError)) throw error;
    const size = `${options.ramBytes / 2 ** 20} MiB`;
    throw new CommandError(
      `this computer has no room for a guest with ${size} of RAM; give it less with --mem.`,
      STATUS_HOST_ERROR,
    );
  }
}

/** Mistakes in what the user gave become sentences; they have names for that. */
function orSentence<T>(build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (error instanceof ImageError || error instanceof BusConflict) {
      throw new CommandError(error.message, STATUS_USAGE);
    }
    throw error;
  }
}
