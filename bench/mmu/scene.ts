/**
 * A guest without a processor: address spaces with user tables, kernel directories with a linear map of all memory by
 * large global pages and a kmap table T, and the accesses that a processor would make.
 */
import { allocateLinearMemory } from "../../src/machine/layout.ts";
import { GuestMemory } from "../../src/mmu/guest-memory.ts";
import { PFERR_WRITE } from "../../src/mmu/mmu.ts";
import { lookupPage } from "../../src/mmu/shadow/kvm.ts";
import type { Policy } from "../../src/mmu/shadow/policy.ts";
import { ShadowMmu } from "../../src/mmu/shadow/shadow-mmu.ts";
import type { ShadowPage } from "../../src/mmu/shadow/shadow-page.ts";
import {
  ADDEND,
  TAG_READ,
  TAG_WRITE,
  TLB_GENERATION,
  TLB_INDEX_MASK,
  TLB_SUPERVISOR,
} from "../../src/mmu/tlb.ts";

const USER_PAGE = 0x67;
const TABLE = 0x27;
const KERNEL_PAGE = 0x163;
const LARGE_KERNEL_PAGE = 0x1e3;
export const CR4_PAE_PGE = 0xa0;
export const CR4_PAE = 0x20;
const CR0_PE_WP_PG = 0x8001_0001 | 0;

export const PAGE = 1 << 12;
/** What a large page, or a page table, maps. */
export const MIB_2 = 1 << 21;
const FIRST_FRAME = 16;

/** Where the kernel sees all memory, and where T's entries map. */
export const LINEAR_MAP = 0xc000_0000;
export const KMAP = 0xffe0_0000;
const KMAP_INDEX = 511;
/** A kmap slot that stays mapped. */
const KEPT_SLOT = 100;

export interface SceneSize {
  /** Address spaces. */
  readonly spaces: number;
  /** Page tables of each, and present entries in each of those. */
  readonly tables: number;
  readonly entries: number;
  /** Page tables of all address spaces but the first two; as many by default. */
  readonly otherTables?: number;
  /** Kernel tables with one global entry each, beside T; none by default. */
  readonly kernelTables?: number;
  /** Each address space has a kernel directory of its own. All lead to the same tables. */
  readonly ownKernel?: boolean;
  /** Large pages of the linear map, at least as many as the tables need. */
  readonly largePages?: number;
}

export class Scene {
  readonly mmu: ShadowMmu;
  readonly memory: GuestMemory;
  readonly size: SceneSize;
  /** CR3 of each address space. */
  readonly roots: number[] = [];
  /** Frames of the page tables of each address space. */
  readonly tables: number[][] = [];
  /** Frames of the kernel tables beside T. */
  readonly kernelTables: number[] = [];
  /** Frame of a kernel directory, of the kmap table, and of the page that everything maps. */
  readonly kernel: number;
  readonly kmapTable: number;
  readonly data: number;
  readonly largePages: number;
  private next = FIRST_FRAME;

  constructor(policy: Policy, size: SceneSize) {
    const { spaces, tables, otherTables = tables, kernelTables = 0 } = size;
    const userTables = Math.min(spaces, 2) * tables + Math.max(spaces - 2, 0) * otherTables;
    const frames = FIRST_FRAME + userTables + 3 * spaces + kernelTables + 8;
    this.largePages = Math.max(Math.ceil((frames * PAGE) / MIB_2), size.largePages ?? 0);
    const ramBytes = this.largePages * MIB_2;
    const shadowPages = userTables + 3 * spaces + kernelTables + this.largePages + 128;
    const linear = allocateLinearMemory({ ramBytes, shadowPages });
    this.size = size;
    this.memory = new GuestMemory(linear);
    const basePfn = linear.layout.ram >>> 12;
    this.memory.addSlot({ id: 0, baseGfn: 0, npages: this.largePages * 512, basePfn });
    this.data = this.next++;
    this.kmapTable = this.next++;
    for (let i = 0; i < kernelTables; i++) {
      this.kernelTables.push(this.next);
      this.set(this.next++, 0, this.data, KERNEL_PAGE);
    }
    this.kernel = this.addKernel();
    for (let i = 0; i < spaces; i++) this.addSpace(i < 2 ? tables : otherTables, i);
    this.mmu = new ShadowMmu(this.memory, { ...policy, shadowPages: 0 });
    this.mmu.setCr4(CR4_PAE_PGE);
    this.mmu.setCr3(this.roots[0]);
    this.mmu.setCr0(CR0_PE_WP_PG);
  }

  private addKernel(): number {
    const kernel = this.next++;
    for (let i = 0; i < this.largePages; i++) this.set(kernel, i, i * 512, LARGE_KERNEL_PAGE);
    this.kernelTables.forEach((table, i) => {
      this.set(kernel, KMAP_INDEX - 1 - i, table, TABLE);
    });
    this.set(kernel, KMAP_INDEX, this.kmapTable, TABLE);
    return kernel;
  }

  private addSpace(tables: number, index: number): void {
    const root = this.next++;
    const directory = this.next++;
    const kernel = this.size.ownKernel === true && index > 0 ? this.addKernel() : this.kernel;
    this.set(root, 0, directory, 1);
    this.set(root, 3, kernel, 1);
    const frames: number[] = [];
    for (let t = 0; t < tables; t++) {
      const table = this.next++;
      this.set(directory, t, table, TABLE);
      for (let e = 0; e < this.size.entries; e++) this.set(table, e, this.data, USER_PAGE);
      frames.push(table);
    }
    this.roots.push(root * PAGE);
    this.tables.push(frames);
  }

  private set(table: number, index: number, frame: number, flags: number): void {
    this.memory.write32(table, index * 8, (frame << 12) | flags);
  }

  /** Runs each address space once, so that all it has is shadowed, and ends in the first. One kmap slot is in use. */
  warmUp(): void {
    this.store(this.kmapTable, 8 * KEPT_SLOT, (this.data << 12) | KERNEL_PAGE);
    for (let i = this.size.spaces - 1; i >= 0; i--) {
      this.mmu.setCr3(this.roots[i]);
      this.touch(this.tables[i].length);
      this.read(KMAP + KEPT_SLOT * PAGE);
    }
    for (let i = 0; i < this.kernelTables.length; i++) this.read(this.kernelTableGva(i));
    for (let i = 0; i < this.largePages; i++) this.read(LINEAR_MAP + i * MIB_2);
  }

  kernelTableGva(index: number): number {
    return LINEAR_MAP + (KMAP_INDEX - 1 - index) * MIB_2;
  }

  /** Touches every page of the first `tables` tables of the address space that runs. */
  touch(tables: number): void {
    const { entries } = this.size;
    for (let t = 0; t < tables; t++) {
      for (let e = 0; e < entries; e++) this.read(t * MIB_2 + e * PAGE);
    }
  }

  /** Stores to the first entry of the first `count` tables of an address space, so that they go out of sync. */
  unsync(space: number, count: number): void {
    for (let t = 0; t < count; t++) this.store(this.tables[space][t], 0, (this.data << 12) | USER_PAGE);
  }

  /** The shadow page of a table. */
  shadowOf(table: number): ShadowPage {
    const sp = lookupPage(this.mmu.kvm, table);
    if (sp === null) throw new Error(`frame ${table} is not shadowed`);
    return sp;
  }

  read(gva: number): void {
    const { words } = this.mmu.tlb;
    const entry = TLB_SUPERVISOR + ((gva >>> 10) & TLB_INDEX_MASK);
    const tag = (gva & ~0xfff) | words[TLB_GENERATION];
    if (words[entry + TAG_READ] !== tag) this.mmu.translate(gva, 0);
  }

  /** The kernel stores a word of a frame through its linear map. */
  store(gfn: number, offset: number, value: number): void {
    const { mmu, memory } = this;
    const gva = LINEAR_MAP + gfn * PAGE + offset;
    const { words } = mmu.tlb;
    const entry = TLB_SUPERVISOR + ((gva >>> 10) & TLB_INDEX_MASK);
    const tag = (gva & ~0xfff) | words[TLB_GENERATION];
    const { i32 } = memory.linear;
    if (words[entry + TAG_WRITE] === tag) {
      i32[((gva + words[entry + ADDEND]) >>> 0) >>> 2] = value;
      return;
    }
    const hpa = mmu.translate(gva, PFERR_WRITE);
    if (hpa >= 0) {
      i32[hpa >>> 2] = value;
      return;
    }
    i32[memory.hpa(mmu.emulateGpa) >>> 2] = value;
    mmu.pteWrite(mmu.emulateGpa, 4);
  }

  /** kmap_atomic, a use, kunmap_atomic of slot `slot`: two stores of two halves, INVLPG. */
  kmapCycle(slot: number): void {
    const gva = KMAP + slot * PAGE;
    this.store(this.kmapTable, slot * 8 + 4, 0);
    this.store(this.kmapTable, slot * 8, (this.data << 12) | KERNEL_PAGE);
    this.read(gva);
    this.store(this.kmapTable, slot * 8, 0);
    this.store(this.kmapTable, slot * 8 + 4, 0);
    this.mmu.invlpg(gva);
  }
}
