/** One address through both sets of tables: what it means that they agree or not, and who else maps the frame. */
import { describe, expect, it } from "vitest";
import { oosView } from "../../src/inspect/oos-view.ts";
import { pageView } from "../../src/inspect/page-view.ts";
import { type AccessKind, translateView } from "../../src/inspect/translate-view.ts";
import { BareMmu } from "../../src/mmu/bare.ts";
import type { Policy } from "../../src/mmu/shadow/policy.ts";
import { freeRoots } from "../../src/mmu/shadow/roots.ts";
import { PE, PG, Processor, ShadowProcessor, USER } from "../mmu/harness.ts";
import { F, F2, KERNEL, Kernel, LOCAL, V } from "../mmu/shadow/kernel.ts";
import { guestMachine } from "../support/guest-machine.ts";
import { D, G, P, PAGE, RW, TABLE, TestGuest, US } from "../support/page-tables.ts";

const ask = (cpu: Processor, gva: number, access: AccessKind = "read", user = false) => {
  const shadow = cpu instanceof ShadowProcessor ? cpu.shadow : null;
  return translateView({ mmu: cpu.mmu, shadow }, { gva, access, user });
};

function paeWith(flags: number, tableFlags: number = TABLE, policy: Partial<Policy> = {}): ShadowProcessor {
  const guest = new TestGuest();
  const tables = guest.pae();
  tables.map(V, 0x150, flags, tableFlags);
  return new ShadowProcessor(guest, policy).startPae(tables.cr3);
}

const OK = "allowed";

describe("the explanation says", () => {
  const why = (cpu: Processor, gva: number, access: AccessKind = "read", user = false) =>
    ask(cpu, gva, access, user).explanation;

  it("that both agree", () => {
    const cpu = paeWith(PAGE | US);
    cpu.read(V);
    expect(why(cpu, V)).toMatch(/^Both lead to the same frame and allow/);
  });

  it("that the guest takes its fault: with an exit, or without one if the shadow knows", () => {
    const k = new Kernel();
    k.shadowT();
    expect(why(k.cpu, F2)).toMatch(/^The guest's tables deny.*without an exit\.$/);
    expect(why(k.cpu, V + 0x4000)).toMatch(/^The guest's tables deny.*injects the fault\.$/);
    const trapping = new Kernel({ bypassGuestPf: false });
    trapping.shadowT();
    expect(why(trapping.cpu, F2)).toMatch(/injects the fault\.$/);
  });

  it("that no entry has been made yet", () => {
    expect(why(paeWith(PAGE), V)).toMatch(/no entry for it yet: the access exits/);
  });

  it("that each access exits where there is no memory", () => {
    const guest = new TestGuest();
    const tables = guest.pae();
    tables.map(V, 0xb8, PAGE);
    const cpu = new ShadowProcessor(guest).startPae(tables.cr3);
    cpu.read(V);
    expect(why(cpu, V)).toMatch(/^No memory is at gfn 000b8: each access exits/);
  });

  it("that the shadow holds back W until D is set, for small pages and large ones", () => {
    const cpu = paeWith(PAGE & ~D);
    cpu.read(V);
    expect(why(cpu, V, "write")).toMatch(/D is not set in PTE \[000\] yet/);
    cpu.store(V, 1);
    expect(why(cpu, V, "write")).toMatch(/^Both lead/);
    const guest = new TestGuest();
    const tables = guest.pae();
    tables.mapLarge(V, 0x200, PAGE & ~D);
    const large = new ShadowProcessor(guest).startPae(tables.cr3);
    large.read(V);
    expect(why(large, V, "write")).toMatch(/D is not set in PDE \[002\] yet/);
  });

  it.each([
    [true, /lets the table go out of sync, or emulates it/],
    [false, /so that the hypervisor emulates it/],
  ])("that the frame holds a shadowed table (oos %s)", (oos, expected) => {
    const k = new Kernel({ oos });
    const table = 0xc000_0000 + k.t * 4096;
    k.cpu.read(table);
    k.shadowT();
    expect(why(k.cpu, table)).toMatch(/^Both lead/);
    expect(why(k.cpu, table, "write")).toMatch(new RegExp(`gfn ${k.t.toString(16).padStart(5, "0")} holds`));
    expect(why(k.cpu, table, "write")).toMatch(expected);
    // A directory always stays in sync.
    k.cpu.read(0xc000_0000 + k.m * 4096);
    expect(why(k.cpu, 0xc000_0000 + k.m * 4096, "write")).toMatch(/so that the hypervisor emulates it/);
  });

  it("that the first store through a read-only entry opens it while CR0.WP is 0", () => {
    const cpu = paeWith(PAGE & ~RW);
    cpu.mmu.setCr0(PG | PE);
    cpu.read(V);
    expect(why(cpu, V, "write")).toMatch(/CR0\.WP is 0: the first store/);
    cpu.store(V, 1);
    expect(why(cpu, V, "write")).toMatch(/^Both lead/);
  });

  it("that memory is read-only", () => {
    const guest = new TestGuest();
    const { npages, basePfn } = guest.memory.removeSlot(0);
    guest.memory.addSlot({ id: 0, baseGfn: 0, npages, basePfn, readOnly: true });
    const tables = guest.pae();
    tables.map(V, 0x10, PAGE);
    const cpu = new ShadowProcessor(guest).startPae(tables.cr3);
    cpu.read(V);
    expect(why(cpu, V, "write")).toMatch(/^The memory of gfn 00010 is read-only/);
  });

  it("that an entry with fewer rights than the guest gives now is made again", () => {
    const k = new Kernel();
    k.unsyncT();
    k.write(k.pte(F), 0x123, KERNEL | US);
    expect(ask(k.cpu, F, "read", true).guest.verdict).toBe(OK);
    expect(why(k.cpu, F, "read", true)).toMatch(/^The shadow is stricter .* makes the entry again\.$/);
    k.cpu.read(F, USER);
    expect(why(k.cpu, F, "read", true)).toMatch(/^Both lead/);
  });

  it("that W came later than the entry: CR0.WP has nothing to do with it", () => {
    const k = new Kernel();
    k.cpu.mmu.setCr0(PG | PE);
    k.unsyncT(KERNEL & ~RW);
    k.write(k.pte(F), 0x123, KERNEL);
    expect(why(k.cpu, F, "write")).toMatch(/^The shadow is stricter .* makes the entry again\.$/);
  });

  it("that a table out of sync may be written through other mappings too, once they ask", () => {
    const k = new Kernel();
    const alias = V + 0x1000;
    k.p1.map(alias, k.t, PAGE);
    k.cpu.read(alias);
    k.unsyncT();
    expect(ask(k.cpu, alias, "write").shadow?.verdict).toBe("read-only at level 1");
    expect(why(k.cpu, alias, "write")).toMatch(/^The shadow is stricter .* makes the entry again\.$/);
  });

  it("that the roots are not loaded, or about to be loaded again", () => {
    const k = new Kernel();
    k.shadowT();
    const { kvm } = k.cpu.shadow;
    kvm.requestMmuReload = true;
    expect(why(k.cpu, F)).toMatch(/^The roots are not loaded/);
    kvm.requestMmuReload = false;
    expect(why(k.cpu, F)).toMatch(/^Both lead/);
    freeRoots(kvm);
    expect(why(k.cpu, F)).toMatch(/^The roots are not loaded/);
    expect(ask(k.cpu, F).shadow).toMatchObject({ verdict: "no roots are loaded", gfn: -1, allowed: false });
  });

  it("that paging is off", () => {
    const cpu = new ShadowProcessor(new TestGuest());
    expect(why(cpu, 0x12_3000)).toMatch(/^Paging is off.*no entry for it yet/);
    cpu.read(0x12_3000);
    expect(why(cpu, 0x12_3000)).toMatch(/^Paging is off.*Both lead/);
    expect(ask(cpu, 0x12_3000).shadow?.gfn).toBe(0x123);
  });

  describe("of a disagreement in a table out of sync", () => {
    it.each([
      ["another frame", 0x124, KERNEL, "gfn 00124 now; the shadow still has gfn 00123"],
      ["nothing", 0, 0, "not present now; the shadow still has gfn 00123"],
    ])("that the guest's entry says %s now", (_what, gfn, flags, expected) => {
      const k = new Kernel();
      k.unsyncT();
      k.write(k.pte(F), gfn, flags);
      const view = ask(k.cpu, F);
      expect(view.unsync).toBe(true);
      expect(view.shadow?.gfn).toBe(0x123);
      expect(view.explanation).toMatch(/^They differ, and that is legal: the guest changed PTE \[005\]/);
      expect(view.explanation).toContain(expected);
    });

    it("that the guest's entry has reserved bits now", () => {
      const k = new Kernel();
      k.unsyncT();
      const at = k.pte(F);
      k.guest.memory.write32(at.gfn, at.offset + 4, 1 << 20);
      expect(ask(k.cpu, F).guest.verdict).toBe("reserved bit at level 1");
      expect(why(k.cpu, F)).toContain("PTE [005] (reserved bits now; the shadow still has gfn 00123)");
    });

    it("that the guest took a right away", () => {
      const k = new Kernel();
      k.unsyncT();
      k.cpu.store(F, 1);
      k.write(k.pte(F), 0x123, KERNEL & ~RW);
      expect(why(k.cpu, F)).toMatch(/^Both lead/);
      expect(why(k.cpu, F, "write")).toContain("the guest changed PTE [005] (read-only at level 1 now)");
    });

    it("what ends it: a CR3 load only if the page is not global", () => {
      const local = new Kernel();
      local.unsyncT(LOCAL);
      local.write(local.pte(F), 0x124, LOCAL);
      expect(why(local.cpu, F)).toContain("INVLPG, loaded CR3 or written CR4");
      local.cpu.mmu.setCr3(local.p1.cr3);
      expect(why(local.cpu, F)).not.toMatch(/^They differ/);

      const global = new Kernel();
      global.unsyncT();
      global.write(global.pte(F), 0x124, KERNEL);
      expect(why(global.cpu, F)).toContain("a CR3 load leaves global pages alone");
      global.cpu.mmu.setCr3(global.p1.cr3);
      expect(why(global.cpu, F)).toMatch(/^They differ/);
      global.flushGlobal();
      expect(why(global.cpu, F)).not.toMatch(/^They differ/);
    });

    it("that INVLPG ends it", () => {
      const k = new Kernel();
      k.unsyncT();
      k.write(k.pte(F), 0x124, KERNEL);
      k.cpu.mmu.invlpg(F);
      expect(why(k.cpu, F)).toMatch(/no entry for it yet/);
    });
  });

  it("that INVLPG may have missed a global table, unless the list was made sound", () => {
    for (const oosGlobalFix of [false, true]) {
      const k = new Kernel({ oosGlobalFix });
      k.unsyncT();
      k.write(k.pte(F), 0x124, KERNEL);
      expect(why(k.cpu, F)).toMatch(/^They differ, and that is legal/);
      expect(why(k.cpu, F).includes("known fault of the patch")).toBe(!oosGlobalFix);
    }
  });

  it("that a disagreement in a table in sync is a bug, and who knows more", () => {
    for (const [model, known] of [
      ["sdm", false],
      ["kvm", true],
    ] as const) {
      const k = new Kernel({ model });
      k.shadowT();
      // Behind the hypervisor's back, as no guest can.
      k.p1.set(k.pte(F), 0x124, KERNEL);
      expect(why(k.cpu, F)).toMatch(/in sync: that is a bug.*`audit`/);
      expect(why(k.cpu, F).includes("known ones")).toBe(known);
    }
  });

  it("that an entry known to be absent must not hide one of the guest's", () => {
    const k = new Kernel();
    k.shadowT();
    k.p1.set(k.pte(F2), 0x124, KERNEL);
    expect(why(k.cpu, F2)).toMatch(/that is a bug/);
  });

  it("that there is no hypervisor", () => {
    const guest = new TestGuest();
    const tables = guest.pae();
    tables.map(V, 0x150, PAGE);
    const cpu = new Processor(guest, new BareMmu(guest.memory));
    expect(why(cpu, V)).toMatch(/^Paging is off.*no hypervisor/);
    cpu.startPae(tables.cr3);
    expect(why(cpu, V)).toMatch(/^There is no hypervisor.*itself\.$/);
    expect(why(cpu, V, "read", true)).toMatch(/page fault\.$/);
    expect(ask(cpu, V)).toMatchObject({ shadow: null, unsync: false, rmapGfn: 0x150, rmap: [] });
  });
});

describe("the reverse map beside it", () => {
  it("is that of the shadow's frame, and of the guest's where the shadow has none", () => {
    const k = new Kernel();
    k.unsyncT();
    k.write(k.pte(F), 0x124, KERNEL);
    expect(ask(k.cpu, F).rmapGfn).toBe(0x123);
    expect(ask(k.cpu, F).rmap.map(({ entry }) => entry)).toEqual([5]);
    k.cpu.mmu.invlpg(F);
    expect(ask(k.cpu, F)).toMatchObject({ rmapGfn: 0x124, rmap: [] });
    expect(ask(k.cpu, 0x8000_0000)).toMatchObject({ rmapGfn: -1, rmap: [] });
  });
});

it("asking leaves tables, TLB and counters as they are", () => {
  const k = new Kernel();
  k.p1.map(F, 0x123, P | RW | G);
  const { kvm } = k.cpu.shadow;
  k.cpu.read(V, USER);
  const before = [kvm.spt.slice(), kvm.tlb.words.slice(), { ...kvm.stats }, k.p1.flags(k.pte(F))];
  for (const gva of [F, V, 0, 0x8000_0000, 0xffff_ffff]) {
    for (const access of ["read", "write", "fetch"] as const) ask(k.cpu, gva, access, gva === V);
  }
  expect([kvm.spt.slice(), kvm.tlb.words.slice(), { ...kvm.stats }, k.p1.flags(k.pte(F))]).toEqual(before);
});

it("a kernel that maps and unmaps is seen between its store and its INVLPG", () => {
  const machine = guestMachine("kmap");
  const forgetful = { unsyncOrigin: () => null, skips: () => 0 };
  const staleRow = () => {
    const lists = oosView(machine, forgetful);
    return [...(lists?.nonGlobal ?? []), ...(lists?.global ?? [])].find(
      (row) => row.stale > 0 && row.reachable,
    );
  };
  let row = staleRow();
  for (let n = 300_000; row === undefined && n < 1_000_000; n += 500) {
    machine.run(n);
    row = staleRow();
  }
  if (row === undefined) throw new Error("kmap was never seen with a stale entry");
  const page = pageView(machine, { sp: row.sp, first: 0, count: 512 }, forgetful);
  const stale = (page?.entries ?? []).filter(({ state }) => state === "stale" || state === "gone");
  expect(stale.length).toBe(row.stale);
  const gva = (page?.gva?.[0] ?? 0) + stale[0].index * 4096;
  const view = translateView(machine, { gva, access: "read", user: false });
  expect([view.unsync, view.shadow?.gfn]).toEqual([true, stale[0].gfn]);
  expect(view.explanation).toMatch(/^They differ, and that is legal/);
});
