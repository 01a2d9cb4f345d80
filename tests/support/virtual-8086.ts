/** A `Bench` for virtual-8086 mode: programs at 0100:0000 under a monitor whose handlers are the bench's. */
import { EFLAGS_VM } from "../../src/cpu/eflags.ts";
import { CPL, CS, DS, EIP, ES, ESP, FS, GS, SS, TR } from "../../src/cpu/state.ts";
import { assemble } from "./asm.ts";
import { Bench, FAULT_STUBS, TSS, TSS_SELECTOR } from "./cpu.ts";

export const SEGMENT = 0x100;
export const STACK_SEGMENT = 0x200;
export const SP = 0x1000;
/** Of ES, DS, FS, GS, in the order of the frame that an interrupt pushes. */
const DATA_SEGMENTS = [0x300, 0x400, 0x500, 0x600] as const;
/** Where the I/O map is. The redirection map is the 32 bytes below. */
export const IO_MAP = TSS + 0x100;

export class VirtualBench extends Bench {
  constructor() {
    super();
    this.setSegment(TR, TSS_SELECTOR, TSS, 0x2fff, 0x8b);
    this.write16(TSS + 0x66, IO_MAP - TSS);
    this.redirect(true);
  }

  /** Which way all vectors of INT n go under CR4.VME. */
  redirect(toMonitor: boolean): void {
    for (let i = 1; i <= 32; i++) this.write8(IO_MAP - i, toMonitor ? 0xff : 0);
  }

  /** Puts the processor in front of `text` in virtual-8086 mode. */
  enter(text: string, flags = 0): void {
    const { r } = this.cpu;
    this.load(SEGMENT << 4, [...assemble(text, { origin: 0, bits: 16 }).bytes, 0xf4]);
    r[CPL] = 3;
    this.flags = flags | EFLAGS_VM | 2;
    const [es, ds, fs, gs] = DATA_SEGMENTS;
    for (const [seg, selector] of [
      [CS, SEGMENT],
      [SS, STACK_SEGMENT],
      [ES, es],
      [DS, ds],
      [FS, fs],
      [GS, gs],
    ]) {
      this.setSegment(seg, selector, selector << 4, 0xffff, 0xf3);
    }
    r[ESP] = SP;
    r[EIP] = 0;
  }

  /** One instruction: the vector by which it got to the monitor, or null. */
  try(text: string, flags = 0): number | null {
    this.enter(text, flags);
    this.step(1);
    return this.monitorVector;
  }

  /** The vector of the monitor's handler that is about to run, or null. */
  get monitorVector(): number | null {
    const { r } = this.cpu;
    return r[CPL] === 0 ? (r[EIP] >>> 0) - FAULT_STUBS : null;
  }

  /** Doubleword `index` from the top of the monitor's stack. */
  frame(index: number): number {
    return this.read32((this.cpu.r[ESP] >>> 0) + 4 * index);
  }
}
