/** The bare machine: what the SDM asks of TLB, control registers and walks. */
import { describe, expect, it } from "vitest";
import { BareMmu } from "../../src/mmu/bare.ts";
import { TAG_CODE, TAG_READ, TAG_WRITE, TLB_INDEX_MASK, TLB_SUPERVISOR } from "../../src/mmu/tlb.ts";
import { A, D, G, P, PS, RW, TestGuest, US } from "../support/page-tables.ts";
import { FETCH, NXE, PAE, PE, PG, PGE, Processor, PSE, USER, WP, WRITE } from "./harness.ts";

const PAGE = P | RW | A | D;

function machine() {
  const guest = new TestGuest();
  const mmu = new BareMmu(guest.memory);
  return { guest, mmu, cpu: new Processor(guest, mmu) };
}

describe("paging off", () => {
  it("linear is physical, and holes are emulated", () => {
    const { cpu } = machine();
    expect(cpu.read(0x5432)).toBe("gfn 5");
    expect(cpu.read(0xb8000)).toBe("mmio b8000");
    expect(cpu.store(0xfee0_0000, 1)).toBe("mmio fee00000");
  });
});

describe("4 MiB pages", () => {
  it("PSE-36 bits 13 to 16 become address bits 32 to 35", () => {
    const { guest, mmu, cpu } = machine();
    const tables = guest.twoLevel();
    guest.memory.write32(tables.root, 4, 0x0080_0000 | (0x5 << 13) | PAGE | PS);
    cpu.startTwoLevel(tables.cr3);
    expect(cpu.read(0x40_1234)).toBe(`mmio ${(5 * 2 ** 32 + 0x80_1234).toString(16)}`);
    expect(mmu.probe(0x40_1234)).toBe(5 * 2 ** 32 + 0x80_1234);
  });

  it("bits 17 to 21 are reserved", () => {
    const { guest, cpu } = machine();
    const tables = guest.twoLevel();
    guest.memory.write32(tables.root, 4, 0x0080_0000 | (1 << 18) | PAGE | PS);
    cpu.startTwoLevel(tables.cr3);
    expect(cpu.read(0x40_0000)).toBe("fault 9");
  });

  it("without CR4.PSE the bit means nothing", () => {
    const { guest, mmu, cpu } = machine();
    const tables = guest.twoLevel();
    const pte = tables.map(0x40_0000, 0x123, PAGE);
    guest.memory.write32(tables.root, 4, (pte.gfn << 12) | PAGE | PS);
    cpu.startTwoLevel(tables.cr3);
    mmu.setCr4(PGE);
    expect(cpu.read(0x40_0000)).toBe("gfn 291");
  });
});

describe("PAE", () => {
  it("PDPTEs are latched: a change shows at the next MOV to CR3", () => {
    const { guest, mmu, cpu } = machine();
    const tables = guest.pae();
    tables.map(0x1000, 0x123, PAGE);
    cpu.startPae(tables.cr3);
    guest.memory.write32(tables.root, 0, 0);
    mmu.tlb.flush();
    expect(cpu.read(0x1000)).toBe("gfn 291");
    mmu.setCr3(tables.cr3);
    expect(cpu.read(0x1000)).toBe("fault 0");
  });

  it.each([
    ["MOV to CR3", (m: BareMmu, cr3: number) => m.setCr3(cr3)],
    ["MOV to CR0 that sets PG", (m: BareMmu) => m.setCr0(PE) && m.setCr0(PG | PE)],
    ["MOV to CR4 that toggles PGE", (m: BareMmu) => m.setCr4(PAE | PSE)],
    ["MOV to CR4 that toggles PSE", (m: BareMmu) => m.setCr4(PAE | PGE)],
  ])("%s with a reserved PDPTE bit is #GP and changes nothing", (_name, move) => {
    const { guest, mmu, cpu } = machine();
    const tables = guest.pae();
    tables.map(0x1000, 0x123, PAGE);
    cpu.startPae(tables.cr3);
    guest.memory.write32(tables.root, 8, 0x5000 | P | RW);
    const { cr3, cr4, pdptes } = mmu.walker;
    const before = Array.from(pdptes);
    expect(move(mmu, tables.cr3)).toBe(false);
    expect([mmu.walker.cr3, mmu.walker.cr4]).toEqual([cr3, cr4]);
    expect(Array.from(pdptes)).toEqual(before);
  });

  it("a write that keeps PG, PAE, PGE and PSE loads no PDPTEs", () => {
    const { guest, mmu, cpu } = machine();
    const tables = guest.pae();
    cpu.startPae(tables.cr3);
    guest.memory.write32(tables.root, 8, 0x5000 | P | RW);
    expect(mmu.setCr0(PG | PE)).toBe(true);
    expect(mmu.setCr4(PAE | PGE | PSE | 0x200)).toBe(true);
  });

  it("frames above 4 GiB are reached through the high half", () => {
    const { guest, cpu } = machine();
    const tables = guest.pae();
    tables.map(0x1000, 0xf0_0000, PAGE);
    cpu.startPae(tables.cr3);
    expect(cpu.read(0x1ffc)).toBe("mmio f00000ffc");
  });
});

describe("accessed and dirty", () => {
  it("a read sets A at each level, a write D in the last entry only", () => {
    const { guest, cpu } = machine();
    const tables = guest.pae();
    const pte = tables.map(0x1000, 0x123, P | RW, P | RW);
    cpu.startPae(tables.cr3);
    cpu.read(0x1000);
    expect([tables.flags(tables.pde(0x1000)), tables.flags(pte)]).toEqual([P | RW | A, P | RW | A]);
    cpu.store(0x1000, 1);
    expect([tables.flags(tables.pde(0x1000)), tables.flags(pte)]).toEqual([P | RW | A, P | RW | A | D]);
  });

  it("a TLB entry made by a read of a clean page does not hide the first write", () => {
    const { guest, cpu } = machine();
    const tables = guest.twoLevel();
    const pte = tables.map(0x1000, 0x123, P | RW);
    cpu.startTwoLevel(tables.cr3);
    cpu.read(0x1000);
    expect(tables.flags(pte) & D).toBe(0);
    cpu.access(0x1000, WRITE);
    expect(tables.flags(pte) & D).toBe(D);
  });
});

describe("invalidation", () => {
  it("a stale entry lives until INVLPG", () => {
    const { guest, mmu, cpu } = machine();
    const tables = guest.pae();
    const pte = tables.map(0x1000, 0x123, PAGE | US);
    cpu.startPae(tables.cr3);
    expect([cpu.read(0x1000), cpu.read(0x1000, USER)]).toEqual(["gfn 291", "gfn 291"]);
    tables.set(pte, 0x124, PAGE | US);
    expect(cpu.read(0x1000)).toBe("gfn 291");
    mmu.invlpg(0x1234);
    expect([cpu.read(0x1000), cpu.read(0x1000, USER)]).toEqual(["gfn 292", "gfn 292"]);
  });

  it("INVLPG of any address in a large page ends all of it", () => {
    const { guest, mmu, cpu } = machine();
    const tables = guest.pae();
    const pde = tables.mapLarge(0x20_0000, 0x200, PAGE);
    cpu.startPae(tables.cr3);
    expect(cpu.read(0x20_5000)).toBe("gfn 517");
    tables.set(pde, 0x400, PAGE | PS);
    mmu.invlpg(0x3f_f000);
    expect(cpu.read(0x20_5000)).toBe("gfn 1029");
  });

  it("INVLPG of a small page leaves its neighbours", () => {
    const { guest, mmu, cpu } = machine();
    const tables = guest.pae();
    tables.map(0x1000, 0x123, PAGE);
    const other = tables.map(0x2000, 0x124, PAGE);
    cpu.startPae(tables.cr3);
    cpu.read(0x2000);
    tables.set(other, 0x125, PAGE);
    mmu.invlpg(0x1000);
    expect(cpu.read(0x2000)).toBe("gfn 292");
  });

  it.each([
    ["MOV to CR3", (m: BareMmu) => m.setCr3(m.walker.cr3)],
    ["CR4.PGE", (m: BareMmu) => m.setCr4(PAE | PSE)],
    ["CR4.PSE", (m: BareMmu) => m.setCr4(PAE | PGE)],
    ["CR0.WP", (m: BareMmu) => m.setCr0(PG | PE)],
    ["EFER.NXE", (m: BareMmu) => m.setEfer(0)],
  ])("%s forgets global translations too", (_name, event) => {
    const { guest, mmu, cpu } = machine();
    const tables = guest.pae();
    const pte = tables.map(0x1000, 0x123, PAGE | G);
    cpu.startPae(tables.cr3);
    cpu.read(0x1000);
    tables.set(pte, 0x124, PAGE | G);
    event(mmu);
    expect(cpu.read(0x1000)).toBe("gfn 292");
  });

  it("a page fault forgets the page for both privilege levels", () => {
    const { guest, cpu } = machine();
    const tables = guest.pae();
    const pte = tables.map(0x1000, 0x123, P | US | A);
    cpu.startPae(tables.cr3);
    cpu.read(0x1000);
    expect(cpu.access(0x1000, USER | WRITE)).toBe("fault 7");
    tables.set(pte, 0x124, PAGE | US);
    expect(cpu.read(0x1000)).toBe("gfn 292");
  });

  it("a page of decoded code has a write tag that no store matches", () => {
    const { guest, mmu, cpu } = machine();
    const tables = guest.pae();
    tables.map(0x1000, 0x123, PAGE);
    cpu.startPae(tables.cr3);
    const { layout, u8 } = guest.linear;
    u8[layout.codeMap + (layout.ram >>> 12) + 0x123] = 1;
    cpu.access(0x1000, WRITE);
    const entry = TLB_SUPERVISOR + ((0x1000 >>> 10) & TLB_INDEX_MASK);
    expect(mmu.tlb.words[entry + TAG_WRITE]).toBe(mmu.tlb.words[entry + TAG_READ] | TAG_CODE);
  });
});

describe("error codes", () => {
  it("I/D is set only with PAE and NXE", () => {
    const { guest, mmu, cpu } = machine();
    const tables = guest.pae();
    cpu.startPae(tables.cr3);
    expect(cpu.fetch(0x1000)).toBe(`fault ${FETCH}`);
    mmu.setEfer(0);
    expect(cpu.fetch(0x1000)).toBe("fault 0");
    expect(mmu.walker.nxEnabled()).toBe(false);
    mmu.setEfer(NXE);
    expect(cpu.access(0x1000, USER | WRITE)).toBe("fault 6");
  });

  it("a level that is not present hides a protection violation above it", () => {
    const { guest, cpu } = machine();
    const tables = guest.pae();
    tables.map(0x1000, 0, 0, P);
    tables.set(tables.pte(0x1000), 0x123, 0);
    cpu.startPae(tables.cr3);
    cpu.mmu.setCr0(PG | PE | WP);
    expect(cpu.store(0x1000, 1, USER)).toBe("fault 6");
  });
});
