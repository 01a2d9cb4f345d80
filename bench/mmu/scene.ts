/**
 * A guest without a processor: address spaces with user tables, a kernel directory that they share with a linear map of
 * all memory by large global pages and a kmap table T, and the accesses that a processor would make.
 */
import { allocateLinearMemory } from "../../src/machine/layout.ts";
import { GuestMemory } from "../../src/mmu/guest-memory.ts";
import { PFERR_WRITE } from "../../src/mmu/mmu.ts";
import type { Policy } from "../../src/mmu/shadow/policy.ts";
import { ShadowMmu } from "../../src/mmu/shadow/shadow-mmu.ts";
import {
  ADDEND,
  TAG_READ,
  TAG_WRITE,
  TLB_GENERATION,
  TLB_INDEX_MASK,
  TLB_SUPERVISOR,
} from "../../src/mmu/tlb.ts";

const P_RW_A_D = 0x63;
const USER_PAGE = 0x67;
const TABLE = 0x27;
const KERNEL_PAGE = 0x163;
const LARGE_KERNEL_PAGE = 0x1e3;
const CR4_PAE_PGE = 0xa0;
const CR0_PE_WP_PG = 0x8001_0001 | 0;
const MIB_2 = 1 << 21;

/** Where the kernel sees all memory, and where T's entries map. */
const LINEAR_MAP = 0xc000_0000;
export const KMAP = 0xffe0_0000;
const KMAP_INDEX = 511;

export interface SceneSize {
  /** Address spaces. */
  readonly spaces: number;
  /** Page tables of each, and present entries in each of those. */
  readonly tables: number;
  readonly entries: number;
}

export class Scene {
  readonly mmu: ShadowMmu;
  readonly memory: GuestMemory;
  /** CR3 of each address space. */
  readonly roots: number[] = [];
  /** Frames of the page tables of each address space. */
  readonly tables: number[][] = [];
  readonly size: SceneSize;
  /** Frame of the kmap table, and one it maps. */
  readonly kmapTable: number;
  readonly data: number;
  private next = 16;

  constructor(policy: Policy, size: SceneSize) {
    const frames = size.spaces * (size.tables + 2) + 64;
    const ramBytes = Math.ceil((frames * 4096) / MIB_2) * MIB_2;
    const shadowPages = size.spaces * (size.tables + 2) + 2 * (ramBytes / MIB_2) + 128;
    const linear = allocateLinearMemory({ ramBytes, shadowPages });
    this.size = size;
    this.memory = new GuestMemory(linear);
    this.memory.addSlot({ id: 0, baseGfn: 0, npages: ramBytes >>> 12, basePfn: linear.layout.ram >>> 12 });
    const kernel = this.frame();
    for (let i = 0; i < ramBytes / MIB_2; i++) this.set(kernel, i, i * 512, LARGE_KERNEL_PAGE);
    this.kmapTable = this.frame();
    this.set(kernel, KMAP_INDEX, this.kmapTable, TABLE);
    this.data = this.frame();
    for (let i = 0; i < size.spaces; i++) this.addSpace(kernel);
    this.mmu = new ShadowMmu(this.memory, { ...policy, shadowPages: 0 });
    this.mmu.setCr4(CR4_PAE_PGE);
    this.mmu.setCr3(this.roots[0]);
    this.mmu.setCr0(CR0_PE_WP_PG);
  }

  private addSpace(kernel: number): void {
    const root = this.frame();
    const directory = this.frame();
    this.set(root, 0, directory, 1);
    this.set(root, 3, kernel, 1);
    const tables: number[] = [];
    for (let t = 0; t < this.size.tables; t++) {
      const table = this.frame();
      this.set(directory, t, table, TABLE);
      for (let e = 0; e < this.size.entries; e++) this.set(table, e, this.data, USER_PAGE);
      tables.push(table);
    }
    this.roots.push(root * 4096);
    this.tables.push(tables);
  }

  private frame(): number {
    return this.next++;
  }

  private set(table: number, index: number, frame: number, flags: number): void {
    this.memory.write32(table, index * 8, (frame << 12) | flags);
  }

  /** Touches every user page of the address space that runs. */
  touchAll(): void {
    for (let t = 0; t < this.size.tables; t++) {
      for (let e = 0; e < this.size.entries; e++) this.read(t * MIB_2 + e * 4096);
    }
  }

  /** Runs each address space once, so that all it has is shadowed. */
  warmUp(): void {
    for (const root of this.roots) {
      this.mmu.setCr3(root);
      this.touchAll();
    }
  }

  /** Stores to the first entry of the first `count` tables of an address space, so that they go out of sync. */
  unsync(space: number, count: number): void {
    for (let t = 0; t < count; t++) this.store(this.tables[space][t], 0, (this.data << 12) | USER_PAGE);
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
    const gva = LINEAR_MAP + gfn * 4096 + offset;
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
    const gva = KMAP + slot * 4096;
    this.store(this.kmapTable, slot * 8 + 4, 0);
    this.store(this.kmapTable, slot * 8, (this.data << 12) | KERNEL_PAGE);
    this.read(gva);
    this.store(this.kmapTable, slot * 8, 0);
    this.store(this.kmapTable, slot * 8 + 4, 0);
    this.mmu.invlpg(gva);
  }

  /** Gives T a slot that stays mapped, so that T never becomes empty. */
  keepOneKmap(): void {
    this.store(this.kmapTable, 8 * 100, (this.data << 12) | (P_RW_A_D | 0x100));
    this.read(KMAP + 100 * 4096);
  }
}
