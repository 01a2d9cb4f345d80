/**
 * Decoded blocks, found by host physical address and mode, and dropped when a store reaches their bytes.
 *
 * A block ends at a control transfer, at an instruction that may change what follows it (mode, interrupts,
 * translation), and at the end of its page. An instruction that spans two pages is a block of its own.
 */
import type { Insn } from "./insn.ts";

/** A `mode` that no processor is ever in: the block may not run. */
const DEAD = -1;

export class Block {
  /** Processor mode (`cpu.ts`) it was decoded for, or DEAD. */
  mode: number;
  /** Host physical address of its first byte. */
  readonly hpa: number;
  readonly bytes: number;
  readonly insns: Insn[];
  /** Its last instruction leaves EIP alone, so the run loop moves on to the next one. */
  readonly fallsThrough: boolean;
  /** Host frame of the second page if it spans two, else -1. */
  readonly secondPage: number;
  /** Linear address it was last entered at, and the TLB epoch in which that was looked up. */
  la: number;
  epoch: number;
  /** The last two blocks that followed it: chains that skip the lookup while `la`, `mode` and `epoch` match. */
  next: Block;
  other: Block;

  constructor(
    mode: number,
    hpa: number,
    bytes: number,
    insns: Insn[],
    fallsThrough: boolean,
    secondPage: number,
  ) {
    this.mode = mode;
    this.hpa = hpa;
    this.bytes = bytes;
    this.insns = insns;
    this.fallsThrough = fallsThrough;
    this.secondPage = secondPage;
    this.la = 0;
    this.epoch = -1;
    this.next = this;
    this.other = this;
  }
}

/** The blocks that were decoded from one host frame. */
class CodePage {
  blocks: Block[] = [];
  /** One bit per 128 bytes: set if any block covers some of them. */
  chunks = 0;
}

const SLOTS = 1 << 16;
const slotOf = (hpa: number): number => (hpa ^ (hpa >>> 15)) & (SLOTS - 1);

export class BlockCache {
  private readonly slots: Block[];
  private readonly pages: Map<number, CodePage>;
  private readonly codeMap: Uint8Array;
  /** Stands for "no block": never matches a lookup. */
  readonly none: Block;

  constructor(codeMap: Uint8Array) {
    this.none = new Block(DEAD, -1, 0, [], true, -1);
    this.slots = new Array<Block>(SLOTS).fill(this.none);
    this.pages = new Map();
    this.codeMap = codeMap;
  }

  /** The block at `hpa` for `mode`, or `none`. */
  find(hpa: number, mode: number): Block {
    const block = this.slots[slotOf(hpa)];
    return block.hpa === hpa && block.mode === mode ? block : this.none;
  }

  /** Adds a block. Returns true if one of its pages held no code before: its write tags must go. */
  add(block: Block): boolean {
    this.slots[slotOf(block.hpa)] = block;
    const inFirst = Math.min(block.bytes, 4096 - (block.hpa & 0xfff));
    let fresh = this.register(block, block.hpa >>> 12, block.hpa & 0xfff, inFirst);
    if (block.secondPage >= 0) {
      fresh = this.register(block, block.secondPage, 0, block.bytes - inFirst) || fresh;
    }
    return fresh;
  }

  /** Drops the blocks that any of `count` bytes at `hpa` (within one page) belongs to. True if there were any. */
  written(hpa: number, count: number): boolean {
    const frame = hpa >>> 12;
    const page = this.pages.get(frame);
    if (page === undefined || (page.chunks & chunkMask(hpa & 0xfff, count)) === 0) return false;
    const from = hpa & 0xfff;
    const kept = page.blocks.filter((block) => {
      if (block.mode === DEAD) return false;
      const start = block.secondPage === frame ? 0 : block.hpa & 0xfff;
      const end = block.secondPage === frame ? (block.hpa & 0xfff) + block.bytes - 4096 : start + block.bytes;
      if (from >= end || from + count <= start) return true;
      block.mode = DEAD;
      return false;
    });
    const dropped = kept.length !== page.blocks.length;
    page.blocks = kept;
    page.chunks = 0;
    for (const block of kept) {
      if (block.secondPage === frame) page.chunks |= chunkMask(0, (block.hpa & 0xfff) + block.bytes - 4096);
      else page.chunks |= chunkMask(block.hpa & 0xfff, Math.min(block.bytes, 4096 - (block.hpa & 0xfff)));
    }
    if (kept.length === 0) {
      this.pages.delete(frame);
      this.codeMap[frame] = 0;
    }
    return dropped;
  }

  clear(): void {
    this.slots.fill(this.none);
    for (const [frame, page] of this.pages) {
      this.codeMap[frame] = 0;
      for (const block of page.blocks) block.mode = DEAD;
    }
    this.pages.clear();
  }

  private register(block: Block, frame: number, offset: number, count: number): boolean {
    let page = this.pages.get(frame);
    const fresh = page === undefined;
    if (page === undefined) {
      page = new CodePage();
      this.pages.set(frame, page);
      this.codeMap[frame] = 1;
    }
    page.blocks.push(block);
    page.chunks |= chunkMask(offset, count);
    return fresh;
  }
}

function chunkMask(offset: number, count: number): number {
  const first = offset >>> 7;
  const last = (offset + count - 1) >>> 7;
  const width = last - first + 1;
  return width >= 32 ? -1 : ((1 << width) - 1) << first;
}
