/** What the guest's tables map, listed. The oracle is the processor: it gets where the list says, and nowhere else. */
import { describe, expect, it } from "vitest";
import {
  type GuestMapping,
  guestMappings,
  guestRanges,
  type Paged,
  pagingIsOn,
} from "../../src/inspect/guest-mappings.ts";
import { BareMmu } from "../../src/mmu/bare.ts";
import { PFERR_FETCH, PFERR_USER, PFERR_WRITE } from "../../src/mmu/mmu.ts";
import { CR0_PE, CR0_PG, CR0_WP, CR4_PAE, CR4_PSE, EFER_NXE } from "../../src/mmu/paging.ts";
import { A, D, G, NX, P, PS, RW, TABLE, TestGuest, US } from "../support/page-tables.ts";

const PAGING = CR0_PE | CR0_PG | CR0_WP;
const USED = A | D;

/** A processor that uses these tables. */
function machine(guest: TestGuest, cr3: number, cr4: number, efer = 0): Paged {
  const mmu = new BareMmu(guest.memory);
  mmu.setEfer(efer);
  mmu.setCr4(cr4);
  mmu.setCr3(cr3);
  mmu.setCr0(PAGING);
  return { mmu, shadow: null };
}

const list = (from: Paged, start = 0): GuestMapping[] => [...guestMappings(from, start)];

describe("rights", () => {
  const guest = new TestGuest();
  const tables = guest.pae();
  const flags = [0, 1, 2, 3, 4, 5, 6, 7].map(
    (n) => ((n & 1) === 0 ? 0 : RW) | ((n & 2) === 0 ? 0 : US) | ((n & 4) === 0 ? 0 : NX),
  );
  flags.forEach((above, i) => {
    flags.forEach((own, k) => {
      tables.map((i << 21) + k * 4096, 0x200 + k, P | USED | own, P | A | above);
    });
  });
  flags.forEach((own, k) => {
    tables.mapLarge(0x4000_0000 + (k << 21), 0x200, P | USED | own);
  });
  const paged = machine(guest, tables.cr3, CR4_PAE, EFER_NXE);
  const mappings = list(paged);

  it("every page of every combination is there", () => {
    expect(mappings).toHaveLength(64 + 8);
  });

  it.each([
    ["u", PFERR_USER, (rights: string) => rights[0] === "u"],
    ["w", PFERR_WRITE, (rights: string) => rights[2] === "w"],
    ["x", PFERR_FETCH, (rights: string) => rights[3] === "x"],
    ["u and w", PFERR_USER | PFERR_WRITE, (rights: string) => rights[0] === "u" && rights[2] === "w"],
    ["u and x", PFERR_USER | PFERR_FETCH, (rights: string) => rights[0] === "u" && rights[3] === "x"],
  ])("the letter %s is there if, and only if, the processor allows it", (_, access, says) => {
    for (const { gva, rights } of mappings) {
      const allowed = paged.mmu.translate(gva, access) >= 0;
      expect(allowed, `${gva.toString(16)} ${rights}`).toBe(says(rights));
    }
  });

  it("reading touches nothing: A and D stay as they are", () => {
    const fresh = new TestGuest();
    const clean = fresh.pae();
    const at = clean.map(0x1000, 0x200, P | RW, P | RW);
    const [only] = list(machine(fresh, clean.cr3, CR4_PAE));
    expect(only.gva).toBe(0x1000);
    expect(clean.flags(at)).toBe(P | RW);
    expect(clean.flags(clean.pde(0x1000))).toBe(P | RW);
  });
});

describe("paging modes", () => {
  it("off: nothing is mapped, and that can be asked", () => {
    const guest = new TestGuest();
    const paged = { mmu: new BareMmu(guest.memory), shadow: null };
    expect([pagingIsOn(paged), list(paged)]).toEqual([false, []]);
  });

  it("32-bit: pages up to the last one, 4 MiB pages with PSE, PSE-36 frames", () => {
    const guest = new TestGuest();
    const tables = guest.twoLevel();
    tables.map(0xffff_f000, 0x123, P | RW | USED);
    tables.mapLarge(0x0040_0000, 0x400 | 2, P | US | USED);
    // Bit 17 of a PDE that maps 4 MiB is reserved.
    tables.mapLarge(0x0080_0000, 0x400 | 0x20, P | US | USED);
    const pages = (cr4: number) =>
      list(machine(guest, tables.cr3, cr4)).map(({ gva, gfn, bytes, rights }) => [gva, gfn, bytes, rights]);
    expect(pages(CR4_PSE)).toEqual([
      [0x0040_0000, 0x10_0400, 2 ** 22, "ur-x"],
      [0xffff_f000, 0x123, 4096, "-rwx"],
    ]);
    // Without PSE the same entry leads to a table, frame 402: empty memory. So does the other.
    expect(pages(0)).toEqual([[0xffff_f000, 0x123, 4096, "-rwx"]]);
  });

  it("PAE: large pages have 2 MiB, and all four directories count", () => {
    const guest = new TestGuest();
    const tables = guest.pae();
    for (const gib of [0, 1, 2, 3]) tables.map(gib * 2 ** 30 + 0x5000, 0x123 + gib);
    tables.mapLarge(0xc020_0000, 0x200);
    const found = list(machine(guest, tables.cr3, CR4_PAE)).map(({ gva, gfn, bytes }) => [gva, gfn, bytes]);
    expect(found).toEqual([
      [0x5000, 0x123, 4096],
      [0x4000_5000, 0x124, 4096],
      [0x8000_5000, 0x125, 4096],
      [0xc000_5000, 0x126, 4096],
      [0xc020_0000, 0x200, 2 ** 21],
    ]);
  });

  it("entries that no access gets past are left out: reserved bits, tables where there is no memory", () => {
    const guest = new TestGuest();
    const tables = guest.pae();
    tables.map(0x1000, 0x123, P | RW | USED | NX);
    tables.map(0x2000, 0x123);
    tables.set(tables.pde(0x20_0000), 0x8_0000, TABLE);
    tables.set(tables.pde(0x40_0000), 0x202, P | RW | PS | USED);
    // NX is reserved while EFER.NXE is clear.
    const paged = machine(guest, tables.cr3, CR4_PAE);
    expect(list(paged).map(({ gva }) => gva)).toEqual([0x2000]);
    for (const gva of [0x1000, 0x20_0000, 0x40_0000]) expect(paged.mmu.probe(gva)).toBe(-1);
  });
});

describe("from an address on", () => {
  const guest = new TestGuest();
  const tables = guest.pae();
  tables.map(0x1000, 0x201);
  tables.map(0x2000, 0x202);
  tables.mapLarge(0x40_0000, 0x400);
  const paged = machine(guest, tables.cr3, CR4_PAE);
  const from = (start: number): number[] => list(paged, start).map(({ gva }) => gva);

  it("the page that holds it is the first, also if it is a large one", () => {
    expect(from(0x1fff)).toEqual([0x1000, 0x2000, 0x40_0000]);
    expect(from(0x2000)).toEqual([0x2000, 0x40_0000]);
    expect(from(0x5f_ffff)).toEqual([0x40_0000]);
    expect(from(0x60_0000)).toEqual([]);
    expect(from(0xffff_ffff)).toEqual([]);
  });
});

describe("ranges", () => {
  it("join neighbours whose rights and G are equal, whatever frames they map", () => {
    const guest = new TestGuest();
    const tables = guest.pae();
    const flags = [0, 0, US, 0, G, G];
    flags.forEach((more, i) => {
      tables.map(0x1000 + i * 4096, 0x300 - i, P | RW | USED | more);
    });
    tables.map(0x8000, 0x123, P | RW | USED | G);
    const ranges = [...guestRanges(machine(guest, tables.cr3, CR4_PAE))];
    expect(ranges.map(({ start, end, rights, global }) => [start, end, rights, global])).toEqual([
      [0x1000, 0x3000, "-rwx", false],
      [0x3000, 0x4000, "urwx", false],
      [0x4000, 0x5000, "-rwx", false],
      [0x5000, 0x7000, "-rwx", true],
      [0x8000, 0x9000, "-rwx", true],
    ]);
  });

  it("the last one may end at 2^32", () => {
    const guest = new TestGuest();
    const tables = guest.twoLevel();
    tables.mapLarge(0xffc0_0000, 0x400);
    const [only] = guestRanges(machine(guest, tables.cr3, CR4_PSE));
    expect([only.start, only.end]).toEqual([0xffc0_0000, 2 ** 32]);
  });
});
