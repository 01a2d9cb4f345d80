import { describe, expect, it } from "vitest";
import {
  dma,
  emptyMethod,
  integer,
  named,
  nameString,
  processor,
  scope,
  sharedIrq,
} from "../../../src/machine/firmware/aml.ts";

const ascii = (text: string): number[] => [...text].map((char) => char.charCodeAt(0));

describe("AML", () => {
  it.each([
    ["LNKA", ascii("LNKA")],
    ["_SB", ascii("_SB_")],
    ["\\_SB", ascii("\\_SB_")],
    ["\\_SB.PCI0", [0x5c, 0x2e, ...ascii("_SB_PCI0")]],
    ["A.B.C", [0x2f, 3, ...ascii("A___B___C___")]],
  ])("writes the name %s", (name, bytes) => {
    expect(nameString(name)).toEqual(bytes);
  });

  it("a length counts its own bytes: one up to 63, two up to 4095", () => {
    const filler = (bytes: number) => scope("X", new Array<number>(bytes).fill(0));
    expect(filler(58).slice(0, 2)).toEqual([0x10, 63]);
    expect(filler(59).slice(0, 3)).toEqual([0x10, 0x41, 65 >> 4]);
  });

  it("names values, and makes methods, processors and resources", () => {
    expect(named("_UID", integer(7))).toEqual([0x08, ...ascii("_UID"), 0x0a, 7]);
    expect(emptyMethod("_SRS", 1)).toEqual([0x14, 6, ...ascii("_SRS"), 1]);
    expect(processor("CPU0", 3)).toEqual([0x5b, 0x83, 11, ...ascii("CPU0"), 3, 0, 0, 0, 0, 0]);
    expect(sharedIrq(11)).toEqual([0x89, 6, 0, 0x09, 1, 11, 0, 0, 0]);
    expect(dma(2)).toEqual([0x2a, 4, 0]);
  });
});
