/**
 * The permission matrix: P, RW, US, NX, A, D, PS, G and reserved bits at each level, under each setting of CR0.WP,
 * CR4.PSE, CR4.PGE and EFER.NXE, for reads, writes and fetches of supervisor and user, in PAE and 2-level paging, on
 * a bare machine and over each shadow policy. Compared with `sdm-paging.ts` are the byte that is reached, or the error
 * code and the address for CR2, and what A and D become. After kvm-unit-tests x86/access.c.
 *
 * A row is a pair of entries and a run of accesses: one, the same again, then the five others. The six runs have each
 * access first once, and any two accesses next to each other in either order once. Rows are met in two ways: on a
 * machine that was just reset, where the first access is cold; and on one that runs, whose guest stores the entries
 * itself, flushes, and has used the page beside.
 *
 * Without PERMISSION_MATRIX=full the matrix is thinned as `THINNED` says, which is printed.
 */
import { afterAll, describe, expect, it } from "vitest";
import { BareMmu } from "../../src/mmu/bare.ts";
import { type PolicyName, policies, policyNames } from "../../src/mmu/shadow/policy.ts";
import { A, D, P, TestGuest } from "../support/page-tables.ts";
import { PE, PG, Processor, ShadowProcessor } from "./harness.ts";
import { type Machine, PermissionBench } from "./permission-bench.ts";
import { type Entry, FULL, mixedPairs, pairs, RUNS, type Run, settings, THINNED } from "./permission-rows.ts";
import { ACCESSES, type Controls, KVM_2009, pdpteIsMalformed, SDM } from "./sdm-paging.ts";

const shadow = (name: PolicyName): Machine => ({
  name,
  differs: SDM,
  makeCpu: (guest) => new ShadowProcessor(guest, policies[name].policy),
});

/** KVM's answers of 2009: links outlive changes of rights there (B-18), so only the first way is comparable. */
const shadowKvm = (name: PolicyName): Machine => ({
  name: `${name}, model of KVM 2.6.29`,
  differs: KVM_2009,
  makeCpu: (guest) => new ShadowProcessor(guest, { ...policies[name].policy, model: "kvm" }),
});

const bare: Machine = {
  name: "bare",
  differs: SDM,
  makeCpu: (guest: TestGuest) => new Processor(guest, new BareMmu(guest.memory)),
};

const machines: readonly Machine[] = [
  bare,
  ...policyNames.map(shadow),
  ...(FULL ? policyNames : (["oos+global", "modern"] as const)).map(shadowKvm),
];

/** Of one setting, in ms: all rows of all settings take half an hour, one takes up to half a minute. */
const TIMEOUT = FULL ? 600_000 : 60_000;

/** The runs of row `n` on a machine that was just reset; `n` differs by one from setting to setting. */
function runsWhenCold(machine: Machine, n: number): readonly Run[] {
  if (FULL) return RUNS;
  if (machine === bare) return RUNS.filter((_, i) => i % 2 === n % 2);
  const every = machine.differs === SDM ? 2 : 4;
  return n % every === 0 ? [RUNS[(n / every) % RUNS.length]] : [];
}

/** The runs of row `n` on a machine whose guest stores the entries. */
function runsAsGuest(machine: Machine, n: number): readonly Run[] {
  if (machine.differs !== SDM) return [];
  if (FULL) return RUNS;
  return n % 2 === 1 ? [RUNS[(n >> 1) % RUNS.length]] : [];
}

let compared = 0;
afterAll(() => {
  const how = FULL ? "all rows" : `thinned (PERMISSION_MATRIX=full for all rows): ${THINNED}`;
  console.info(`permission matrix: ${compared} accesses compared; ${how}`);
});

function finish(bench: PermissionBench): void {
  bench.expectClean();
  compared += bench.reached + bench.faults;
}

const title = ({ wp, pse, pge, nxe }: Controls): string =>
  `WP ${Number(wp)} PSE ${Number(pse)} PGE ${Number(pge)} NXE ${Number(nxe)}`;

describe.each(machines)("$name", (machine) => {
  describe.each([
    ["PAE", true],
    ["2-level", false],
  ])("%s", (_paging, pae) => {
    it.each(settings(pae).map((mode, turn) => [title(mode), mode, turn] as const))(
      "%s",
      (_, mode, turn) => {
        const bench = new PermissionBench(machine, mode);
        const rows = pairs(mode, machine.differs).map(
          (pair, i) => [pair, `PDE {${pair[0].name}} PTE {${pair[1].name}}`, i + turn] as const,
        );
        for (const [pair, name, n] of rows) {
          for (const run of runsWhenCold(machine, n)) {
            bench.setCold(pair);
            bench.run(run, name, "cold");
          }
        }
        for (const [pair, name, n] of rows) {
          for (const run of runsAsGuest(machine, n)) {
            bench.setAsGuest(pair);
            bench.run(run, name, "after a page beside it");
          }
        }
        finish(bench);
      },
      TIMEOUT,
    );

    // KVM of 2009 keeps what it made under other settings.
    if (machine.differs === SDM) {
      it("control bits that change while the guest runs count after its next flush", () => {
        const all = settings(pae);
        const bench = new PermissionBench(machine, all[0]);
        const rows = mixedPairs(pae);
        bench.setCold(rows[0]);
        for (const pair of rows) {
          const row = `PDE {${pair[0].name}} PTE {${pair[1].name}}`;
          for (const before of all) {
            for (const after of all) {
              bench.setMode(before);
              bench.setAsGuest(pair);
              bench.run(RUNS[0], `${row}, ${title(before)}`, "after a page beside it");
              bench.setMode(after);
              bench.run(RUNS[0], `${row}, ${title(after)} after ${title(before)}`, "after a page beside it");
            }
          }
        }
        finish(bench);
      });
    }

    it("each bit above the flags by itself: reserved before any right, or part of an address", () => {
      const none: Entry = { name: "", lo: 0, hi: 0 };
      for (const mode of settings(pae)) {
        const bench = new PermissionBench(machine, mode);
        for (const [rights, lo] of [
          ["P", 0x1],
          ["P RW US", 0x7],
        ] as const) {
          const plain: Entry = { name: rights, lo, hi: 0 };
          const full: Entry = { name: "P RW US", lo: 0x7, hi: 0 };
          for (let bit = 12; bit < (pae ? 64 : 32); bit++) {
            const set = (entry: Entry): Entry => ({
              name: `${entry.name}, bit ${bit}`,
              lo: bit < 32 ? entry.lo | (1 << bit) : entry.lo,
              hi: bit < 32 ? 0 : 1 << (bit - 32),
            });
            const large: Entry = { name: `${rights} PS`, lo: lo | 0x80, hi: 0 };
            for (const pair of [
              [set(plain), full],
              [full, set(plain)],
              [set(large), none],
            ] as const) {
              bench.setCold(pair);
              bench.run(RUNS[bit % RUNS.length], `PDE {${pair[0].name}} PTE {${pair[1].name}}`, "cold");
            }
          }
        }
        finish(bench);
      }
    });
  });

  it("two large pages of one frame have a D each, though CR0.WP = 0 opens the frame to stores through either", () => {
    const guest = new TestGuest();
    const tables = guest.pae();
    tables.mapLarge(0x4000_0000, 0x400, P | A | D);
    const clean = tables.mapLarge(0x4020_0000, 0x400, P | A);
    const cpu = machine.makeCpu(guest).startPae(tables.cr3);
    cpu.mmu.setCr0(PG | PE);
    expect(cpu.store(0x4000_0000, 1)).toBe("gfn 1024");
    expect(cpu.read(0x4020_1000)).toBe("gfn 1025");
    expect(tables.flags(clean) & D).toBe(0);
    expect(cpu.store(0x4020_0000, 2)).toBe("gfn 1024");
    // KVM of 2009 tells direct pages apart by the rights above them alone (B-18).
    if (machine.differs === SDM) expect(tables.flags(clean) & D).toBe(D);
  });

  it("a PDPTE has no rights and no A: the bits where they would be are reserved while it is present", () => {
    for (const mode of settings(true)) {
      const bench = new PermissionBench(machine, mode);
      const full: Entry = { name: "P RW US", lo: 0x7, hi: 0 };
      for (let bit = 0; bit < 64; bit++) {
        // Those in between are the address of the directory.
        if (bit >= 12 && bit < 36) continue;
        for (const present of [1, 0]) {
          bench.setCold([full, full]);
          const lo = present | (bit < 32 ? 1 << bit : 0);
          const hi = bit < 32 ? 0 : 1 << (bit - 32);
          const loaded = bench.loadPdpte(lo, hi);
          expect([bit, present, loaded]).toEqual([bit, present, !pdpteIsMalformed(lo, hi)]);
          if (loaded) bench.run(RUNS[0], `PDPTE bit ${bit} P ${present}`, "cold");
          expect(bench.pdpte).toEqual([lo, hi]);
        }
      }
      bench.setCold([full, full]);
      finish(bench);
    }
  });
});

describe("the reference", () => {
  it("has each access first once, and any two next to each other once in either order", () => {
    expect(new Set(RUNS.map((run) => run[0])).size).toBe(ACCESSES.length);
    const next = RUNS.flatMap((run) => run.slice(1).map((access, i) => `${run[i].name}, ${access.name}`));
    expect(new Set(next).size).toBe(ACCESSES.length * (ACCESSES.length - 1));
  });
});
