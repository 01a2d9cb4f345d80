/**
 * A guest shaped like Linux with PAE and highmem: a linear map of all memory by large global pages, a kernel
 * directory that the processes share, and a fixmap table T in it.
 */
import type { Policy } from "../../../src/mmu/shadow/policy.ts";
import { A, D, type EntryAt, G, P, type PaeTables, RW, TestGuest, US } from "../../support/page-tables.ts";
import { linear, ShadowProcessor } from "../harness.ts";

export const KERNEL = P | RW | A | D | G;
export const LOCAL = P | RW | A | D;
export const USERPAGE = P | RW | US | A | D;

/** Addresses in T's 2 MiB, and one in user space. */
export const F = 0xffe0_5000;
export const F2 = 0xffe0_6000;
export const V = 0x0040_0000;

export class Kernel {
  readonly guest: TestGuest;
  readonly cpu: ShadowProcessor;
  readonly p1: PaeTables;
  readonly p2: PaeTables;
  /** Frame of the kernel's page directory. */
  readonly m: number;
  /** Frame of the fixmap's page table. */
  readonly t: number;

  constructor(policy: Partial<Policy> = {}, shadowPages = 256) {
    this.guest = new TestGuest({ shadowPages });
    this.p1 = this.guest.pae();
    this.m = this.p1.directory(3);
    this.p2 = this.guest.pae();
    this.p2.directory(3, this.m);
    for (let mib = 0; mib < 16; mib += 2) this.p1.mapLarge(0xc000_0000 + (mib << 20), mib * 256, KERNEL);
    this.t = this.p1.pte(F).gfn;
    this.p1.map(V, 0x150, USERPAGE);
    this.p2.map(V, 0x160, USERPAGE);
    this.cpu = new ShadowProcessor(this.guest, policy).startPae(this.p1.cr3);
    this.cpu.mark();
  }

  pte(gva: number): EntryAt {
    return this.p1.pte(gva);
  }

  /** The kernel stores the low half of an entry through its linear map. */
  write(at: EntryAt, gfn: number, flags: number): string {
    return this.cpu.store(linear(at), (gfn << 12) | flags);
  }

  /** Maps F before anyone looks, touches it, and leaves T in sync: state GS, or NS if the page is not global. */
  shadowT(flags = KERNEL): void {
    this.p1.map(F, 0x123, flags);
    this.cpu.read(F);
    this.cpu.mark();
  }

  /** As `shadowT`, then a store to T that its shadow does not see: state GU or NU. */
  unsyncT(flags = KERNEL): void {
    this.shadowT(flags);
    this.write(this.pte(F2), 0, 0);
    this.cpu.mark();
  }

  /** State of T's only shadow, or "" if it has none. */
  get state(): string {
    return this.cpu.states(this.t).join(" ");
  }

  flushGlobal(): void {
    this.cpu.mmu.setCr4(0x30);
    this.cpu.mmu.setCr4(0xb0);
  }
}
