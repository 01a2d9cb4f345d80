/** The one linear memory: what lies where, for every size that a machine may have. */
import { describe, expect, it } from "vitest";
import { STATE_WORDS } from "../../src/cpu/state.ts";
import { allocateLinearMemory, layoutFor } from "../../src/machine/layout.ts";
import type { Layout } from "../../src/mmu/linear-memory.ts";
import { MIN_SHADOW_PAGES } from "../../src/mmu/shadow/policy.ts";
import { TLB_BYTES } from "../../src/mmu/tlb.ts";

const MIB = 2 ** 20;
const SIZES = [1, 2, 3, 16, 64, 127, 512, 1024, 2047, 2048].flatMap((mib) =>
  [0, MIN_SHADOW_PAGES, 1024, 40_000].map((shadowPages) => ({ ramBytes: mib * MIB, shadowPages })),
);

/** Name, start, size, in the order of the drawing at the head of `layout.ts`. */
function regions(layout: Layout, codeMapBytes: number): [string, number, number][] {
  return [
    ["guard", 0, 4096],
    ["state", layout.state, STATE_WORDS * 4],
    ["tlb", layout.tlb, TLB_BYTES],
    ["codeMap", layout.codeMap, codeMapBytes],
    ["ring", layout.ring, layout.ringBytes],
    ["shadow", layout.shadow, layout.shadowPages * 4096],
    ["ram", layout.ram, layout.ramBytes],
  ];
}

describe.each(SIZES)("$ramBytes bytes of RAM and $shadowPages shadow pages", (sizes) => {
  const layout = layoutFor(sizes);

  it("lie in order, page-aligned, and nothing overlaps", () => {
    // One byte for each page of everything, the map's own pages included.
    const all = regions(layout, Math.ceil(layout.bytes / 4096));
    for (const [i, [name, start]] of all.entries()) {
      expect([name, start % 4096]).toEqual([name, 0]);
      if (i > 0) expect([name, start >= all[i - 1][1] + all[i - 1][2]]).toEqual([name, true]);
    }
    expect(layout.ram + layout.ramBytes).toBeLessThanOrEqual(layout.bytes);
  });

  it("fit a WebAssembly memory, and every address 32 bits", () => {
    expect(layout.bytes % 65_536).toBe(0);
    expect(layout.bytes).toBeLessThan(2 ** 32);
  });

  it("leave room for pae_root beside the shadow tables, and all of the RAM that was asked for", () => {
    expect(layout.shadowPages).toBe(sizes.shadowPages + 1);
    expect(layout.ramBytes).toBe(sizes.ramBytes);
  });
});

describe("linear memory", () => {
  it("is all zero, and its views show the same bytes", () => {
    const { layout, u8, i32, view } = allocateLinearMemory({ ramBytes: MIB, shadowPages: 1 });
    expect(u8.length).toBe(layout.bytes);
    expect(u8.every((byte) => byte === 0)).toBe(true);
    i32[layout.ram / 4] = 0x0403_0201;
    expect([...u8.subarray(layout.ram, layout.ram + 4)]).toEqual([1, 2, 3, 4]);
    expect(view.getUint16(layout.ram + 1, true)).toBe(0x0302);
  });

  it("can be shared with another thread", () => {
    const sizes = { ramBytes: MIB, shadowPages: 0 };
    expect(allocateLinearMemory(sizes).u8.buffer).toBeInstanceOf(ArrayBuffer);
    expect(allocateLinearMemory({ ...sizes, shared: true }).u8.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it("reserves, but does not touch, 2 GiB of RAM, whose last bytes are beyond 2^31", () => {
    const { layout, u8, view } = allocateLinearMemory({ ramBytes: 2048 * MIB, shadowPages: 64 });
    const last = layout.ram + layout.ramBytes - 4;
    expect(last).toBeGreaterThan(2 ** 31);
    view.setInt32(last, -2, true);
    expect([...u8.subarray(last, last + 4)]).toEqual([0xfe, 0xff, 0xff, 0xff]);
  });
});
