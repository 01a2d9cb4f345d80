/**
 * Guest physical memory: which host frame backs a gfn, and the accesses that walkers, loaders and devices make.
 * KVM: memory slots (`struct kvm_memory_slot`), gfn_to_pfn, kvm_read_guest, kvm_write_guest.
 */
import type { LinearMemory } from "./linear-memory.ts";
import type { Gfn, Gpa, Hpa, Pfn } from "./types.ts";

/** A contiguous gfn range with backing memory. */
export interface MemorySlot {
  readonly id: number;
  readonly baseGfn: Gfn;
  readonly npages: number;
  /** Host frame of the first page. */
  readonly basePfn: Pfn;
}

/** gfns below 4 GiB have a flat table; no slot lies above it. */
export const TABLE_GFNS = 1 << 20;

export class GuestMemory {
  readonly linear: LinearMemory;
  readonly slots: MemorySlot[];
  /** Host frame + 1 for each gfn, 0 where there is none. */
  private readonly frames: Int32Array;
  /** Number of its slot + 1 for each gfn. */
  private readonly slotIds: Uint8Array;
  private readonly codeMap: Uint8Array;
  /** Told when a write other than the processor's own reaches a frame that holds decoded code. */
  onCodeWrite: (hpa: Hpa, bytes: number) => void;

  constructor(linear: LinearMemory) {
    this.linear = linear;
    this.slots = [];
    this.frames = new Int32Array(TABLE_GFNS);
    this.slotIds = new Uint8Array(TABLE_GFNS);
    const { layout } = linear;
    this.codeMap = linear.u8.subarray(layout.codeMap, layout.codeMap + Math.ceil(layout.bytes / 4096));
    this.onCodeWrite = () => {};
  }

  addSlot(slot: MemorySlot): void {
    for (let i = 0; i < slot.npages; i++) this.frames[slot.baseGfn + i] = slot.basePfn + i + 1;
    this.slotIds.fill(slot.id + 1, slot.baseGfn, slot.baseGfn + slot.npages);
    this.slots.push(slot);
  }

  /** The host frame behind a gfn, or -1. KVM: gfn_to_pfn. */
  pfn(gfn: Gfn): Pfn {
    return gfn < TABLE_GFNS ? this.frames[gfn] - 1 : -1;
  }

  /** The host address of a guest physical byte, or -1. */
  hpa(gpa: Gpa): Hpa | -1 {
    const gfn = Math.floor(gpa / 4096);
    const pfn = this.pfn(gfn);
    return pfn < 0 ? -1 : pfn * 4096 + (gpa - gfn * 4096);
  }

  slotOf(gfn: Gfn): MemorySlot | undefined {
    return this.slots.find((slot) => gfn >= slot.baseGfn && gfn < slot.baseGfn + slot.npages);
  }

  /** Number of the slot that holds a gfn which has memory. */
  slotId(gfn: Gfn): number {
    const id = gfn < TABLE_GFNS ? this.slotIds[gfn] : 0;
    if (id === 0) throw new RangeError(`gfn ${gfn} lies in no slot`);
    return id - 1;
  }

  /** The 32-bit word at a 4-aligned offset of a frame, signed. All ones where there is no memory. */
  read32(gfn: Gfn, offset: number): number {
    const pfn = this.pfn(gfn);
    return pfn < 0 ? -1 : this.linear.i32[pfn * 1024 + (offset >>> 2)];
  }

  /** Writes the 32-bit word at a 4-aligned offset of a frame. Lost where there is no memory. */
  write32(gfn: Gfn, offset: number, value: number): void {
    const pfn = this.pfn(gfn);
    if (pfn < 0) return;
    this.linear.i32[pfn * 1024 + (offset >>> 2)] = value;
    if (this.codeMap[pfn] !== 0) this.onCodeWrite(pfn * 4096 + offset, 4);
  }

  /** Copies bytes into guest memory. Returns false, with nothing written, if any of them has no memory. */
  writeBytes(gpa: Gpa, bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; at = nextPage(gpa, at)) if (this.hpa(gpa + at) < 0) return false;
    for (let at = 0; at < bytes.length; ) {
      const next = Math.min(nextPage(gpa, at), bytes.length);
      const hpa = this.hpa(gpa + at);
      this.linear.u8.set(bytes.subarray(at, next), hpa);
      if (this.codeMap[hpa >>> 12] !== 0) this.onCodeWrite(hpa, next - at);
      at = next;
    }
    return true;
  }

  /** A copy of guest memory, or null if any byte of the range has none. */
  readBytes(gpa: Gpa, count: number): Uint8Array | null {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; ) {
      const next = Math.min(nextPage(gpa, at), count);
      const hpa = this.hpa(gpa + at);
      if (hpa < 0) return null;
      bytes.set(this.linear.u8.subarray(hpa, hpa + next - at), at);
      at = next;
    }
    return bytes;
  }
}

/** Offset from `gpa` of the first byte of the page after the one that holds `gpa + at`. */
function nextPage(gpa: Gpa, at: number): number {
  return at + 4096 - ((gpa + at) % 4096);
}
