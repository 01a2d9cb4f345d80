/** The shadow pages as rows of a list, of which only a window is made, and the out-of-sync lists with their history. */
import { describe, expect, it } from "vitest";
import { oosView } from "../../src/inspect/oos-view.ts";
import { SHADOW_SORTS, type ShadowRow, type ShadowSort, shadowView } from "../../src/inspect/shadow-view.ts";
import { ShadowProcessor } from "../mmu/harness.ts";
import { F, F2, KERNEL, Kernel, LOCAL, V } from "../mmu/shadow/kernel.ts";
import { TestGuest } from "../support/page-tables.ts";

const ALL = 10_000;

function view(cpu: ShadowProcessor, sort: ShadowSort = "tree", first = 0, count = ALL) {
  const found = shadowView(cpu, { first, count, sort });
  if (found === null) throw new Error("no view");
  return found;
}

/** A row in short: "3 gfn", "3/1ff gfn", "1 -" for an empty slot, or a title. */
function short(row: ShadowRow): string {
  if (row.kind === "title") return row.text;
  if (row.kind === "no-root") return `${row.slot} -`;
  const entry = row.entry === null ? "" : `/${row.entry.toString(16)}`;
  return `${row.slot ?? "."}${entry} ${row.page.gfn.toString(16)}`;
}

const hex = (value: number): string => value.toString(16);

describe("the tree", () => {
  it("has all four slots, tables under their directories, then what is kept for reuse", () => {
    const k = new Kernel();
    k.unsyncT();
    k.cpu.read(V);
    k.cpu.mmu.setCr3(k.p2.cr3);
    const table = hex(k.p1.pte(V).gfn);
    const [one, two] = [k.p1.directories[0], k.guest.memory.read32(k.p2.root, 0) >>> 12].map(hex);
    const rows = view(k.cpu).rows.map(short);
    const [linear] = rows.filter((row) => row.startsWith("3/") && !row.startsWith("3/1ff"));
    expect(rows.slice(0, 8)).toEqual([
      `0 ${two}`,
      "1 -",
      "2 -",
      `3 ${hex(k.m)}`,
      linear,
      `3/1ff ${hex(k.t)}`,
      "other roots, kept for reuse",
      expect.stringMatching(/^\. /),
    ]);
    expect(rows).not.toContain(`. ${hex(k.m)}`);
    expect(rows).toContain(`. ${one}`);
    expect(rows).toContain(`./2 ${table}`);
  });

  it("says which row is the last of its siblings", () => {
    const k = new Kernel();
    k.unsyncT();
    const last = view(k.cpu).rows.map((row) => (row.kind === "page" ? row.last : null));
    expect(last.slice(0, 6)).toEqual([false, null, null, true, false, true]);
  });

  it("lists tables that no directory links to, for they are kept too", () => {
    const k = new Kernel({ oos: false });
    k.shadowT();
    expect(view(k.cpu).rows.map(short)).toContain(`3/1ff ${hex(k.t)}`);
    // The emulated store to the directory takes the link away, not the table.
    k.write(k.p1.pde(F), 0, 0);
    const rows = view(k.cpu).rows.map(short);
    expect(rows.slice(-2)).toEqual(["tables that no directory links to", `. ${hex(k.t)}`]);
  });

  it("is the same for every way to look at it through windows", () => {
    const k = new Kernel();
    k.unsyncT();
    k.cpu.read(V);
    k.cpu.mmu.setCr3(k.p2.cr3);
    k.cpu.read(V);
    for (const sort of SHADOW_SORTS) {
      const { rows, total } = view(k.cpu, sort);
      expect(rows.length).toBe(total);
      for (const count of [1, 2, 3, 7]) {
        const pieces: ShadowRow[] = [];
        for (let first = 0; first < total; first += count)
          pieces.push(...view(k.cpu, sort, first, count).rows);
        expect(pieces).toEqual(rows);
      }
      expect(view(k.cpu, sort, total + 5, 3)).toMatchObject({ first: total, rows: [] });
      expect(view(k.cpu, sort, -3, 1).rows).toEqual(rows.slice(0, 1));
    }
  });

  it("has four directories for a 32-bit guest, since one shadow directory reaches 1 GiB", () => {
    const guest = new TestGuest();
    const tables = guest.twoLevel();
    const cpu = new ShadowProcessor(guest).startTwoLevel(tables.cr3);
    const root = hex(tables.root);
    expect(view(cpu).rows.map(short).slice(0, 4)).toEqual([
      `0 ${root}`,
      `1 ${root}`,
      `2 ${root}`,
      `3 ${root}`,
    ]);
  });
});

describe("other orders", () => {
  const setup = (): Kernel => {
    const k = new Kernel();
    k.unsyncT();
    k.p1.map(F2, 0x124, KERNEL);
    k.cpu.read(F2);
    k.p1.set(k.pte(F), 0x125, KERNEL);
    k.cpu.read(V);
    return k;
  };
  const pages = (sort: ShadowSort) =>
    view(setup().cpu, sort).rows.flatMap((row) => (row.kind === "page" ? [row.page] : []));

  it("have each live page once", () => {
    const k = setup();
    const live = k.cpu.shadow.kvm.pages.filter((sp) => sp.live).length;
    for (const sort of ["gfn", "stale", "present"] as const) {
      const { rows, used } = view(k.cpu, sort);
      expect(new Set(rows.map((row) => (row.kind === "page" ? row.page.sp : -1))).size).toBe(live);
      expect([rows.length, used]).toEqual([live, live]);
    }
  });

  it("go up by gfn, down by stale and present entries", () => {
    const gfns = pages("gfn").map(({ gfn }) => gfn);
    expect(gfns).toEqual([...gfns].sort((one, other) => one - other));
    const present = pages("present").map((page) => page.present);
    expect(present).toEqual([...present].sort((one, other) => other - one));
    expect(present[0]).toBeGreaterThan(1);
    expect(
      pages("stale")
        .map(({ stale }) => stale)
        .slice(0, 2),
    ).toEqual([1, 0]);
  });

  it("still say where the loaded roots have a page", () => {
    const k = setup();
    const row = view(k.cpu, "stale").rows[0];
    expect(row).toMatchObject({ slot: 3, entry: 0x1ff, depth: 1, page: { gfn: k.t, unsync: true } });
  });
});

describe("the numbers beside the list", () => {
  it("are KVM's: quota, longest hash chain, recycled, flooded", () => {
    const k = new Kernel({}, 96);
    k.shadowT();
    const { kvm, stats } = k.cpu.shadow;
    stats.mmu_recycled = 11;
    stats.mmu_flooded = 12;
    expect(view(k.cpu)).toMatchObject({ quota: 96, rootHpa: kvm.rootHpa, recycled: 11, flooded: 12 });
    // The four roots of the time without paging stand for gfn 0, and share a bucket.
    expect(view(k.cpu).longestChain).toBeGreaterThanOrEqual(4);
  });

  it("call no directory global, since only leaves are", () => {
    const k = new Kernel();
    k.shadowT();
    const global = view(k.cpu).rows.flatMap((row) =>
      row.kind === "page" && row.page.global ? [row.page] : [],
    );
    expect(global.map(({ gfn }) => gfn)).toContain(k.t);
    expect(global.every(({ level }) => level === 1)).toBe(true);
  });

  it("are null without a hypervisor", () => {
    expect(shadowView({ shadow: null }, { first: 0, count: 1, sort: "tree" })).toBeNull();
  });
});

describe("the out-of-sync lists with their history", () => {
  const memory = {
    unsyncOrigin: (sp: number) => (sp % 2 === 0 ? null : { icount: 1000 + sp, eip: 0xc000_0000 + sp }),
    skips: (sp: number) => sp * 10,
  };

  it.each([
    ["a table of global pages", KERNEL, "global", "CR4/CR0 write"],
    ["any other", LOCAL, "nonGlobal", "CR3 load"],
  ] as const)("%s: what will sync it", (_name, flags, list, nextSync) => {
    const k = new Kernel();
    k.unsyncT(flags);
    const row = oosView(k.cpu, memory)?.[list][0];
    const sp = row?.sp ?? 0;
    const origin = memory.unsyncOrigin(sp);
    expect(row).toMatchObject({
      gfn: k.t,
      nextSync,
      since: origin?.icount ?? null,
      eip: origin?.eip ?? null,
      skipped: sp * 10,
    });
    // What is said is what happens.
    k.cpu.mmu.setCr3(k.p1.cr3);
    expect(oosView(k.cpu, memory)?.[list].length).toBe(nextSync === "CR3 load" ? 0 : 1);
    k.flushGlobal();
    expect(oosView(k.cpu, memory)?.[list]).toEqual([]);
  });

  it("count what CR3 loads did since power-on", () => {
    const k = new Kernel();
    k.unsyncT();
    const before = oosView(k.cpu, memory);
    k.cpu.mmu.setCr3(k.p1.cr3);
    const after = oosView(k.cpu, memory);
    expect((after?.skipped ?? 0) - (before?.skipped ?? 0)).toBe(1);
    expect(after?.syncedByCr3).toBe(before?.syncedByCr3);
    k.cpu.mmu.setCr3(k.p2.cr3);
    expect(oosView(k.cpu, memory)?.rootLoads).toBe((after?.rootLoads ?? 0) + 1);
  });

  it("are null without a hypervisor", () => {
    expect(oosView({ shadow: null }, memory)).toBeNull();
  });
});
