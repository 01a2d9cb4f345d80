/**
 * Where a slice ended inside a block. The next one takes up the block as if it had not been left, without a lookup,
 * because that could fill the TLB and set accessed bits: how a run is cut into slices must change nothing.
 */
import type { Block } from "./block-cache.ts";
import type { Cpu } from "./cpu.ts";
import { rows } from "./opcodes.ts";
import { EIP } from "./state.ts";

/** No block is to be gone on with. */
export const NOT_PAUSED = -1;

export class Pause {
  /** Index in its block of the next instruction, its length for its end, or NOT_PAUSED; with EIP as below. */
  private at = NOT_PAUSED;
  private eip = 0;
  /** The next instruction is a repeated one that has run in part. */
  inRepeat = false;

  get isSet(): boolean {
    return this.at !== NOT_PAUSED;
  }

  /** What comes next is not the rest of a block: an event was delivered. */
  forget(): void {
    this.at = NOT_PAUSED;
  }

  /** The slice is over before the instruction at `index`, none of the block having run in it. EIP is the block's start. */
  before(cpu: Cpu, block: Block, index: number): void {
    const { r } = cpu;
    if (index > 0) r[EIP] = (r[EIP] + block.insns[index - 1].end) | 0;
    this.at = index;
    this.eip = r[EIP];
  }

  /** The slice is over after the instruction before `index`, or after the block. EIP is the next instruction. */
  after(cpu: Cpu, block: Block, index: number): void {
    const { insns } = block;
    this.at = Math.min(index, insns.length);
    this.eip = cpu.r[EIP];
    this.inRepeat = false;
    if (index !== insns.length) return;
    const last = insns[index - 1];
    const unfinished = this.eip === ((block.la - cpu.csBase + last.start) | 0);
    if (!unfinished || !rows[last.row].mnemonic.startsWith("rep_")) return;
    this.inRepeat = true;
    this.at--;
  }

  /**
   * Index at which `block` goes on, its length for its end, or NOT_PAUSED. EIP is then the block's start, and the slice
   * counts from there.
   */
  resume(cpu: Cpu, block: Block): number {
    const { r } = cpu;
    const { at } = this;
    this.at = NOT_PAUSED;
    if (at === NOT_PAUSED || r[EIP] !== this.eip) {
      this.inRepeat = false;
      return NOT_PAUSED;
    }
    if (at === block.insns.length || block.mode !== cpu.mode) return block.insns.length;
    r[EIP] = (r[EIP] - block.insns[at].start) | 0;
    cpu.left += at;
    return at;
  }
}
