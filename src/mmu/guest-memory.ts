/**
 * Guest physical memory: which host frame backs a gfn, and the accesses that walkers, loaders and devices make.
 * KVM: memory slots (`struct kvm_memory_slot`), gfn_to_pfn, kvm_read_guest, kvm_write_guest.
 */
import type { LinearMemory } from "./linear-memory.ts";
import type { Gfn, Gpa, Hpa, Pfn } from "./types.ts";

/** A contiguous gfn range with backing memory. */
export interface MemorySlot {
  /** From 0 to 31. */
  readonly id: number;
  readonly baseGfn: Gfn;
  readonly npages: number;
  /** Host frame of the first page. */
  readonly basePfn: Pfn;
  /** Stores of the guest do not reach the memory: they go where those to a device go. */
  readonly readOnly?: boolean;
}

/** KVM: KVM_MEMORY_SLOTS. */
export const MEMORY_SLOTS = 32;

/** A gfn range that shows the memory of another one. KVM: struct kvm_mem_alias. */
export interface MemoryAlias {
  readonly baseGfn: Gfn;
  readonly npages: number;
  readonly targetGfn: Gfn;
}

/** KVM: KVM_ALIAS_SLOTS. */
export const ALIAS_SLOTS = 4;

/** gfns below 4 GiB have a flat table; no slot lies above it. */
export const TABLE_GFNS = 1 << 20;

/** Address bit 20, of a gfn. */
const A20_GFN = 0x100;

export class GuestMemory {
  readonly linear: LinearMemory;
  readonly slots: MemorySlot[];
  private aliases: readonly MemoryAlias[];
  private someAlias: boolean;
  /** All bits of a gfn, or all but address bit 20. */
  private gfnMask: number;
  /** Host frame + 1 for each gfn, 0 where there is none. */
  private readonly frames: Int32Array;
  /** Number of its slot + 1 for each gfn. */
  private readonly slotIds: Uint8Array;
  private readonly codeMap: Uint8Array;
  /** Some slot is read-only. */
  private someReadOnly: boolean;
  /** Some slot has a dirty log: whoever makes a frame writable has to say so. */
  logging: boolean;
  /** A bit for each gfn of a slot whose stores are logged, by slot id. KVM: memslot->dirty_bitmap. */
  private readonly dirtyBitmaps: (Uint32Array | null)[];
  /** Told when a write other than the processor's own reaches a frame that holds decoded code. */
  onCodeWrite: (hpa: Hpa, bytes: number) => void;

  constructor(linear: LinearMemory) {
    this.linear = linear;
    this.slots = [];
    this.aliases = [];
    this.someAlias = false;
    this.gfnMask = -1;
    this.frames = new Int32Array(TABLE_GFNS);
    this.slotIds = new Uint8Array(TABLE_GFNS);
    const { layout } = linear;
    this.codeMap = linear.u8.subarray(layout.codeMap, layout.codeMap + Math.ceil(layout.bytes / 4096));
    this.someReadOnly = false;
    this.logging = false;
    this.dirtyBitmaps = new Array<Uint32Array | null>(MEMORY_SLOTS).fill(null);
    this.onCodeWrite = () => {};
  }

  /** Throws a RangeError if the id is taken, or the range overlaps another slot or the end of the table. */
  addSlot(slot: MemorySlot): void {
    const { id, baseGfn, npages, basePfn } = slot;
    const end = baseGfn + npages;
    if (!(id >= 0 && id < MEMORY_SLOTS) || this.slot(id) !== undefined) {
      throw new RangeError(`slot ${id}: the number is taken, or not from 0 to ${MEMORY_SLOTS - 1}`);
    }
    if (!(npages > 0 && baseGfn >= 0 && end <= TABLE_GFNS)) {
      throw new RangeError(`slot ${id}: frames ${baseGfn} to ${end} do not fit below 4 GiB`);
    }
    const other = this.slots.find((old) => baseGfn < old.baseGfn + old.npages && old.baseGfn < end);
    if (other !== undefined) throw new RangeError(`slot ${id} overlaps slot ${other.id}`);
    for (let i = 0; i < npages; i++) this.frames[baseGfn + i] = basePfn + i + 1;
    this.slotIds.fill(id + 1, baseGfn, end);
    this.slots.push(slot);
    this.someReadOnly = this.slots.some(({ readOnly }) => readOnly === true);
  }

  /** Takes a slot away, with its dirty log, and returns it. Throws a RangeError if there is none. */
  removeSlot(id: number): MemorySlot {
    const slot = this.slot(id);
    if (slot === undefined) throw new RangeError(`there is no slot ${id}`);
    // They may lead to it.
    this.forgetAliases();
    this.frames.fill(0, slot.baseGfn, slot.baseGfn + slot.npages);
    this.slotIds.fill(0, slot.baseGfn, slot.baseGfn + slot.npages);
    this.slots.splice(this.slots.indexOf(slot), 1);
    this.someReadOnly = this.slots.some(({ readOnly }) => readOnly === true);
    this.setDirtyLog(id, false);
    return slot;
  }

  /** Replaces all aliases. Throws a RangeError if there are too many, one hides a slot or leads to no memory. */
  setAliases(aliases: readonly MemoryAlias[]): void {
    if (aliases.length > ALIAS_SLOTS) throw new RangeError(`there are at most ${ALIAS_SLOTS} aliases`);
    for (const { baseGfn, npages, targetGfn } of aliases) {
      for (let i = 0; i < npages; i++) {
        if (this.slotOf(baseGfn + i) === undefined && this.slotOf(targetGfn + i) !== undefined) continue;
        throw new RangeError(
          `an alias at gfn ${baseGfn} hides a slot, or frame ${targetGfn + i} has no memory`,
        );
      }
    }
    this.forgetAliases();
    this.aliases = aliases;
    this.someAlias = aliases.length > 0;
    for (const { baseGfn, npages, targetGfn } of aliases) {
      for (let i = 0; i < npages; i++) this.frames[baseGfn + i] = this.pfn(targetGfn + i) + 1;
    }
  }

  private forgetAliases(): void {
    for (const { baseGfn, npages } of this.aliases) this.frames.fill(0, baseGfn, baseGfn + npages);
    this.aliases = [];
    this.someAlias = false;
  }

  /** The gfn that has the memory which a gfn shows: itself but for aliases. KVM: unalias_gfn. */
  unalias(gfn: Gfn): Gfn {
    return this.someAlias === true ? this.targetOf(gfn & this.gfnMask) : gfn & this.gfnMask;
  }

  /** While A20 is closed, each odd MiB shows the memory of the one below. Translations are the caller's to forget. */
  setA20(open: boolean): void {
    this.gfnMask = open ? -1 : ~A20_GFN;
  }

  private targetOf(gfn: Gfn): Gfn {
    const alias = this.aliases.find(({ baseGfn, npages }) => gfn >= baseGfn && gfn < baseGfn + npages);
    return alias === undefined ? gfn : alias.targetGfn + (gfn - alias.baseGfn);
  }

  slot(id: number): MemorySlot | undefined {
    return this.slots.find((slot) => slot.id === id);
  }

  /** Starts a slot's dirty log, all clean, or ends it. KVM: KVM_MEM_LOG_DIRTY_PAGES. */
  setDirtyLog(id: number, on: boolean): void {
    const slot = this.slot(id);
    this.dirtyBitmaps[id] = on && slot !== undefined ? new Uint32Array(Math.ceil(slot.npages / 32)) : null;
    this.logging = this.dirtyBitmaps.some((bitmap) => bitmap !== null);
  }

  /** The dirty log of a slot since the last call, one bit for each gfn; null if there is no log. */
  takeDirtyBitmap(id: number): Uint32Array | null {
    const bitmap = this.dirtyBitmaps[id];
    if (bitmap === null) return null;
    this.dirtyBitmaps[id] = new Uint32Array(bitmap.length);
    return bitmap;
  }

  /** Notes a store, or that stores will not be seen from now on. KVM: mark_page_dirty. */
  markDirty(gfn: Gfn): void {
    const at = this.unalias(gfn);
    const id = at < TABLE_GFNS ? this.slotIds[at] - 1 : -1;
    const bitmap = id < 0 ? null : this.dirtyBitmaps[id];
    const slot = bitmap === null ? undefined : this.slot(id);
    if (bitmap === null || slot === undefined) return;
    const index = at - slot.baseGfn;
    bitmap[index >>> 5] |= 1 << (index & 31);
  }

  /** Whether stores to a gfn that has memory must not reach it. */
  isReadOnly(gfn: Gfn): boolean {
    return this.someReadOnly === true && this.liesInReadOnlySlot(gfn);
  }

  private liesInReadOnlySlot(gfn: Gfn): boolean {
    return this.slotOf(this.unalias(gfn))?.readOnly === true;
  }

  /** The host frame behind a gfn, or -1. KVM: gfn_to_pfn. */
  pfn(gfn: Gfn): Pfn {
    return gfn < TABLE_GFNS ? this.frames[gfn & this.gfnMask] - 1 : -1;
  }

  /** The host address of a guest physical byte, or -1. */
  hpa(gpa: Gpa): Hpa | -1 {
    const gfn = Math.floor(gpa / 4096);
    const pfn = this.pfn(gfn);
    return pfn < 0 ? -1 : pfn * 4096 + (gpa - gfn * 4096);
  }

  /** The host address that a store to a guest physical byte reaches, or -1. */
  writableHpa(gpa: Gpa): Hpa | -1 {
    const hpa = this.hpa(gpa);
    return hpa >= 0 && this.isReadOnly(Math.floor(gpa / 4096)) ? -1 : hpa;
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

  /** Writes the 32-bit word at a 4-aligned offset of a frame. Lost where there is no memory, or it is read-only. */
  write32(gfn: Gfn, offset: number, value: number): void {
    const pfn = this.pfn(gfn);
    if (pfn < 0 || this.isReadOnly(gfn)) return;
    if (this.logging === true) this.markDirty(gfn);
    this.linear.i32[pfn * 1024 + (offset >>> 2)] = value;
    if (this.codeMap[pfn] !== 0) this.onCodeWrite(pfn * 4096 + offset, 4);
  }

  /**
   * Copies bytes into guest memory, also where the guest may only read: this is how ROMs get their contents.
   * Returns false, with nothing written, if any byte has no memory.
   */
  writeBytes(gpa: Gpa, bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; at = nextPage(gpa, at)) if (this.hpa(gpa + at) < 0) return false;
    for (let at = 0; at < bytes.length; ) {
      const next = Math.min(nextPage(gpa, at), bytes.length);
      const hpa = this.hpa(gpa + at);
      if (this.logging === true) this.markDirty(Math.floor((gpa + at) / 4096));
      this.store(hpa, bytes.subarray(at, next));
      at = next;
    }
    return true;
  }

  /** Puts bytes into one host frame, and forgets what was decoded there. */
  store(hpa: Hpa, bytes: Uint8Array): void {
    this.linear.u8.set(bytes, hpa);
    if (this.codeMap[hpa >>> 12] !== 0) this.onCodeWrite(hpa, bytes.length);
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
