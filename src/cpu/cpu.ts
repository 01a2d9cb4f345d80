/**
 * The processor: runs blocks of decoded instructions until an exact instruction count, takes interrupts and
 * faults between them. All architectural state is in the state block (`state.ts`); what this class adds can be
 * recomputed from it.
 */
import type { GuestMemory } from "../mmu/guest-memory.ts";
import { EXIT_EXTERNAL_INTERRUPT, EXIT_INTERRUPT_WINDOW, type Mmu, PFERR_USER } from "../mmu/mmu.ts";
import { TLB_CHECKED, TLB_CURRENT, TLB_SUPERVISOR, TLB_USER, type Tlb } from "../mmu/tlb.ts";
import { type Block, BlockCache } from "./block-cache.ts";
import { followingBlock, JUMP_SLOTS, jumpTarget, lookupBlock } from "./block-finder.ts";
import { Breakpoints } from "./breakpoints.ts";
import { Cpuid, cr4Allowed } from "./cpuid.ts";
import { anyBreakpoint, anyDataBreakpoint, executionHits, portHits } from "./debug-registers.ts";
import { runInsns } from "./dispatch.ts";
import { EFLAGS_AC, EFLAGS_IF, EFLAGS_RF, EFLAGS_TF, EFLAGS_VM } from "./eflags.ts";
import { FROZEN, GuestFault, raise, releaseFault } from "./exceptions.ts";
import { deliverFault, deliverInterrupt } from "./interrupts.ts";
import { MODE_CODE32, MODE_FLAT, MODE_PROTECTED, MODE_STACK32, MODE_USER, MODE_V86 } from "./mode.ts";
import { type CpuModel, cpuModel, DEFAULT_CPU } from "./models.ts";
import { rows } from "./opcodes.ts";
import { NOT_PAUSED, Pause } from "./pause.ts";
import { resetState } from "./power-on.ts";
import { ATTR_DB, isFlat } from "./segmentation.ts";
import { PreparedStore } from "./slow-access.ts";
import {
  CPL,
  CR0,
  CR0_AM,
  CR0_PE,
  CR4,
  CR4_SMAP,
  CS,
  DR6,
  DR6_BS,
  DR6_BT,
  DS,
  EFLAGS,
  EIP,
  ES,
  FS,
  GS,
  NMI_BLOCKED,
  SEG_ATTR,
  SEG_BASE,
  SS,
  STATE_WORDS,
  VEC_DB,
  VEC_DF,
  VEC_NMI,
} from "./state.ts";

/** What lies outside: devices behind ports and memory addresses. The machine's bus fits. */
export interface IoBus {
  portRead(port: number, width: 1 | 2 | 4): number;
  portWrite(port: number, width: 1 | 2 | 4, value: number): void;
  mmioRead(gpa: number, width: 1 | 2 | 4): number;
  mmioWrite(gpa: number, width: 1 | 2 | 4, value: number): void;
}

/** Why `run` returned. */
export const RUN_DEADLINE = 0;
export const RUN_HALTED = 1;
export const RUN_SHUTDOWN = 2;
export const RUN_STOPPED = 3;
/** A device was accessed: it may have set an earlier deadline. */
export const RUN_DEVICE = 4;
/** The next instruction is at a breakpoint, or a break was requested. */
export const RUN_BREAK = 5;
export type RunResult =
  | typeof RUN_DEADLINE
  | typeof RUN_HALTED
  | typeof RUN_SHUTDOWN
  | typeof RUN_STOPPED
  | typeof RUN_DEVICE
  | typeof RUN_BREAK;

/** Instructions counted at a time, so that the countdown stays a small integer. */
const MAX_SLICE = 1 << 28;
const FLAT_CODE_AND_STACK = MODE_CODE32 | MODE_STACK32 | (1 << (MODE_FLAT + CS)) | (1 << (MODE_FLAT + SS));
/** A `pos` past the end of every block. */
const BLOCK_OVER = 1 << 28;
/** The same, where the slice was cut and the block goes on afterwards. */
const SLICE_CUT = BLOCK_OVER + 1;

/** The segments that `refreshCode` leaves alone, and their bits in `mode`. */
const DATA_SEGMENTS = [ES, DS, FS, GS];
const DATA_FLAT = DATA_SEGMENTS.reduce((bits, seg) => bits | (1 << (MODE_FLAT + seg)), 0);

export interface CpuState {
  /** The state block. */
  readonly words: Int32Array;
  readonly icount: number;
  readonly halted: boolean;
  readonly shutdown: boolean;
  readonly inhibitInterrupts: boolean;
  readonly stackShadow: boolean;
  readonly pendingDebug: number;
  readonly nmiPending: boolean;
  readonly interruptWaited: boolean;
}

export class Cpu {
  // Views, fixed for life.
  readonly r: Int32Array;
  readonly r16: Uint16Array;
  readonly r8: Uint8Array;
  readonly u8: Uint8Array;
  readonly view: DataView;
  readonly tlb: Int32Array;
  readonly codeMap: Uint8Array;
  /** What the processor announces, and CR4 bits that follow from it. */
  readonly model: CpuModel;
  readonly cpuid: Cpuid;
  readonly cr4Allowed: number;
  /** 1 for each row of the opcode table that the model has. */
  readonly available: Uint8Array;
  readonly mmu: Mmu;
  readonly memory: GuestMemory;
  readonly bus: IoBus;
  readonly store: PreparedStore;
  /** What an instruction read from memory that has more than four bytes (`wide-access.ts`). */
  readonly operand: Int32Array;
  readonly fault: GuestFault;
  readonly blocks: BlockCache;
  readonly tlbUnit: Tlb;
  /** Blocks by linear address, for jumps that lead to more places than chains do. A hint, checked like a chain. */
  readonly jumps: Block[];
  /** The block that runs, or ran last. */
  private running: Block;

  /** Index in its block of the next instruction; the one that runs is `pos - 1`. */
  pos: number;
  private stoppedAt: number;
  /** Where in `running` the last slice ended. */
  private readonly paused: Pause;
  /** Instructions left in this slice, counted at block ends. */
  left: number;
  private sliceEnd: number;

  /** PFERR_USER at CPL 3, else 0: what ordinary accesses claim to be. */
  userAccess: number;
  /** MODE_ bits. */
  mode: number;
  /** SS is flat and 32 bits wide: the stack is plain linear memory. */
  stackFlat: boolean;
  csBase: number;

  /** Something between blocks needs a look: an interrupt, a halt, a request to stop. */
  attention: boolean;
  halted: boolean;
  shutdown: boolean;
  /** The exceptions that led to the shutdown: what began it, #DF, and what its delivery raised. */
  shutdownFaults: readonly number[];
  /** Their error codes, -1 for vectors without one. */
  shutdownErrors: readonly number[];
  private stopRequested: boolean;
  private deviceTouched: boolean;
  /** Where a debugger wants to stop; null is cheaper than none. */
  private breakpoints: Breakpoints | null;
  private breakRequested: boolean;
  /** The icount at which a break was reported: it is passed when the run goes on. */
  private brokenAt: number;
  /** No interrupt before the next instruction has run: after STI, MOV SS, POP SS. */
  inhibitInterrupts: boolean;
  /** That was MOV SS or POP SS, which hold back debug traps as well. */
  stackShadow: boolean;
  /** A single-step trap follows the instruction that runs now, unless that cancels it. */
  stepping: boolean;
  /** The guest has a breakpoint enabled: instructions run one by one. */
  stepwise: boolean;
  /** Bits of DR6 for the debug trap that follows the instruction that runs now. */
  pendingDebug: number;
  /** Every access takes the slow path, to be looked at: data breakpoints, or alignment. */
  checksAccesses: boolean;
  /** CR0.AM and EFLAGS.AC are set, at CPL 3. */
  checksAlignment: boolean;
  private watchesData: boolean;
  private nmiPending: boolean;
  /** The INTR pin; `setInterruptLine` moves it. */
  interruptLine: boolean;
  /** The IGNNE# pin: with CR0.NE clear, x87 errors do not stop the FPU. */
  ignoreNumericError: boolean;
  private interruptWaited: boolean;

  /** Interrupt acknowledge cycle: the vector. */
  acknowledge: () => number;
  /** Called before each device access, so that the clock can be brought to `icount`. */
  beforeDevice: () => void;
  /** The FERR# pin: an unmasked x87 exception is pending, and CR0.NE is clear. */
  fpuError: (level: boolean) => void;
  /** IA32_APIC_BASE was written, or went back to its value after a reset. */
  apicBaseChanged: () => void;
  /** Called after a store to a frame that a debugger watches (`BlockCache.watchFrame`). */
  afterWatchedStore: (hpa: number, bytes: number) => void;
  /** Called after a control register that decides about translation was written. */
  afterControlWrite: () => void;

  constructor(memory: GuestMemory, mmu: Mmu, bus: IoBus, model: CpuModel = cpuModel(DEFAULT_CPU)) {
    const { linear } = memory;
    const { layout } = linear;
    this.r = linear.i32.subarray(layout.state >>> 2, (layout.state >>> 2) + STATE_WORDS);
    this.r16 = new Uint16Array(this.r.buffer, this.r.byteOffset, STATE_WORDS * 2);
    this.r8 = linear.u8.subarray(layout.state, layout.state + STATE_WORDS * 4);
    this.u8 = linear.u8;
    this.view = linear.view;
    this.tlb = mmu.tlb.words;
    this.codeMap = linear.u8.subarray(layout.codeMap, layout.codeMap + Math.ceil(layout.bytes / 4096));
    this.model = model;
    this.cpuid = new Cpuid(model);
    this.cr4Allowed = cr4Allowed(model);
    this.available = Uint8Array.from(rows, ({ feature }) =>
      feature === "" || model.features.has(feature) ? 1 : 0,
    );
    this.mmu = mmu;
    this.memory = memory;
    this.bus = bus;
    this.store = new PreparedStore();
    this.operand = new Int32Array(4);
    this.fault = new GuestFault();
    this.blocks = new BlockCache(this.codeMap, mmu.tlb);
    this.tlbUnit = mmu.tlb;
    this.jumps = new Array<Block>(JUMP_SLOTS).fill(this.blocks.none);
    this.running = this.blocks.none;
    this.pos = 0;
    this.stoppedAt = 0;
    this.paused = new Pause();
    this.left = 0;
    this.sliceEnd = 0;
    this.userAccess = 0;
    this.mode = 0;
    this.stackFlat = false;
    this.csBase = 0;
    this.attention = false;
    this.halted = false;
    this.shutdown = false;
    this.shutdownFaults = [];
    this.shutdownErrors = [];
    this.stopRequested = false;
    this.deviceTouched = false;
    this.breakpoints = null;
    this.breakRequested = false;
    this.brokenAt = -1;
    this.inhibitInterrupts = false;
    this.stackShadow = false;
    this.stepping = false;
    this.stepwise = false;
    this.pendingDebug = 0;
    this.checksAccesses = false;
    this.checksAlignment = false;
    this.watchesData = false;
    this.nmiPending = false;
    this.interruptLine = false;
    this.ignoreNumericError = false;
    this.interruptWaited = false;
    this.acknowledge = () => 0xff;
    this.beforeDevice = () => {};
    this.fpuError = () => {};
    this.apicBaseChanged = () => {};
    this.afterWatchedStore = () => {};
    this.afterControlWrite = () => {};
    memory.onCodeWrite = (hpa, bytes) => this.codeWritten(hpa, bytes);
    this.reset();
  }

  /** Power-on state. SDM: volume 3, table 9-1. */
  reset(): void {
    resetState(this.r, this.model);
    this.halted = false;
    this.shutdown = false;
    this.inhibitInterrupts = false;
    this.stackShadow = false;
    this.stepping = false;
    this.pendingDebug = 0;
    this.nmiPending = false;
    this.paused.forget();
    this.apicBaseChanged();
    this.mmu.reset();
    this.blocks.clear();
    this.refreshDebug();
    this.refreshMode();
  }

  /** All that the guest can notice of the processor, between two instructions, as plain data. */
  save(): CpuState {
    return {
      words: this.r.slice(),
      icount: this.icount,
      halted: this.halted,
      shutdown: this.shutdown,
      inhibitInterrupts: this.inhibitInterrupts,
      stackShadow: this.stackShadow,
      pendingDebug: this.pendingDebug,
      nmiPending: this.nmiPending,
      interruptWaited: this.interruptWaited,
    };
  }

  /** Takes a saved state. The wires from the board, INTR and IGNNE#, are the board's to drive again. */
  restore(state: CpuState): void {
    this.r.set(state.words);
    this.sliceEnd = state.icount;
    this.left = 0;
    this.pos = 0;
    this.halted = state.halted;
    this.shutdown = state.shutdown;
    this.inhibitInterrupts = state.inhibitInterrupts;
    this.stackShadow = state.stackShadow;
    this.pendingDebug = state.pendingDebug;
    this.nmiPending = state.nmiPending;
    this.interruptWaited = state.interruptWaited;
    this.stepping = false;
    this.stopRequested = false;
    this.deviceTouched = false;
    this.breakRequested = false;
    this.brokenAt = -1;
    this.fault.held = false;
    this.attention = true;
    this.forgetBlocks();
    this.refreshDebug();
    this.refreshMode();
  }

  /** Drops what was decoded, and where in a block the last slice ended. */
  forgetBlocks(): void {
    this.paused.forget();
    this.blocks.clear();
  }

  /** Instructions retired so far, exact also inside an instruction (which is not counted yet). */
  get icount(): number {
    return this.sliceEnd - this.left + Math.max(this.current, 0);
  }

  /** Where the instruction that runs now begins, or the next one between two. */
  get eip(): number {
    const index = this.current;
    return index < 0 ? this.r[EIP] : (this.r[EIP] + this.running.insns[index].start) | 0;
  }

  /** Index in its block of the instruction that runs now; -1 between blocks. */
  private get current(): number {
    return (this.pos < BLOCK_OVER ? this.pos : this.stoppedAt) - 1;
  }

  /** Instructions or string iterations that the one running now may still count: at least 1. */
  get budget(): number {
    return this.left - this.current;
  }

  /** Lets time pass without instructions, as a halted processor does. */
  skipTo(icount: number): void {
    this.sliceEnd = icount + this.left;
  }

  /** The INTR pin. */
  setInterruptLine(level: boolean): void {
    this.interruptLine = level;
    if (level) this.requestAttention();
  }

  /** An edge on the NMI pin. One that comes while another is handled waits; more are lost. */
  signalNmi(): void {
    this.nmiPending = true;
    this.requestAttention();
  }

  /** IRET: the handler of an NMI is done. */
  allowNmi(): void {
    if (this.r[NMI_BLOCKED] === 0) return;
    this.r[NMI_BLOCKED] = 0;
    this.requestAttention();
  }

  /** Makes the run loop look at interrupts, halts and stop requests after the instruction that runs now. */
  requestAttention(): void {
    this.attention = true;
    this.endBlock();
  }

  /** `run` returns after the instruction that runs now. */
  stop(): void {
    this.stopRequested = true;
    this.requestAttention();
  }

  /** The instruction that runs is done, EIP is final, and what faults now faults after it: a task was switched. */
  leaveBlock(): void {
    const index = this.current;
    if (index < 0) return;
    this.left -= index;
    this.pos = 0;
  }

  /** Leaves the running block after its current instruction: what follows may no longer be what was decoded. */
  endBlock(): void {
    if (this.pos < BLOCK_OVER) this.stoppedAt = this.pos;
    this.pos = BLOCK_OVER;
  }

  /** Linear addresses at which `run` returns RUN_BREAK before the instruction there runs. */
  setBreakpoints(addresses: readonly number[]): void {
    this.breakpoints = addresses.length === 0 ? null : new Breakpoints(addresses);
  }

  /**
   * `run` returns RUN_BREAK after the instruction, the iteration of a repeated one, or the delivery that runs now.
   * Unlike `stop` this leaves no trace: the slice ends there as it could have anywhere.
   */
  requestBreak(): void {
    this.breakRequested = true;
    const due = Math.max(this.current, 0) + 1;
    if (due < this.left) {
      this.sliceEnd -= this.left - due;
      this.left = due;
    }
    if (this.pos < BLOCK_OVER) {
      this.stoppedAt = this.pos;
      this.pos = SLICE_CUT;
    }
  }

  /** A debugger lets the guest go on: a break that was requested is off, a breakpoint right here is passed. */
  passBreak(): void {
    this.breakRequested = false;
    this.brokenAt = this.icount;
  }

  /** A device is about to be accessed: it may look at the clock and move wires. */
  noteMmio(): void {
    this.beforeDevice();
    this.deviceTouched = true;
    this.requestAttention();
  }

  /**
   * The running instruction touches nothing but general registers, flags and memory, through flat segments: its
   * handler may run on after a page fault, and be undone.
   */
  mayHoldFault(): boolean {
    const index = this.current;
    if (index < 0 || (this.mode & FLAT_CODE_AND_STACK) !== FLAT_CODE_AND_STACK) return false;
    if (this.checksAccesses) return false;
    const insn = this.running.insns[index];
    return rows[insn.row].simple && (insn.flat || !insn.memory);
  }

  /** Guest memory that holds decoded code was written. */
  codeWritten(hpa: number, bytes: number): void {
    if (this.blocks.written(hpa, bytes)) this.endBlock();
    if (this.blocks.watched(hpa)) this.afterWatchedStore(hpa, bytes);
  }

  /**
   * Recomputes what accesses claim to be, and whether each is looked at, from CPL, CR0.AM, EFLAGS.AC and CR4.SMAP.
   * Differs: with CR4.SMAP and EFLAGS.AC set, accesses to descriptor tables at CPL 0 to 2 may reach user pages.
   */
  refreshPrivilege(): void {
    const { r } = this;
    const user = r[CPL] === 3;
    this.userAccess = user ? PFERR_USER : 0;
    const aligned = user && (r[CR0] & CR0_AM) !== 0 && (r[EFLAGS] & EFLAGS_AC) !== 0;
    this.checksAlignment = aligned;
    this.checksAccesses = aligned || this.watchesData;
    if ((r[CR4] & CR4_SMAP) !== 0) this.mmu.setUserAccess(!user && (r[EFLAGS] & EFLAGS_AC) !== 0);
    this.tlb[TLB_CURRENT] = this.checksAccesses ? TLB_CHECKED : user ? TLB_USER : TLB_SUPERVISOR;
  }

  /** Recomputes what depends on the debug registers. Call after a change of DR0 to DR7 or CR4.DE. */
  refreshDebug(): void {
    this.stepwise = anyBreakpoint(this);
    this.watchesData = anyDataBreakpoint(this);
    this.refreshPrivilege();
    this.requestAttention();
  }

  /** A port is about to be accessed: the guest may have a breakpoint on it. */
  notePort(port: number, width: number): void {
    if (this.stepwise) this.pendingDebug |= portHits(this, port, width);
    this.noteMmio();
  }

  /** Recomputes everything derived from segment registers, CPL, CR0 and EFLAGS.VM. Call after changing any. */
  refreshMode(): void {
    let flat = 0;
    for (const seg of DATA_SEGMENTS) if (isFlat(this, seg)) flat |= 1 << (MODE_FLAT + seg);
    this.mode = flat;
    this.refreshCode();
  }

  /** The same after a change of CS, SS, CPL, CR0 and EFLAGS.VM only. */
  refreshCode(): void {
    const { r } = this;
    this.refreshPrivilege();
    let mode = this.mode & DATA_FLAT;
    if ((r[SEG_ATTR + CS] & ATTR_DB) !== 0) mode |= MODE_CODE32;
    if ((r[SEG_ATTR + SS] & ATTR_DB) !== 0) mode |= MODE_STACK32;
    if (r[CPL] === 3) mode |= MODE_USER;
    if ((r[CR0] & CR0_PE) !== 0) mode |= MODE_PROTECTED;
    if ((r[EFLAGS] & EFLAGS_VM) !== 0) mode |= MODE_V86;
    if (isFlat(this, CS)) mode |= 1 << (MODE_FLAT + CS);
    if (isFlat(this, SS)) mode |= 1 << (MODE_FLAT + SS);
    this.mode = mode;
    const stackBits = MODE_STACK32 | (1 << (MODE_FLAT + SS));
    this.stackFlat = (mode & stackBits) === stackBits;
    this.csBase = r[SEG_BASE + CS];
    // Chained blocks are not checked against the limit of CS again, so a segment with one starts new chains.
    if ((mode & (1 << (MODE_FLAT + CS))) === 0) this.tlbUnit.epoch++;
  }

  /**
   * The same after CS and SS became flat 32-bit segments of ring 0 or 3 in protected mode, and nothing else changed.
   */
  enterFlat(user: boolean): void {
    this.mode = (this.mode & ~(MODE_USER | MODE_V86)) | FLAT_CODE_AND_STACK | (user ? MODE_USER : 0);
    this.stackFlat = true;
    this.csBase = 0;
    this.refreshPrivilege();
  }

  /** Runs until `icount` is exactly `until`, or until there is a reason to stop before. */
  run(until: number): RunResult {
    if (this.shutdown) return RUN_SHUTDOWN;
    this.stopRequested = false;
    while (this.sliceEnd - this.left < until) {
      const now = this.sliceEnd - this.left;
      this.left = Math.min(until - now, MAX_SLICE);
      this.sliceEnd = now + this.left;
      const result = this.runSlice();
      // Keep icount, forget the rest of the slice.
      this.sliceEnd -= this.left;
      this.left = 0;
      if (result !== RUN_SHUTDOWN && this.breakDue()) return RUN_BREAK;
      if (result !== RUN_DEADLINE) return result;
    }
    return RUN_DEADLINE;
  }

  /** Between two slices: a break was requested, or the next instruction is at a breakpoint. */
  private breakDue(): boolean {
    const due = this.breakRequested || (this.breakpoints !== null && this.atBreakpoint(this.breakpoints));
    this.breakRequested = false;
    if (due) this.brokenAt = this.icount;
    return due;
  }

  private atBreakpoint(breakpoints: Breakpoints): boolean {
    const repeating = this.paused.isSet && this.paused.inRepeat;
    return !repeating && !this.halted && breakpoints.has(this.csBase + this.r[EIP]);
  }

  private runSlice(): RunResult {
    while (this.left > 0) {
      try {
        // Of a task switch that an event made.
        if (this.pendingDebug !== 0) this.endStep();
        if (this.shutdown) return RUN_SHUTDOWN;
        if (this.takeNmi() || this.takeInterrupt()) {
          this.left--;
        } else if (this.halted) {
          return RUN_HALTED;
        } else {
          this.attention = false;
          if (this.stepwise || (this.r[EFLAGS] & (EFLAGS_TF | EFLAGS_RF)) !== 0) this.beginStep();
          this.runBlocks();
          if (this.stepping || this.pendingDebug !== 0) this.endStep();
        }
      } catch (error) {
        if (error !== this.fault) throw error;
        this.deliverPendingFault();
      }
      if (this.shutdown) return RUN_SHUTDOWN;
      if (this.stopRequested) return RUN_STOPPED;
      if (this.deviceTouched) {
        this.deviceTouched = false;
        return RUN_DEVICE;
      }
    }
    return RUN_DEADLINE;
  }

  /** Delivers a non-maskable interrupt if one waits and none is being handled. Counts as one instruction. */
  private takeNmi(): boolean {
    if (!this.nmiPending || this.inhibitInterrupts || this.r[NMI_BLOCKED] !== 0) return false;
    this.mmu.exit(EXIT_EXTERNAL_INTERRUPT);
    this.nmiPending = false;
    this.r[NMI_BLOCKED] = 1;
    this.halted = false;
    this.paused.forget();
    deliverInterrupt(this, VEC_NMI);
    return true;
  }

  /** Delivers a maskable interrupt if one waits and the guest can take it. Counts as one instruction. */
  private takeInterrupt(): boolean {
    if (!this.interruptLine || this.inhibitInterrupts) return false;
    if ((this.r[EFLAGS] & EFLAGS_IF) === 0) {
      this.interruptWaited = true;
      return false;
    }
    this.mmu.exit(this.interruptWaited ? EXIT_INTERRUPT_WINDOW : EXIT_EXTERNAL_INTERRUPT);
    this.mmu.injectInterrupt(this.halted);
    this.interruptWaited = false;
    this.halted = false;
    this.paused.forget();
    this.beforeDevice();
    deliverInterrupt(this, this.acknowledge());
    return true;
  }

  /**
   * TF is set, or the guest has breakpoints: the slice ends after one instruction, and a trap may follow.
   * SDM: volume 3, 17.3.1.4. RF, 17.3.1.1, lasts for one instruction and lets a breakpoint on it pass.
   */
  private beginStep(): void {
    const { r } = this;
    const resume = (r[EFLAGS] & EFLAGS_RF) !== 0;
    r[EFLAGS] &= ~EFLAGS_RF;
    if (this.stepwise) {
      const repeating = this.paused.isSet && this.paused.inRepeat;
      // SDM: volume 3, 6.8.3: the instruction after MOV SS and POP SS has no breakpoint either.
      const hits =
        resume || repeating || this.stackShadow ? 0 : executionHits(this, (this.csBase + r[EIP]) | 0);
      if (hits !== 0) {
        r[DR6] |= hits;
        raise(this, VEC_DB, -1);
      }
    }
    this.stepping = (r[EFLAGS] & EFLAGS_TF) !== 0;
    if (!this.stepping && !this.stepwise) return;
    this.sliceEnd -= this.left - 1;
    this.left = 1;
  }

  /** The debug trap after an instruction. SDM: volume 3, 17.3.1.2: after MOV SS and POP SS it waits for the next. */
  private endStep(): void {
    if (this.stackShadow) return;
    if (this.stepping) this.r[DR6] |= DR6_BS;
    this.r[DR6] |= this.pendingDebug;
    this.pendingDebug = 0;
    this.stepping = false;
    this.halted = false;
    this.inhibitInterrupts = false;
    this.paused.forget();
    this.fault.vector = VEC_DB;
    this.fault.errorCode = -1;
    this.deliverOrShutDown();
  }

  /** An instruction, or a delivery, faulted: put EIP and the count where they were before it, then deliver. */
  private deliverPendingFault(): void {
    if (this.fault.held) releaseFault(this);
    const index = this.current;
    if (index >= 0) {
      this.r[EIP] = (this.r[EIP] + this.running.insns[index].start) | 0;
      this.left -= index;
    }
    this.pos = 0;
    this.inhibitInterrupts = false;
    this.stackShadow = false;
    this.stepping = false;
    // What a faulting instruction met is met again when it is restarted; a task switch is over.
    this.pendingDebug &= DR6_BT;
    this.refreshPrivilege();
    if (this.fault.vector === FROZEN) {
      this.halted = true;
      return;
    }
    this.deliverOrShutDown();
    this.left--;
  }

  private deliverOrShutDown(): void {
    const { vector, errorCode } = this.fault;
    if (deliverFault(this)) return;
    this.shutdown = true;
    this.shutdownFaults = [vector, VEC_DF, this.fault.vector];
    this.shutdownErrors = [errorCode, 0, this.fault.errorCode];
  }

  private runBlocks(): void {
    const { r } = this;
    let block = this.running;
    let index = this.paused.resume(this, block);
    if (index === NOT_PAUSED) {
      block = lookupBlock(this);
      index = 0;
    } else if (index === block.insns.length) {
      block = followingBlock(this, block);
      index = 0;
    }
    for (;;) {
      this.running = block;
      const { insns } = block;
      let count = insns.length;
      if (count > this.left) count = this.left;
      if (this.breakpoints !== null) {
        const at = this.breakIndex(this.breakpoints, block, index, count);
        if (at < count) {
          this.sliceEnd -= this.left - at;
          this.left = at;
          if (at === index) {
            this.left = 0;
            this.stepping = false;
            this.paused.before(this, block, index);
            return;
          }
          count = at;
        }
      }
      if (this.inhibitInterrupts) {
        this.inhibitInterrupts = false;
        this.stackShadow = false;
        this.attention = true;
        count = index + 1;
      }
      this.pos = 0;
      index = runInsns(this, insns, index, count);
      if (index !== count) {
        if (this.fault.held) {
          this.deliverPendingFault();
          if (this.shutdown || this.attention || this.left <= 0) return;
          block = jumpTarget(this);
          index = 0;
          continue;
        }
        count = this.stoppedAt;
        if (index === SLICE_CUT) index = count;
      }
      this.pos = 0;
      this.left -= count;
      if (block.fallsThrough === true || count < insns.length) r[EIP] = (r[EIP] + insns[count - 1].end) | 0;
      if (this.attention === true) return;
      if (this.left === 0) {
        this.paused.after(this, block, index);
        return;
      }
      block = followingBlock(this, block);
      index = 0;
    }
  }

  /** Before which instruction to stop: an index below `count`, or `count`. Not before one that was stopped at already. */
  private breakIndex(breakpoints: Breakpoints, block: Block, index: number, count: number): number {
    const passed = this.paused.inRepeat || this.sliceEnd - this.left + index === this.brokenAt;
    this.paused.inRepeat = false;
    const start = this.r[EIP] + this.csBase;
    return breakpoints.firstIn(block, start, passed ? index + 1 : index, count);
  }
}
