/** From a command line to a machine with its image loaded: files in, wires for the console out. */
import { basename } from "node:path";
import type { Writable } from "node:stream";
import { DEFAULT_CPU } from "../cpu/models.ts";
import { Debugger } from "../debug/debugger.ts";
import { BusConflict } from "../machine/bus.ts";
import { RSDP_GPA, rootPointer } from "../machine/firmware/acpi-tables.ts";
import { DEFAULT_BOOT_ORDER } from "../machine/firmware/bios.ts";
import type { BootImage, ImageFile } from "../machine/image/boot-image.ts";
import { loadFlatBinary } from "../machine/image/flat-binary.ts";
import { ImageError } from "../machine/image/image-error.ts";
import { loadKernel } from "../machine/image/kernel.ts";
import type { BootModule } from "../machine/image/multiboot-kernel.ts";
import { DEFAULT_DATE, Machine, type MachineOptions } from "../machine/machine.ts";
import type { Texts } from "../trace/describe.ts";
import { Tap } from "../trace/tap.ts";
import { parseMemorySize } from "./args.ts";
import { AuditRun, auditInterval } from "./audit-run.ts";
import { type BootMedium, bootMedium } from "./boot-medium.ts";
import type { RunOptions } from "./commands/run.ts";
import { DirtyLog, dirtyLogInterval } from "./dirty-log.ts";
import { hasDrives, openDrives } from "./drives.ts";
import { CommandError, STATUS_HOST_ERROR, STATUS_USAGE } from "./exit-status.ts";
import { OutputFile, readInput } from "./files.ts";
import { firmwareFiles } from "./firmware-files.ts";
import { type CatalogGuest, guestImagePath } from "./guest-catalog.ts";
import { OutputStream } from "./output-stream.ts";
import { packageVersion } from "./package-root.ts";
import { savePicture } from "./picture-file.ts";
import { choosePolicy, type PolicyChoice } from "./policy-options.ts";
import { TraceFile, traceRequest } from "./trace-file.ts";

const DEFAULT_MEM = "64M";
const NO_IMAGE = "there is no such file, nor a built-in guest of that name; `umbra guests` lists those.";
const NO_INITRD = "there is no such file; --initrd takes the initial RAM disk of the kernel.";
const NO_MODULE = "there is no such file; --initrd takes FILE or 'FILE ARGUMENTS', separated by commas.";

/** A file that is flushed now and then, and closed at the end. */
export interface HostFile {
  flush(): void;
  close(): void;
}

export interface PreparedRun {
  readonly machine: Machine;
  /** Who controls the machine, if that was asked for. */
  readonly debugger: Debugger | null;
  readonly trace: TraceFile | null;
  readonly audit: AuditRun | null;
  readonly dirtyLog: DirtyLog | null;
  /** The texts of events. */
  readonly texts: Texts;
  /** The debug-exit status that means success; null if neither the user nor the catalog says. */
  readonly success: number | null;
  readonly console: OutputStream;
  /** Files that the run has open: of debug consoles, of drives. */
  readonly files: readonly HostFile[];
}

export interface PrepareSettings {
  /** Which MMU, if a command decides that otherwise than by the options. */
  readonly choice?: PolicyChoice;
  /** Where the console goes, if not to one of ours. */
  readonly stream?: Writable;
  /** The machine is to be controlled; with `input` someone may type to it. */
  readonly control?: { readonly input: boolean };
  /** Another thread reads the machine's memory. */
  readonly shared?: boolean;
}

export function prepare(
  name: string,
  guest: CatalogGuest | undefined,
  options: RunOptions,
  settings: PrepareSettings = {},
): PreparedRun {
  const { choice = choosePolicy(options), stream = consoleStream(options), control, shared } = settings;
  if (name === "" && options.bios === undefined && !hasDrives(options)) {
    throw new CommandError("the name of the image is empty.", STATUS_USAGE);
  }
  const ramBytes = options.mem ?? parseMemorySize(guest?.mem ?? DEFAULT_MEM);
  const medium = guest === undefined && options.at === undefined ? bootMedium(name) : null;
  const throughBios = medium !== null || options.bios !== undefined || name === "";
  const start = throughBios ? biosStart(name, options) : imageStart(name, guest, options, ramBytes);
  const drives = openDrives(withMedium(name, medium, options));
  const console = new OutputStream(stream);
  const { wires, files } = sideOutputs(options, console);
  const request = traceRequest(options);
  const interval = auditInterval(options, choice);
  const round = dirtyLogInterval(options, choice);
  const machine = buildMachine({
    ramBytes,
    cpu: options.cpu ?? DEFAULT_CPU,
    drives: drives.specs,
    floppies: drives.floppies,
    virtio: drives.virtio,
    date: options.date ?? DEFAULT_DATE,
    noReboot: options.reboot === false,
    ...choice,
    shared: shared ?? false,
    console: (byte) => console.put(byte),
    debugConsoles: wires.debugConsoles,
    serialOutputs: wires.serialOutputs,
    testdev: options.testdev === true,
  });
  for (const file of files) file.open();
  const trace = request === null ? null : new TraceFile(request);
  const { shadow } = machine;
  const audit = interval === null || shadow === null ? null : new AuditRun(machine, shadow, interval);
  const { target, texts } = listen(machine, trace, audit, control);
  const success = options.success ?? guest?.status ?? null;
  if (target !== null) {
    target.success = success;
    target.savePicture = savePicture;
  }
  start(machine);
  const dirtyLog = round === null || shadow === null ? null : new DirtyLog(machine, shadow, round);
  const closers = drives.files.map((file) => ({ flush: () => {}, close: () => file.close() }));
  return {
    machine,
    debugger: target,
    success,
    console,
    files: [...files, ...closers],
    trace,
    audit,
    dirtyLog,
    texts,
  };
}

/** Puts what is to run into a machine. */
type Start = (machine: Machine) => void;

function imageStart(
  name: string,
  guest: CatalogGuest | undefined,
  options: RunOptions,
  ramBytes: number,
): Start {
  const bytes = readInput(guest === undefined ? name : guestImagePath(guest), name, NO_IMAGE);
  const { at } = options;
  if (at !== undefined) return starter(orSentence(() => loadFlatBinary({ name, bytes }, at, ramBytes)));
  const commandLine = options.append ?? guest?.append ?? "";
  const image = orSentence(() =>
    loadKernel(
      { name, bytes },
      {
        memBytes: ramBytes,
        commandLine,
        modules: () => modulesOf(options.initrd),
        initrd: () => initrdOf(options.initrd),
        rsdp: { gpa: RSDP_GPA, bytes: rootPointer() },
        bootLoaderName: `Umbra ${packageVersion()}`,
      },
    ),
  );
  return starter(image);
}

function starter(image: BootImage): Start {
  return (machine) => {
    for (const warning of image.warnings) process.stderr.write(`umbra: ${warning}.\n`);
    machine.load(image);
  };
}

/** `name` is the image of a drive, the ROM itself, or "" for drives that options name. */
function biosStart(name: string, { bios, boot }: RunOptions): Start {
  const files = firmwareFiles(bios, name === "" ? "A drive" : name);
  return (machine) => machine.loadBios(files.bios, files.videoBios, boot ?? DEFAULT_BOOT_ORDER);
}

const PLUGS = { disk: "hda", floppy: "fda", cdrom: "cdrom" } as const;

/** Puts the image that was named like a kernel into the drive that it is for, and lets that one boot first. */
function withMedium(name: string, medium: BootMedium | null, options: RunOptions): RunOptions {
  if (medium === null) return options;
  const plug = PLUGS[medium];
  if (options[plug] !== undefined) {
    throw new CommandError(
      `${name} is for the plug that --${plug} has taken; give one of them.`,
      STATUS_USAGE,
    );
  }
  return { ...options, [plug]: name };
}

function consoleStream(options: RunOptions): Writable {
  const documentOnStdout = options.report === "json" || options.trace === "-";
  return documentOnStdout ? process.stderr : process.stdout;
}

/** Gives the machine a tap if someone wants to hear it: a debugger, which keeps the ring itself, a trace, an audit. */
function listen(
  machine: Machine,
  trace: TraceFile | null,
  audit: AuditRun | null,
  control: PrepareSettings["control"],
): { target: Debugger | null; texts: Texts } {
  const gauges = machine.shadow?.stats ?? null;
  if (control !== undefined) {
    const target = new Debugger(machine, trace, control.input);
    trace?.start(target.tap.texts, gauges, null);
    return { target, texts: target.tap.texts };
  }
  const sink = trace ?? audit?.ring;
  if (sink === undefined) return { target: null, texts: null };
  const tap = new Tap(sink);
  trace?.start(tap.texts, gauges, audit?.ring ?? null);
  machine.attachTap(tap);
  return { target: null, texts: tap.texts };
}

/** One file, for Linux: its name may have spaces and commas. */
function initrdOf(file: string | undefined): ImageFile | null {
  return file === undefined ? null : { name: basename(file), bytes: readInput(file, file, NO_INITRD) };
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

/** Where debug consoles and COM2 to COM4 send. */
function sideOutputs({ debugcon = [], com2, com3, com4 }: RunOptions, console: OutputStream) {
  const files: OutputFile[] = [];
  const outputTo = (file: string | null) => {
    const sink = file === null ? console : new OutputFile(file);
    if (sink instanceof OutputFile) files.push(sink);
    return (byte: number) => sink.put(byte);
  };
  const wires = {
    debugConsoles: debugcon.map(({ port, file }) => ({ port, output: outputTo(file) })),
    serialOutputs: [com2, com3, com4].map((file) =>
      file === undefined ? null : outputTo(file === "-" ? null : file),
    ),
  };
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
