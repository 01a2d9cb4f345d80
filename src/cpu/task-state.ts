/**
 * The registers of a task as a task-state segment holds them, in the layout of 16 or of 32 bits.
 *
 * SDM: volume 3, 7.2.1 "Task-state segment (TSS)", figure 7-2; 7.6 "16-bit task-state segment (TSS)", figure 7-10.
 */
import { load16, load32, store16, store32 } from "./access.ts";
import type { Cpu } from "./cpu.ts";
import { EAX, EDI, SEG_SELECTOR } from "./state.ts";

/** Last byte that a TSS must have. */
export const TSS32_MIN_LIMIT = 0x67;
export const TSS16_MIN_LIMIT = 0x2b;

/** Back link: the selector of the task that called this one. */
export const TSS_LINK = 0;
// Offsets in the layout of 32 bits.
const CR3_32 = 0x1c;
const EIP_32 = 0x20;
const EFLAGS_32 = 0x24;
const REGISTERS_32 = 0x28;
const SEGMENTS_32 = 0x48;
const LDT_32 = 0x60;
const TRAP_32 = 0x64;
// In that of 16.
const IP_16 = 0x0e;
const FLAGS_16 = 0x10;
const REGISTERS_16 = 0x12;
const SEGMENTS_16 = 0x22;
const LDT_16 = 0x2a;

/** ES CS SS DS FS GS; a 16-bit TSS has the first four. */
const SEGMENTS = 6;
const SEGMENTS_OF_16 = 4;

/** Bits 31 to 16 of the general registers after a switch to a 16-bit task: undefined, and ones in real processors. */
const UPPER_HALF = 0xffff_0000 | 0;

/** What a switch loads, read before anything of it takes effect. */
export class TaskState {
  cr3 = 0;
  eip = 0;
  eflags = 0;
  readonly registers = new Int32Array(8);
  readonly segments = new Int32Array(SEGMENTS);
  ldt = 0;
  /** The T bit: a debug trap follows the switch. */
  trap = false;

  /** Reads the TSS at linear address `la`, with the rights that accesses have now. */
  read(cpu: Cpu, la: number, wide: boolean): void {
    if (wide) this.readWide(cpu, la);
    else this.readNarrow(cpu, la);
  }

  private readWide(cpu: Cpu, la: number): void {
    this.cr3 = load32(cpu, (la + CR3_32) | 0);
    this.eip = load32(cpu, (la + EIP_32) | 0);
    this.eflags = load32(cpu, (la + EFLAGS_32) | 0);
    for (let i = 0; i < 8; i++) this.registers[i] = load32(cpu, (la + REGISTERS_32 + 4 * i) | 0);
    for (let i = 0; i < SEGMENTS; i++) this.segments[i] = load16(cpu, (la + SEGMENTS_32 + 4 * i) | 0);
    this.ldt = load16(cpu, (la + LDT_32) | 0);
    this.trap = (load16(cpu, (la + TRAP_32) | 0) & 1) !== 0;
  }

  private readNarrow(cpu: Cpu, la: number): void {
    this.eip = load16(cpu, (la + IP_16) | 0);
    this.eflags = load16(cpu, (la + FLAGS_16) | 0);
    for (let i = 0; i < 8; i++) this.registers[i] = load16(cpu, (la + REGISTERS_16 + 2 * i) | 0) | UPPER_HALF;
    this.segments.fill(0);
    for (let i = 0; i < SEGMENTS_OF_16; i++) this.segments[i] = load16(cpu, (la + SEGMENTS_16 + 2 * i) | 0);
    this.ldt = load16(cpu, (la + LDT_16) | 0);
    this.trap = false;
  }
}

/** First and last byte that saving a task writes, so that both can be looked at before. */
export const savedFrom = (wide: boolean): number => (wide ? EIP_32 : IP_16);
export const savedTo = (wide: boolean): number =>
  wide ? SEGMENTS_32 + 4 * SEGMENTS - 1 : SEGMENTS_16 + 2 * SEGMENTS_OF_16 - 1;

/** Saves the task that runs. CR3 and the LDT selector are not saved: they are the TSS's own. */
export function saveTask(cpu: Cpu, la: number, wide: boolean, eip: number, eflags: number): void {
  const { r } = cpu;
  if (wide) {
    store32(cpu, (la + EIP_32) | 0, eip);
    store32(cpu, (la + EFLAGS_32) | 0, eflags);
    for (let i = EAX; i <= EDI; i++) store32(cpu, (la + REGISTERS_32 + 4 * i) | 0, r[i]);
    for (let i = 0; i < SEGMENTS; i++) store16(cpu, (la + SEGMENTS_32 + 4 * i) | 0, r[SEG_SELECTOR + i]);
    return;
  }
  store16(cpu, (la + IP_16) | 0, eip);
  store16(cpu, (la + FLAGS_16) | 0, eflags);
  for (let i = EAX; i <= EDI; i++) store16(cpu, (la + REGISTERS_16 + 2 * i) | 0, r[i]);
  for (let i = 0; i < SEGMENTS_OF_16; i++) {
    store16(cpu, (la + SEGMENTS_16 + 2 * i) | 0, r[SEG_SELECTOR + i]);
  }
}
