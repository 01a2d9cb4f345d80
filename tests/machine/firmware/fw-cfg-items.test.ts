import { describe, expect, it } from "vitest";
import { e820File, kernelItems } from "../../../src/machine/firmware/fw-cfg-items.ts";

describe("items of the configuration device", () => {
  it("the memory map has entries of 20 bytes: start, length, type", () => {
    const bytes = e820File([
      { gpa: 0, size: 0x8000_0000, type: 1 },
      { gpa: 0x1_2000_0000, size: 0x3_0000_0000, type: 2 },
    ]);
    const view = new DataView(bytes.buffer);
    expect(bytes.length).toBe(40);
    expect([view.getBigUint64(0, true), view.getBigUint64(8, true), view.getUint32(16, true)]).toEqual([
      0n,
      0x8000_0000n,
      1,
    ]);
    expect([view.getBigUint64(20, true), view.getBigUint64(28, true), view.getUint32(36, true)]).toEqual([
      0x1_2000_0000n,
      0x3_0000_0000n,
      2,
    ]);
  });

  it("a kernel is twelve items: where each of four parts goes, how long it is, and what it is", () => {
    const part = (gpa: number, length: number) => ({ gpa, bytes: new Uint8Array(length) });
    const items = new Map(
      kernelItems({
        setup: part(0x1_0000, 0x400),
        kernel: part(0x10_0000, 0x9000),
        commandLine: part(0x2_0000, 12),
        initrd: null,
      }),
    );
    const number = (key: number) => new DataView((items.get(key) as Uint8Array).buffer).getUint32(0, true);
    expect([...items.keys()].sort((a, b) => a - b)).toEqual([
      0x07, 0x08, 0x0a, 0x0b, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
    ]);
    expect([number(0x07), number(0x08), number(0x16), number(0x17), number(0x13), number(0x14)]).toEqual([
      0x10_0000, 0x9000, 0x1_0000, 0x400, 0x2_0000, 12,
    ]);
    expect([number(0x0b), items.get(0x11)?.length]).toEqual([0, 0x9000]);
  });
});
