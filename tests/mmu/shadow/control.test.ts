/** Control registers, INVLPG and exits: who exits, what is counted, where the models differ. */
import { describe, expect, it } from "vitest";
import {
  EXIT_CPUID,
  EXIT_EXTERNAL_INTERRUPT,
  EXIT_HLT,
  EXIT_INTERRUPT_WINDOW,
  EXIT_IO,
  EXIT_MSR,
} from "../../../src/mmu/mmu.ts";
import { lookupPage } from "../../../src/mmu/shadow/kvm.ts";
import { defaultPolicy, defaultShadowPages } from "../../../src/mmu/shadow/policy.ts";
import { kvmCounters, Stats, umbraCounters } from "../../../src/mmu/shadow/stats.ts";
import { A, D, P, RW, TestGuest, US } from "../../support/page-tables.ts";
import { FETCH, linear, NXE, PAE, PE, PG, PGE, PSE, ShadowProcessor, USER, WP } from "../harness.ts";
import { F, F2, KERNEL, Kernel, LOCAL, USERPAGE, V } from "./kernel.ts";

const TS = 8;

describe("which writes exit", () => {
  it("VMX hides a CR0 write that changes nothing, and CR4 bits that the host does not own", () => {
    const k = new Kernel();
    k.cpu.mmu.setCr0(PG | WP | PE);
    k.cpu.mmu.setCr4(PAE | PGE | PSE | 0x200);
    expect(k.cpu.deltas()).toEqual({});
    k.cpu.mmu.setCr0(PG | WP | PE | TS);
    expect(k.cpu.deltas()).toEqual({ exits: 1, tlb_flush: 1 });
  });

  it("SVM shows and emulates them all", () => {
    const k = new Kernel({ vendor: "svm" });
    k.cpu.mmu.setCr0(PG | WP | PE);
    k.cpu.mmu.setCr4(PAE | PGE | PSE);
    k.cpu.mmu.setCr3(k.p1.cr3);
    k.cpu.mmu.clts();
    k.cpu.mmu.invlpg(F);
    expect(k.cpu.deltas()).toMatchObject({ exits: 5, insn_emulation: 5, invlpg: 1 });
  });

  it("CLTS exits under VMX only if TS was set, and syncs nothing", () => {
    const k = new Kernel();
    k.cpu.mmu.clts();
    expect(k.cpu.deltas()).toEqual({});
    k.cpu.mmu.setCr0(PG | WP | PE | TS);
    k.unsyncT();
    k.cpu.mmu.clts();
    expect(k.cpu.deltas()).toEqual({ exits: 1 });
    expect(k.state).toBe("GU");
    // TS is clear now, so setting it again is a change.
    k.cpu.mmu.setCr0(PG | WP | PE | TS);
    expect(k.state).not.toBe("GU");
  });

  it("MOV CR3 exits for the same value too, and keeps the roots", () => {
    const k = new Kernel();
    k.cpu.mmu.setCr3(k.p1.cr3);
    expect(k.cpu.deltas()).toEqual({ exits: 1, tlb_flush: 1 });
    const loads = k.cpu.shadow.stats.root_loads;
    k.p1.directory(1);
    k.cpu.mmu.setCr3(k.p1.cr3);
    expect(k.cpu.shadow.stats.root_loads).toBe(loads + 1);
  });

  it("other exits are counted by reason", () => {
    const k = new Kernel();
    for (const reason of [
      EXIT_IO,
      EXIT_HLT,
      EXIT_CPUID,
      EXIT_MSR,
      EXIT_EXTERNAL_INTERRUPT,
      EXIT_INTERRUPT_WINDOW,
    ]) {
      k.cpu.mmu.exit(reason);
    }
    expect(k.cpu.deltas()).toEqual({ exits: 6, io_exits: 1, halt_exits: 1, irq_exits: 1, irq_window: 1 });
  });
});

describe("#GP", () => {
  it("a malformed PDPTE refuses CR3, and nothing changes", () => {
    const k = new Kernel();
    k.guest.memory.write32(k.p2.root, 0, P | RW);
    expect(k.cpu.mmu.setCr3(k.p2.cr3)).toBe(false);
    expect(k.cpu.deltas()).toEqual({ exits: 1 });
    expect(k.cpu.read(V, USER)).toBe("gfn 336");
  });

  it("KVM also refuses a CR3 without memory and reserved bits; the architecture does not", () => {
    const at = (model: "sdm" | "kvm", cr3: number): boolean => {
      const guest = new TestGuest();
      const tables = guest.twoLevel();
      return new ShadowProcessor(guest, { model }).startTwoLevel(tables.cr3).mmu.setCr3(cr3);
    };
    expect([at("sdm", 0x7000_0000), at("kvm", 0x7000_0000)]).toEqual([true, false]);
    const k = new Kernel({ model: "kvm" });
    expect(k.cpu.mmu.setCr3(k.p2.cr3 + 0x10)).toBe(false);
    expect(new Kernel().cpu.mmu.setCr3(k.p2.cr3 + 0x10)).toBe(true);
  });

  it("a PGE toggle latches the PDPTEs again; KVM's does not (B-8)", () => {
    const run = (model: "sdm" | "kvm"): string => {
      const k = new Kernel({ model });
      k.p1.directory(1);
      k.p1.map(0x4000_0000, 0x180, LOCAL);
      k.flushGlobal();
      return k.cpu.read(0x4000_0000);
    };
    expect([run("sdm"), run("kvm")]).toEqual(["gfn 384", "fault 0"]);
  });
});

describe("paging modes", () => {
  it("the three modes follow each other over one memory", () => {
    const guest = new TestGuest();
    const wide = guest.pae();
    wide.map(0x40_0000, 0x123, LOCAL);
    const narrow = guest.twoLevel();
    narrow.map(0x40_0000, 0x124, LOCAL);
    const cpu = new ShadowProcessor(guest);
    expect(cpu.read(0x40_0000)).toBe(`gfn ${0x400}`);
    cpu.startTwoLevel(narrow.cr3);
    expect(cpu.read(0x40_0000)).toBe(`gfn ${0x124}`);
    cpu.mmu.setCr0(PE);
    cpu.startPae(wide.cr3);
    expect(cpu.read(0x40_0000)).toBe(`gfn ${0x123}`);
    cpu.mmu.setCr0(PE | WP);
    cpu.check("after a CR0 or CR4 write");
    expect(cpu.read(0x40_0000)).toBe(`gfn ${0x400}`);
  });
});

describe("CR0.WP", () => {
  it("without it a supervisor writes read-only pages, and a user does not; KVM lets the user in too (B-17)", () => {
    const run = (model: "sdm" | "kvm"): string[] => {
      const k = new Kernel({ model });
      k.p1.map(V, 0x150, P | US | A | D);
      k.cpu.shadow.pteWrite(k.p1.pte(V).gfn * 4096, 8);
      k.cpu.mmu.setCr0(PG | PE);
      const first = k.cpu.store(V, 1);
      const user = k.cpu.store(V, 2, USER);
      const read = k.cpu.read(V, USER);
      k.cpu.mmu.setCr0(PG | PE | WP);
      return [first, user, read, k.cpu.store(V, 3)];
    };
    expect(run("sdm")).toEqual(["gfn 336", "fault 7", "gfn 336", "fault 3"]);
    expect(run("kvm")).toEqual(["gfn 336", "gfn 336", "gfn 336", "gfn 336"]);
  });
});

describe("EFER.NXE", () => {
  it("a change reaches entries that were made before; KVM keeps them", () => {
    const run = (model: "sdm" | "kvm"): string[] => {
      const k = new Kernel({ model });
      k.p1.map(V, 0x150, USERPAGE + 2 ** 31);
      k.cpu.shadow.pteWrite(k.p1.pte(V).gfn * 4096, 8);
      const before = [k.cpu.read(V, USER), k.cpu.fetch(V, USER)];
      k.cpu.mmu.setEfer(0);
      k.cpu.mmu.setCr3(k.p1.cr3);
      const off = k.cpu.read(V, USER);
      k.cpu.mmu.setEfer(NXE);
      return [...before, off, k.cpu.fetch(V, USER)];
    };
    expect(run("sdm")).toEqual([
      "gfn 336",
      `fault ${FETCH | USER | 1}`,
      "fault 13",
      `fault ${FETCH | USER | 1}`,
    ]);
    expect(run("kvm")[2]).toBe("gfn 336");
  });
});

describe("INVLPG", () => {
  it("drops one entry, found through the loaded roots", () => {
    const k = new Kernel();
    k.shadowT();
    k.p1.set(k.pte(F), 0x124, KERNEL);
    k.cpu.mmu.invlpg(F);
    expect(k.cpu.deltas()).toEqual({ exits: 1, invlpg: 1, tlb_flush: 1 });
    expect(k.cpu.read(F)).toBe("gfn 292");
  });

  it("does nothing but flush where the guest has no directory, and without paging", () => {
    const k = new Kernel();
    k.cpu.mmu.invlpg(0x4000_0000);
    k.cpu.mmu.setCr0(PE);
    k.cpu.mark();
    k.cpu.mmu.invlpg(0x1000);
    expect(k.cpu.deltas()).toEqual({ exits: 1, invlpg: 1, tlb_flush: 1 });
  });

  it("with prefill the entry is made again at once, for one exit less", () => {
    const k = new Kernel({ invlpgPrefill: true });
    k.unsyncT();
    k.write(k.pte(F), 0x124, KERNEL);
    k.cpu.mmu.invlpg(F);
    expect(k.cpu.deltas()).toMatchObject({ exits: 1, mmu_pte_write: 1, mmu_pte_updated: 1 });
    expect(k.cpu.read(F)).toBe("gfn 292");
    expect(k.cpu.deltas()).toEqual({});
  });

  it("B-1: a global page out of reach keeps a stale entry over INVLPG and the CR3 load that reaches it", () => {
    const run = (oosGlobal: boolean): string[] => {
      const guest = new TestGuest();
      const p1 = guest.pae();
      const p2 = guest.pae();
      const table = guest.frame();
      for (const space of [p1, p2]) {
        for (let mib = 0; mib < 16; mib += 2) space.mapLarge(0xc000_0000 + (mib << 20), mib * 256, KERNEL);
        space.set(space.pde(F), table, P | RW | A);
      }
      const at = p1.map(F, 0x123, KERNEL);
      const cpu = new ShadowProcessor(guest, { oosGlobal }).startPae(p1.cr3);
      cpu.read(F);
      cpu.store(linear(p1.pte(F2)), 0);
      cpu.mmu.setCr3(p2.cr3);
      cpu.store(linear(at), (0x124 << 12) | KERNEL);
      cpu.mmu.invlpg(F);
      cpu.check();
      cpu.mmu.setCr3(p1.cr3);
      return [cpu.read(F), cpu.states(table).join()];
    };
    expect(run(false)).toEqual(["gfn 292", "NS"]);
    expect(run(true), "the flaw that had the optimisation removed").toEqual(["gfn 291", "GU"]);
  });
});

describe("global flush", () => {
  it("a CR4.PGE toggle syncs the list once and reloads the roots twice", () => {
    const k = new Kernel();
    k.unsyncT();
    k.write(k.pte(F), 0, 0);
    k.cpu.mark();
    k.flushGlobal();
    expect(k.cpu.deltas("after a CR0 or CR4 write")).toEqual({
      exits: 2,
      tlb_flush: 2,
      mmu_shadow_zapped: 1,
      mmu_unsync: -1,
      mmu_unsync_global: -1,
    });
  });

  it("a page that keeps an entry over it is global no more, since G counts as 0 while PGE is clear", () => {
    const k = new Kernel();
    k.unsyncT();
    k.flushGlobal();
    expect(k.state).toBe("NS");
    expect(lookupPage(k.cpu.shadow.kvm, k.t)?.present).toBe(1);
  });
});

describe("counters", () => {
  it("each field has one row, KVM's first", () => {
    const names = [...kvmCounters, ...umbraCounters].map(({ name }) => name);
    expect(names.slice().sort()).toEqual(Object.keys(new Stats()).sort());
    expect(kvmCounters.filter(({ kind }) => kind === "gauge").map(({ name }) => name)).toEqual([
      "mmu_unsync",
      "mmu_unsync_global",
      "largepages",
    ]);
  });

  it("the default policy is the patch over VMX, and the default quota is KVM's", () => {
    expect(defaultPolicy).toMatchObject({ oos: true, oosGlobal: true, bypassGuestPf: true, vendor: "vmx" });
    expect([defaultShadowPages(1 << 20), defaultShadowPages(1 << 30)]).toEqual([64, 5242]);
  });

  it("D alone is no reason to fault when it is set already", () => {
    const k = new Kernel();
    k.p1.map(F, 0x123, P | RW | A | D | 0x100);
    k.cpu.read(F);
    k.cpu.mark();
    expect(k.cpu.store(F, 1)).toBe("gfn 291");
    expect(k.cpu.deltas()).toEqual({});
  });
});

describe("an entry that serves two addresses", () => {
  it("INVLPG of one leaves nothing of it in the TLB for the other, also if nobody knows the entry any more", () => {
    const k = new Kernel();
    const table = k.guest.frame();
    const data = k.guest.frame();
    k.p1.set(k.p1.pde(0x80_0000), table, 0x27);
    k.p1.set(k.p1.pde(0xa0_0000), table, 0x27);
    k.p1.set({ gfn: table, offset: 0 }, data, USERPAGE);
    k.cpu.shadow.unprotect(k.p1.directories[0]);
    k.cpu.store(0x80_0000, 1);
    k.cpu.store(0xa0_0000, 1);
    k.cpu.mmu.invlpg(0x80_0000);
    k.cpu.check();
    // Now the frame becomes a page table, which has to be read-only everywhere.
    k.p1.set(k.p1.pde(0xc0_0000), data, 0x27);
    k.cpu.shadow.unprotect(k.p1.directories[0]);
    k.cpu.read(0xc0_0000);
    k.cpu.check();
  });
});
