/**
 * SMEP and SMAP: user pages that a supervisor may not execute, read or write.
 * SDM: volume 3, 4.6.1 "Determination of access rights", 4.7 for the error code.
 */
import { describe, expect, it } from "vitest";
import { BareMmu } from "../../src/mmu/bare.ts";
import { policies } from "../../src/mmu/shadow/policy.ts";
import { ShadowMmu } from "../../src/mmu/shadow/shadow-mmu.ts";
import { A, D, P, RW, TestGuest, US } from "../support/page-tables.ts";
import { FETCH, PAE, PE, PG, PGE, Processor, PSE, READ, USER, WP, WRITE } from "./harness.ts";

const SMEP = 1 << 20;
const SMAP = 1 << 21;
const CR4 = PAE | PGE | PSE;
const USER_PAGE = 0x40_0000;
const KERNEL_PAGE = 0x40_1000;
const READ_ONLY = 0x40_2000;

const mmus = [
  ["bare", (guest: TestGuest) => new BareMmu(guest.memory)],
  ["shadow, sdm", (guest: TestGuest) => new ShadowMmu(guest.memory, policies["oos+global-fixed"].policy)],
  ["shadow, kvm", (guest: TestGuest) => new ShadowMmu(guest.memory, policies["oos+global"].policy)],
] as const;

describe.each(mmus)("%s", (_name, make) => {
  function start(cr4: number, cr0 = PG | WP | PE): Processor {
    const guest = new TestGuest();
    const tables = guest.pae();
    tables.map(USER_PAGE, 0x120, P | RW | US | A | D);
    tables.map(KERNEL_PAGE, 0x121, P | RW | A | D);
    tables.map(READ_ONLY, 0x122, P | US | A | D);
    const cpu = new Processor(guest, make(guest)).startPae(tables.cr3);
    cpu.mmu.setCr4(CR4 | cr4);
    cpu.mmu.setCr0(cr0);
    return cpu;
  }

  it("without either, a supervisor may do everything with a user page", () => {
    const cpu = start(0);
    for (const access of [READ, WRITE, FETCH]) expect(cpu.access(USER_PAGE, access)).toBe("gfn 288");
  });

  it("SMEP forbids fetches only, with P and I/D in the error code", () => {
    const cpu = start(SMEP);
    expect(cpu.access(USER_PAGE, FETCH)).toBe("fault 17");
    expect(cpu.access(USER_PAGE, READ)).toBe("gfn 288");
    expect(cpu.access(USER_PAGE, WRITE)).toBe("gfn 288");
    expect(cpu.access(USER_PAGE, FETCH)).toBe("fault 17");
    expect(cpu.access(KERNEL_PAGE, FETCH)).toBe("gfn 289");
    expect(cpu.access(USER_PAGE, USER | FETCH)).toBe("gfn 288");
  });

  it("SMAP forbids loads and stores while EFLAGS.AC is clear, not fetches", () => {
    const cpu = start(SMAP);
    expect(cpu.access(USER_PAGE, READ)).toBe("fault 1");
    expect(cpu.access(USER_PAGE, WRITE)).toBe("fault 3");
    expect(cpu.access(USER_PAGE, FETCH)).toBe("gfn 288");
    expect(cpu.access(USER_PAGE, READ)).toBe("fault 1");
    expect(cpu.access(KERNEL_PAGE, WRITE)).toBe("gfn 289");
    expect(cpu.access(USER_PAGE, USER | WRITE)).toBe("gfn 288");
  });

  it("EFLAGS.AC opens user pages and closes them again at once", () => {
    const cpu = start(SMAP);
    cpu.mmu.setUserAccess(true);
    expect(cpu.access(USER_PAGE, WRITE)).toBe("gfn 288");
    cpu.mmu.setUserAccess(false);
    expect(cpu.access(USER_PAGE, WRITE)).toBe("fault 3");
    expect(cpu.access(USER_PAGE, READ)).toBe("fault 1");
  });

  it("what the TLB held does not outlive the MOV to CR4 that sets them", () => {
    const cpu = start(0);
    expect(cpu.access(USER_PAGE, READ)).toBe("gfn 288");
    expect(cpu.access(USER_PAGE, FETCH)).toBe("gfn 288");
    cpu.mmu.setCr4(CR4 | SMEP | SMAP);
    expect(cpu.access(USER_PAGE, READ)).toBe("fault 1");
    expect(cpu.access(USER_PAGE, FETCH)).toBe("fault 17");
    cpu.mmu.setCr4(CR4);
    expect(cpu.access(USER_PAGE, READ)).toBe("gfn 288");
  });

  it("mean nothing without paging", () => {
    const cpu = start(SMEP | SMAP, PE);
    for (const access of [READ, WRITE, FETCH]) expect(cpu.access(USER_PAGE, access)).toBe("gfn 1024");
  });
});

describe.each(mmus.slice(0, 2))("%s, CR0.WP clear", (_name, make) => {
  it("a read-only user page that a supervisor wrote stays a user page", () => {
    const guest = new TestGuest();
    const tables = guest.pae();
    tables.map(READ_ONLY, 0x122, P | US | A | D);
    const cpu = new Processor(guest, make(guest)).startPae(tables.cr3);
    cpu.mmu.setCr4(CR4 | SMEP | SMAP);
    cpu.mmu.setCr0(PG | PE);
    cpu.mmu.setUserAccess(true);
    expect(cpu.access(READ_ONLY, WRITE)).toBe("gfn 290");
    expect(cpu.access(READ_ONLY, FETCH)).toBe("fault 17");
    cpu.mmu.setUserAccess(false);
    expect(cpu.access(READ_ONLY, READ)).toBe("fault 1");
    expect(cpu.access(READ_ONLY, WRITE)).toBe("fault 3");
    expect(cpu.access(READ_ONLY, USER | READ)).toBe("gfn 290");
  });
});
