/**
 * One run of a machine on behalf of the command line: files in, console out, limits kept, report at the end.
 *
 * The machine runs in slices with a turn of the event loop between them, so that signals, a closed pipe and
 * typed keys are noticed. Slices end at exact instruction counts and so change nothing in the guest.
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { basename } from "node:path";
import { BusConflict } from "../machine/bus.ts";
import { ImageError } from "../machine/image/image-error.ts";
import { loadMultiboot } from "../machine/image/multiboot.ts";
import { GUEST_HZ, Machine, type MachineOptions, type RunOutcome } from "../machine/machine.ts";
import { defaultPolicy } from "../mmu/shadow/policy.ts";
import { parseMemorySize } from "./args.ts";
import type { RunOptions } from "./commands/run.ts";
import {
  CommandError,
  STATUS_BROKEN_PIPE,
  STATUS_INTERRUPTED,
  STATUS_LIMIT,
  STATUS_OK,
  STATUS_TRIPLE_FAULT,
  STATUS_USAGE,
} from "./exit-status.ts";
import { type CatalogGuest, catalogGuest, guestImagePath } from "./guest-catalog.ts";
import { Keyboard } from "./keyboard.ts";
import { OutputStream } from "./output-stream.ts";
import { packageVersion } from "./package-root.ts";
import { jsonReport } from "./report/json.ts";
import { summaryReport } from "./report/summary.ts";
import { tuneV8 } from "./tune-v8.ts";

/** Instructions between two turns of the event loop: some tens of milliseconds. */
const SLICE = 2_000_000;
const DEFAULT_MEM = "64M";

/** Why the run ended, as reports name it. */
export type EndReason = RunOutcome["reason"] | "timeout" | "interrupted" | "closed";

export interface RunResult {
  readonly image: string;
  readonly machine: Machine;
  readonly reason: EndReason;
  /** Exit status of this process. */
  readonly status: number;
  /** What the guest wrote to the debug-exit port made of this; null if it did not. */
  readonly guestStatus: number | null;
  readonly hostSeconds: number;
}

export async function runCommand(name: string, options: RunOptions): Promise<number> {
  tuneV8();
  const guest = /[/.]/.test(name) ? undefined : catalogGuest(name);
  const machine = prepare(name, guest, options);
  const result = await new RunSession(name, machine, options, guest).run();
  if (result.reason === "closed") return result.status;
  const report = options.report ?? "summary";
  if (report === "json") process.stdout.write(`${JSON.stringify(jsonReport(result), null, 2)}\n`);
  if (report === "summary") process.stderr.write(summaryReport(result));
  return result.status;
}

interface PreparedMachine {
  readonly machine: Machine;
  readonly console: OutputStream;
  readonly files: readonly number[];
}

function prepare(name: string, guest: CatalogGuest | undefined, options: RunOptions): PreparedMachine {
  const path = guest === undefined ? name : guestImagePath(guest);
  const bytes = readInput(path, name);
  const console = new OutputStream(options.report === "json" ? process.stderr : process.stdout);
  const files: number[] = [];
  const ramBytes = options.mem ?? parseMemorySize(guest?.mem ?? DEFAULT_MEM);
  const { oos, oosGlobal, shadowPages = defaultPolicy.shadowPages } = options;
  const machineOptions: MachineOptions = {
    ramBytes,
    mmu: options.mmu,
    policy: { ...defaultPolicy, oos, oosGlobal, shadowPages },
    console: (byte) => console.put(byte),
    debugConsoles: options.debugcon.map(({ port, file }) => {
      if (file === null) return { port, output: (byte: number) => console.put(byte) };
      const handle = openOutput(file);
      files.push(handle);
      return { port, output: (byte: number) => void writeSync(handle, Uint8Array.of(byte)) };
    }),
  };
  try {
    const image = loadMultiboot(
      { name, bytes },
      {
        memBytes: ramBytes,
        commandLine: options.append ?? guest?.append ?? "",
        modules: modulesOf(options.initrd),
        bootLoaderName: `Umbra ${packageVersion()}`,
      },
    );
    for (const warning of image.warnings) process.stderr.write(`umbra: ${name}: ${warning}\n`);
    const machine = new Machine(machineOptions);
    machine.load(image);
    return { machine, console, files };
  } catch (error) {
    if (error instanceof ImageError || error instanceof BusConflict) {
      throw new CommandError(error.message, STATUS_USAGE);
    }
    throw error;
  }
}

function modulesOf(list: string | undefined): { name: string; bytes: Uint8Array; commandLine: string }[] {
  if (list === undefined) return [];
  return list.split(",").map((entry) => {
    // As QEMU has it: FILE, or FILE followed by arguments for the module.
    const [file] = entry.split(" ", 1);
    return { name: basename(file), bytes: readInput(file, file), commandLine: entry };
  });
}

function readInput(path: string, shown: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CommandError(`${shown}: ${fileProblem(error, "read")}`, STATUS_USAGE);
  }
}

function openOutput(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    throw new CommandError(`${path}: ${fileProblem(error, "written")}`, STATUS_USAGE);
  }
}

function fileProblem(error: unknown, verb: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return verb === "read"
        ? "there is no such file, nor a built-in guest of that name; `umbra guests` lists those."
        : "the folder it should go to does not exist.";
    case "EISDIR":
      return `it is a folder and cannot be ${verb}; name a file.`;
    case "EACCES":
      return `it may not be ${verb}; check its permissions.`;
    default:
      return `it cannot be ${verb} (${(error as Error).message}).`;
  }
}

class RunSession {
  private readonly name: string;
  private readonly machine: Machine;
  private readonly console: OutputStream;
  private readonly files: readonly number[];
  private readonly options: RunOptions;
  private readonly success: number | undefined;
  private interrupted = false;

  constructor(name: string, prepared: PreparedMachine, options: RunOptions, guest: CatalogGuest | undefined) {
    this.name = name;
    this.machine = prepared.machine;
    this.console = prepared.console;
    this.files = prepared.files;
    this.options = options;
    this.success = options.success ?? guest?.status;
  }

  async run(): Promise<RunResult> {
    const started = performance.now();
    const keyboard = this.options.ui === "console" ? new Keyboard(this.machine.board.com1) : null;
    const interrupt = () => {
      this.interrupted = true;
    };
    process.on("SIGINT", interrupt);
    process.on("SIGTERM", interrupt);
    let reason: EndReason;
    try {
      reason = await this.loop(started, keyboard);
    } finally {
      keyboard?.close();
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", interrupt);
      await this.console.flush();
      for (const file of this.files) closeSync(file);
    }
    if (this.console.closed) reason = "closed";
    return {
      image: this.name,
      machine: this.machine,
      reason,
      status: this.statusOf(reason),
      guestStatus: this.machine.exitStatus,
      hostSeconds: (performance.now() - started) / 1000,
    };
  }

  private async loop(started: number, keyboard: Keyboard | null): Promise<EndReason> {
    const { machine, options } = this;
    const limit = options.maxIcount ?? Number.POSITIVE_INFINITY;
    const deadline = started + (options.timeout ?? Number.POSITIVE_INFINITY);
    for (;;) {
      const { reason } = machine.run(Math.min(machine.icount + SLICE, limit));
      await this.console.flush();
      if (this.console.closed) return "closed";
      if (this.interrupted || keyboard?.ended) return "interrupted";
      keyboard?.offer();
      const mayWake = keyboard !== null && !keyboard.exhausted && machine.interruptible;
      if (reason === "halted" && mayWake) await keyboard.waitForKey(deadline);
      else if (reason !== "icount") return reason;
      if (machine.icount >= limit) return "icount";
      if (performance.now() >= deadline) return "timeout";
      await this.turn(started, keyboard);
    }
  }

  /** Lets the event loop run; with a person at the keyboard, also keeps guest time from running ahead. */
  private turn(started: number, keyboard: Keyboard | null): Promise<void> {
    const guest = (this.machine.icount / GUEST_HZ) * 1000;
    const ahead = keyboard === null ? 0 : guest - (performance.now() - started);
    return new Promise((resolve) => {
      if (ahead > 1) setTimeout(resolve, Math.min(ahead, 50));
      else setImmediate(resolve);
    });
  }

  private statusOf(reason: EndReason): number {
    switch (reason) {
      case "debug-exit": {
        const status = this.machine.exitStatus ?? STATUS_OK;
        return status === this.success ? STATUS_OK : status;
      }
      case "triple-fault":
        return STATUS_TRIPLE_FAULT;
      case "icount":
      case "timeout":
        return STATUS_LIMIT;
      case "interrupted":
        return STATUS_INTERRUPTED;
      case "closed":
        return STATUS_BROKEN_PIPE;
      default:
        return STATUS_OK;
    }
  }
}
