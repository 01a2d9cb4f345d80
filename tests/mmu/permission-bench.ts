/**
 * A machine on which one address is accessed under one pair of entries after another, with every outcome compared
 * with `sdm-paging.ts`.
 */
import { expect } from "vitest";
import { EMULATE, INJECT, PFERR_FETCH, PFERR_USER, PFERR_WRITE } from "../../src/mmu/mmu.ts";
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
import type { EventSink } from "../../src/trace/event-sink.ts";
import { KVM_INJ_EXCEPTION } from "../../src/trace/events.ts";
import { Tap } from "../../src/trace/tap.ts";
import { A, D, type EntryAt, G, P, RW, TestGuest, US } from "../support/page-tables.ts";
import { linear, NXE, PAE, PE, PG, PGE, type Processor, PSE, ShadowProcessor, WP } from "./harness.ts";
import type { Entry, Pair } from "./permission-rows.ts";
import {
  ACCESSES,
  type Access,
  type Controls,
  type Differences,
  newVerdict,
  SdmPaging,
} from "./sdm-paging.ts";

/** In the second gigabyte, with bits in all fields of the address: PDE 3 of PAE, 257 of 2-level paging. */
const GVA = 0x4072_3abc;
/** On the next page, which is always present: its use leaves the table of both linked, and noted as far as it goes. */
const BESIDE = GVA + 0x1000;
/** Frame of the page table, aligned so that the same PDE may also map a large page there. */
const TABLE_GFN = 0x400;
const PAGE_GFN = 0x5a5;
/** Offset of the PDPTE in its table. */
const PDPTE_AT = (GVA >>> 30) * 8;
const MISMATCHES_SHOWN = 8;
const KERNEL = P | RW | A | D | G;

export interface Machine {
  readonly name: string;
  readonly differs: Differences;
  readonly makeCpu: (guest: TestGuest) => Processor;
}

/** An entry, signed, or an address, which may have more than 32 bits. */
const hex = (value: number): string => (value < 0 ? value >>> 0 : value).toString(16).padStart(8, "0");

/** Listens for the faults that the hypervisor injects, which name the address for CR2. */
class Injections implements EventSink {
  count = 0;
  error = 0;
  gva = 0;

  write(
    head: number,
    _icount: number,
    _eip: number,
    _cr3: number,
    _vector: number,
    error: number,
    gva: number,
  ): void {
    if ((head & 0xffff) !== KVM_INJ_EXCEPTION) return;
    this.count++;
    this.error = error;
    this.gva = gva;
  }
}

/** One machine with one address, whose entries are written again for each row. */
export class PermissionBench {
  readonly guest: TestGuest;
  readonly cpu: Processor;
  readonly pde: EntryAt;
  readonly pte: EntryAt;
  /** Accesses compared so far, by what came of them. */
  reached = 0;
  faults = 0;
  mismatches = 0;
  readonly first: string[] = [];
  private readonly differs: Differences;
  private readonly cr3: number;
  private readonly tables: number[];
  /** In an entry. */
  private readonly words: 1 | 2;
  private readonly others: Int32Array;
  private readonly injections: Injections | null;
  private readonly verdict = newVerdict();
  private mode: Controls;
  private judge: SdmPaging;

  constructor(machine: Machine, mode: Controls) {
    const { pae } = mode;
    this.differs = machine.differs;
    this.guest = new TestGuest({ shadowPages: 64 });
    const tables = pae ? this.guest.pae() : this.guest.twoLevel();
    this.cr3 = tables.cr3;
    this.pde = tables.pde(GVA);
    this.pte = { gfn: TABLE_GFN, offset: pae ? ((GVA >>> 12) & 0x1ff) * 8 : ((GVA >>> 12) & 0x3ff) * 4 };
    // The guest's window on its tables, of 4 KiB pages, as CR4.PSE may be clear.
    for (const at of [this.pde, this.pte]) tables.map(linear(at) & ~0xfff, at.gfn, KERNEL);
    tables.set({ gfn: TABLE_GFN, offset: this.pte.offset + (pae ? 8 : 4) }, PAGE_GFN + 1, KERNEL | US);
    this.cpu = machine.makeCpu(this.guest);
    this.injections = this.cpu instanceof ShadowProcessor ? new Injections() : null;
    if (this.cpu instanceof ShadowProcessor && this.injections !== null) {
      this.cpu.shadow.attachTap(new Tap(this.injections));
    }
    this.tables = [...new Set([tables.root, this.pde.gfn, this.pte.gfn])];
    this.words = pae ? 2 : 1;
    this.others = this.otherWords();
    this.mode = mode;
    this.judge = this.judgeOf();
  }

  private judgeOf(): SdmPaging {
    const { memory } = this.guest;
    const { i32 } = memory.linear;
    return new SdmPaging(this.mode, this.differs, this.cr3, {
      read: (gpa) => (memory.hpa(gpa) < 0 ? 0 : i32[memory.hpa(gpa) >>> 2]),
      exists: (gpa) => memory.hpa(gpa) >= 0,
    });
  }

  /** From power-on to paging: nothing is cached. */
  private start(): void {
    const { mode } = this;
    const { mmu } = this.cpu;
    mmu.reset();
    mmu.setEfer(mode.nxe ? NXE : 0);
    mmu.setCr4(this.cr4);
    mmu.setCr3(this.cr3);
    if (!mmu.setCr0(PG | PE | (mode.wp ? WP : 0))) throw new Error("the PDPTEs are malformed");
    this.judge.flush();
  }

  private get cr4(): number {
    const { pae, pse, pge } = this.mode;
    return (pae ? PAE : 0) | (pse ? PSE : 0) | (pge ? PGE : 0);
  }

  /** The machine starts again with other entries, so the first access is cold down to the hypervisor. */
  setCold([pde, pte]: Pair): void {
    this.storePdpte((this.pde.gfn << 12) | P, 0);
    this.write(this.pde, TABLE_GFN, pde);
    this.write(this.pte, PAGE_GFN, pte);
    this.start();
  }

  /** Stores the PDPTE of the address and loads it with CR3. False if that is a #GP. */
  loadPdpte(lo: number, hi: number): boolean {
    this.storePdpte((this.pde.gfn << 12) | lo, hi);
    const loaded = this.cpu.mmu.setCr3(this.cr3);
    if (loaded) this.judge.flush();
    return loaded;
  }

  /** The PDPTE in memory, without its frame. */
  get pdpte(): [number, number] {
    const { memory } = this.guest;
    return [
      memory.read32(this.tables[0], PDPTE_AT) ^ (this.pde.gfn << 12),
      memory.read32(this.tables[0], PDPTE_AT + 4),
    ];
  }

  private storePdpte(lo: number, hi: number): void {
    if (!this.mode.pae) return;
    this.guest.memory.write32(this.tables[0], PDPTE_AT, lo);
    this.guest.memory.write32(this.tables[0], PDPTE_AT + 4, hi);
  }

  private write(at: EntryAt, gfn: number, entry: Entry): void {
    const { memory } = this.guest;
    memory.write32(at.gfn, at.offset, (gfn << 12) | entry.lo);
    if (this.mode.pae) memory.write32(at.gfn, at.offset + 4, entry.hi);
  }

  /** The guest changes its control bits and then flushes all translations. PAE stays as it is. */
  setMode(mode: Controls): void {
    const { mmu } = this.cpu;
    this.mode = mode;
    this.judge = this.judgeOf();
    mmu.setEfer(mode.nxe ? NXE : 0);
    mmu.setCr0(PG | PE | (mode.wp ? WP : 0));
    mmu.setCr4(this.cr4 ^ PGE);
    mmu.setCr4(this.cr4);
  }

  /** The guest stores other entries itself and flushes all translations, global ones too. SDM: 4.10.4.1. */
  setAsGuest([pde, pte]: Pair): void {
    const { mmu } = this.cpu;
    this.store(this.pte, PAGE_GFN, pte);
    this.store(this.pde, TABLE_GFN, pde);
    mmu.setCr4(this.cr4 ^ PGE);
    mmu.setCr4(this.cr4);
    this.judge.flush();
  }

  private store(at: EntryAt, gfn: number, entry: Entry): void {
    const { cpu } = this;
    if (this.mode.pae) {
      // The entry must not be present while its halves do not belong together.
      cpu.store(linear(at), 0);
      cpu.store(linear(at) + 4, entry.hi);
    }
    cpu.store(linear(at), (gfn << 12) | entry.lo);
  }

  /** The first access of the run twice, then the others. */
  run(accesses: readonly Access[], row: string, first: "cold" | "after a page beside it"): void {
    if (first !== "cold") this.step(BESIDE, ACCESSES[0], row, "first");
    this.step(GVA, accesses[0], row, first);
    this.step(GVA, accesses[0], row, "again");
    for (let i = 1; i < accesses.length; i++) this.step(GVA, accesses[i], row, accesses[i - 1].name);
  }

  /** Does one access, and compares what came of it with what has to. */
  step(gva: number, access: Access, row: string, after: string): void {
    const { verdict, pde, pte, injections } = this;
    const { memory } = this.guest;
    const { mmu } = this.cpu;
    this.judge.judge(gva, access, verdict);
    const pdeLo = memory.read32(pde.gfn, pde.offset) | verdict.pdeSets;
    const pteLo = memory.read32(pte.gfn, pte.offset) | (gva === GVA ? verdict.pteSets : 0);
    const pdeHi = memory.read32(pde.gfn, pde.offset + 4);
    const pteHi = memory.read32(pte.gfn, pte.offset + 4);
    const injected = injections === null ? 0 : injections.count;

    const gpa = this.touch(gva, access);
    if (gpa === INJECT) this.faults++;
    else this.reached++;
    let wrong = gpa !== (verdict.fault ? INJECT : verdict.gpa);
    if (verdict.fault && mmu.faultError !== verdict.error) wrong = true;
    if (injections !== null) {
      if (injections.count - injected !== (verdict.fault ? 1 : 0)) wrong = true;
      if (verdict.fault && (injections.gva !== gva || injections.error !== verdict.error)) wrong = true;
    }
    if (memory.read32(pde.gfn, pde.offset) !== pdeLo || memory.read32(pte.gfn, pte.offset) !== pteLo) {
      wrong = true;
    }
    if (
      memory.read32(pde.gfn, pde.offset + 4) !== pdeHi ||
      memory.read32(pte.gfn, pte.offset + 4) !== pteHi
    ) {
      wrong = true;
    }
    if (!wrong) return;
    this.mismatches++;
    if (this.first.length >= MISMATCHES_SHOWN) return;
    const is =
      gpa === INJECT ? `fault ${mmu.faultError} cr2 ${hex(injections?.gva ?? gva)}` : `gpa ${hex(gpa)}`;
    const be = verdict.fault ? `fault ${verdict.error} cr2 ${hex(gva)}` : `gpa ${hex(verdict.gpa)}`;
    this.first.push(
      `${row}, ${access.name} of ${hex(gva)} (${after}): ${is}, ` +
        `pde ${hex(memory.read32(pde.gfn, pde.offset))} pte ${hex(memory.read32(pte.gfn, pte.offset))}; ` +
        `must be: ${be}, pde ${hex(pdeLo)} pte ${hex(pteLo)}`,
    );
  }

  /** The processor's way: the TLB first, then the MMU. The gpa that is reached, or INJECT. */
  private touch(gva: number, access: Access): number {
    const { mmu } = this.cpu;
    const { memory } = this.guest;
    const { words } = mmu.tlb;
    const entry = (access.user ? TLB_USER : TLB_SUPERVISOR) + ((gva >>> 10) & TLB_INDEX_MASK);
    const kind = access.write ? TAG_WRITE : access.fetch ? TAG_FETCH : TAG_READ;
    const hit = words[entry + kind] === ((gva & ~0xfff) | words[TLB_GENERATION]);
    const pferr =
      (access.write ? PFERR_WRITE : 0) | (access.fetch ? PFERR_FETCH : 0) | (access.user ? PFERR_USER : 0);
    const hpa = hit ? (gva + words[entry + ADDEND]) >>> 0 : mmu.translate(gva, pferr);
    if (hpa === INJECT) return INJECT;
    if (hpa !== EMULATE) return hpa - memory.linear.layout.ram;
    if (memory.hpa(mmu.emulateGpa) >= 0) throw new Error("an access to ordinary memory is emulated");
    return mmu.emulateGpa;
  }

  /** All words of the tables but those of the two entries. */
  private otherWords(): Int32Array {
    const { memory } = this.guest;
    const all = new Int32Array(this.tables.length * 1024);
    this.tables.forEach((gfn, i) => {
      for (let at = 0; at < 4096; at += 4) all[i * 1024 + at / 4] = memory.read32(gfn, at);
    });
    for (const { gfn, offset } of [this.pde, this.pte]) {
      const at = this.tables.indexOf(gfn) * 1024 + offset / 4;
      all.fill(0, at, at + this.words);
    }
    return all;
  }

  /** No row differed, no access stored anywhere else, and both outcomes came up. */
  expectClean(): void {
    expect({ mismatches: this.mismatches, first: this.first }).toEqual({ mismatches: 0, first: [] });
    expect(this.otherWords().findIndex((word, i) => word !== this.others[i])).toBe(-1);
    expect(Math.min(this.reached, this.faults)).toBeGreaterThan(0);
    if (this.cpu instanceof ShadowProcessor) this.cpu.check();
  }
}
