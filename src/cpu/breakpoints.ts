/**
 * Instruction addresses at which a debugger wants the processor to stop, before they run. These are the host's: the
 * guest's own breakpoints are its debug registers.
 */
import type { Block } from "./block-cache.ts";

export class Breakpoints {
  /** Linear addresses, as signed words. */
  private readonly addresses: readonly number[];

  /** @param addresses linear, not none */
  constructor(addresses: readonly number[]) {
    this.addresses = addresses.map((la) => la | 0);
  }

  has(la: number): boolean {
    return this.addresses.includes(la | 0);
  }

  /**
   * Index of the first instruction with a breakpoint among those from `from` up to `to`; `to` if there is none.
   * @param start linear address of the block
   */
  firstIn(block: Block, start: number, from: number, to: number): number {
    const lowest = start + block.from;
    const bytes = block.bytes - block.from;
    if (!this.addresses.some((la) => (la - lowest) >>> 0 < bytes)) return to;
    for (let index = from; index < to; index++) {
      if (this.has(start + block.insns[index].start)) return index;
    }
    return to;
  }
}
