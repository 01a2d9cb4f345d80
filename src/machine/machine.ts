/**
 * A PC: processor, memory, MMU, board. The only place where the parts meet, and the loop that keeps them in step:
 * the processor runs exactly to the next device deadline, the clock fires what is due, and so on.
 */
import { hex } from "../common/hex.ts";
import { Cpu, RUN_BREAK, RUN_HALTED, RUN_SHUTDOWN } from "../cpu/cpu.ts";
import { EFLAGS_IF } from "../cpu/eflags.ts";
import { type CpuModelName, cpuModel, DEFAULT_CPU } from "../cpu/models.ts";
import { apicPage, isApicOn } from "../cpu/msrs.ts";
import { CR2, EFLAGS, EIP } from "../cpu/state.ts";
import { vectorName } from "../cpu/vectors.ts";
import type { DriveSpec } from "../devices/ata/channel.ts";
import type { FloppySpec } from "../devices/floppy/fdc82077.ts";
import { BareMmu } from "../mmu/bare.ts";
import { GuestMemory, TABLE_GFNS } from "../mmu/guest-memory.ts";
import type { LinearMemory } from "../mmu/linear-memory.ts";
import type { Mmu } from "../mmu/mmu.ts";
import { defaultShadowPages, type Policy } from "../mmu/shadow/policy.ts";
import { ShadowMmu } from "../mmu/shadow/shadow-mmu.ts";
import { GUEST_ERROR } from "../trace/events.ts";
import { GUEST_MISTAKE } from "../trace/reasons.ts";
import type { Tap } from "../trace/tap.ts";
import { Board, type BoardWires } from "./board.ts";
import { Dma } from "./dma.ts";
import { answerBios, type BootOrder } from "./firmware/bios.ts";
import { describeBoard, offerKernel } from "./firmware/configuration.ts";
import { setUpBoard } from "./firmware/setup.ts";
import type { BootImage } from "./image/boot-image.ts";
import { HIGH_RAM_START, LOW_RAM_END } from "./image/memory-map.ts";
import { allocateLinearMemory } from "./layout.ts";
import { startAt } from "./start.ts";
import { type SlotOwner, UPPER_MEMORY, UpperMemory } from "./upper-memory.ts";
import { NO_VIRTIO, type VirtioOptions } from "./virtio-cards.ts";

/** Instructions per guest second: one instruction takes ten nanoseconds of guest time. */
export const GUEST_HZ = 100_000_000;

/** 2008-12-01 00:00 UTC, the month of the patch: a date of its own would make each run another one. */
export const DEFAULT_DATE = 1_228_089_600;

const NO_DRIVES = [null, null, null, null];
const NO_FLOPPIES = [null, null];

export interface MachineOptions {
  /** What CPUID announces; DEFAULT_CPU if absent. */
  readonly cpu?: CpuModelName;
  /** Guest RAM, a multiple of 4 KiB from 1 MiB to 2 GiB. */
  readonly ramBytes: number;
  readonly mmu: "bare" | "shadow";
  /** Other threads may read the memory while the machine runs. */
  readonly shared?: boolean;
  /** Knobs of the shadow MMU; without meaning for `bare`. */
  readonly policy: Policy;
  /** A byte that the guest sent to its first serial port. */
  readonly console: (byte: number) => void;
  /** Further debug consoles: a port each. Port 0xe9 is there by default and goes to `console`. */
  readonly debugConsoles?: BoardWires["debugConsoles"];
  readonly postCode?: (value: number) => void;
  /** The date at power-on, in seconds since 1970; DEFAULT_DATE if absent. */
  readonly date?: number;
  /** Primary master and slave, secondary master and slave; none if absent. */
  readonly drives?: readonly (DriveSpec | null)[];
  /** Floppy drives A and B; none if absent. */
  readonly floppies?: readonly (FloppySpec | null)[];
  readonly virtio?: VirtioOptions;
  /** What COM2 to COM4 send. */
  readonly serialOutputs?: BoardWires["serialOutputs"];
  /** The device by which test kernels move interrupt lines. */
  readonly testdev?: boolean;
  /** A reset that the guest asks for ends the run. */
  readonly noReboot?: boolean;
}

/** Why a run ended. */
export type ExitReason =
  | "debug-exit"
  | "power-off"
  | "reset"
  | "halted"
  | "triple-fault"
  | "icount"
  | "stopped"
  | "break";

/** What a device asked the machine to do after the instruction that runs. */
type Request = "none" | "reset-processor" | "reset-system" | "power-off";

export interface RunOutcome {
  readonly reason: ExitReason;
}

/** Room for the quota of the policy, or for the one that KVM would choose. */
function poolPages({ policy, ramBytes }: MachineOptions): number {
  return policy.shadowPages > 0 ? policy.shadowPages : defaultShadowPages(ramBytes);
}

export class Machine {
  readonly options: MachineOptions;
  readonly linear: LinearMemory;
  readonly memory: GuestMemory;
  readonly mmu: Mmu;
  /** The hypervisor, if there is one. */
  readonly shadow: ShadowMmu | null;
  readonly upperMemory: UpperMemory;
  private readonly slotOwner: SlotOwner;
  readonly board: Board;
  readonly cpu: Cpu;
  private readonly hasApic: boolean;
  /** Guest mistakes seen so far: accesses that nothing answers, reserved registers, bad commands. */
  guestErrors: number;
  /** Time that passed while the processor was halted, in icount. */
  private idle: number;
  /** Process status that the guest asked for through the debug-exit port, once it did. */
  exitStatus: number | null;
  private stopping: boolean;
  private request: Request;
  /** What a reset starts again; null for a machine that starts from its ROM. */
  private image: BootImage | null;
  private tap: Tap | null;

  constructor(options: MachineOptions) {
    this.options = options;
    this.guestErrors = 0;
    this.idle = 0;
    this.exitStatus = null;
    this.stopping = false;
    this.request = "none";
    this.image = null;
    this.tap = null;
    const model = cpuModel(options.cpu ?? DEFAULT_CPU);
    this.hasApic = model.features.has("apic");
    this.linear = allocateLinearMemory({
      ramBytes: options.ramBytes,
      shadowPages: options.mmu === "shadow" ? poolPages(options) : 0,
      shared: options.shared ?? false,
    });
    this.memory = new GuestMemory(this.linear);
    this.addRam(options.ramBytes);
    this.shadow = options.mmu === "shadow" ? new ShadowMmu(this.memory, options.policy) : null;
    this.mmu = this.shadow ?? new BareMmu(this.memory);
    this.slotOwner = this.shadow ?? this.memory;
    const ramPfn = (this.linear.layout.ram + UPPER_MEMORY) / 4096;
    this.upperMemory = new UpperMemory(this.memory, this.slotOwner, ramPfn, () => this.memoryChanged());
    this.board = new Board({
      hz: GUEST_HZ,
      interrupt: (level) => this.cpu.setInterruptLine(level),
      nmi: () => this.cpu.signalNmi(),
      resetProcessor: () => this.ask("reset-processor"),
      resetSystem: () => this.ask("reset-system"),
      powerOff: () => this.ask("power-off"),
      ramBytes: options.ramBytes,
      shadow: (base, bytes, readable, writable) => this.upperMemory.shadow(base, bytes, readable, writable),
      date: options.date ?? DEFAULT_DATE,
      memory: new Dma(this.memory),
      drives: options.drives ?? NO_DRIVES,
      floppies: options.floppies ?? NO_FLOPPIES,
      virtio: options.virtio ?? NO_VIRTIO,
      hasApic: this.hasApic,
      testdev: options.testdev === true ? { flush: () => this.memoryChanged() } : null,
      a20: (open) => this.setA20(open),
      ignoreNumericError: (asserted) => {
        this.cpu.ignoreNumericError = asserted;
      },
      console: options.console,
      serialOutputs: options.serialOutputs ?? [],
      debugConsoles: options.debugConsoles ?? [],
      postCode: options.postCode ?? (() => {}),
      exit: (status) => {
        this.exitStatus = status;
        this.cpu.stop();
      },
      guestError: (device, register, detail) => {
        this.guestErrors++;
        if (this.tap === null) return;
        const text = this.tap.texts.numberOf(`${device}, ${register}: ${detail}`);
        this.tap.emit(GUEST_ERROR, GUEST_MISTAKE, text);
      },
    });
    this.board.bus.mapMmio(UPPER_MEMORY, HIGH_RAM_START - UPPER_MEMORY, this.upperMemory);
    this.cpu = new Cpu(this.memory, this.mmu, this.board.bus, model);
    this.cpu.fpuError = (level) => this.board.numericError.setFerr(level);
    this.cpu.acknowledge = () => this.board.apic.acknowledge();
    this.cpu.apicBaseChanged = () => this.followApicBase();
    this.followApicBase();
    describeBoard(this.board.fwCfg, options.ramBytes, this.hasApic);
    this.cpu.beforeDevice = () => this.board.clock.advance(this.cpu.icount);
  }

  /** Starts to report events, stamped with where the guest is, or stops with null. */
  attachTap(tap: Tap | null): void {
    const { cpu } = this;
    if (tap !== null) tap.context = { icount: () => cpu.icount, eip: () => cpu.eip };
    this.tap = tap;
    if (this.shadow !== null) this.shadow.attachTap(tap);
  }

  /** Guest time in instructions, halted time included. */
  get icount(): number {
    return this.cpu.icount;
  }

  /** The guest would take an interrupt now. */
  get interruptible(): boolean {
    return (this.cpu.r[EFLAGS] & EFLAGS_IF) !== 0;
  }

  /** Instructions retired. */
  get instructions(): number {
    return this.cpu.icount - this.idle;
  }

  /** Why the processor shut down, in words; null if it did not. */
  get faultChain(): string | null {
    const { r, shutdown, shutdownFaults } = this.cpu;
    if (!shutdown) return null;
    const chain = shutdownFaults.map(vectorName).join(", then ");
    return `${chain}, at eip ${hex(r[EIP] >>> 0)}, cr2 ${hex(r[CR2] >>> 0)}`;
  }

  /** Copies an image into RAM and puts the processor at its entry, as its loader leaves it. A reset does so again. */
  load(image: BootImage): void {
    this.image = image;
    offerKernel(this.board.fwCfg, image.parts);
    this.start(image);
  }

  private start(image: BootImage): void {
    const [signature, , , features] = this.cpu.cpuid.leaf(1);
    const firmware = setUpBoard(this.board, {
      ramBytes: this.options.ramBytes,
      signature,
      features,
      hasApic: this.hasApic,
    });
    for (const { gpa, bytes } of [...firmware, ...image.segments]) this.memory.writeBytes(gpa, bytes);
    startAt(this.cpu, image);
  }

  /** Runs until the guest ends, `stop` is called, or `icount` is exactly `until`. */
  run(until = Number.POSITIVE_INFINITY): RunOutcome {
    const { cpu, board } = this;
    const { clock } = board;
    for (;;) {
      if (this.stopping) {
        this.stopping = false;
        return { reason: "stopped" };
      }
      if (cpu.icount >= until) return { reason: "icount" };
      const result = cpu.run(Math.min(clock.nextDeadline, until));
      clock.advance(cpu.icount);
      if (this.exitStatus !== null) return { reason: "debug-exit" };
      if (this.request !== "none") {
        const end = this.fulfil();
        if (end !== null) return { reason: end };
        continue;
      }
      if (result === RUN_SHUTDOWN) return { reason: "triple-fault" };
      if (this.stopping) continue;
      // A debugger's business; it is told apart from `stopped` because it leaves no trace.
      if (result === RUN_BREAK) return { reason: "break" };
      if (result === RUN_HALTED && !this.skipToDeadline(until)) return { reason: "halted" };
    }
  }

  private ask(request: Request): void {
    this.request = request;
    this.cpu.stop();
  }

  /** Does what a device asked for; why the run ends, if it does. */
  private fulfil(): ExitReason | null {
    const { request } = this;
    this.request = "none";
    if (request === "power-off") return "power-off";
    if (this.options.noReboot === true) return "reset";
    // Firmware tells a reset of the processor alone by what it finds; a kernel that was loaded has none.
    if (request === "reset-processor" && this.image === null) {
      this.cpu.reset();
      this.board.apic.init();
    } else this.reset();
    return null;
  }

  /** IA32_APIC_BASE is the processor's, and the page that it places is the board's. */
  private followApicBase(): void {
    const { r } = this.cpu;
    this.board.apic.setPage(this.hasApic && isApicOn(r) ? apicPage(r) : null);
  }

  /** The whole board, as its reset button does. RAM keeps what it has, but for what is loaded again. */
  reset(): void {
    for (const device of this.board.devices) device.reset();
    this.upperMemory.reset();
    this.cpu.reset();
    if (this.image !== null) this.start(this.image);
  }

  /** Makes `run` return after the instruction that runs now, or the next one at once if none does. */
  stop(): void {
    this.stopping = true;
    this.cpu.stop();
  }

  /** A halted processor sleeps to the next deadline. False if nothing can wake it any more. */
  private skipToDeadline(until: number): boolean {
    const { cpu, board } = this;
    if (!this.interruptible || !board.mayWake) return false;
    const next = Math.min(board.clock.nextDeadline, until);
    if (next > cpu.icount) {
      this.idle += next - cpu.icount;
      cpu.skipTo(next);
    }
    board.clock.advance(cpu.icount);
    return true;
  }

  /** RAM below the video window and above 1 MiB. What lies between answers on the bus, or not at all. */
  private addRam(bytes: number): void {
    const page = (gpa: number) => gpa / 4096;
    const basePfn = page(this.linear.layout.ram);
    const low = Math.min(bytes, LOW_RAM_END);
    this.memory.addSlot({ id: 0, baseGfn: 0, npages: page(low), basePfn });
    if (bytes <= HIGH_RAM_START) return;
    this.memory.addSlot({
      id: 1,
      baseGfn: page(HIGH_RAM_START),
      npages: page(bytes - HIGH_RAM_START),
      basePfn: basePfn + page(HIGH_RAM_START),
    });
  }

  /**
   * Puts a ROM below 4 GiB, where the processor starts, and its last 128 KiB below 1 MiB. `bytes` are 64, 128 or 256 KiB.
   * Datasheet: Intel 82441FX (PMC), "System memory address decode".
   */
  loadRom(bytes: Uint8Array): void {
    const npages = bytes.length / 4096;
    const { rom } = this.linear.layout;
    this.linear.u8.set(bytes, rom);
    const basePfn = rom / 4096;
    this.slotOwner.addSlot({ id: 2, baseGfn: TABLE_GFNS - npages, npages, basePfn, readOnly: true });
    this.upperMemory.setRom(basePfn, bytes.length);
  }

  /** A BIOS that boots from the drives. */
  loadBios(bios: Uint8Array, videoBios: Uint8Array | null, bootOrder: BootOrder): void {
    answerBios(this.board, { ramBytes: this.options.ramBytes, videoBios, bootOrder });
    this.loadRom(bios);
  }

  private setA20(open: boolean): void {
    this.memory.setA20(open);
    this.board.bus.a20 = open;
    this.memoryChanged();
  }

  /** Other memory shows at some addresses. */
  private memoryChanged(): void {
    this.mmu.memoryChanged();
    this.cpu.endBlock();
  }
}
