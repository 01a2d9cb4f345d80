/**
 * The stacks of inner privilege levels, which the task-state segment names. Switches of tasks are in `task-switch.ts`.
 *
 * SDM: volume 3, 7.2.1 "Task-state segment", 7.6 "16-bit TSS", 6.12.1 for the checks of the new stack.
 */
import { load16, load32 } from "./access.ts";
import type { Cpu } from "./cpu.ts";
import {
  assumePrivilege,
  Descriptor,
  findDescriptor,
  isNull,
  SELECTOR_RPL,
  selectorError,
  TYPE_TSS16,
  TYPE_TSS32,
} from "./descriptors.ts";
import { raiseSS, raiseTS } from "./exceptions.ts";
import { StackCursor } from "./stack.ts";
import { SEG_ATTR, SEG_BASE, SEG_LIMIT, SEG_SELECTOR, TR } from "./state.ts";

/** In the type of a TSS: 32-bit layout. */
export const TSS_WIDE = TYPE_TSS32 & ~TYPE_TSS16;
/** Offset in a 32-bit TSS of the word that says where the I/O permission map is. */
export const TSS_IO_MAP_BASE = 0x66;

/** The TSS that TR names has the 32-bit layout. */
export function hasWideTss(cpu: Cpu): boolean {
  return (cpu.r[SEG_ATTR + TR] & TSS_WIDE) !== 0;
}

/** The stack that the TSS gives for a privilege level. */
export class InnerStack extends StackCursor {
  selector = 0;
  readonly descriptor = new Descriptor();

  /** Reads and checks the stack for `level`. Raises #TS, or #SS if it is not present. `ext` as in error codes. */
  load(cpu: Cpu, level: number, ext: number): void {
    const esp = this.readTss(cpu, level, ext);
    const { selector, descriptor } = this;
    if (isNull(selector)) raiseTS(cpu, ext);
    const error = selectorError(selector, ext);
    if (!findDescriptor(cpu, selector, descriptor) || (selector & SELECTOR_RPL) !== level)
      raiseTS(cpu, error);
    if (descriptor.dpl !== level || !descriptor.isWritableData) raiseTS(cpu, error);
    if (!descriptor.present) raiseSS(cpu, error);
    this.open(descriptor, esp);
  }

  /** SS of the level goes to `selector`, ESP is returned. */
  private readTss(cpu: Cpu, level: number, ext: number): number {
    const { r } = cpu;
    const wide = hasWideTss(cpu);
    const offset = wide ? level * 8 + 4 : level * 4 + 2;
    const last = offset + (wide ? 5 : 3);
    if (last > r[SEG_LIMIT + TR] >>> 0) raiseTS(cpu, selectorError(r[SEG_SELECTOR + TR], ext));
    const la = (r[SEG_BASE + TR] + offset) | 0;
    const user = cpu.userAccess !== 0;
    if (user) assumePrivilege(cpu, 0);
    const esp = wide ? load32(cpu, la) : load16(cpu, la);
    this.selector = load16(cpu, (la + (wide ? 4 : 2)) | 0);
    if (user) cpu.refreshPrivilege();
    return esp;
  }
}
