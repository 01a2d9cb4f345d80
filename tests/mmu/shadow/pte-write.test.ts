/** Emulated stores to protected tables: updates, floods, pieces, prediction. */
import { describe, expect, it } from "vitest";
import { lookupPage } from "../../../src/mmu/shadow/kvm.ts";
import { A, D, P, RW, TestGuest } from "../../support/page-tables.ts";
import { linear, ShadowProcessor } from "../harness.ts";
import { F, F2, KERNEL, Kernel, LOCAL, V } from "./kernel.ts";

const protectedKernel = (): Kernel => {
  const k = new Kernel({ oos: false });
  k.shadowT();
  k.cpu.store(linear(k.pte(F2)), 0);
  k.cpu.read(F);
  k.cpu.mark();
  return k;
};

describe("one entry", () => {
  it("a present entry with A is made at once, speculatively", () => {
    const k = protectedKernel();
    k.write(k.pte(F2), 0x124, KERNEL);
    expect(k.cpu.deltas()).toMatchObject({ mmu_pte_write: 1, mmu_pte_updated: 1, insn_emulation: 1 });
    const sp = lookupPage(k.cpu.shadow.kvm, k.t);
    const sptep = (sp?.index ?? 0) * 512 + ((F2 >>> 12) & 511);
    expect(k.cpu.shadow.kvm.spt[sptep * 2] & (P | A | D | RW)).toBe(P | D | RW);
    expect(k.cpu.read(F2)).toBe("gfn 292");
    expect(k.cpu.deltas()).toEqual({});
    // The hardware set A when the guest used it.
    expect(k.cpu.shadow.kvm.spt[sptep * 2] & A).toBe(A);
  });

  it("an entry without A is left trapping, one that is not present becomes notrap", () => {
    const k = protectedKernel();
    k.write(k.pte(F2), 0x124, P | RW);
    k.cpu.mark();
    expect(k.cpu.read(F2)).toBe("gfn 292");
    expect(k.cpu.deltas()).toMatchObject({ exits: 1, pf_fixed: 1 });
    k.write(k.pte(F2), 0, 0);
    k.cpu.mark();
    expect(k.cpu.read(F2)).toBe("fault 0");
    expect(k.cpu.deltas()).toEqual({});
  });

  it("a replaced frame is seen at once", () => {
    const k = protectedKernel();
    expect(k.cpu.read(F)).toBe("gfn 291");
    k.write(k.pte(F), 0x124, KERNEL);
    expect(k.cpu.read(F)).toBe("gfn 292");
  });

  it("a directory entry is dropped, not rebuilt", () => {
    const k = new Kernel();
    k.shadowT();
    k.write(k.p1.pde(F), k.t, P | RW | A);
    expect(k.cpu.deltas()).toMatchObject({ mmu_pte_write: 1, mmu_pde_zapped: 1 });
    expect(lookupPage(k.cpu.shadow.kvm, k.t)?.parents).toBe(0);
    expect(k.cpu.read(F)).toBe("gfn 291");
  });

  it("a 4-byte directory entry stands for two sptes", () => {
    const guest = new TestGuest();
    const tables = guest.twoLevel();
    for (let mib = 0; mib < 16; mib += 4) tables.mapLarge(0xc000_0000 + (mib << 20), mib * 256, KERNEL);
    tables.map(0x40_0000, 0x123, LOCAL);
    tables.map(0x60_0000, 0x124, LOCAL);
    const cpu = new ShadowProcessor(guest).startTwoLevel(tables.cr3);
    cpu.read(0x40_0000);
    cpu.read(0x60_0000);
    cpu.mark();
    cpu.store(linear(tables.pde(0x40_0000)), 0);
    expect(cpu.deltas()).toMatchObject({ mmu_pde_zapped: 2 });
    expect([cpu.read(0x40_0000), cpu.read(0x60_0000)]).toEqual(["fault 0", "fault 0"]);
  });

  it("a PAE entry written in two halves is seen half-written in between", () => {
    const k = protectedKernel();
    const at = linear(k.pte(F2));
    k.cpu.store(at, (0x124 << 12) | KERNEL);
    k.cpu.store(at + 4, 1);
    expect(k.cpu.read(F2)).toBe(`mmio ${(2 ** 32 + 0x12_4000).toString(16)}`);
    k.cpu.check();
  });
});

describe("signs that a frame is a table no more", () => {
  it("three stores in a row without use of the table zap its shadow", () => {
    const k = protectedKernel();
    const at = linear(k.pte(F2));
    k.cpu.read(0xc020_0000);
    k.cpu.store(at, 0);
    expect(k.cpu.deltas().mmu_flooded).toBeUndefined();
    k.cpu.store(at + 8, 0);
    expect(k.cpu.deltas().mmu_flooded).toBeUndefined();
    k.cpu.store(at + 16, 0);
    expect(k.cpu.deltas()).toMatchObject({ mmu_flooded: 1, mmu_shadow_zapped: 1 });
    expect(k.state).toBe("");
    expect(k.cpu.store(at + 24, 0)).toBe(`gfn ${k.t}`);
  });

  it("use of the mapping in between is no flood", () => {
    const k = protectedKernel();
    for (let i = 0; i < 10; i++) {
      k.write(k.pte(F2), 0x124 + i, KERNEL);
      k.cpu.read(F2);
    }
    expect(k.cpu.deltas().mmu_flooded).toBeUndefined();
  });

  it("a fault that is fixed starts the count again", () => {
    const k = protectedKernel();
    const at = linear(k.pte(F2));
    for (let i = 0; i < 6; i++) {
      k.cpu.store(at, 0);
      k.cpu.read(0xc010_0000 + i * 4096);
    }
    expect(k.cpu.deltas().mmu_flooded).toBeUndefined();
  });

  it.each([1, 2] as const)("a store of %s bytes zaps", (bytes) => {
    const k = protectedKernel();
    k.cpu.store(linear(k.pte(F2)), 0, 0, bytes);
    expect(k.cpu.deltas()).toMatchObject({ mmu_flooded: 1, mmu_shadow_zapped: 1, mmu_pte_write: 1 });
    k.cpu.check();
  });

  it("a store that straddles two entries zaps", () => {
    const k = protectedKernel();
    k.cpu.store(linear(k.pte(F2)) + 6, 0);
    expect(k.cpu.deltas()).toMatchObject({ mmu_flooded: 1 });
  });
});

describe("other stores", () => {
  it("every emulated store counts, also one to an ordinary page", () => {
    const k = new Kernel();
    k.cpu.shadow.pteWrite(0x12_3000, 4);
    expect(k.cpu.deltas()).toEqual({ mmu_pte_write: 1 });
  });

  it("the walker's D bit reaches the other shadows of the table", () => {
    const k = new Kernel();
    const table = k.p1.pte(V).gfn;
    k.p1.set({ gfn: table, offset: 0 }, 0x150, P | RW | A);
    k.write(k.p1.pde(V + 0x20_0000), table, P | RW | A);
    k.cpu.read(V);
    k.cpu.read(V + 0x20_0000);
    k.cpu.mark();
    expect(k.cpu.store(V, 1)).toBe("gfn 336");
    expect(k.cpu.deltas()).toMatchObject({ exits: 1, pf_fixed: 1, mmu_pte_write: 1, mmu_pte_updated: 2 });
    // The other path may write without another exit.
    expect(k.cpu.store(V + 0x20_0000, 1)).toBe("gfn 336");
    expect(k.cpu.deltas()).toEqual({});
  });

  it("MMIO: no memory, no spte, an exit each time", () => {
    const k = new Kernel();
    k.p1.map(F, 0xb8, KERNEL);
    for (let i = 0; i < 2; i++) {
      expect(k.cpu.store(F, 1)).toBe("mmio b8000");
      expect(k.cpu.deltas()).toEqual({ exits: 1, mmio_exits: 1, insn_emulation: 1 });
    }
  });
});

describe("a store that is part of an event's delivery", () => {
  it("cannot be emulated: the shadows of its frame go, and the store runs natively", () => {
    const k = new Kernel({ oos: false });
    k.shadowT();
    k.cpu.mmu.delivering = true;
    expect(k.write(k.pte(F2), 0, 0)).toBe(`gfn ${k.t}`);
    k.cpu.mmu.delivering = false;
    expect(k.state).toBe("");
    expect(k.cpu.deltas()).toMatchObject({ mmu_shadow_zapped: 1, pf_fixed: 1 });
  });

  it("is emulated after all if the frame is a root's, which has to be shadowed again at once", () => {
    const k = new Kernel();
    k.cpu.mmu.delivering = true;
    expect(k.write({ gfn: k.m, offset: 64 }, 0, 0)).toBe(`emulated gfn ${k.m}`);
    k.cpu.mmu.delivering = false;
    expect(k.cpu.read(0xc000_0000)).toBe("gfn 0");
    k.cpu.check();
  });
});
