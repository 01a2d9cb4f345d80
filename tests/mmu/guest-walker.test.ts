/** The walk of the guest's own tables in both models; the permission matrix is in access.test.ts. */
import { describe, expect, it } from "vitest";
import { GuestWalker, type Model } from "../../src/mmu/guest-walker.ts";
import { A, D, G, NX, P, RW, TABLE, TestGuest, US } from "../support/page-tables.ts";
import { FETCH, NXE, PAE, PE, PG, READ, USER, WP, WRITE } from "./harness.ts";

function walkerFor(model: Model) {
  const guest = new TestGuest();
  const tables = guest.pae();
  const walker = new GuestWalker(guest.memory, model);
  walker.cr0 = PG | WP | PE;
  walker.cr4 = PAE;
  walker.efer = NXE;
  walker.cr3 = tables.cr3;
  walker.chooseMode();
  const walk = (gva: number, access: number): string => {
    walker.loadPdptes(walker.cr3);
    return walker.walk(gva, access) ? `gfn ${walker.gfn}` : `fault ${walker.error}`;
  };
  return { guest, tables, walker, walk };
}

describe("what a walk tells", () => {
  it("rights of the path and of its upper part, and where the last entry lives", () => {
    const { tables, walker, walk } = walkerFor("sdm");
    const at = tables.map(0x5000, 0x123, P | RW | US | G, P | US);
    expect(walk(0x5abc, READ)).toBe("gfn 291");
    expect([walker.pteAccess, walker.ptAccess, walker.level]).toEqual([1 | 4, 1 | 4, 1]);
    expect({ gfn: walker.tableGfn, offset: walker.tableOffset }).toEqual(at);
    expect(walker.lo & 0xfff).toBe(P | RW | US | G | A);
    expect(walker.dirtied).toBe(false);
  });

  it("D that it set", () => {
    const { tables, walker, walk } = walkerFor("sdm");
    tables.map(0x5000, 0x123, P | RW);
    walk(0x5000, WRITE);
    expect(walker.dirtied).toBe(true);
    walk(0x5000, WRITE);
    expect(walker.dirtied).toBe(false);
  });

  it("an entry where there is no memory is not present", () => {
    const { tables, walk } = walkerFor("sdm");
    tables.set(tables.pde(0x5000), 0xb8, TABLE);
    expect(walk(0x5000, READ)).toBe("fault 0");
  });

  it("a probe has no side effects", () => {
    const { guest, tables, walker } = walkerFor("sdm");
    const at = tables.map(0x5000, 0x123, P, P);
    walker.loadPdptes(walker.cr3);
    expect(walker.probe(0x5abc)).toBe(0x12_3abc);
    expect(walker.probe(0x6000)).toBe(-1);
    expect(guest.memory.read32(at.gfn, at.offset) & A).toBe(0);
  });
});

describe("where KVM of 2009 differs", () => {
  it.each<[Model, string]>([
    ["sdm", "fault 6"],
    ["kvm", "fault 7"],
  ])("%s: an entry that forbids the access above one that is not present", (model, outcome) => {
    const { tables, walk } = walkerFor(model);
    tables.set(tables.pte(0x5000, P | US), 0x123, 0);
    expect(walk(0x5000, USER | WRITE)).toBe(outcome);
  });

  it.each<[Model, string, number]>([
    ["sdm", "fault 9", 0],
    ["kvm", `gfn ${0x123 + 2 ** 28}`, A],
  ])("%s: reserved bits", (model, outcome, accessed) => {
    const { tables, walk } = walkerFor(model);
    const at = tables.map(0x5000, 0x123 + 2 ** 28, P);
    expect(walk(0x5000, READ)).toBe(outcome);
    expect(tables.flags(at) & A).toBe(accessed);
  });

  it.each<[Model, string, string]>([
    ["sdm", "fault 9", "fault 4"],
    ["kvm", "gfn 291", "fault 20"],
  ])("%s: EFER.NXE off", (model, read, fetch) => {
    const { tables, walker, walk } = walkerFor(model);
    tables.map(0x5000, 0x123, P | US | NX);
    walker.efer = 0;
    expect(walk(0x5000, READ)).toBe(read);
    expect(walk(0x6000, FETCH | USER)).toBe(fetch);
  });

  it.each<[Model, number[]]>([
    ["sdm", [A, 0]],
    ["kvm", [0, 0]],
  ])("%s: A in a directory entry that forbids the access", (model, accessed) => {
    const { tables, walk } = walkerFor(model);
    const at = tables.map(0x5000, 0x123, P | RW | US, P | US);
    expect(walk(0x5000, USER | WRITE)).toBe("fault 7");
    expect([tables.flags(tables.pde(0x5000)) & A, tables.flags(at) & (A | D)]).toEqual(accessed);
  });
});
