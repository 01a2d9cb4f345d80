/**
 * Decoded blocks, found by host physical address and mode, and dropped when a store reaches their bytes.
 *
 * A block ends at a control transfer that is not direct or leaves its page, at an instruction that may change what follows it (mode, interrupts,
 * translation), and at the end of its page. An instruction that spans two pages is a block of its own.
 */
import type { Pfn } from "../mmu/types.ts";
import type { Insn } from "./insn.ts";

/** A `mode` that no processor is ever in: the block may not run. */
const DEAD = -1;

export class Block {
  /** Processor mode (`cpu.ts`) it was decoded for, or DEAD. */
  mode: number;
  /** Host physical address of its first instruction. */
  readonly hpa: number;
  /** What it covers, in bytes from there: `from` is negative if a jump went back, `bytes` the end. */
  readonly from: number;
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
  /** The next block whose address falls into the same slot of the cache. */
  sameSlot: Block;

  constructor(
    mode: number,
    hpa: number,
    from: number,
    bytes: number,
    insns: Insn[],
    fallsThrough: boolean,
    secondPage: number,
  ) {
    this.mode = mode;
    this.hpa = hpa;
    this.from = from;
    this.bytes = bytes;
    this.insns = insns;
    this.fallsThrough = fallsThrough;
    this.secondPage = secondPage;
    this.la = 0;
    this.epoch = -1;
    this.next = this;
    this.other = this;
    this.sameSlot = this;
  }
}

/** The blocks that were decoded from one host frame. */
class CodePage {
  blocks: Block[] = [];
  /** One bit per 128 bytes: set if any block covers some of them. */
  chunks = 0;
}

/** Who must hear that decoded code was read from a frame: write tags filled before now let stores through. */
export interface CodeWatch {
  markCode(frame: Pfn): void;
}

/** Bits of a frame's byte in the code map. Stores to frames where it is not 0 are reported to `written`. */
const HAS_CODE = 1;
const WATCHED = 2;

const SLOTS = 1 << 16;
const slotOf = (hpa: number): number => (hpa ^ (hpa >>> 15)) & (SLOTS - 1);

export class BlockCache {
  /** Lists, linked by `sameSlot`. */
  private readonly slots: Block[];
  private readonly pages: Map<Pfn, CodePage>;
  private readonly codeMap: Uint8Array;
  private readonly watch: CodeWatch;
  /** Stands for "no block": never matches a lookup. */
  readonly none: Block;

  constructor(codeMap: Uint8Array, watch: CodeWatch) {
    this.none = new Block(DEAD, -1, 0, 0, [], true, -1);
    this.slots = new Array<Block>(SLOTS).fill(this.none);
    this.pages = new Map();
    this.codeMap = codeMap;
    this.watch = watch;
  }

  /** The block at `hpa` for `mode`, or `none`. */
  find(hpa: number, mode: number): Block {
    let block = this.slots[slotOf(hpa)];
    while (block !== this.none && (block.hpa !== hpa || block.mode !== mode)) block = block.sameSlot;
    return block;
  }

  /** Adds a block, in place of the one that was there for its mode. */
  add(block: Block): void {
    const old = this.find(block.hpa, block.mode);
    if (old !== this.none) this.drop(old);
    const slot = slotOf(block.hpa);
    block.sameSlot = this.slots[slot];
    this.slots[slot] = block;
    this.register(block, block.hpa >>> 12);
    if (hasSecondFrame(block)) this.register(block, block.secondPage);
  }

  /** Drops the blocks that any of `count` bytes at `hpa` (within one page) belongs to. True if there were any. */
  written(hpa: number, count: number): boolean {
    const frame = hpa >>> 12;
    const page = this.pages.get(frame);
    if (page === undefined) return false;
    if (page.chunks === 0) {
      // An earlier store took the last block. Code that only changes itself has been decoded again by now.
      this.pages.delete(frame);
      this.codeMap[frame] &= ~HAS_CODE;
      return false;
    }
    if ((page.chunks & chunkMask(hpa & 0xfff, count)) === 0) return false;
    const hit = page.blocks.filter((block) => overlaps(block, hpa, count));
    for (const block of hit) this.drop(block);
    return hit.length > 0;
  }

  clear(): void {
    for (const [frame, page] of this.pages) {
      this.codeMap[frame] &= ~HAS_CODE;
      for (const block of page.blocks) {
        block.mode = DEAD;
        this.slots[slotOf(block.hpa)] = this.none;
      }
    }
    this.pages.clear();
  }

  /** Has stores to a host frame reported as if it held code, or no more. That is nothing a guest may notice. */
  watchFrame(frame: Pfn, wanted: boolean): void {
    if (wanted) {
      this.codeMap[frame] |= WATCHED;
      this.watch.markCode(frame);
    } else this.codeMap[frame] &= ~WATCHED;
  }

  /** The frame of a host address is watched. */
  watched(hpa: number): boolean {
    return (this.codeMap[hpa >>> 12] & WATCHED) !== 0;
  }

  private register(block: Block, frame: Pfn): void {
    let page = this.pages.get(frame);
    if (page === undefined) {
      page = new CodePage();
      this.pages.set(frame, page);
      this.codeMap[frame] |= HAS_CODE;
      this.watch.markCode(frame);
    }
    page.blocks.push(block);
    page.chunks |= chunksOf(block, frame);
  }

  /** Takes a block from its slot and its pages; chains to it break, because its mode matches nothing any more. */
  private drop(block: Block): void {
    block.mode = DEAD;
    const slot = slotOf(block.hpa);
    if (this.slots[slot] === block) {
      this.slots[slot] = block.sameSlot;
    } else {
      let before = this.slots[slot];
      while (before.sameSlot !== block) before = before.sameSlot;
      before.sameSlot = block.sameSlot;
    }
    this.unregister(block, block.hpa >>> 12);
    if (hasSecondFrame(block)) this.unregister(block, block.secondPage);
  }

  private unregister(block: Block, frame: Pfn): void {
    const page = this.pages.get(frame);
    if (page === undefined) return;
    page.blocks = page.blocks.filter((other) => other !== block);
    page.chunks = 0;
    for (const other of page.blocks) page.chunks |= chunksOf(other, frame);
  }
}

/** Where the part of a block ends that lies in its first page, from `hpa`. */
const bytesInFirst = (block: Block): number => Math.min(block.bytes, 4096 - (block.hpa & 0xfff));

/** Two linear pages may be one frame. */
const hasSecondFrame = (block: Block): boolean =>
  block.secondPage >= 0 && block.secondPage !== block.hpa >>> 12;

/** Whether any of `count` bytes at `hpa` belongs to the block. */
function overlaps(block: Block, hpa: number, count: number): boolean {
  const inFirst = bytesInFirst(block);
  if (hpa < block.hpa + inFirst && block.hpa + block.from < hpa + count) return true;
  return hpa >>> 12 === block.secondPage && (hpa & 0xfff) < block.bytes - inFirst;
}

/** Chunks of a frame that a block covers. */
function chunksOf(block: Block, frame: Pfn): number {
  const inFirst = bytesInFirst(block);
  let chunks =
    block.hpa >>> 12 === frame ? chunkMask((block.hpa & 0xfff) + block.from, inFirst - block.from) : 0;
  if (block.secondPage === frame) chunks |= chunkMask(0, block.bytes - inFirst);
  return chunks;
}

function chunkMask(offset: number, count: number): number {
  const first = offset >>> 7;
  const last = (offset + count - 1) >>> 7;
  const width = last - first + 1;
  return width >= 32 ? -1 : ((1 << width) - 1) << first;
}
