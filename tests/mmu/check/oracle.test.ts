/**
 * The oracle against the SDM, rule by rule and without any MMU: the test changes memory and registers by hand and asks
 * what an access may come to.
 */
import { describe, expect, it } from "vitest";
import type { Bit } from "../../../src/mmu/check/ops.ts";
import { Oracle } from "../../../src/mmu/check/oracle.ts";
import { Subject } from "../../../src/mmu/check/subject.ts";
import { D0, D1, F0, F1, GFNS, IO0, type Mode, R0, R1, T0, T1 } from "../../../src/mmu/check/universe.ts";
import { PFERR_FETCH, PFERR_USER, PFERR_WRITE } from "../../../src/mmu/mmu.ts";
import { A, D, G, P, PS, RW, US } from "../../support/page-tables.ts";
import { newMemory } from "./support.ts";

const READ = 0;
const WRITE = PFERR_WRITE;
const USER = PFERR_USER;
const FETCH = PFERR_FETCH;
const TABLE = P | RW | US | A;
const NX = 0x8000_0000 | 0;
/** The page of T0[0], of T0[1], and the first that D0[1] maps. */
const V = 0;
const NEXT = 0x1000;
const OTHER = 0x20_0000;

/** Memory with the presets of a mode, paging on, and an oracle that watches. Nothing runs. */
class Scenario {
  readonly oracle: Oracle;
  private readonly subject: Subject;
  private readonly bytes: number;

  constructor(mode: Mode = "pae") {
    this.subject = new Subject(newMemory(), { mmu: "bare" }, mode);
    this.oracle = new Oracle(this.subject.memory);
    this.oracle.restart(mode);
    this.bytes = mode === "32bit" ? 4 : 8;
  }

  /** Stores an entry, as one moment. */
  set(table: number, index: number, frame: number, flags: number, hi = 0): this {
    const { memory } = this.subject;
    memory.write32(GFNS[table], index * this.bytes, (GFNS[frame] << 12) | flags);
    if (this.bytes === 8) memory.write32(GFNS[table], index * 8 + 4, hi);
    this.oracle.observe();
    return this;
  }

  cr3(frame: number): this {
    expect(this.oracle.registers.setCr3(GFNS[frame])).toBe(true);
    return this;
  }

  bit(bit: Bit, on: boolean): this {
    expect(this.oracle.registers.setBit(bit, on)).toBe(true);
    return this;
  }

  invlpg(gva: number): this {
    this.oracle.registers.invlpg(gva);
    return this;
  }

  may(frame: number, gva = V, access = READ): boolean {
    return this.oracle.mayReach(gva, access, GFNS[frame]);
  }

  mayFault(error: number, gva = V, access = READ): boolean {
    return this.oracle.mayFault(gva, access, error);
  }
}

/** T0[0] maps F0, and then F1. */
const replaced = (flags: number, mode: Mode = "pae"): Scenario =>
  new Scenario(mode).set(T0, 0, F0, P | A | flags).set(T0, 0, F1, P | A | flags);

describe("TLB entries", () => {
  it("live on when their entry changes, until something drops them", () => {
    const scenario = replaced(0);
    expect([scenario.may(F0), scenario.may(F1), scenario.may(T1)]).toEqual([true, true, false]);
  });

  it("go at a CR3 load, the same value too", () => {
    expect(replaced(0).cr3(R0).may(F0)).toBe(false);
    expect(replaced(0).cr3(R0).may(F1)).toBe(true);
    expect(replaced(0).cr3(R1).may(F0)).toBe(false);
  });

  it("stay over a CR3 load if they are global", () => {
    expect(replaced(G).cr3(R0).may(F0)).toBe(true);
    expect(replaced(G).cr3(R1).cr3(R0).may(F0)).toBe(true);
  });

  it("are global only while CR4.PGE is set", () => {
    const scenario = new Scenario().bit("pge", false);
    scenario.set(T0, 0, F0, P | A | G).set(T0, 0, F1, P | A | G);
    expect(scenario.may(F0)).toBe(true);
    expect(scenario.cr3(R0).may(F0)).toBe(false);
  });

  it("go at INVLPG of their page, and not of another", () => {
    expect(replaced(0).invlpg(V).may(F0)).toBe(false);
    expect(replaced(0).invlpg(NEXT).may(F0)).toBe(true);
  });

  it("go at INVLPG though they are global, and in whichever address space", () => {
    expect(replaced(G).cr3(R1).invlpg(V).cr3(R0).may(F0)).toBe(false);
    expect(replaced(G).cr3(R1).invlpg(NEXT).cr3(R0).may(F0)).toBe(true);
  });

  it.each(["pge", "pse", "pg"] as const)("go when %s changes, global or not", (bit) => {
    expect(replaced(G).bit(bit, false).bit(bit, true).may(F0)).toBe(false);
  });

  it("go when CR4.PAE changes", () => {
    const scenario = new Scenario("mixed").set(T0, 0, F0, P | A | G).set(T0, 0, F1, P | A | G);
    expect(scenario.may(F0)).toBe(true);
    expect(scenario.bit("pae", false).bit("pae", true).may(F0)).toBe(false);
  });

  it("stay when a control bit is written with the value it has, or CR0.WP changes", () => {
    expect(replaced(0).bit("pge", true).may(F0)).toBe(true);
    expect(replaced(0).bit("wp", false).may(F0)).toBe(true);
  });

  it("may have been made at any moment before the entry changed, also after the last flush", () => {
    const scenario = new Scenario().set(T0, 0, F0, P | A).invlpg(V);
    expect(scenario.set(T0, 0, F1, P | A).may(F0)).toBe(true);
  });

  it("are not made of an entry whose A was never set", () => {
    expect(
      new Scenario()
        .set(T0, 0, F0, P)
        .set(T0, 0, F1, P | A)
        .may(F0),
    ).toBe(false);
  });

  it("are not made of an entry that is not present, or has a reserved bit", () => {
    expect(
      new Scenario()
        .set(T0, 0, F0, A)
        .set(T0, 0, F1, P | A)
        .may(F0),
    ).toBe(false);
    expect(
      new Scenario()
        .set(T0, 0, F0, P | A, 0x10)
        .set(T0, 0, F1, P | A)
        .may(F0),
    ).toBe(false);
  });

  it("are not made below a directory entry whose A was never set", () => {
    const scenario = new Scenario()
      .set(D0, 0, T0, P | RW)
      .cr3(R0)
      .set(T0, 0, F0, P | A)
      .set(T0, 0, F1, P | A);
    expect(scenario.may(F0)).toBe(false);
  });

  it("cannot exist for a page that was never mapped under a root that was loaded", () => {
    const scenario = replaced(G).set(R0, 1, D0, P);
    expect(scenario.may(F0, 2 ** 30)).toBe(false);
    expect(scenario.cr3(R0).may(F0, 2 ** 30)).toBe(false);
  });

  it("go at a page fault of their address only where that is asked for", () => {
    const scenario = replaced(0);
    expect(scenario.mayFault(USER | P, V, USER)).toBe(true);
    expect(scenario.may(F0)).toBe(true);
    scenario.oracle.faulted(V);
    expect([scenario.may(F0), scenario.may(F1)]).toEqual([false, true]);
  });
});

describe("rights of a cached translation", () => {
  it("are those it was made with", () => {
    const scenario = new Scenario().set(T0, 0, F0, P | A | D | RW | US).set(T0, 0, F1, P | A);
    expect(scenario.may(F0, V, USER | WRITE)).toBe(true);
    const narrow = new Scenario().set(T0, 0, F0, P | A | D).set(T0, 0, F1, P | A | D | RW | US);
    expect([narrow.may(F0, V, USER), narrow.may(F0, V, WRITE), narrow.may(F0)]).toEqual([false, false, true]);
  });

  it("are the AND of the path", () => {
    const scenario = new Scenario()
      .set(D0, 0, T0, P | A | RW)
      .cr3(R0)
      .set(T0, 0, F0, P | A | D | RW | US);
    scenario.set(T0, 0, F1, P | A);
    expect([scenario.may(F0, V, USER), scenario.may(F0, V, WRITE)]).toEqual([false, true]);
  });

  it("let a supervisor write a read-only page as CR0.WP is now", () => {
    const scenario = new Scenario().set(T0, 0, F0, P | A | D).set(T0, 0, F1, P | A | D);
    expect(scenario.may(F0, V, WRITE)).toBe(false);
    expect(scenario.bit("wp", false).may(F0, V, WRITE)).toBe(true);
    expect(scenario.may(F0, V, WRITE | USER)).toBe(false);
  });

  it("are of no use for a write if D was not set", () => {
    const scenario = new Scenario().set(T0, 0, F0, P | A | RW).set(T0, 0, F1, P | A | RW | D);
    expect([scenario.may(F0), scenario.may(F0, V, WRITE)]).toEqual([true, false]);
  });

  it("forbid a fetch if any entry had NX", () => {
    const scenario = new Scenario().set(T0, 0, F0, P | A, NX).set(T0, 0, F1, P | A);
    expect([scenario.may(F0), scenario.may(F0, V, FETCH), scenario.may(F1, V, FETCH)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe("paging-structure caches", () => {
  /** D0[0] leads to T0, and then to T1; T0[0] is set only after `between`. */
  const relinked = (between: (scenario: Scenario) => void): Scenario => {
    const scenario = new Scenario().set(T1, 0, F1, P | A).set(D0, 0, T1, TABLE);
    between(scenario);
    return scenario.set(T0, 0, F0, P | A);
  };

  it("let an old directory entry lead to a page table entry that is newer than it", () => {
    const scenario = relinked(() => {});
    expect([scenario.may(F0), scenario.may(F1)]).toEqual([true, true]);
  });

  it("are dropped by INVLPG of any address", () => {
    expect(relinked((scenario) => scenario.invlpg(OTHER)).may(F0)).toBe(false);
  });

  it("end no TLB entry that was made with them", () => {
    expect(
      relinked(() => {})
        .invlpg(OTHER)
        .may(F0),
    ).toBe(true);
  });

  it("are dropped by a CR3 load, whatever is global", () => {
    expect(relinked((scenario) => scenario.cr3(R0)).may(F0)).toBe(false);
    const global = new Scenario()
      .set(D0, 0, T1, TABLE)
      .cr3(R0)
      .set(T0, 0, F0, P | A | G);
    expect(global.may(F0)).toBe(false);
  });

  it("belong to the root that was loaded", () => {
    const scenario = new Scenario()
      .set(D1, 1, T1, TABLE)
      .set(T1, 0, F1, P | A)
      .cr3(R1);
    scenario.set(D0, 0, T0, 0).set(T0, 0, F0, P | A);
    expect(scenario.may(F0)).toBe(true);
    expect(
      new Scenario()
        .set(D1, 0, T0, 0)
        .cr3(R1)
        .set(T0, 0, F0, P | A)
        .cr3(R1)
        .may(F0),
    ).toBe(false);
  });

  it("keep the PDPTEs that were latched, until they are loaded again", () => {
    const scenario = new Scenario().set(T0, 0, F0, P | A).set(R0, 0, D0, 0);
    expect([scenario.may(F0), scenario.mayFault(0)]).toEqual([true, false]);
    expect(scenario.cr3(R0).mayFault(0)).toBe(true);
    expect(scenario.may(F0)).toBe(false);
  });
});

describe("large pages", () => {
  const large = (flags = 0): Scenario =>
    new Scenario().set(D0, 1, F0, TABLE | PS | flags).set(D0, 1, F1, TABLE | PS | flags);

  it("show the frame at the address's place in them", () => {
    expect([large().may(T0, OTHER + 0x1000), large().may(F0, OTHER + 0x1000)]).toEqual([true, false]);
  });

  it("go at INVLPG of any address in them, and of no other", () => {
    expect(
      large()
        .invlpg(OTHER + 0x10_0000)
        .may(F0, OTHER),
    ).toBe(false);
    expect(
      large()
        .invlpg(OTHER + 0x20_0000)
        .may(F0, OTHER),
    ).toBe(true);
  });

  it("stay over a CR3 load if they are global", () => {
    expect([large(G).cr3(R0).may(F0, OTHER), large().cr3(R0).may(F0, OTHER)]).toEqual([true, false]);
  });

  it("of 4 MiB take four address bits from bits 16:13, and need CR4.PSE", () => {
    const scenario = new Scenario("32bit").set(R0, 1, F0, TABLE | PS | 0x2000);
    expect(scenario.oracle.mayReach(0x40_1000, READ, 0x10_0001)).toBe(true);
    expect(scenario.bit("pse", false).oracle.mayReach(0x40_1000, READ, 0x10_0001)).toBe(false);
  });

  it.each<[Mode, number, number]>([
    ["pae", D0, 0x2000],
    ["32bit", R0, 0x2_0000],
  ])("with a reserved bit fault (%s)", (mode, table, bit) => {
    const scenario = new Scenario(mode).set(table, 0, F0, TABLE | PS | bit);
    expect(scenario.mayFault(P | 8)).toBe(true);
  });
});

describe("page faults", () => {
  it("are exactly those of a walk now: a stale entry is no excuse", () => {
    const scenario = new Scenario().set(T0, 0, F0, 0).set(T0, 0, F0, P | A);
    expect(scenario.mayFault(0)).toBe(false);
    expect(scenario.set(T0, 0, F0, 0).mayFault(0)).toBe(true);
  });

  it("say what was missing, and what the access was", () => {
    const scenario = new Scenario().set(T0, 0, F0, P | A, NX);
    expect(scenario.mayFault(P | USER | WRITE, V, USER | WRITE)).toBe(true);
    expect(scenario.mayFault(USER | WRITE, V, USER | WRITE)).toBe(false);
    expect(scenario.mayFault(P | FETCH, V, FETCH)).toBe(true);
    expect(new Scenario().set(T0, 0, F0, P | A, 0x10).mayFault(P | 8)).toBe(true);
    expect(new Scenario("32bit").mayFault(0, V, FETCH)).toBe(true);
  });

  it("come from a table without memory, too", () => {
    expect(new Scenario().set(D0, 0, IO0, TABLE).mayFault(0)).toBe(true);
  });
});

describe("A and D", () => {
  it("have to be set where an access went by the tables as they are", () => {
    expect(new Scenario().set(T0, 0, F0, P).may(F0)).toBe(false);
    expect(new Scenario().set(T0, 0, F0, P | A).may(F0)).toBe(true);
    expect(new Scenario().set(T0, 0, F0, P | A | RW).may(F0, V, WRITE)).toBe(false);
    expect(new Scenario().set(T0, 0, F0, P | A | RW | D).may(F0, V, WRITE)).toBe(true);
  });

  it("need not be set again where a translation made with them may still be cached", () => {
    const cleared = (): Scenario => new Scenario().set(T0, 0, F0, P | A).set(T0, 0, F0, P);
    expect(cleared().may(F0)).toBe(true);
    expect(cleared().invlpg(V).may(F0)).toBe(false);
  });
});

describe("registers", () => {
  it("a malformed PDPTE is #GP, and changes nothing", () => {
    const { oracle } = new Scenario().set(R1, 0, D1, P | RW);
    expect(oracle.registers.setCr3(GFNS[R1])).toBe(false);
    expect(oracle.registers.root).toBe(GFNS[R0]);
    expect(new Scenario().set(R1, 0, D1, P, 0x10).oracle.registers.setCr3(GFNS[R1])).toBe(false);
    expect(new Scenario().set(R1, 0, D1, RW).oracle.registers.setCr3(GFNS[R1])).toBe(true);
  });

  it("PGE, PSE and PG load the PDPTEs again, WP does not", () => {
    const broken = (): Scenario => new Scenario().set(R0, 1, D1, P | RW);
    expect(broken().oracle.registers.setBit("pge", false)).toBe(false);
    expect(broken().oracle.registers.setBit("pse", false)).toBe(false);
    expect(broken().oracle.registers.setBit("wp", false)).toBe(true);
    const off = broken();
    expect(off.bit("pg", false).oracle.registers.setBit("pg", true)).toBe(false);
  });

  it("without paging, linear addresses are physical ones", () => {
    const scenario = new Scenario().bit("pg", false);
    expect([scenario.may(T0, NEXT), scenario.may(F0, V, USER | WRITE), scenario.may(F0, NEXT)]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
