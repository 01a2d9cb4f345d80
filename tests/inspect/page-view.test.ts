/** One shadow page beside the guest's table: each way in which an entry and its original can compare. */
import { describe, expect, it } from "vitest";
import type { UnsyncMemory } from "../../src/inspect/oos-view.ts";
import { type PageView, pageView } from "../../src/inspect/page-view.ts";
import type { ShadowPage } from "../../src/mmu/shadow/shadow-page.ts";
import { ENTRIES } from "../../src/mmu/types.ts";
import { PE, PG, ShadowProcessor, WP } from "../mmu/harness.ts";
import { F, F2, KERNEL, Kernel, LOCAL, V } from "../mmu/shadow/kernel.ts";
import { A, D, G, NX, P, PAGE, PS, RW, TABLE, TestGuest, US } from "../support/page-tables.ts";

const forgetful: UnsyncMemory = { unsyncOrigin: () => null, skips: () => 0 };

function pageFor(cpu: ShadowProcessor, gfn: number, which = 0): ShadowPage {
  const found = cpu.shadow.kvm.pages.filter((sp) => sp.live && sp.gfn === gfn);
  if (found[which] === undefined) throw new Error(`no shadow page ${which} of gfn ${gfn}`);
  return found[which];
}

function viewOf(cpu: ShadowProcessor, gfn: number, window = { first: 0, count: ENTRIES }): PageView {
  const view = pageView(cpu, { sp: pageFor(cpu, gfn).index, ...window }, forgetful);
  if (view === null) throw new Error(`no view of gfn ${gfn}`);
  return view;
}

/** Index, state and words of each entry in sight. */
const entriesOf = ({ entries }: PageView) => entries.map(({ index, state, text }) => [index, state, text]);

/** T out of sync with F mapped, then F's entry as it is stored: state and words. */
function changed(gfn: number, flags: number, first = KERNEL, written = false): (string | number)[] {
  const k = new Kernel();
  k.unsyncT(first);
  if (written) k.cpu.store(F, 1);
  k.p1.set(k.pte(F), gfn, flags);
  return entriesOf(viewOf(k.cpu, k.t))[0].slice(1);
}

describe("an entry of a table out of sync", () => {
  it.each([
    ["says the same", 0x123, KERNEL, ["same", "same"]],
    ["stale: names another frame", 0x124, KERNEL, ["stale", "STALE gfn"]],
    ["gone: is not present any more", 0, 0, ["gone", "STALE gone"]],
    ["stale: was not accessed since, so a sync drops it", 0x123, KERNEL & ~A, ["stale", "STALE A"]],
    ["stale: W was taken away", 0x123, KERNEL & ~RW, ["stale", "STALE W"]],
    ["stale: D was cleared, and the next store must set it", 0x123, KERNEL & ~D, ["stale", "STALE D"]],
    ["stale: NX was set", 0x123, KERNEL | NX, ["stale", "STALE NX"]],
    ["less: U was granted", 0x123, KERNEL | US, ["less", "U not used yet"]],
  ])("%s", (_name, gfn, flags, expected) => {
    expect(changed(gfn, flags, KERNEL, true)).toEqual(expected);
  });

  it.each([
    ["stale: U was taken away", KERNEL | US, KERNEL, ["stale", "STALE U"]],
    ["less: W was granted", KERNEL & ~RW, KERNEL, ["less", "W not used yet"]],
    ["less: it may be executed now", KERNEL | NX, KERNEL, ["less", "X not used yet"]],
    ["less: D is not set", KERNEL & ~D, KERNEL & ~D, ["less", "D not set"]],
  ])("%s", (_name, before, after, expected) => {
    expect(changed(0x123, after, before)).toEqual(expected);
  });

  it("is stale with a reserved bit, where the model knows of them", () => {
    const stateIn = (model: "sdm" | "kvm") => {
      const k = new Kernel({ model });
      k.unsyncT();
      const at = k.pte(F);
      k.guest.memory.write32(at.gfn, at.offset + 4, 1 << 20);
      return entriesOf(viewOf(k.cpu, k.t))[0].slice(1);
    };
    expect(stateIn("sdm")).toEqual(["stale", "STALE reserved bits"]);
    // KVM: does not look, and bit 52 is no part of the frame number that is left.
    expect(stateIn("kvm")).toEqual(["same", "same"]);
  });

  it("counts the same as the list of what is out of sync", () => {
    const k = new Kernel();
    k.unsyncT();
    k.p1.set(k.pte(F), 0x124, KERNEL);
    expect(viewOf(k.cpu, k.t).page.stale).toBe(1);
  });
});

describe("an entry of a table in sync", () => {
  it("is not used yet if only the guest's is present, and left out if neither is", () => {
    const k = new Kernel();
    k.p1.map(F2, 0x124, KERNEL);
    k.shadowT();
    const view = viewOf(k.cpu, k.t);
    expect(entriesOf(view)).toEqual([
      [5, "same", "same"],
      [6, "unused", "not used yet"],
    ]);
    expect(view.total).toBe(2);
    expect(view.entries[1]).toMatchObject({ gfn: -1, gpteLo: (0x124 << 12) | KERNEL });
    expect(view.entries[0]).toMatchObject({ gfn: 0x123, gpteLo: (0x123 << 12) | KERNEL });
  });

  it("is read-only if its frame holds a table, or memory is", () => {
    const k = new Kernel({ oos: false });
    k.p1.map(F2, k.t, KERNEL);
    k.shadowT();
    k.cpu.read(F2);
    expect(entriesOf(viewOf(k.cpu, k.t))[1]).toEqual([6, "less", "read-only: a table"]);

    const guest = new TestGuest();
    const { npages, basePfn } = guest.memory.removeSlot(0);
    guest.memory.addSlot({ id: 0, baseGfn: 0, npages, basePfn, readOnly: true });
    const tables = guest.pae();
    const { gfn } = tables.map(V, 0x10, PAGE);
    const cpu = new ShadowProcessor(guest).startPae(tables.cr3);
    cpu.read(V);
    expect(entriesOf(viewOf(cpu, gfn))).toEqual([[0, "less", "read-only memory"]]);
  });

  it("may grant W to a supervisor over a read-only page while CR0.WP is 0, at the price of U", () => {
    const guest = new TestGuest();
    const tables = guest.pae();
    const { gfn } = tables.map(V, 0x150, PAGE & ~RW);
    tables.map(V + 0x1000, 0x151, (PAGE & ~RW) | US);
    const cpu = new ShadowProcessor(guest).startPae(tables.cr3);
    cpu.mmu.setCr0(PG | PE);
    cpu.store(V, 1);
    cpu.store(V + 0x1000, 1);
    expect(entriesOf(viewOf(cpu, gfn))).toEqual([
      [0, "same", "same, W as CR0.WP is 0"],
      [1, "less", "U not used yet"],
    ]);
  });

  it("that grants a user W is no such hole", () => {
    const k = new Kernel();
    k.p1.map(F2, 0x124, KERNEL & ~RW);
    k.cpu.mmu.setCr0(PG | PE);
    k.cpu.store(F2, 1);
    expect(k.cpu.shadow.kvm.wpHoles).toBe(true);
    k.unsyncT(KERNEL | US);
    k.cpu.store(F, 1);
    k.p1.set(k.pte(F), 0x123, (KERNEL & ~RW) | US);
    expect(entriesOf(viewOf(k.cpu, k.t))[0]).toEqual([5, "stale", "STALE W"]);
  });

  it("keeps such a W in KVM 2.6.29 when CR0.WP is set again, which is stale", () => {
    const guest = new TestGuest();
    const tables = guest.pae();
    const { gfn } = tables.map(V, 0x150, PAGE & ~RW);
    const cpu = new ShadowProcessor(guest, { model: "kvm" }).startPae(tables.cr3);
    cpu.mmu.setCr0(PG | PE);
    cpu.store(V, 1);
    expect(entriesOf(viewOf(cpu, gfn))).toEqual([[0, "same", "same, W as CR0.WP is 0"]]);
    cpu.mmu.setCr0(PG | WP | PE);
    expect(entriesOf(viewOf(cpu, gfn))).toEqual([[0, "stale", "STALE W"]]);
  });

  it("of a 32-bit guest is found through the quadrant: half a table, a quarter of a directory", () => {
    const guest = new TestGuest();
    const tables = guest.twoLevel();
    // Both in one guest table of 4 MiB: entries 5 and 517.
    const { gfn } = tables.map(0x4000_5000, 0x150, PAGE);
    tables.map(0x4020_5000, 0x151, PAGE);
    const cpu = new ShadowProcessor(guest).startTwoLevel(tables.cr3);
    cpu.read(0x4000_5000);
    cpu.read(0x4020_5000);
    const halves = [0, 1].map((which) => {
      const { index } = pageFor(cpu, gfn, which);
      return pageView(cpu, { sp: index, first: 0, count: ENTRIES }, forgetful) as PageView;
    });
    const byAddress = halves.sort((one, other) => (one.gva?.[0] ?? 0) - (other.gva?.[0] ?? 0));
    expect(byAddress.map(({ gva }) => gva)).toEqual([
      [0x4000_0000, 0x401f_ffff],
      [0x4020_0000, 0x403f_ffff],
    ]);
    expect(byAddress.map((view) => entriesOf(view))).toEqual([[[5, "same", "same"]], [[5, "same", "same"]]]);
    expect(byAddress.map(({ entries }) => entries[0].gfn)).toEqual([0x150, 0x151]);

    const root = cpu.shadow.kvm.pages.find((sp) => sp.live && sp.gfn === tables.root && sp.present > 0);
    const view = pageView(cpu, { sp: root?.index ?? 0, first: 0, count: ENTRIES }, forgetful);
    expect(view?.gva).toEqual([0x4000_0000, 0x7fff_ffff]);
    expect(
      view?.entries.map(({ index, state, gfn: table, gpteHi }) => [index, state, table, gpteHi]),
    ).toEqual([
      [0, "same", gfn, 0],
      [1, "same", gfn, 0],
    ]);
  });
});

describe("a directory", () => {
  it("names the page that each entry links to", () => {
    const k = new Kernel();
    k.shadowT();
    const { index } = pageFor(k.cpu, k.t);
    const view = viewOf(k.cpu, k.m);
    const [number, state, text] = entriesOf(view).at(-1) ?? [];
    expect([number, state, text]).toEqual([0x1ff, "same", `-> sp ${index.toString(16).padStart(3, "0")}`]);
    expect(view.entries.at(-1)?.gfn).toBe(k.t);
    expect(view).toMatchObject({ gva: [0xc000_0000, 0xffff_ffff], rootCount: 1, parents: [] });
    // The large pages of the linear map that nobody has touched.
    expect(
      entriesOf(view)
        .slice(0, -1)
        .every(([, one]) => one === "unused"),
    ).toBe(true);
  });

  it("is stale where the guest's entry names another table, gone where there is none", () => {
    const k = new Kernel();
    k.shadowT();
    const at = k.p1.pde(F);
    k.p1.set(at, 0x200, k.p1.flags(at));
    expect(entriesOf(viewOf(k.cpu, k.m)).at(-1)?.slice(1)).toEqual([
      "stale",
      expect.stringMatching(/^STALE gfn -> sp /),
    ]);
    k.p1.set(at, k.t, k.p1.flags(at) | PS);
    expect(entriesOf(viewOf(k.cpu, k.m)).at(-1)?.[1]).toBe("stale");
    k.p1.set(at, 0, 0);
    expect(entriesOf(viewOf(k.cpu, k.m)).at(-1)?.slice(1)).toEqual([
      "gone",
      expect.stringMatching(/^STALE gone -> sp /),
    ]);
  });

  it("links a large page to a direct table, whose entries stand for no guest entry", () => {
    const k = new Kernel();
    k.cpu.read(0xc000_3000);
    expect(entriesOf(viewOf(k.cpu, k.m))[0]).toEqual([0, "same", expect.stringMatching(/^-> sp /)]);
    const direct = k.cpu.shadow.kvm.pages.find((sp) => sp.live && sp.gfn === 0 && sp.parents !== 0);
    const view = pageView(k.cpu, { sp: direct?.index ?? 0, first: 0, count: ENTRIES }, forgetful);
    expect(view?.page.direct).toBe(true);
    expect(view?.entries).toEqual([
      expect.objectContaining({ index: 3, gpteLo: 0, gpteHi: 0, gfn: 3, state: "same", text: "direct" }),
    ]);
  });

  it("is direct too while paging is off", () => {
    const cpu = new ShadowProcessor(new TestGuest());
    cpu.read(0x12_3000);
    const root = cpu.shadow.kvm.pages.find((sp) => sp.live && sp.present > 0 && sp.rootCount > 0);
    const view = pageView(cpu, { sp: root?.index ?? 0, first: 0, count: ENTRIES }, forgetful);
    expect(view?.entries).toEqual([
      expect.objectContaining({ state: "same", text: expect.stringMatching(/^-> sp /) }),
    ]);
  });
});

describe("the facts about a page", () => {
  it("say where it is, who links to it, and since when it is out of sync", () => {
    const k = new Kernel();
    k.unsyncT(LOCAL);
    const memory: UnsyncMemory = { unsyncOrigin: () => ({ icount: 77, eip: 0xc010_0000 }), skips: () => 0 };
    const facts = (gfn: number) =>
      pageView(k.cpu, { sp: pageFor(k.cpu, gfn).index, first: 0, count: 1 }, memory);
    expect(facts(k.t)).toMatchObject({
      gva: [0xffe0_0000, 0xffff_ffff],
      rootCount: 0,
      parents: [{ sp: pageFor(k.cpu, k.m).index, entry: 0x1ff }],
      since: { icount: 77, eip: 0xc010_0000 },
    });
    expect(facts(k.m)).toMatchObject({ unsyncChildren: 1, since: null });
  });

  it("of a page that the loaded roots do not lead to have no addresses", () => {
    const k = new Kernel();
    k.cpu.read(V);
    const { gfn } = k.p1.pte(V);
    expect(viewOf(k.cpu, gfn).gva).toEqual([0x40_0000, 0x5f_ffff]);
    k.cpu.mmu.setCr3(k.p2.cr3);
    expect(viewOf(k.cpu, gfn).gva).toBeNull();
  });

  it("name the lowest of several places", () => {
    const k = new Kernel();
    const low = 0x0060_5000;
    k.p1.map(F, 0x123, KERNEL);
    k.write(k.p1.pde(low), k.t, TABLE);
    for (const gva of [low, F]) k.cpu.read(gva);
    const view = viewOf(k.cpu, k.t);
    expect(view.parents.length).toBe(2);
    expect(view.gva).toEqual([0x0060_0000, 0x007f_ffff]);
  });

  it("are given for a window of the entries that say something", () => {
    const k = new Kernel();
    for (let i = 0; i < 8; i++) k.p1.map(0xffe1_0000 + i * 0x1000, 0x130 + i, P | RW | A | D | G);
    k.shadowT();
    const window = (first: number, count: number) => {
      const view = viewOf(k.cpu, k.t, { first, count });
      return [view.total, view.first, view.entries.map(({ index }) => index)];
    };
    expect(window(0, 3)).toEqual([9, 0, [5, 16, 17]]);
    expect(window(7, 5)).toEqual([9, 7, [22, 23]]);
    expect(window(99, 5)).toEqual([9, 9, []]);
    expect(window(-1, 1)).toEqual([9, 0, [5]]);
  });

  it("are null for what is no page in use", () => {
    const k = new Kernel();
    const ask = (sp: number) => pageView(k.cpu, { sp, first: 0, count: 1 }, forgetful);
    expect([ask(0), ask(250), ask(9999), ask(-1), ask(Number.NaN)]).toEqual([null, null, null, null, null]);
    expect(pageView({ shadow: null }, { sp: 1, first: 0, count: 1 }, forgetful)).toBeNull();
  });
});
