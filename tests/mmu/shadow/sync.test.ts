/** What a sync looks at, and how far it reaches. */
import { describe, expect, it } from "vitest";
import { A, P, RW, US } from "../../support/page-tables.ts";
import { linear, PE, PG, USER, WP } from "../harness.ts";
import { F, KERNEL, Kernel, USERPAGE, V } from "./kernel.ts";

/** The user table of P1, out of sync: V was mapped and a free slot of its table written. */
function unsyncUser(k: Kernel): number {
  const table = k.p1.pte(V).gfn;
  k.cpu.read(V, USER);
  k.cpu.store(linear({ gfn: table, offset: 800 }), 0);
  expect(k.cpu.states(table)).toEqual(["NU"]);
  k.cpu.mark();
  return table;
}

describe("entries", () => {
  it("a right that the directory withholds is not granted by a sync", () => {
    const k = new Kernel();
    const table = k.p1.pte(V).gfn;
    k.write(k.p1.pde(V), table, P | US | A);
    k.p1.map(V, 0x150, USERPAGE & ~RW);
    unsyncUser(k);
    k.write({ gfn: table, offset: 0 }, 0x150, USERPAGE);
    k.cpu.mmu.setCr3(k.p1.cr3);
    k.cpu.check("after a CR3 load");
    expect(k.cpu.read(V, USER)).toBe("gfn 336");
    expect(k.cpu.store(V, 1, USER)).toBe("fault 7");
  });

  it("a reserved bit that appeared unseen faults after the sync; KVM takes the frame as it is", () => {
    const run = (model: "sdm" | "kvm"): string => {
      const k = new Kernel({ model });
      const table = unsyncUser(k);
      k.cpu.store(linear({ gfn: table, offset: 4 }), 0x4000_0000);
      k.cpu.mmu.setCr3(k.p1.cr3);
      return k.cpu.read(V, USER);
    };
    expect([run("sdm"), run("kvm")]).toEqual(["fault 13", "gfn 336"]);
  });

  it("a reserved bit stored under emulation is not installed", () => {
    const k = new Kernel({ oos: false });
    const table = k.p1.pte(V).gfn;
    k.cpu.read(V, USER);
    k.cpu.store(linear({ gfn: table, offset: 12 }), 0x4000_0000);
    k.cpu.store(linear({ gfn: table, offset: 8 }), (0x151 << 12) | USERPAGE);
    k.cpu.check();
    expect(k.cpu.read(V + 4096, USER)).toBe("fault 13");
  });

  it("A is withheld again, so that the guest's next use of it is seen", () => {
    const k = new Kernel();
    const table = unsyncUser(k);
    k.write({ gfn: table, offset: 0 }, 0x150, USERPAGE & ~A);
    k.cpu.mmu.setCr3(k.p1.cr3);
    k.cpu.read(V, USER);
    expect(k.p1.flags({ gfn: table, offset: 0 }) & A).toBe(A);
  });
});

describe("reach", () => {
  it("every root of the loaded CR3 is looked at", () => {
    const k = new Kernel();
    const table = unsyncUser(k);
    k.cpu.mmu.setCr3(k.p1.cr3);
    expect(k.cpu.deltas("after a CR3 load")).toEqual({ exits: 1, mmu_unsync: -1, tlb_flush: 2 });
    expect(k.cpu.states(table)).toEqual(["NS"]);
  });

  it("a table of another process stays as it is until its root is loaded", () => {
    const k = new Kernel();
    const table = unsyncUser(k);
    k.cpu.mmu.setCr3(k.p2.cr3);
    expect(k.cpu.states(table)).toEqual(["NU"]);
    k.cpu.mmu.setCr3(k.p1.cr3);
    expect(k.cpu.states(table)).toEqual(["NS"]);
  });

  it("more tables than the page vector holds are synced in several rounds", () => {
    const k = new Kernel();
    const tables: number[] = [];
    for (let i = 0; i < 40; i++) {
      const gva = 0x800_0000 + i * 0x20_0000;
      const table = k.guest.frame();
      k.write(k.p1.pde(gva), table, P | RW | US | A);
      k.p1.set({ gfn: table, offset: 0 }, 0x180 + i, USERPAGE);
      k.cpu.read(gva, USER);
      k.cpu.store(linear({ gfn: table, offset: 8 }), 0);
      tables.push(table);
    }
    expect(k.cpu.shadow.stats.mmu_unsync).toBe(40);
    k.cpu.mmu.setCr3(k.p1.cr3);
    k.cpu.check("after a CR3 load");
    expect(k.cpu.shadow.stats.mmu_unsync).toBe(0);
    expect(k.cpu.shadow.stats.sync_pages_cr3).toBe(40);
    expect(k.cpu.states(tables[39])).toEqual(["NS"]);
  });

  it("a page linked twice is synced once", () => {
    const k = new Kernel();
    const table = k.p1.pte(V).gfn;
    k.write(k.p1.pde(V + 0x20_0000), table, P | RW | US | A);
    k.cpu.read(V + 0x20_0000, USER);
    unsyncUser(k);
    k.cpu.mmu.setCr3(k.p1.cr3);
    k.cpu.check("after a CR3 load");
    expect(k.cpu.shadow.stats.sync_pages_cr3).toBe(1);
  });
});

describe("the host TLB", () => {
  it("forgets a faulting address for both privilege levels", () => {
    const k = new Kernel();
    const table = k.p1.pte(V).gfn;
    k.p1.map(V, 0x150, USERPAGE & ~RW);
    k.cpu.read(V);
    unsyncUser(k);
    k.cpu.read(V);
    k.write({ gfn: table, offset: 0 }, 0x151, USERPAGE);
    expect(k.cpu.store(V, 1, USER)).toBe(`gfn ${0x151}`);
    k.cpu.check();
    expect(k.cpu.read(V)).toBe(`gfn ${0x151}`);
  });

  it("is flushed after an emulated store, by name unless a right was lost", () => {
    const k = new Kernel({ oos: false });
    k.shadowT();
    k.cpu.shadow.pteWrite(k.t * 4096 + k.pte(F).offset, 4);
    expect(k.cpu.deltas()).toEqual({ mmu_pte_write: 1, mmu_pte_updated: 1, tlb_flush: 1 });
    k.p1.set(k.pte(F), 0x124, KERNEL);
    k.cpu.shadow.pteWrite(k.t * 4096 + k.pte(F).offset, 4);
    expect(k.cpu.deltas()).toEqual({ mmu_pte_write: 1, mmu_pte_updated: 1 });
    expect(k.cpu.read(F)).toBe("gfn 292");
  });
});

describe("CR0.WP", () => {
  it("set again, it ends what its absence allowed", () => {
    const k = new Kernel();
    k.p1.map(V, 0x150, P | US | A | 0x40);
    k.cpu.mmu.setCr0(PG | PE);
    expect(k.cpu.store(V, 1)).toBe("gfn 336");
    k.cpu.mmu.setCr0(PG | PE | WP);
    k.cpu.check("after a CR0 or CR4 write");
    expect(k.cpu.store(V, 2)).toBe("fault 3");
  });
});
