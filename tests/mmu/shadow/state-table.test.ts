/** The state table of shadow-mmu.md, section 4.3: transitions T1 to T16 and which event syncs which state. */
import { describe, expect, it } from "vitest";
import { lookupPage } from "../../../src/mmu/shadow/kvm.ts";
import { P, RW } from "../../support/page-tables.ts";
import { linear, PAE, PE, PG, PSE, WP } from "../harness.ts";
import { F, F2, KERNEL, Kernel, LOCAL, V } from "./kernel.ts";

describe("transitions of a level-1 page", () => {
  it("T1: a miss makes it in sync and global, and protects the table", () => {
    const k = new Kernel();
    k.write(k.pte(F2), 0, 0);
    k.p1.map(F, 0x123, KERNEL);
    k.cpu.mark();
    k.cpu.read(F);
    expect(k.cpu.deltas()).toEqual({ exits: 1, pf_fixed: 1, mmu_cache_miss: 1 });
    expect(k.state).toBe("GS");
    expect(k.cpu.shadow.stats.write_protects).toBe(1);
  });

  it("T2: a leaf that is not global makes it non-global", () => {
    const k = new Kernel();
    k.shadowT();
    k.p1.map(F2, 0x124, LOCAL);
    k.cpu.shadow.pteWrite(k.t * 4096 + k.pte(F2).offset, 4);
    k.cpu.mark();
    k.cpu.read(F2);
    expect(k.state).toBe("NS");
  });

  it("T3: a non-global leaf takes an unsync page off the list and leaves a trail", () => {
    const k = new Kernel();
    k.unsyncT();
    k.write(k.pte(F2), 0x124, LOCAL);
    k.cpu.mark();
    k.cpu.read(F2);
    expect(k.cpu.deltas()).toEqual({ exits: 1, pf_fixed: 1, mmu_unsync_global: -1 });
    expect(k.state).toBe("NU");
    expect(lookupPage(k.cpu.shadow.kvm, k.m)?.unsyncChildren).toBe(1);
  });

  it("T4: a store to a global page puts it on the list and marks no parent", () => {
    const k = new Kernel();
    k.shadowT();
    k.write(k.pte(F2), 0, 0);
    expect(k.cpu.deltas()).toMatchObject({ exits: 1, pf_fixed: 1, mmu_unsync: 1, mmu_unsync_global: 1 });
    expect(k.state).toBe("GU");
    expect(lookupPage(k.cpu.shadow.kvm, k.m)?.unsyncChildren).toBe(0);
  });

  it("T5: a store to a non-global page marks its parents", () => {
    const k = new Kernel();
    k.shadowT(LOCAL);
    k.write(k.pte(F2), 0, 0);
    expect(k.cpu.deltas()).toMatchObject({ exits: 1, pf_fixed: 1, mmu_unsync: 1 });
    expect(k.state).toBe("NU");
    expect(lookupPage(k.cpu.shadow.kvm, k.m)?.unsyncChildren).toBe(1);
  });

  it("T6: a store that may not unsync is emulated", () => {
    const k = new Kernel({ oos: false });
    k.shadowT();
    expect(k.write(k.pte(F2), 0x124, KERNEL)).toContain("emulated");
    expect(k.cpu.deltas()).toMatchObject({ exits: 1, pf_fixed: 1, insn_emulation: 1, mmu_pte_write: 1 });
    expect(k.state).toBe("GS");
  });

  it("T7: a sync leaves a page of global leaves global", () => {
    const k = new Kernel();
    k.unsyncT();
    k.cpu.mmu.setCr4(PAE | PSE);
    expect(k.cpu.deltas("after a CR0 or CR4 write")).toEqual({
      exits: 1,
      mmu_unsync: -1,
      mmu_unsync_global: -1,
      tlb_flush: 2,
    });
    // PGE is clear now, so the surviving leaf counted as not global.
    expect(k.state).toBe("NS");
    const still = new Kernel();
    still.unsyncT();
    still.cpu.mmu.setCr0(PG | WP | PE | 8);
    expect(still.state).toBe("GS");
  });

  it("T8: a sync that finds a non-global survivor ends the global state", () => {
    const k = new Kernel();
    k.unsyncT();
    k.write(k.pte(F), 0x123, LOCAL);
    k.cpu.mark();
    k.cpu.mmu.setCr0(PG | WP | PE | 8);
    expect(k.cpu.deltas("after a CR0 or CR4 write")).toMatchObject({ mmu_unsync: -1, mmu_unsync_global: -1 });
    expect(k.state).toBe("NS");
  });

  it("T9: a CR3 load syncs a non-global page", () => {
    const k = new Kernel();
    k.unsyncT(LOCAL);
    k.cpu.mmu.setCr3(k.p2.cr3);
    expect(k.cpu.deltas("after a CR3 load")).toMatchObject({ exits: 1, mmu_unsync: -1 });
    expect(k.state).toBe("NS");
    expect(lookupPage(k.cpu.shadow.kvm, k.m)?.unsyncChildren).toBe(0);
  });

  it("T10: a sync that leaves nothing present zaps the page", () => {
    const k = new Kernel();
    k.unsyncT(LOCAL);
    k.write(k.pte(F), 0, 0);
    k.cpu.mark();
    k.cpu.mmu.setCr3(k.p1.cr3);
    expect(k.cpu.deltas("after a CR3 load")).toEqual({
      exits: 1,
      mmu_unsync: -1,
      mmu_shadow_zapped: 1,
      tlb_flush: 1,
    });
    expect(k.state).toBe("");
  });

  it("T11: a page of another paging mode is zapped instead of synced", () => {
    const k = new Kernel();
    k.unsyncT();
    k.cpu.mmu.setCr0(WP | PE);
    expect(k.state).toBe("GS");
    const { cpu } = k;
    cpu.mmu.setCr0(PG | WP | PE);
    k.write(k.pte(F2), 0, 0);
    expect(k.state).toBe("GU");
    // Paging goes off: the list is synced in the old mode. A second write finds nothing to do.
    cpu.mmu.setCr0(WP | PE);
    cpu.check("after a CR0 or CR4 write");
    expect(cpu.shadow.stats.mmu_unsync_global).toBe(0);
    // Without paging, a store through the direct map to a table of the other mode unsyncs it just as well.
    expect(cpu.store(k.t * 4096 + k.pte(F2).offset, 0)).toBe(`gfn ${k.t}`);
    expect(k.state).toBe("GU");
    cpu.mark();
    cpu.mmu.setCr0(WP | PE | 8);
    expect(cpu.deltas("after a CR0 or CR4 write")).toMatchObject({
      mmu_shadow_zapped: 1,
      mmu_unsync: -1,
      mmu_unsync_global: -1,
    });
    expect(k.state).toBe("");
  });

  it("T12: zapping an unsync page takes it off the list", () => {
    const k = new Kernel();
    k.unsyncT();
    expect(k.cpu.shadow.unprotect(k.t)).toBe(true);
    expect(k.cpu.deltas()).toEqual({ mmu_shadow_zapped: 1, mmu_unsync: -1, mmu_unsync_global: -1 });
    expect(k.state).toBe("");
  });

  it("T13: INVLPG drops one entry of an unsync page and leaves its state", () => {
    const k = new Kernel();
    k.unsyncT();
    k.cpu.mmu.invlpg(F);
    expect(k.cpu.deltas()).toEqual({ exits: 1, invlpg: 1, tlb_flush: 1 });
    expect(k.state).toBe("GU");
    expect(lookupPage(k.cpu.shadow.kvm, k.t)?.present).toBe(0);
  });

  it("T14: a global unsync page survives its last parent as an orphan on the list", () => {
    const k = new Kernel();
    k.unsyncT();
    k.cpu.shadow.unprotect(k.m);
    k.cpu.check();
    expect(k.state).toBe("GU");
    expect(lookupPage(k.cpu.shadow.kvm, k.t)?.parents).toBe(0);
    // Linked again, it is synced first.
    k.cpu.mark();
    k.cpu.read(F);
    expect(k.cpu.deltas()).toMatchObject({ mmu_unsync: -1, mmu_unsync_global: -1 });
    expect(k.state).toBe("GS");
  });

  it("T14: a non-global unsync page goes with its parent", () => {
    const k = new Kernel();
    k.unsyncT(LOCAL);
    k.cpu.shadow.unprotect(k.m);
    k.cpu.check();
    expect(k.state).toBe("");
    expect(k.cpu.shadow.stats.mmu_unsync).toBe(0);
  });

  it("T15: an emulated store to an unsync page installs its entry, and may demote", () => {
    const k = new Kernel();
    k.unsyncT();
    k.p1.map(F2, 0x124, LOCAL);
    k.cpu.shadow.pteWrite(k.t * 4096 + k.pte(F2).offset, 4);
    expect(k.cpu.deltas()).toMatchObject({ mmu_pte_write: 1, mmu_pte_updated: 1, mmu_unsync_global: -1 });
    expect(k.state).toBe("NU");
  });

  it("T16: a global leaf does not make a page global again", () => {
    const k = new Kernel();
    k.shadowT(LOCAL);
    k.p1.map(F2, 0x124, KERNEL);
    k.cpu.shadow.pteWrite(k.t * 4096 + k.pte(F2).offset, 4);
    k.cpu.read(F2);
    expect(k.state).toBe("NS");
  });
});

describe("which event syncs what", () => {
  it.each([
    ["MOV CR3, other value", (k: Kernel) => k.cpu.mmu.setCr3(k.p2.cr3), "GU", "NS"],
    ["MOV CR3, same value", (k: Kernel) => k.cpu.mmu.setCr3(k.p1.cr3), "GU", "NS"],
    ["MOV CR0", (k: Kernel) => k.cpu.mmu.setCr0(PG | WP | PE | 8), "GS", "NS"],
    ["MOV CR4", (k: Kernel) => k.cpu.mmu.setCr4(PAE | 0x90 | 1), "GS", "NS"],
    ["MOV CR0 of the same value, which VMX hides", (k: Kernel) => k.cpu.mmu.setCr0(PG | WP | PE), "GU", "NU"],
    ["CLTS", (k: Kernel) => k.cpu.mmu.clts(), "GU", "NU"],
    ["INVLPG of another address", (k: Kernel) => k.cpu.mmu.invlpg(V), "GU", "NU"],
    ["a port access", (k: Kernel) => k.cpu.mmu.exit(0), "GU", "NU"],
  ])("%s", (_event, event, global, local) => {
    const first = new Kernel();
    first.unsyncT(KERNEL);
    event(first);
    first.cpu.check();
    expect(first.state).toBe(global);
    const second = new Kernel();
    second.unsyncT(LOCAL);
    event(second);
    second.cpu.check();
    expect(second.state).toBe(local);
  });

  it("without the global list a global page is synced by CR3 loads like any other", () => {
    const k = new Kernel({ oosGlobal: false });
    k.unsyncT();
    expect(k.state).toBe("NU");
    k.cpu.mmu.setCr3(k.p2.cr3);
    expect(k.state).toBe("NS");
    expect(k.cpu.shadow.stats.sync_pages_cr3).toBe(1);
  });

  it("a CR3 load counts what it leaves alone", () => {
    const k = new Kernel();
    k.unsyncT();
    k.cpu.mmu.setCr3(k.p2.cr3);
    expect(k.cpu.shadow.stats).toMatchObject({ sync_skipped_global: 1, sptes_examined_cr3: 0 });
  });
});

describe("conditions that forbid unsync", () => {
  it("a directory is never unsynced", () => {
    const k = new Kernel();
    k.shadowT();
    expect(k.write(k.p1.pde(0xffa0_0000), 0, 0)).toContain("emulated");
  });

  it("a table shadowed with two access masks stays write-protected", () => {
    const k = new Kernel();
    k.shadowT();
    const table = k.p1.pte(V);
    k.write(k.p1.pde(V + 0x20_0000), table.gfn, P | RW | 0x20);
    k.cpu.read(V);
    expect(k.cpu.states(table.gfn)).toEqual(["NS"]);
    k.cpu.read(V + 0x20_0000);
    expect(k.cpu.states(table.gfn)).toEqual(["NS", "NS"]);
    expect(k.write({ gfn: table.gfn, offset: 64 }, 0, 0)).toContain("emulated");
    k.cpu.check();
  });

  it("syncing one table does not unsync another that it maps", () => {
    const k = new Kernel();
    const user = k.p1.pte(V).gfn;
    k.cpu.read(V);
    k.p1.map(F2, user, P | 0x60);
    k.shadowT(LOCAL);
    k.cpu.read(F2);
    k.write(k.pte(F2), user, LOCAL);
    expect([k.state, k.cpu.states(user)]).toEqual(["NU", ["NS"]]);
    k.cpu.mmu.setCr3(k.p1.cr3);
    k.cpu.check("after a CR3 load");
    expect([k.state, k.cpu.states(user)]).toEqual(["NS", ["NS"]]);
    // The store itself may.
    expect(k.cpu.store(F2 + 64, 0)).toBe(`gfn ${user}`);
    expect(k.cpu.states(user)).toEqual(["NU"]);
  });

  it("switching oos off at run time makes no new unsync page; old ones go at their sync", () => {
    const k = new Kernel();
    k.unsyncT(LOCAL);
    k.cpu.shadow.kvm.policy.oos = false;
    expect(k.state).toBe("NU");
    k.cpu.mmu.setCr3(k.p2.cr3);
    expect(k.state).toBe("NS");
    expect(k.cpu.store(linear(k.pte(F2)), 0)).toContain("emulated");
    expect(k.state).toBe("NS");
  });
});
