/**
 * Every combination of rights at each level, against a table written from the SDM (volume 3, 4.6 and 4.7), on a
 * bare machine and over each shadow policy. After kvm-unit-tests x86/access.c.
 */
import { describe, expect, it } from "vitest";
import { BareMmu } from "../../src/mmu/bare.ts";
import type { Policy } from "../../src/mmu/shadow/policy.ts";
import { A, D, type EntryAt, G, NX, P, PS, RW, TABLE, TestGuest, US } from "../support/page-tables.ts";
import {
  FETCH,
  linear,
  PAE,
  PE,
  PG,
  PGE,
  Processor,
  PSE,
  READ,
  ShadowProcessor,
  USER,
  WP,
  WRITE,
} from "./harness.ts";

type MakeCpu = (guest: TestGuest) => Processor;

const shadow =
  (policy: Partial<Policy>): MakeCpu =>
  (guest) =>
    new ShadowProcessor(guest, policy);

const machines: [string, MakeCpu][] = [
  ["bare", (guest) => new Processor(guest, new BareMmu(guest.memory))],
  ["shadow, oos off", shadow({ oos: false })],
  ["shadow, oos", shadow({ oosGlobal: false })],
  ["shadow, global list", shadow({})],
  ["shadow, no bypass", shadow({ bypassGuestPf: false })],
  ["shadow, INVLPG prefill", shadow({ invlpgPrefill: true })],
];

const KERNEL = P | RW | A | D | G;
const ACCESSES = [READ, WRITE, FETCH, USER, USER | WRITE, USER | FETCH];
/** A bit that is reserved in every PAE entry; 40 is above MAXPHYADDR. */
const RSVD = 2 ** 40;

/** All subsets of some bits. */
function subsets(bits: readonly number[]): number[] {
  let all = [0];
  for (const bit of bits) all = all.concat(all.map((set) => set + bit));
  return all;
}

const has = (flags: number, bit: number): boolean => Math.floor(flags / bit) % 2 === 1;

interface Expectation {
  readonly outcome: string;
  /** A of each level, top down, then D of the last. */
  readonly accessed: boolean[];
  readonly dirty: boolean;
}

/** What the SDM says of an access over entries from the top down, the last of which maps `gfn`. */
function sdm(
  path: number[],
  gfn: number,
  wp: boolean,
  nxe: boolean,
  pae: boolean,
  access: number,
): Expectation {
  const accessed = path.map((entry) => has(entry, A));
  const last = path.length - 1;
  const fault = (why: number): Expectation => {
    const fetch = pae && nxe ? access & FETCH : 0;
    return {
      outcome: `fault ${(access & (WRITE | USER)) | fetch | why}`,
      accessed,
      dirty: has(path[last], D),
    };
  };
  for (let level = 0; level <= last; level++) {
    const entry = path[level];
    if (!has(entry, P)) return fault(0);
    if (pae && (has(entry, RSVD) || (has(entry, NX) && !nxe))) return fault(9);
    if (level < last) accessed[level] = true;
  }
  const all = (bit: number): boolean => path.every((entry) => has(entry, bit));
  const user = (access & USER) !== 0;
  const allowed =
    (!user || all(US)) &&
    ((access & WRITE) === 0 || all(RW) || (!user && !wp)) &&
    ((access & FETCH) === 0 || !path.some((entry) => has(entry, NX)));
  if (!allowed) return fault(1);
  accessed[last] = true;
  return { outcome: `gfn ${gfn}`, accessed, dirty: has(path[last], D) || (access & WRITE) !== 0 };
}

/** Stores an entry as the guest does, through the linear map; the high half needs the entry to be absent. */
function store(cpu: Processor, at: EntryAt, gfn: number, flags: number, pae: boolean): void {
  if (pae) {
    cpu.store(linear(at), 0);
    cpu.store(linear(at) + 4, (has(flags, NX) ? 0x8000_0000 : 0) + (has(flags, RSVD) ? 0x100 : 0));
  }
  cpu.store(linear(at), (gfn << 12) | (flags % 0x1000));
}

describe.each(machines)("%s", (_name, makeCpu) => {
  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])("PAE, 4 KiB pages, CR0.WP %s, EFER.NXE %s", (wp, nxe) => {
    const guest = new TestGuest();
    const tables = guest.pae();
    for (let mib = 0; mib < 16; mib += 2) tables.mapLarge(0xc000_0000 + (mib << 20), mib * 256, KERNEL);
    const pte = tables.map(0x40_0000, 0x123, 0);
    const pde = tables.pde(0x40_0000);
    const cpu = makeCpu(guest);
    cpu.mmu.setEfer(nxe ? 0x800 : 0);
    cpu.mmu.setCr4(PAE | PGE);
    cpu.mmu.setCr3(tables.cr3);
    cpu.mmu.setCr0(PG | PE | (wp ? WP : 0));
    const rows: string[] = [];
    const directory = [...subsets([P, RW, US, NX]), P | RW | US | A, TABLE + RSVD];
    const table = [
      ...subsets([P, RW, US, NX]),
      P | RW | US | A | D,
      P | RW | US | D | G,
      P + RSVD,
      RSVD + RW,
    ];
    for (const pdeFlags of directory) {
      for (const pteFlags of table) {
        for (const access of ACCESSES) {
          store(cpu, pte, 0x123, pteFlags, true);
          store(cpu, pde, pte.gfn, pdeFlags, true);
          cpu.mmu.setCr4(PAE);
          cpu.mmu.setCr4(PAE | PGE);
          const expected = sdm([pdeFlags, pteFlags], 0x123, wp, nxe, true, access);
          const actual: Expectation = {
            outcome: cpu.access(0x40_0000, access),
            accessed: [pde, pte].map((at) => has(tables.flags(at), A)),
            dirty: has(tables.flags(pte), D),
          };
          const row = `pde ${pdeFlags.toString(16)} pte ${pteFlags.toString(16)} access ${access}: `;
          if (JSON.stringify(actual) !== JSON.stringify(expected)) {
            rows.push(`${row}${JSON.stringify(actual)}, SDM: ${JSON.stringify(expected)}`);
          }
        }
      }
    }
    expect(rows.slice(0, 5)).toEqual([]);
  });

  it.each([
    ["PAE, 2 MiB pages", true],
    ["2-level, 4 MiB pages", false],
  ])("%s", (_mode, pae) => {
    const guest = new TestGuest();
    const tables = pae ? guest.pae() : guest.twoLevel();
    for (let mib = 0; mib < 16; mib += 2) {
      if (pae || mib % 4 === 0) tables.mapLarge(0xc000_0000 + (mib << 20), mib * 256, KERNEL);
    }
    const pde = tables.pde(0x40_0000);
    const cpu = makeCpu(guest);
    const cr4 = (pae ? PAE : 0) | PSE;
    cpu.mmu.setEfer(0x800);
    cpu.mmu.setCr4(cr4 | PGE);
    cpu.mmu.setCr3(tables.cr3);
    const rows: string[] = [];
    for (const wp of [true, false]) {
      cpu.mmu.setCr0(PG | PE | (wp ? WP : 0));
      for (const flags of subsets(pae ? [P, RW, US, A, D, NX, RSVD] : [P, RW, US, A, D])) {
        for (const access of ACCESSES) {
          store(cpu, pde, 0x400, flags + PS, pae);
          cpu.mmu.setCr4(cr4);
          cpu.mmu.setCr4(cr4 | PGE);
          const expected = sdm([flags], 0x523, wp, true, pae, access);
          const actual: Expectation = {
            outcome: cpu.access(0x52_3000, access),
            accessed: [has(tables.flags(pde), A)],
            dirty: has(tables.flags(pde), D),
          };
          if (JSON.stringify(actual) !== JSON.stringify({ ...expected })) {
            rows.push(`${flags.toString(16)} access ${access}: ${JSON.stringify([actual, expected])}`);
          }
        }
      }
    }
    expect(rows.slice(0, 5)).toEqual([]);
  });

  it("2-level, 4 KiB pages", () => {
    const guest = new TestGuest();
    const tables = guest.twoLevel();
    for (let mib = 0; mib < 16; mib += 4) tables.mapLarge(0xc000_0000 + (mib << 20), mib * 256, KERNEL);
    const pte = tables.map(0x60_0000, 0x123, 0);
    const pde = tables.pde(0x60_0000);
    const cpu = makeCpu(guest);
    cpu.mmu.setCr4(PSE | PGE);
    cpu.mmu.setCr3(tables.cr3);
    const rows: string[] = [];
    for (const wp of [true, false]) {
      cpu.mmu.setCr0(PG | PE | (wp ? WP : 0));
      for (const pdeFlags of subsets([P, RW, US])) {
        for (const pteFlags of subsets([P, RW, US, A, D, G])) {
          for (const access of ACCESSES) {
            store(cpu, pte, 0x123, pteFlags, false);
            store(cpu, pde, pte.gfn, pdeFlags, false);
            cpu.mmu.setCr4(PSE);
            cpu.mmu.setCr4(PSE | PGE);
            const expected = sdm([pdeFlags, pteFlags], 0x123, wp, false, false, access);
            const actual: Expectation = {
              outcome: cpu.access(0x60_0000, access),
              accessed: [pde, pte].map((at) => has(tables.flags(at), A)),
              dirty: has(tables.flags(pte), D),
            };
            if (JSON.stringify(actual) !== JSON.stringify(expected)) {
              rows.push(`${pdeFlags} ${pteFlags} ${access}: ${JSON.stringify([actual, expected])}`);
            }
          }
        }
      }
    }
    expect(rows.slice(0, 5)).toEqual([]);
  });
});
