/** The shadow MMU as plain data: what is out of sync, what is stale, what hangs together. */
import { describe, expect, it } from "vitest";
import { oosLists } from "../../src/inspect/oos-lists.ts";
import { shadowView } from "../../src/inspect/shadow-view.ts";
import { rmapOf, shadowWalk } from "../../src/inspect/translation.ts";
import { F, F2, KERNEL, Kernel, LOCAL, V } from "../mmu/shadow/kernel.ts";

describe("the out-of-sync lists", () => {
  it("are empty while every table is in sync", () => {
    const k = new Kernel();
    k.shadowT();
    expect(oosLists(k.cpu.shadow.kvm)).toEqual({ nonGlobal: [], global: [] });
  });

  it("have a table with only global entries on the second, any other on the first", () => {
    const global = new Kernel();
    global.unsyncT();
    expect(oosLists(global.cpu.shadow.kvm).global.map(({ gfn }) => gfn)).toEqual([global.t]);
    const local = new Kernel();
    local.unsyncT(LOCAL);
    expect(oosLists(local.cpu.shadow.kvm).nonGlobal.map(({ gfn }) => gfn)).toEqual([local.t]);
  });

  it("count as stale what the guest changed unseen: another frame, fewer rights, or nothing left", () => {
    const k = new Kernel();
    k.unsyncT();
    const stale = (): number => oosLists(k.cpu.shadow.kvm).global[0].stale;
    expect(stale()).toBe(0);
    for (const [gfn, flags, expected] of [
      [0x124, KERNEL, 1],
      [0x123, KERNEL, 0],
      [0, 0, 1],
      [0x123, KERNEL | 4, 0],
    ] as const) {
      k.write(k.pte(F), gfn, flags);
      expect(stale(), `gfn ${gfn} flags ${flags}`).toBe(expected);
    }
    k.cpu.store(F, 1);
    k.write(k.pte(F), 0x123, KERNEL & ~2);
    expect(stale()).toBe(1);
  });

  it("say from where a table is reached, and whether the loaded roots lead there", () => {
    const k = new Kernel();
    k.unsyncT(LOCAL);
    const { parents, reachable } = oosLists(k.cpu.shadow.kvm).nonGlobal[0];
    expect([parents.map(({ entry }) => entry), reachable]).toEqual([[0x1ff], true]);
    const at = k.p1.pte(V);
    k.cpu.read(V);
    k.write({ ...at, offset: at.offset + 8 }, 0, 0);
    k.cpu.mmu.setCr3(k.p2.cr3);
    const other = oosLists(k.cpu.shadow.kvm).nonGlobal.find(({ gfn }) => gfn === at.gfn);
    expect(other?.reachable).toBe(false);
  });
});

describe("the shadow tree", () => {
  it("has a root for each directory of the guest, and its tables by entry", () => {
    const k = new Kernel();
    k.unsyncT();
    k.cpu.read(V);
    const view = shadowView({ shadow: k.cpu.shadow }, { first: 0, count: 1_000, sort: "tree" });
    const rows = (view?.rows ?? []).filter((row) => row.kind === "page" && row.slot !== null);
    const roots = rows.filter((row) => row.kind === "page" && row.depth === 0);
    expect(roots.map((row) => row.kind === "page" && [row.slot, row.page.gfn])).toEqual([
      [0, k.p1.directories[0]],
      [3, k.m],
    ]);
    const children = rows.filter((row) => row.kind === "page" && row.depth === 1 && row.slot === 3);
    const t = children.find((row) => row.kind === "page" && row.entry === 0x1ff);
    expect(t).toMatchObject({
      page: { gfn: k.t, level: 1, unsync: true, global: true, present: 1, direct: false },
    });
    expect(children[0]).toMatchObject({ entry: 7, page: { direct: true, access: "w-x" } });
  });
});

describe("walks", () => {
  it("a shadow walk ends at the leaf, and knows who else maps its frame", () => {
    const k = new Kernel();
    k.shadowT();
    k.p1.map(F2, 0x123, KERNEL);
    k.cpu.shadow.unprotect(k.t);
    k.cpu.read(F);
    k.cpu.read(F2);
    const { steps, gfn, rmap } = shadowWalk(k.cpu.shadow.kvm, F);
    expect(steps.map(({ level, index, kind }) => [level, index, kind])).toEqual([
      [3, 3, "present"],
      [2, 0x1ff, "present"],
      [1, 5, "present"],
    ]);
    expect([gfn, rmap.map(({ entry }) => entry).sort()]).toEqual([0x123, [5, 6]]);
    expect(rmapOf(k.cpu.shadow.kvm, 0x999)).toEqual([]);
  });

  it("tells entries that trap from those that fault without an exit", () => {
    const k = new Kernel();
    k.shadowT();
    const kind = (gva: number) => shadowWalk(k.cpu.shadow.kvm, gva).steps.at(-1)?.kind;
    expect(kind(F2)).toBe("absent");
    k.cpu.mmu.invlpg(F);
    expect(kind(F)).toBe("trap");
  });
});
