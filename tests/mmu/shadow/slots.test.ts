/** Memory slots that come, go, move and become read-only under a running guest, and the dirty log. */
import { describe, expect, it } from "vitest";
import { BareMmu } from "../../../src/mmu/bare.ts";
import type { MemorySlot } from "../../../src/mmu/guest-memory.ts";
import { policies, policyNames } from "../../../src/mmu/shadow/policy.ts";
import { A, D, P, RW, TestGuest } from "../../support/page-tables.ts";
import { linear, Processor } from "../harness.ts";
import { F, KERNEL, Kernel, LOCAL, V } from "./kernel.ts";

/** A frame above the RAM of the kernel's machine, and host memory to put behind it. */
const DEVICE_GFN = 0x2000;
const WINDOW = 0xffe0_7000;

/** A slot of four pages over the last pages of the kernel's RAM. */
function fourPages(k: Kernel, change: Partial<MemorySlot> = {}): MemorySlot {
  const basePfn = k.guest.memory.pfn(0xe00);
  return { id: 5, baseGfn: DEVICE_GFN, npages: 4, basePfn, ...change };
}

describe("slots", () => {
  it("memory that is added answers where a device had to", () => {
    const k = new Kernel();
    k.p1.map(WINDOW, DEVICE_GFN, KERNEL);
    expect(k.cpu.read(WINDOW)).toBe("mmio 2000000");
    k.cpu.shadow.addSlot(fourPages(k));
    expect(k.cpu.read(WINDOW)).toBe("gfn 3584");
    k.cpu.check();
  });

  it("memory that is removed is mapped nowhere, and all shadow pages went", () => {
    const k = new Kernel();
    k.cpu.shadow.addSlot(fourPages(k));
    k.p1.map(WINDOW, DEVICE_GFN, KERNEL);
    k.cpu.read(WINDOW);
    const zapped = k.cpu.shadow.stats.mmu_shadow_zapped;
    k.cpu.shadow.removeSlot(5);
    expect(k.cpu.shadow.stats.mmu_shadow_zapped).toBeGreaterThan(zapped);
    expect(k.cpu.read(WINDOW)).toBe("mmio 2000000");
    k.cpu.check();
  });

  it("a slot that moves takes its memory along", () => {
    const k = new Kernel();
    k.cpu.shadow.addSlot(fourPages(k));
    k.p1.map(WINDOW, DEVICE_GFN, KERNEL);
    k.cpu.store(WINDOW, 0x1234);
    k.cpu.shadow.changeSlot(fourPages(k, { baseGfn: DEVICE_GFN + 0x100 }));
    expect(k.cpu.read(WINDOW)).toBe("mmio 2000000");
    k.p1.map(WINDOW + 0x1000, DEVICE_GFN + 0x100, KERNEL);
    expect(k.cpu.load(WINDOW + 0x1000)).toBe(0x1234);
    k.cpu.check();
  });

  it("a slot may not overlap another, take its number, or reach beyond 4 GiB; then nothing changes", () => {
    const k = new Kernel();
    const { shadow } = k.cpu;
    expect(() => shadow.addSlot(fourPages(k, { baseGfn: 0xffe }))).toThrow("slot 5 overlaps slot 1");
    expect(() => shadow.addSlot(fourPages(k, { id: 1 }))).toThrow("the number is taken");
    expect(() => shadow.addSlot(fourPages(k, { baseGfn: 0xffffe }))).toThrow("do not fit below 4 GiB");
    expect(() => shadow.removeSlot(7)).toThrow("there is no slot 7");
    shadow.addSlot(fourPages(k));
    expect(() => shadow.changeSlot(fourPages(k, { baseGfn: 0 }))).toThrow("overlaps slot 0");
    k.p1.map(WINDOW, DEVICE_GFN, KERNEL);
    expect(k.cpu.read(WINDOW)).toBe("gfn 3584");
    k.cpu.check();
  });

  it("a block of 2 MiB that a slot cuts counts as if one more table were in it", () => {
    const k = new Kernel();
    const { writeCount } = k.cpu.shadow.kvm;
    const block = DEVICE_GFN >>> 9;
    k.cpu.shadow.addSlot(fourPages(k));
    expect(writeCount[block]).toBe(1);
    k.cpu.shadow.changeSlot(fourPages(k, { baseGfn: DEVICE_GFN + 2 }));
    expect(writeCount[block]).toBe(2);
    k.cpu.shadow.removeSlot(5);
    expect(writeCount[block]).toBe(0);
    k.cpu.check();
  });
});

describe("gfn aliases", () => {
  /** Frame 2000 (hexadecimal) shows the memory of T's. */
  function aliased(policy = policies["oos+global"].policy): Kernel {
    const k = new Kernel(policy);
    k.shadowT();
    k.cpu.shadow.setAliases([{ baseGfn: DEVICE_GFN, npages: 1, targetGfn: k.t }]);
    k.p1.map(WINDOW, DEVICE_GFN, KERNEL);
    return k;
  }

  it("a frame is what it shows: read through either, it is the same", () => {
    const k = aliased();
    expect(k.cpu.read(WINDOW)).toBe(`gfn ${k.t}`);
    k.cpu.check();
  });

  it.each(policyNames)("%s: a store to a table through an alias of its frame is not missed", (name) => {
    const k = aliased(policies[name].policy);
    expect(k.cpu.read(F)).toBe("gfn 291");
    k.cpu.store(WINDOW + k.pte(F).offset, (0x124 << 12) | KERNEL);
    k.cpu.mmu.invlpg(F);
    expect(k.cpu.read(F)).toBe("gfn 292");
    k.cpu.check();
  });

  it("a table that is reached through an alias is the same table", () => {
    const k = aliased();
    const other = 0x80_0000 + (F & 0x1f_f000);
    k.p1.set(k.p1.pde(other), DEVICE_GFN, P | RW | A);
    k.cpu.shadow.unprotect(k.p1.directories[0]);
    expect(k.cpu.read(other)).toBe("gfn 291");
    k.write(k.pte(F), 0x124, KERNEL);
    k.flushGlobal();
    expect(k.cpu.read(other)).toBe("gfn 292");
    k.cpu.check();
  });

  it("they go when a slot does, and may not hide one or lead nowhere", () => {
    const k = aliased();
    const alias = { baseGfn: DEVICE_GFN, npages: 1, targetGfn: k.t };
    expect(() => k.cpu.shadow.setAliases([{ ...alias, baseGfn: 0x100 }])).toThrow("hides a slot");
    expect(() => k.cpu.shadow.setAliases([{ ...alias, targetGfn: 0x3000 }])).toThrow("has no memory");
    expect(() => k.cpu.shadow.setAliases(new Array(5).fill(alias))).toThrow("at most 4 aliases");
    k.cpu.shadow.removeSlot(0);
    expect(k.cpu.read(WINDOW)).toBe("mmio 2000000");
  });
});

describe("read-only memory", () => {
  it.each(policyNames)("%s: is read like any other, stores go to a device", (name) => {
    const k = new Kernel(policies[name].policy);
    k.guest.memory.write32(0xe00, 0, 77);
    k.cpu.shadow.addSlot(fourPages(k, { readOnly: true }));
    k.p1.map(WINDOW, DEVICE_GFN, KERNEL);
    expect(k.cpu.store(WINDOW, 1)).toBe("mmio 2000000");
    expect(k.cpu.load(WINDOW)).toBe(77);
    expect(k.cpu.store(WINDOW, 2)).toBe("mmio 2000000");
    expect(k.cpu.load(WINDOW)).toBe(77);
    expect(k.cpu.deltas().mmio_exits).toBe(2);
  });

  it("becomes writable and read-only again", () => {
    const k = new Kernel();
    k.cpu.shadow.addSlot(fourPages(k));
    k.p1.map(WINDOW, DEVICE_GFN, KERNEL);
    expect(k.cpu.store(WINDOW, 5)).toBe("gfn 3584");
    k.cpu.shadow.changeSlot(fourPages(k, { readOnly: true }));
    expect(k.cpu.store(WINDOW, 6)).toBe("mmio 2000000");
    k.cpu.shadow.changeSlot(fourPages(k));
    expect(k.cpu.store(WINDOW, 7)).toBe("gfn 3584");
    k.cpu.check();
  });

  it("keeps its A and D bits as they are when a page table lies there", () => {
    const k = new Kernel();
    k.cpu.shadow.addSlot(fourPages(k));
    k.p1.set(k.p1.pde(0x80_0000), DEVICE_GFN, P | RW | A);
    const at = k.p1.set({ gfn: DEVICE_GFN, offset: 0 }, 0x170, P | RW);
    k.cpu.shadow.changeSlot(fourPages(k, { readOnly: true }));
    k.cpu.mmu.setCr3(k.p1.cr3);
    expect(k.cpu.read(0x80_0000)).toBe("gfn 368");
    expect(k.p1.flags(at) & A).toBe(0);
  });

  it("a bare machine does the same", () => {
    const guest = new TestGuest();
    const tables = guest.pae();
    guest.memory.write32(0xe00, 0, 77);
    guest.memory.addSlot({
      id: 5,
      baseGfn: DEVICE_GFN,
      npages: 1,
      basePfn: guest.memory.pfn(0xe00),
      readOnly: true,
    });
    tables.map(0x40_0000, DEVICE_GFN, LOCAL);
    const cpu = new Processor(guest, new BareMmu(guest.memory)).startPae(tables.cr3);
    expect(cpu.load(0x40_0000)).toBe(77);
    expect(cpu.store(0x40_0000, 1)).toBe("mmio 2000000");
    expect(cpu.load(0x40_0000)).toBe(77);
  });
});

describe("the dirty log", () => {
  /** gfns of RAM above 1 MiB in the log since the last call. */
  function dirty(k: Kernel): number[] {
    const bitmap = k.cpu.shadow.takeDirtyLog(1) ?? new Uint32Array();
    const found: number[] = [];
    for (let i = 0; i < bitmap.length * 32; i++) {
      if ((bitmap[i >>> 5] & (1 << (i & 31))) !== 0) found.push(0x100 + i);
    }
    return found;
  }

  it("has each frame that was stored to, once a round, though only its first store exits", () => {
    const k = new Kernel();
    k.cpu.store(V, 1);
    k.cpu.shadow.startDirtyLog(1);
    k.cpu.mark();
    k.cpu.store(V, 2);
    k.cpu.store(V, 3);
    expect(k.cpu.deltas().pf_fixed).toBe(1);
    expect(dirty(k)).toContain(0x150);
    expect(dirty(k)).toEqual([]);
    k.cpu.store(V, 4);
    expect(dirty(k)).toEqual([0x150]);
  });

  it("does not have what was only read", () => {
    const k = new Kernel();
    k.cpu.shadow.startDirtyLog(1);
    k.p1.map(V + 0x1000, 0x151, P | A);
    k.cpu.read(V);
    k.cpu.read(V + 0x1000);
    expect(dirty(k)).not.toContain(0x151);
  });

  it("has page tables whose A and D bits the walker set", () => {
    const k = new Kernel();
    const at = k.p1.map(V + 0x1000, 0x151, P | RW);
    k.cpu.shadow.startDirtyLog(1);
    k.cpu.read(V + 0x1000);
    expect(dirty(k)).toEqual([at.gfn]);
    k.cpu.store(V + 0x1000, 1);
    expect(dirty(k).sort()).toEqual([0x151, at.gfn].sort());
  });

  it("has page tables that emulated stores reach, and those that go out of sync", () => {
    const k = new Kernel({ oos: false });
    k.shadowT();
    k.cpu.shadow.startDirtyLog(1);
    k.write(k.pte(F), 0x124, KERNEL);
    expect(dirty(k)).toContain(k.t);

    const drifting = new Kernel();
    drifting.unsyncT();
    drifting.cpu.shadow.startDirtyLog(1);
    drifting.write(drifting.pte(F), 0x124, KERNEL);
    expect(drifting.state).toBe("GU");
    expect(dirty(drifting)).toContain(drifting.t);
    drifting.write(drifting.pte(F), 0x125, KERNEL);
    drifting.write(drifting.pte(F), 0x126, KERNEL);
    expect(dirty(drifting)).toEqual([drifting.t]);
    expect(drifting.state).toBe("GU");
  });

  it("has what devices store", () => {
    const k = new Kernel();
    k.cpu.shadow.startDirtyLog(1);
    k.guest.memory.writeBytes(0x155 * 4096, new Uint8Array([1]));
    expect(dirty(k)).toEqual([0x155]);
  });

  it("there is none of a slot that does not log, and none of a slot that is not there", () => {
    const k = new Kernel();
    expect(k.cpu.shadow.takeDirtyLog(1)).toBeNull();
    expect(() => k.cpu.shadow.startDirtyLog(9)).toThrow("there is no slot 9");
  });

  it("changes nothing that the guest can see", () => {
    const k = new Kernel();
    k.cpu.shadow.startDirtyLog(1);
    k.unsyncT();
    expect(k.cpu.read(F)).toBe("gfn 291");
    expect(k.write(k.pte(F), 0x124, KERNEL | D)).toMatch(/^gfn/);
    k.cpu.shadow.takeDirtyLog(1);
    k.cpu.mmu.invlpg(F);
    expect(k.cpu.read(F)).toBe("gfn 292");
    expect(k.cpu.read(linear(k.pte(F)))).toBe(`gfn ${k.t}`);
    k.cpu.check();
  });
});
