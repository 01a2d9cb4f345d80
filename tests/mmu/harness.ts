/**
 * A processor reduced to its memory accesses: looks in the TLB, asks the MMU, does emulated stores by hand.
 */
import { EMULATE, INJECT, type Mmu, PFERR_FETCH, PFERR_USER, PFERR_WRITE } from "../../src/mmu/mmu.ts";
import { Audit, type When } from "../../src/mmu/shadow/audit.ts";
import { defaultPolicy, type Policy } from "../../src/mmu/shadow/policy.ts";
import { ShadowMmu } from "../../src/mmu/shadow/shadow-mmu.ts";
import { type CounterName, kvmCounters } from "../../src/mmu/shadow/stats.ts";
import {
  ADDEND,
  TAG_FETCH,
  TAG_READ,
  TAG_WRITE,
  TLB_GENERATION,
  TLB_INDEX_MASK,
  TLB_SUPERVISOR,
  TLB_USER,
} from "../../src/mmu/tlb.ts";
import type { EntryAt, TestGuest } from "../support/page-tables.ts";

export const READ = 0;
export const WRITE = PFERR_WRITE;
export const FETCH = PFERR_FETCH;
export const USER = PFERR_USER;

export const PG = 0x8000_0000;
export const WP = 0x1_0000;
export const PE = 0x1;
export const PSE = 0x10;
export const PAE = 0x20;
export const PGE = 0x80;
export const NXE = 0x800;

/** "gfn 12" for an access that reached a frame, "fault 7", or "mmio a0000". */
export type Outcome = string;

export class Processor {
  readonly guest: TestGuest;
  readonly mmu: Mmu;

  constructor(guest: TestGuest, mmu: Mmu) {
    this.guest = guest;
    this.mmu = mmu;
  }

  /** Paging on: PAE tables with PGE, WP and NX. */
  startPae(cr3: number): this {
    this.mmu.setEfer(NXE);
    this.mmu.setCr4(PAE | PGE | PSE);
    this.mmu.setCr3(cr3);
    if (!this.mmu.setCr0(PG | WP | PE)) throw new Error("the PDPTEs are malformed");
    return this;
  }

  /** Paging on: two levels with PSE, PGE and WP. */
  startTwoLevel(cr3: number): this {
    this.mmu.setCr4(PGE | PSE);
    this.mmu.setCr3(cr3);
    this.mmu.setCr0(PG | WP | PE);
    return this;
  }

  read(gva: number, user = 0): Outcome {
    return this.access(gva, user | READ);
  }

  fetch(gva: number, user = 0): Outcome {
    return this.access(gva, user | FETCH);
  }

  /** The 32-bit word at `gva`, which must be readable. */
  load(gva: number): number {
    const hpa = this.translate(gva, READ);
    if (hpa < 0) throw new Error(`cannot read ${gva.toString(16)}`);
    return this.guest.linear.i32[hpa >>> 2];
  }

  /** A store of 4 bytes (or fewer, for tables written in pieces). */
  store(gva: number, value: number, user = 0, bytes: 1 | 2 | 4 = 4): Outcome {
    const { memory } = this.guest;
    const hpa = this.translate(gva, user | WRITE);
    if (hpa >= 0) {
      this.put(hpa, value, bytes);
      return this.name(hpa);
    }
    if (hpa === INJECT) return `fault ${this.mmu.faultError}`;
    const gpa = this.mmu.emulateGpa;
    const target = memory.writableHpa(gpa);
    if (target < 0) return `mmio ${gpa.toString(16)}`;
    this.put(target, value, bytes);
    this.mmu.pteWrite(gpa, bytes);
    return `emulated gfn ${Math.floor(gpa / 4096)}`;
  }

  private put(hpa: number, value: number, bytes: number): void {
    const { view } = this.guest.linear;
    if (bytes === 4) view.setInt32(hpa, value, true);
    else if (bytes === 2) view.setInt16(hpa, value, true);
    else view.setInt8(hpa, value);
  }

  access(gva: number, access: number): Outcome {
    const hpa = this.translate(gva, access);
    if (hpa >= 0) return this.name(hpa);
    if (hpa === INJECT) return `fault ${this.mmu.faultError}`;
    const gpa = this.mmu.emulateGpa;
    if (this.guest.memory.writableHpa(gpa) < 0) return `mmio ${gpa.toString(16)}`;
    // A store of what is there already.
    this.mmu.pteWrite(gpa - (gpa % 4), 4);
    return `emulated gfn ${Math.floor(gpa / 4096)}`;
  }

  private translate(gva: number, access: number): number {
    const { tlb } = this.mmu;
    const { words } = tlb;
    const entry = ((access & USER) !== 0 ? TLB_USER : TLB_SUPERVISOR) + ((gva >>> 10) & TLB_INDEX_MASK);
    const kind = (access & WRITE) !== 0 ? TAG_WRITE : (access & FETCH) !== 0 ? TAG_FETCH : TAG_READ;
    const tag = (gva & ~0xfff) | words[TLB_GENERATION];
    if (words[entry + kind] === tag) return (gva + words[entry + ADDEND]) >>> 0;
    const result = this.mmu.translate(gva, access);
    if (result === EMULATE && (access & WRITE) === 0 && this.guest.memory.hpa(this.mmu.emulateGpa) >= 0) {
      throw new Error("a read of RAM is never emulated");
    }
    return result;
  }

  private name(hpa: number): Outcome {
    return `gfn ${(hpa - this.guest.linear.layout.ram) >>> 12}`;
  }
}

/** A processor over the shadow MMU, with its counters and audit at hand. */
export class ShadowProcessor extends Processor {
  readonly shadow: ShadowMmu;
  private readonly audit: Audit;
  private marks: Map<CounterName, number>;

  constructor(guest: TestGuest, policy: Partial<Policy> = {}) {
    const shadow = new ShadowMmu(guest.memory, { ...defaultPolicy, ...policy });
    super(guest, shadow);
    this.shadow = shadow;
    this.audit = new Audit(shadow.kvm);
    this.marks = new Map();
    this.mark();
  }

  mark(): void {
    this.marks = new Map(kvmCounters.map(({ name }) => [name, this.shadow.stats[name]]));
  }

  /** KVM's counters that changed since the last call, after a clean audit. */
  deltas(after: When = "always"): Partial<Record<CounterName, number>> {
    this.check(after);
    const changed: Partial<Record<CounterName, number>> = {};
    for (const { name } of kvmCounters) {
      const delta = this.shadow.stats[name] - (this.marks.get(name) ?? 0);
      if (delta !== 0) changed[name] = delta;
    }
    this.mark();
    return changed;
  }

  check(after: When = "always"): void {
    const violations = this.audit.run(after);
    if (violations.length > 0) {
      throw new Error(
        violations
          .slice(0, 5)
          .map((v) => `${v.invariant} (${v.sentence}): sp ${v.sp} entry ${v.entry}: ${v.detail}`)
          .join("\n"),
      );
    }
  }

  /** Live pages that shadow a frame, as "GS", "NU", …, the state table's names. */
  states(gfn: number): string[] {
    const found: string[] = [];
    for (let sp = this.shadow.kvm.activeHead; sp !== null; sp = sp.activeNext) {
      if (sp.gfn === gfn && (sp.role & (1 << 16)) === 0) {
        found.push(`${sp.global ? "G" : "N"}${sp.unsync ? "U" : "S"}`);
      }
    }
    return found;
  }
}

/** Where the kernel's linear map at 3 GiB shows an entry. */
export function linear(at: EntryAt): number {
  return 0xc000_0000 + at.gfn * 4096 + at.offset;
}
