/** Finding, making, recycling and zapping shadow pages; roles, quadrants, links and direct maps. */
import { describe, expect, it } from "vitest";
import { lookupPage } from "../../../src/mmu/shadow/kvm.ts";
import { isDirect, roleAccess, roleGlevels, roleLevel, roleQuadrant } from "../../../src/mmu/shadow/role.ts";
import type { ShadowPage } from "../../../src/mmu/shadow/shadow-page.ts";
import { zapAll } from "../../../src/mmu/shadow/zap.ts";
import { ZAP_ALL } from "../../../src/trace/reasons.ts";
import { A, D, P, PS, RW, TABLE, TestGuest } from "../../support/page-tables.ts";
import { PAE, PE, PG, PGE, ShadowProcessor, USER, WP } from "../harness.ts";
import { F, F2, KERNEL, Kernel, LOCAL, USERPAGE, V } from "./kernel.ts";

function pages(cpu: ShadowProcessor): ShadowPage[] {
  const found: ShadowPage[] = [];
  for (let sp = cpu.shadow.kvm.activeHead; sp !== null; sp = sp.activeNext) found.push(sp);
  return found;
}

describe("roles", () => {
  it("a 4-byte page directory needs four level-2 pages, a page table two level-1 pages", () => {
    const guest = new TestGuest();
    const tables = guest.twoLevel();
    const table = tables.pte(0x40_0000).gfn;
    tables.map(0x40_0000, 0x123);
    tables.map(0x60_0000, 0x124);
    const cpu = new ShadowProcessor(guest).startTwoLevel(tables.cr3);
    cpu.read(0x40_0000);
    cpu.read(0x60_0000);
    const quadrants = (gfn: number): number[] =>
      pages(cpu)
        .filter((sp) => sp.gfn === gfn && roleGlevels(sp.role) === 2)
        .map((sp) => roleQuadrant(sp.role));
    expect(quadrants(tables.root).sort()).toEqual([0, 1, 2, 3]);
    expect(quadrants(table).sort()).toEqual([0, 1]);
    cpu.check();
  });

  it("a 4-byte table shadowed in both halves never goes unsync", () => {
    const guest = new TestGuest();
    const tables = guest.twoLevel();
    for (let mib = 0; mib < 16; mib += 4) tables.mapLarge(0xc000_0000 + (mib << 20), mib * 256, KERNEL);
    const at = tables.map(0x40_0000, 0x123, LOCAL);
    tables.map(0x60_0000, 0x124, LOCAL);
    const cpu = new ShadowProcessor(guest).startTwoLevel(tables.cr3);
    cpu.read(0x40_0000);
    cpu.read(0x60_0000);
    expect(cpu.store(0xc000_0000 + at.gfn * 4096 + 8, 0)).toContain("emulated");
    cpu.check();
  });

  it("inherited rights are part of the role", () => {
    const k = new Kernel();
    const table = k.guest.frame();
    k.p1.set(k.p1.pde(0x80_0000), table, TABLE);
    k.p1.set(k.p1.pde(0xa0_0000), table, P | RW | A);
    k.p1.set({ gfn: table, offset: 0 }, 0x170, USERPAGE);
    k.cpu.shadow.unprotect(k.p1.directories[0]);
    k.cpu.read(0x80_0000);
    k.cpu.read(0xa0_0000);
    const rights = pages(k.cpu)
      .filter((sp) => sp.gfn === table)
      .map((sp) => roleAccess(sp.role));
    expect(rights.sort()).toEqual([3, 7]);
    expect(k.cpu.access(0xa0_0000, USER)).toBe("fault 5");
    expect(k.cpu.access(0x80_0000, USER)).toBe("gfn 368");
  });

  it("without paging roots are direct, and each 2 MiB is a direct level-1 page", () => {
    const cpu = new ShadowProcessor(new TestGuest());
    expect(cpu.read(0x30_0000)).toBe("gfn 768");
    expect(cpu.store(0x30_0000, 5)).toBe("gfn 768");
    const [leaf] = pages(cpu);
    expect([isDirect(leaf.role), roleLevel(leaf.role), leaf.gfn, leaf.global]).toEqual([
      true,
      1,
      0x200,
      false,
    ]);
    expect(cpu.shadow.stats).toMatchObject({ pf_fixed: 1, mmu_cache_miss: 5 });
    cpu.check();
  });

  it("two PDPTEs with one directory share a root with two users", () => {
    const k = new Kernel();
    k.p2.directory(1, k.m);
    k.cpu.mmu.setCr3(k.p2.cr3);
    expect(lookupPage(k.cpu.shadow.kvm, k.m)?.rootCount).toBe(2);
    k.cpu.check("after a CR3 load");
    k.cpu.mmu.setCr3(k.p1.cr3);
    expect(lookupPage(k.cpu.shadow.kvm, k.m)?.rootCount).toBe(1);
    k.cpu.check("after a CR3 load");
  });

  it("a table that maps itself is protected in all its shadows", () => {
    const k = new Kernel();
    const pde = k.p1.pde(0xff80_0000);
    k.write(pde, k.m, P | RW | A | D);
    // The directory shows itself as a page of its own 2 MiB.
    const self = (gva: number): number => 0xff80_0000 + 508 * 4096 + ((gva >>> 21) & 0x1ff) * 8;
    expect(k.cpu.load(self(0xff80_0000)) >>> 12).toBe(k.m);
    expect(k.cpu.store(self(0xffa0_0000), 0)).toContain("emulated");
    k.cpu.check();
  });
});

describe("the page-table cache", () => {
  it("a context switch back finds whole trees again", () => {
    const k = new Kernel();
    k.cpu.read(V, USER);
    k.cpu.mmu.setCr3(k.p2.cr3);
    k.cpu.read(V, USER);
    k.cpu.mark();
    k.cpu.mmu.setCr3(k.p1.cr3);
    expect(k.cpu.read(V, USER)).toBe("gfn 336");
    expect(k.cpu.deltas()).toEqual({ exits: 1, tlb_flush: 1 });
  });

  it("a zapped parent leaves its in-sync children as orphans, found again by their gfn", () => {
    const k = new Kernel();
    k.cpu.read(V, USER);
    const table = k.p1.pte(V).gfn;
    k.cpu.shadow.unprotect(k.p1.directories[0]);
    k.cpu.mark();
    expect(lookupPage(k.cpu.shadow.kvm, table)?.parents).toBe(0);
    expect(k.cpu.read(V, USER)).toBe("gfn 336");
    expect(k.cpu.deltas()).toMatchObject({ exits: 1, pf_fixed: 1 });
    expect(k.cpu.states(table)).toEqual(["NS"]);
  });

  it("zapping a root makes it invalid until the reload, which makes another", () => {
    const k = new Kernel();
    k.cpu.mark();
    k.cpu.shadow.unprotect(k.m);
    expect(k.cpu.deltas()).toEqual({ mmu_shadow_zapped: 2, mmu_cache_miss: 1, tlb_flush: 1 });
    k.cpu.check();
  });

  it("zap-all leaves only the roots that are loaded again", () => {
    const k = new Kernel();
    k.unsyncT();
    zapAll(k.cpu.shadow.kvm, ZAP_ALL);
    k.cpu.mmu.exit(0);
    k.cpu.check();
    expect(pages(k.cpu).length).toBe(2);
    expect(k.cpu.shadow.stats).toMatchObject({ mmu_unsync: 0, mmu_unsync_global: 0 });
  });
});

describe("the quota", () => {
  it("less than 64 pages are refused, as are more than the pool has", () => {
    const guest = new TestGuest({ shadowPages: 64 });
    expect(() => new ShadowProcessor(guest, { shadowPages: 63 })).toThrow(RangeError);
    expect(() => new ShadowProcessor(guest, { shadowPages: 65 })).toThrow(RangeError);
  });

  it("the oldest pages are recycled when fewer than 5 are free, until 25 are", () => {
    const guest = new TestGuest({ shadowPages: 64 });
    const tables = guest.pae();
    for (let i = 0; i < 80; i++) tables.map(i * 0x20_0000, 0x200 + i, LOCAL);
    const cpu = new ShadowProcessor(guest, { shadowPages: 64 }).startPae(tables.cr3);
    for (let i = 0; i < 80; i++) {
      expect(cpu.read(i * 0x20_0000)).toBe(`gfn ${0x200 + i}`);
      cpu.check();
    }
    const { kvm, stats } = cpu.shadow;
    expect(stats.mmu_recycled).toBeGreaterThan(20);
    expect(kvm.freeMmuPages).toBeGreaterThanOrEqual(4);
    expect(cpu.read(0)).toBe("gfn 512");
  });

  it("the shrinker takes one page, and is not counted as recycling", () => {
    const k = new Kernel();
    k.shadowT();
    k.cpu.shadow.shrink();
    expect(k.cpu.deltas()).toEqual({ mmu_shadow_zapped: 1 });
  });
});

describe("large guest pages over 4 KiB host frames", () => {
  it("become direct pages whose key is the entry's frame field", () => {
    const guest = new TestGuest();
    const tables = guest.twoLevel();
    tables.mapLarge(0x40_0000, 0x400, USERPAGE);
    const cpu = new ShadowProcessor(guest).startTwoLevel(tables.cr3);
    expect(cpu.read(0x40_5000)).toBe(`gfn ${0x405}`);
    expect(cpu.read(0x60_5000)).toBe(`gfn ${0x605}`);
    const direct = pages(cpu).filter(
      (sp) => isDirect(sp.role) && sp.present > 0 && roleGlevels(sp.role) === 2,
    );
    expect(direct.map((sp) => [sp.gfn, roleQuadrant(sp.role)])).toEqual([
      [0x400, 1],
      [0x400, 0],
    ]);
    cpu.check();
  });

  it("setting D drops the link and makes another direct page with W; the first remains", () => {
    const guest = new TestGuest();
    const tables = guest.pae();
    const pde = tables.mapLarge(0x40_0000, 0x400, P | RW | A);
    const cpu = new ShadowProcessor(guest).startPae(tables.cr3);
    cpu.read(0x40_0000);
    cpu.mark();
    expect(cpu.store(0x40_0000, 1)).toBe("gfn 1024");
    expect(cpu.deltas()).toMatchObject({
      mmu_pte_write: 1,
      mmu_pde_zapped: 1,
      mmu_cache_miss: 1,
      pf_fixed: 1,
    });
    expect(tables.flags(pde) & D).toBe(D);
    expect(pages(cpu).filter((sp) => isDirect(sp.role) && sp.gfn === 0x400).length).toBe(2);
  });

  it("entries of other rights do not share one (B-18); KVM's do", () => {
    const run = (model: "sdm" | "kvm"): string => {
      const guest = new TestGuest();
      const tables = guest.pae();
      tables.mapLarge(0x40_0000, 0x400, USERPAGE);
      tables.mapLarge(0x80_0000, 0x400, LOCAL);
      const cpu = new ShadowProcessor(guest, { model }).startPae(tables.cr3);
      cpu.access(0x40_0000, USER);
      cpu.read(0x80_0000);
      cpu.mmu.tlb.flush();
      cpu.access(0x40_0000, USER);
      return cpu.access(0x80_0000, USER);
    };
    expect(run("sdm")).toBe("fault 5");
    expect(run("kvm")).toBe("gfn 1024");
  });

  it("a large page's table follows CR4.PSE", () => {
    const guest = new TestGuest();
    const tables = guest.twoLevel();
    const table = tables.map(0x40_0000, 0x123, LOCAL);
    guest.memory.write32(tables.root, 4, (table.gfn << 12) | LOCAL | PS);
    const cpu = new ShadowProcessor(guest).startTwoLevel(tables.cr3);
    cpu.mmu.setCr4(PGE);
    expect(cpu.read(0x40_0000)).toBe(`gfn ${0x123}`);
    cpu.mmu.setCr4(PGE | 0x10);
    expect(cpu.read(0x40_0000)).not.toBe(`gfn ${0x123}`);
    cpu.check();
  });
});

describe("prefetch", () => {
  it("an entry that is not present faults into the guest without an exit", () => {
    const k = new Kernel();
    k.shadowT();
    expect(k.cpu.read(F2)).toBe("fault 0");
    expect(k.cpu.deltas()).toEqual({});
    expect(k.cpu.shadow.stats.pf_bypassed).toBe(1);
  });

  it("with bypassGuestPf off the same fault exits and is injected", () => {
    const k = new Kernel({ bypassGuestPf: false });
    k.shadowT();
    expect(k.cpu.read(F2)).toBe("fault 0");
    expect(k.cpu.deltas()).toEqual({ exits: 1, pf_guest: 1 });
  });

  it("after an unsync every miss exits, since entries may have become present unseen", () => {
    const k = new Kernel();
    k.unsyncT();
    expect(k.cpu.read(F2)).toBe("fault 0");
    expect(k.cpu.deltas()).toEqual({ exits: 1, pf_guest: 1 });
    k.write(k.pte(F2), 0x124, KERNEL);
    expect(k.cpu.read(F2)).toBe("gfn 292");
  });

  it("an absent page directory pointer faults without an exit too", () => {
    const k = new Kernel();
    expect(k.cpu.read(0x4000_0000)).toBe("fault 0");
    expect(k.cpu.deltas()).toEqual({});
  });
});

describe("reset", () => {
  it("leaves no shadow of the old tables", () => {
    const k = new Kernel();
    k.unsyncT();
    k.cpu.mmu.reset();
    k.cpu.check();
    expect(pages(k.cpu).every((sp) => roleGlevels(sp.role) === 0)).toBe(true);
    expect(k.cpu.read(F & 0xff_ffff)).not.toContain("fault");
    k.cpu.mmu.setCr4(PAE | PGE);
    k.cpu.mmu.setCr3(k.p1.cr3);
    k.cpu.mmu.setCr0(PG | WP | PE);
    expect(k.cpu.read(F)).toBe("gfn 291");
  });
});
