/**
 * The MMU under test with a guest's memory around it, and the least of a processor: it looks in the TLB first, then
 * asks, and does by hand the stores that the hypervisor wants to see.
 */
import { BareMmu } from "../bare.ts";
import { GuestMemory, type MemorySlot } from "../guest-memory.ts";
import type { LinearMemory } from "../linear-memory.ts";
import { EMULATE, INJECT, type Mmu, PFERR_FETCH, PFERR_USER, PFERR_WRITE } from "../mmu.ts";
import { CR0_PE, CR0_PG, CR0_WP, CR4_PAE, CR4_PGE, CR4_PSE, EFER_NXE } from "../paging.ts";
import type { Policy } from "../shadow/policy.ts";
import { ShadowMmu } from "../shadow/shadow-mmu.ts";
import {
  ADDEND,
  TAG_FETCH,
  TAG_READ,
  TAG_WRITE,
  TLB_GENERATION,
  TLB_INDEX_MASK,
  TLB_SUPERVISOR,
  TLB_USER,
} from "../tlb.ts";
import type { Gfn, Gva, Hpa } from "../types.ts";
import type { HostEvent, SlotEvent } from "./ops.ts";
import { FAULT, STRAY } from "./oracle.ts";
import {
  AL,
  GFNS,
  HIGH_SLOT,
  LOW_SLOT,
  MOVABLE_SLOT,
  type Mode,
  OFFSETS,
  PRESETS,
  R0,
  RAM_BYTES,
  TIGHT_QUOTA,
} from "./universe.ts";

/** What is tested: a shadow policy, or no hypervisor at all. */
export type Tested = { readonly mmu: "shadow"; readonly policy: Policy } | { readonly mmu: "bare" };

const RAM_PAGES = RAM_BYTES / 4096;
/** Deeds to a small quota first evict what they can, then make room again. */
const SMALLEST_QUOTA = 1;

/** The state of the slot that changes. */
interface SlotState {
  present: boolean;
  moved: boolean;
  otherMemory: boolean;
  readOnly: boolean;
}

export class Subject {
  readonly memory: GuestMemory;
  readonly mmu: Mmu;
  /** Null for bare. */
  readonly shadow: ShadowMmu | null;
  /** The error code of the last access that faulted. */
  error: number;
  /** The last access reached memory of the host directly: then this is where. Else -1. */
  hpa: Hpa | -1;
  private readonly linear: LinearMemory;
  private readonly mode: Mode;
  /** The gfn that each page of guest RAM backs, or STRAY. */
  private readonly owners: Int32Array;
  private readonly slot: SlotState;
  /** Frames of the movable slot that were stored to since its log was taken, as bits; -1 while there is no log. */
  logged: number;
  private slotsAreDifferent: boolean;
  private quotaIsTight: boolean;

  constructor(linear: LinearMemory, tested: Tested, mode: Mode) {
    this.linear = linear;
    this.mode = mode;
    this.memory = new GuestMemory(linear);
    this.owners = new Int32Array(RAM_PAGES);
    this.slot = { present: true, moved: false, otherMemory: false, readOnly: false };
    this.memory.addSlot(this.placed(LOW_SLOT));
    this.memory.addSlot(this.placed(HIGH_SLOT));
    this.memory.addSlot(this.movableSlot());
    this.shadow = tested.mmu === "shadow" ? new ShadowMmu(this.memory, tested.policy) : null;
    this.mmu = this.shadow ?? new BareMmu(this.memory);
    this.error = 0;
    this.hpa = -1;
    this.logged = -1;
    this.slotsAreDifferent = false;
    this.quotaIsTight = false;
    this.findOwners();
    for (const { gfn, offset, value } of PRESETS[mode]) this.memory.write32(gfn, offset, value);
  }

  /** As new, whatever happened before: paging on, CR3 is R0, the presets in memory, nothing cached. */
  restart(): void {
    const { mmu } = this;
    if (this.slotsAreDifferent) this.restoreSlots();
    if (this.quotaIsTight) this.hostEvent("roomy");
    mmu.reset();
    this.clearMemory();
    mmu.setEfer(EFER_NXE);
    mmu.setCr4(CR4_PGE | CR4_PSE | (this.mode === "32bit" ? 0 : CR4_PAE));
    mmu.setCr3(GFNS[R0] * 4096);
    if (!mmu.setCr0(CR0_PG | CR0_WP | CR0_PE)) throw new Error("the first CR3 load is refused");
  }

  /** Where an access goes: a gfn, FAULT, or STRAY. A store has to follow at once if it is one to RAM. */
  reach(gva: Gva, access: number): Gfn | typeof FAULT | typeof STRAY {
    const { mmu } = this;
    const { words } = mmu.tlb;
    const entry = ((access & PFERR_USER) !== 0 ? TLB_USER : TLB_SUPERVISOR) + ((gva >>> 10) & TLB_INDEX_MASK);
    const kind =
      (access & PFERR_WRITE) !== 0 ? TAG_WRITE : (access & PFERR_FETCH) !== 0 ? TAG_FETCH : TAG_READ;
    const tag = (gva & ~0xfff) | words[TLB_GENERATION];
    const hit = words[entry + kind] === tag;
    const hpa = hit ? (gva + words[entry + ADDEND]) >>> 0 : mmu.translate(gva, access);
    this.hpa = hpa >= 0 ? hpa : -1;
    if (hpa >= 0) return this.ownerOf(hpa);
    if (hpa === INJECT) {
      this.error = mmu.faultError;
      return FAULT;
    }
    const gpa = mmu.emulateGpa;
    if (gpa % 4096 !== gva % 4096) throw new Error(`an access at ${gva} goes to another offset, ${gpa}`);
    if (hpa === EMULATE && (access & PFERR_WRITE) === 0 && this.memory.hpa(gpa) >= 0) {
      throw new Error("a read of memory is never emulated");
    }
    return this.memory.unalias(Math.floor(gpa / 4096));
  }

  /** Completes the store that `reach` resolved. False if it went to no memory and is lost. */
  put(bytes: number, lo: number, hi: number): boolean {
    if (this.hpa >= 0) {
      this.write(this.hpa, bytes, lo, hi);
      return true;
    }
    return this.emulateStore(this.mmu.emulateGpa, bytes, lo, hi);
  }

  /** A store by the hypervisor's emulator. False if there is no memory, or it may not be written. */
  emulateStore(gpa: number, bytes: number, lo: number, hi: number): boolean {
    const hpa = this.memory.writableHpa(gpa);
    if (hpa < 0) return false;
    this.write(hpa, bytes, lo, hi);
    this.mmu.pteWrite(gpa, bytes);
    return true;
  }

  /** The last access reached memory that the guest may not write. */
  get reachedReadOnly(): boolean {
    return this.hpa >= 0 && this.memory.isReadOnly(this.ownerOf(this.hpa));
  }

  hostEvent(event: HostEvent): void {
    const { shadow } = this;
    if (shadow === null) return;
    const room = shadow.kvm.pages.length - 1;
    if (event === "shrink") shadow.shrink();
    if (event === "recycle") shadow.setShadowPages(SMALLEST_QUOTA);
    if (event === "tight") shadow.setShadowPages(TIGHT_QUOTA);
    if (event === "roomy" || event === "recycle") shadow.setShadowPages(room);
    this.quotaIsTight = event === "tight" || (event === "shrink" && this.quotaIsTight);
  }

  unprotect(frame: number): void {
    this.shadow?.unprotect(GFNS[frame]);
  }

  /** Changes the slot of T2 and F2. Logging has calls of its own. */
  changeSlot(event: SlotEvent): void {
    const { slot, shadow, memory } = this;
    const before = { ...slot };
    if (event === "gone" || event === "back") slot.present = event === "back";
    if (event === "moved" || event === "home") slot.moved = event === "moved";
    if (event === "other-memory" || event === "first-memory") slot.otherMemory = event === "other-memory";
    if (event === "read-only" || event === "writable") slot.readOnly = event === "read-only";
    const same = (Object.keys(slot) as (keyof SlotState)[]).every((key) => slot[key] === before[key]);
    if (same || (!before.present && !slot.present)) return;
    this.slotsAreDifferent = true;
    this.logged = -1;
    const { id } = MOVABLE_SLOT;
    if (shadow !== null) {
      if (!slot.present) shadow.removeSlot(id);
      else if (before.present) shadow.changeSlot(this.movableSlot());
      else shadow.addSlot(this.movableSlot());
    } else {
      if (before.present) memory.removeSlot(id);
      if (slot.present) memory.addSlot(this.movableSlot());
      this.mmu.tlb.flush();
    }
    this.findOwners();
  }

  /** AL shows the memory of a frame that has some, or none with -1. */
  setAlias(frame: number): void {
    if (frame >= 0 && this.memory.pfn(GFNS[frame]) < 0) return;
    const aliases = frame < 0 ? [] : [{ baseGfn: GFNS[AL], npages: 1, targetGfn: GFNS[frame] }];
    this.slotsAreDifferent = true;
    if (this.shadow !== null) {
      this.shadow.setAliases(aliases);
    } else {
      this.memory.setAliases(aliases);
      this.mmu.tlb.flush();
    }
  }

  startLog(): void {
    if (this.shadow === null || !this.slot.present) return;
    this.shadow.startDirtyLog(MOVABLE_SLOT.id);
    this.slotsAreDifferent = true;
    this.logged = 0;
  }

  /** Takes the log and returns which pages of the slot were stored to without being in it, as bits. */
  takeLog(): number {
    if (this.shadow === null || this.logged < 0) return 0;
    const bitmap = this.shadow.takeDirtyLog(MOVABLE_SLOT.id);
    const missing = this.logged & ~(bitmap?.[0] ?? 0);
    this.logged = 0;
    return missing;
  }

  /** A word of a frame changed: the log has to have it. */
  noteStore(gfn: Gfn): void {
    if (this.logged < 0) return;
    const page = gfn - this.movableSlot().baseGfn;
    if (page >= 0 && page < MOVABLE_SLOT.npages) this.logged |= 1 << page;
  }

  private write(hpa: Hpa, bytes: number, lo: number, hi: number): void {
    const { view } = this.linear;
    if (bytes === 1) view.setInt8(hpa, lo);
    else if (bytes === 2) view.setInt16(hpa, lo, true);
    else view.setInt32(hpa, lo, true);
    if (bytes === 8) view.setInt32(hpa + 4, hi, true);
  }

  private ownerOf(hpa: Hpa): Gfn | typeof STRAY {
    const page = (hpa - this.linear.layout.ram) / 4096;
    return page >= 0 && page < RAM_PAGES ? this.owners[Math.floor(page)] : STRAY;
  }

  private placed({ id, baseGfn, npages, page }: typeof LOW_SLOT): MemorySlot {
    return { id, baseGfn, npages, basePfn: (this.linear.layout.ram >>> 12) + page };
  }

  private movableSlot(): MemorySlot {
    const { id, npages, homeGfn, otherGfn, page, otherPage } = MOVABLE_SLOT;
    const { moved, otherMemory, readOnly } = this.slot;
    const where = { id, npages, baseGfn: moved ? otherGfn : homeGfn, page: otherMemory ? otherPage : page };
    return { ...this.placed(where), readOnly };
  }

  private restoreSlots(): void {
    if (this.logged >= 0) {
      // Only a change of the slot ends a log.
      this.changeSlot(this.slot.readOnly ? "writable" : "read-only");
    }
    this.setAlias(-1);
    for (const event of ["back", "home", "first-memory", "writable"] as const) this.changeSlot(event);
    this.slotsAreDifferent = false;
  }

  private findOwners(): void {
    this.owners.fill(STRAY);
    const first = this.linear.layout.ram >>> 12;
    for (const { baseGfn, npages, basePfn } of this.memory.slots) {
      for (let i = 0; i < npages; i++) this.owners[basePfn - first + i] = baseGfn + i;
    }
  }

  /** All words that a story may have written, in both memories of the movable slot. */
  private clearMemory(): void {
    const { i32, layout } = this.linear;
    for (let page = 0; page < RAM_PAGES; page++) {
      const base = (layout.ram >>> 2) + page * 1024;
      for (const offset of OFFSETS) i32[base + (offset >>> 2)] = 0;
    }
    for (const { gfn, offset, value } of PRESETS[this.mode]) this.memory.write32(gfn, offset, value);
  }
}
