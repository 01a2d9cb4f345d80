/** Guest physical memory: slots, holes, and writes that reach decoded code. */
import { describe, expect, it } from "vitest";
import { allocateLinearMemory } from "../../src/machine/layout.ts";
import { GuestMemory } from "../../src/mmu/guest-memory.ts";

const GIB = 2 ** 30;

/** 640 KiB and 1 MiB from 1 MiB on: RAM with a hole, as a PC has it. */
function make() {
  const linear = allocateLinearMemory({ ramBytes: 2 << 20, shadowPages: 1 });
  const memory = new GuestMemory(linear);
  const basePfn = linear.layout.ram / 4096;
  memory.addSlot({ id: 0, baseGfn: 0, npages: 0xa0, basePfn });
  memory.addSlot({ id: 1, baseGfn: 0x100, npages: 0x100, basePfn: basePfn + 0x100 });
  const codeWrites: [number, number][] = [];
  memory.onCodeWrite = (hpa, bytes) => codeWrites.push([hpa - linear.layout.ram, bytes]);
  const markCode = (gfn: number) => {
    linear.u8[linear.layout.codeMap + memory.pfn(gfn)] = 1;
  };
  return { linear, memory, codeWrites, markCode };
}

describe("guest frames", () => {
  it("are backed where a slot says so, and nowhere else", () => {
    const { memory, linear } = make();
    const basePfn = linear.layout.ram / 4096;
    expect([0, 0x9f, 0xa0, 0xff, 0x100, 0x1ff, 0x200].map((gfn) => memory.pfn(gfn))).toEqual([
      basePfn,
      basePfn + 0x9f,
      -1,
      -1,
      basePfn + 0x100,
      basePfn + 0x1ff,
      -1,
    ]);
  });

  it("never have the number of the frame that backs them", () => {
    const { memory } = make();
    for (let gfn = 0; gfn < 0x200; gfn++) expect(memory.pfn(gfn)).not.toBe(gfn);
  });

  it("above 4 GiB do not alias those below", () => {
    const { memory } = make();
    for (const high of [4 * GIB, 16 * GIB, 64 * GIB - 4096, 2 ** 40]) {
      expect(memory.hpa(high)).toBe(-1);
      expect(memory.pfn(high / 4096)).toBe(-1);
      expect(memory.read32(high / 4096, 0)).toBe(-1);
      expect(memory.readBytes(high, 1)).toBeNull();
      expect(memory.writeBytes(high, Uint8Array.of(1))).toBe(false);
      memory.write32(high / 4096, 0, 5);
    }
    expect(memory.read32(0, 0)).toBe(0);
  });

  it("know their slot", () => {
    const { memory } = make();
    expect([0, 0x9f, 0x100, 0x1ff].map((gfn) => memory.slotId(gfn))).toEqual([0, 0, 1, 1]);
    expect(memory.slotOf(0xa0)).toBeUndefined();
    expect(() => memory.slotId(0xa0)).toThrow(RangeError);
  });

  it("may be backed by host memory above 2 GiB", () => {
    // No such memory is needed to do the arithmetic.
    const { linear } = make();
    const memory = new GuestMemory(linear);
    memory.addSlot({ id: 0, baseGfn: 0xf_fff0, npages: 16, basePfn: 0xe_0000 });
    expect(memory.hpa(0xffff_ffff)).toBe(0xe000_ffff);
    expect(memory.hpa(0xffff_0000)).toBe(0xe000_0000);
  });
});

describe("bytes", () => {
  it("are copied over page boundaries", () => {
    const { memory } = make();
    const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => i % 251);
    expect(memory.writeBytes(0xf07, bytes)).toBe(true);
    expect(memory.readBytes(0xf07, bytes.length)).toEqual(bytes);
    expect(memory.readBytes(0xf06, 2)).toEqual(Uint8Array.of(0, 0));
  });

  it("that do not all have memory are not written at all", () => {
    const { memory } = make();
    const bytes = new Uint8Array(0x2000).fill(1);
    expect(memory.writeBytes(0x9_f000, bytes)).toBe(false);
    expect(memory.readBytes(0x9_f000, 0x1000)).toEqual(new Uint8Array(0x1000));
    expect(memory.readBytes(0x9_ffff, 2)).toBeNull();
    expect(memory.writeBytes(0x9_ffff, Uint8Array.of(7))).toBe(true);
    expect(memory.writeBytes(0xf_ffff, Uint8Array.of(7, 7))).toBe(false);
    expect(memory.read32(0x100, 0)).toBe(0);
  });

  it("none, can be read and written anywhere", () => {
    const { memory } = make();
    expect(memory.writeBytes(0xa_0000, new Uint8Array(0))).toBe(true);
    expect(memory.readBytes(0xa_0000, 0)).toEqual(new Uint8Array(0));
  });

  it("read are a copy", () => {
    const { memory } = make();
    memory.writeBytes(0, Uint8Array.of(1));
    const copy = memory.readBytes(0, 1) as Uint8Array;
    copy[0] = 9;
    expect(memory.readBytes(0, 1)).toEqual(Uint8Array.of(1));
  });
});

describe("words", () => {
  it("are signed, little-endian, and all ones where there is no memory", () => {
    const { memory } = make();
    memory.write32(0x100, 0xffc, 0x8000_0001);
    expect(memory.read32(0x100, 0xffc)).toBe(0x8000_0001 | 0);
    expect(memory.readBytes(0x10_0ffc, 4)).toEqual(Uint8Array.of(1, 0, 0, 0x80));
    expect(memory.read32(0xa0, 0)).toBe(-1);
    memory.write32(0xa0, 0, 1);
    expect(memory.read32(0xa0, 0)).toBe(-1);
  });
});

describe("writes to frames that hold decoded code", () => {
  it("are told, with what they hit in each page", () => {
    const { memory, codeWrites, markCode } = make();
    markCode(1);
    markCode(3);
    memory.writeBytes(0x800, new Uint8Array(0x3000));
    expect(codeWrites).toEqual([
      [0x1000, 0x1000],
      [0x3000, 0x800],
    ]);
    codeWrites.length = 0;
    memory.write32(1, 0x10, 0);
    memory.write32(2, 0x10, 0);
    expect(codeWrites).toEqual([[0x1010, 4]]);
  });
});
