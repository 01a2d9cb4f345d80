/** What each named policy does differently, in the smallest scene that shows it. */
import { describe, expect, it } from "vitest";
import { defaultPolicy, nameOfPolicy, policies, policyNames } from "../../../src/mmu/shadow/policy.ts";
import { TABLE, TestGuest } from "../../support/page-tables.ts";
import { linear, PAE, PSE, ShadowProcessor } from "../harness.ts";
import { F, F2, KERNEL, Kernel, LOCAL, USERPAGE, V } from "./kernel.ts";

const fixed = policies["oos+global-fixed"].policy;
const { policy: modern } = policies.modern;
const { policy: patch } = policies["oos+global"];

describe("names", () => {
  it("every name means its own set, and a set that has no name is custom", () => {
    for (const name of policyNames) expect(nameOfPolicy(policies[name].policy)).toBe(name);
    expect(nameOfPolicy({ ...defaultPolicy, keepEmpty: true })).toBe("custom");
  });

  it("size, vendor and model do not change the name", () => {
    expect(nameOfPolicy({ ...defaultPolicy, shadowPages: 99, vendor: "svm", model: "kvm" })).toBe(
      "oos+global",
    );
  });
});

/**
 * Two processes with kernel directories of their own, which both link T; T is out of sync and global, and the second
 * process, which has not touched it, changes F's entry and executes INVLPG. Returns what the first one then reads.
 */
function changeElsewhere(policy: typeof patch): { readonly cpu: ShadowProcessor; readonly outcome: string } {
  const guest = new TestGuest();
  const [p1, p2] = [guest.pae(), guest.pae()];
  for (const tables of [p1, p2]) {
    for (let mib = 0; mib < 16; mib += 2) tables.mapLarge(0xc000_0000 + (mib << 20), mib * 256, KERNEL);
  }
  const at = p1.map(F, 0x123, KERNEL);
  p2.set(p2.pde(F), at.gfn, TABLE);
  const cpu = new ShadowProcessor(guest, policy).startPae(p1.cr3);
  cpu.read(F);
  cpu.store(linear({ ...at, offset: at.offset + 8 }), 0);
  cpu.mmu.setCr3(p2.cr3);
  cpu.store(linear(at), (0x124 << 12) | KERNEL);
  cpu.mmu.invlpg(F);
  cpu.mmu.setCr3(p1.cr3);
  return { cpu, outcome: cpu.read(F) };
}

describe("INVLPG in an address space that has not touched the table (B-1)", () => {
  it("is lost with the patch of December 2008", () => {
    expect(changeElsewhere(patch).outcome).toBe("gfn 291");
  });

  it.each(policyNames.filter((name) => name !== "oos+global"))("is honoured with %s", (name) => {
    expect(changeElsewhere(policies[name].policy).outcome).toBe("gfn 292");
  });

  it("costs the fixed list one look and one entry, and no sync", () => {
    const { cpu } = changeElsewhere(fixed);
    expect(cpu.shadow.stats.invlpg_list_visits).toBe(1);
    expect(cpu.shadow.stats.invlpg_list_drops).toBe(1);
    expect(cpu.shadow.stats.sync_pages_cr3).toBe(0);
    cpu.check();
  });
});

/** F is mapped and global; PGE is cleared; F's entry changes unseen; CR3 is loaded: nothing may survive that. */
function changeWithoutPge(policy: typeof patch): { readonly k: Kernel; readonly outcome: string } {
  const k = new Kernel(policy);
  k.shadowT();
  k.cpu.mmu.setCr4(PAE | PSE);
  k.write(k.pte(F), 0x124, KERNEL);
  k.cpu.mmu.setCr3(k.p1.cr3);
  return { k, outcome: k.cpu.read(F) };
}

describe("a global page that goes out of sync while CR4.PGE is clear (the residue of B-2)", () => {
  it("is left alone by CR3 loads with the patch", () => {
    expect(changeWithoutPge(patch).outcome).toBe("gfn 291");
  });

  it.each(policyNames.filter((name) => name !== "oos+global"))("is found by them with %s", (name) => {
    expect(changeWithoutPge(policies[name].policy).outcome).toBe("gfn 292");
  });

  it("with the fixed list it loses its flag when it goes out of sync, not before", () => {
    const k = new Kernel(fixed);
    k.shadowT();
    k.cpu.mmu.setCr4(PAE | PSE);
    expect(k.state).toBe("GS");
    k.write(k.pte(F), 0x124, KERNEL);
    expect(k.state).toBe("NU");
    k.cpu.check();
  });
});

describe("the normal global flush, CR4.PGE off and on", () => {
  function flushed(policy: typeof patch): string {
    const k = new Kernel(policy);
    k.unsyncT();
    k.cpu.read(F);
    k.flushGlobal();
    k.write(k.pte(F2), 0, 0);
    return k.state;
  }

  it("ends the benefit for every table that keeps an entry, with the patch as of 2.6.29", () => {
    expect(flushed(patch)).toBe("NU");
  });

  it("does not with the fixed list: the table is global again at once", () => {
    expect(flushed(fixed)).toBe("GU");
  });
});

describe("G while CR4.PGE is clear (B-2)", () => {
  it("counts as 0, or with globalWithoutPge as 1", () => {
    for (const [globalWithoutPge, state] of [
      [false, "NS"],
      [true, "GS"],
    ] as const) {
      const k = new Kernel({ ...patch, globalWithoutPge });
      k.cpu.mmu.setCr4(PAE | PSE);
      k.shadowT();
      expect(k.state).toBe(state);
    }
  });
});

describe("modern", () => {
  it("lets a table that is shadowed with two sets of rights go out of sync in both", () => {
    const rights = 0x7 | 0x20;
    for (const [policy, states] of [
      [modern, ["NU", "NU"]],
      [policies.oos.policy, ["NS", "NS"]],
    ] as const) {
      const k = new Kernel(policy);
      const table = k.guest.frame();
      k.p1.set(k.p1.pde(0x80_0000), table, rights);
      k.p1.set(k.p1.pde(0xa0_0000), table, rights & ~4);
      const at = k.p1.set({ gfn: table, offset: 0 }, 0x170, USERPAGE);
      k.cpu.shadow.unprotect(k.p1.directories[0]);
      k.cpu.read(0x80_0000);
      k.cpu.read(0xa0_0000);
      k.write({ ...at, offset: 8 }, 0, 0);
      expect(k.cpu.states(table)).toEqual(states);
      k.write(at, 0x171, USERPAGE);
      k.cpu.mmu.setCr3(k.p1.cr3);
      expect(k.cpu.read(0x80_0000)).toBe("gfn 369");
      expect(k.cpu.read(0xa0_0000)).toBe("gfn 369");
      k.cpu.check();
    }
  });

  it("refreshes an unsync page that is linked again, without making it in sync", () => {
    const k = new Kernel(modern);
    const table = k.guest.frame();
    k.p1.set(k.p1.pde(0x80_0000), table, TABLE);
    k.p1.set(k.p1.pde(0xa0_0000), table, TABLE);
    const at = k.p1.set({ gfn: table, offset: 0 }, 0x170, USERPAGE);
    k.cpu.read(0x80_0000);
    k.write(at, 0x171, USERPAGE);
    expect(k.cpu.read(0xa0_0000)).toBe("gfn 369");
    expect(k.cpu.states(table)).toEqual(["NU"]);
    k.cpu.check();
  });

  it("zaps the unsync level-1 shadow of a table that becomes a directory", () => {
    const k = new Kernel(modern);
    const at = k.p1.map(V, 0x150, USERPAGE);
    k.cpu.read(V);
    k.write({ ...at, offset: at.offset + 8 }, 0, 0);
    expect(k.cpu.states(at.gfn)).toEqual(["NU"]);
    k.p2.directory(1, at.gfn);
    k.cpu.mmu.setCr3(k.p2.cr3);
    expect(k.cpu.states(at.gfn)).toEqual(["NS"]);
    k.cpu.check();
  });

  it("keeps a page that a sync leaves empty", () => {
    for (const [policy, states] of [
      [modern, ["NS"]],
      [policies.oos.policy, []],
    ] as const) {
      const k = new Kernel(policy);
      k.unsyncT(LOCAL);
      k.write(k.pte(F), 0, 0);
      k.cpu.mmu.setCr3(k.p1.cr3);
      expect(k.cpu.states(k.t)).toEqual(states);
    }
  });

  it("INVLPG makes an entry of an unsync table again, so that the next access needs no exit", () => {
    for (const [policy, exits] of [
      [modern, undefined],
      [policies.oos.policy, 1],
    ] as const) {
      const k = new Kernel(policy);
      k.unsyncT();
      k.p1.map(F, 0x123, KERNEL & ~0x40);
      k.cpu.mmu.invlpg(F);
      k.cpu.mark();
      expect(k.cpu.read(F)).toBe("gfn 291");
      expect(k.cpu.deltas().pf_fixed).toBe(exits);
    }
  });

  it("emulated stores to a level-1 table remove the entry and never count as a flood", () => {
    const k = new Kernel({ ...modern, oos: false });
    k.shadowT();
    for (let i = 0; i < 10; i++) k.write(k.pte(F), 0x124, KERNEL);
    const { mmu_flooded, mmu_pte_updated } = k.cpu.shadow.stats;
    expect([mmu_flooded, mmu_pte_updated]).toEqual([0, 0]);
    expect(k.cpu.read(F)).toBe("gfn 292");
    k.cpu.check();
  });

  it("a directory that is stored to three times without being used is a flood", () => {
    const k = new Kernel(modern);
    k.cpu.read(V);
    k.cpu.mark();
    for (let i = 1; i <= 2; i++) k.write({ gfn: k.p1.directories[0], offset: 64 }, 0, 0);
    expect(k.cpu.deltas().mmu_flooded).toBeUndefined();
    k.write({ gfn: k.p1.directories[0], offset: 64 }, 0, 0);
    expect(k.cpu.deltas().mmu_flooded).toBe(1);
  });

  it("D in the entry of a large page gives its direct table the right to write", () => {
    const k = new Kernel(modern);
    const at = k.p1.mapLarge(0x80_0000, 0x400, LOCAL & ~0x40);
    k.cpu.read(0x80_0000);
    expect(k.cpu.store(0x80_0000, 1)).toBe("gfn 1024");
    expect(k.p1.flags(at) & 0x40).toBe(0x40);
    expect(k.cpu.store(0x80_1000, 1)).toBe("gfn 1025");
  });
});
