/** The TLB alone: tags, generations, page crossings. */
import { describe, expect, it } from "vitest";
import {
  ADDEND,
  TAG_CODE,
  TAG_READ,
  TAG_WRITE,
  TLB_GENERATION,
  TLB_INDEX_MASK,
  TLB_SUPERVISOR,
  TLB_USER,
  Tlb,
} from "../../src/mmu/tlb.ts";
import { TestGuest } from "../support/page-tables.ts";

const make = () => {
  const { linear } = new TestGuest();
  return { tlb: new Tlb(linear), ram: linear.layout.ram, linear };
};

function hit(tlb: Tlb, set: number, gva: number, kind: number): boolean {
  const entry = set + ((gva >>> 10) & TLB_INDEX_MASK);
  return tlb.words[entry + kind] === ((gva & ~0xfff) | tlb.words[TLB_GENERATION]);
}

describe("tlb", () => {
  it("keeps user and supervisor translations apart", () => {
    const { tlb, ram } = make();
    tlb.fill(true, 0xc000_1234, ram, true, false, true);
    expect(hit(tlb, TLB_USER, 0xc000_1000, TAG_READ)).toBe(true);
    expect(hit(tlb, TLB_USER, 0xc000_1000, TAG_WRITE)).toBe(false);
    expect(hit(tlb, TLB_SUPERVISOR, 0xc000_1000, TAG_READ)).toBe(false);
  });

  it("the addend turns a linear address into an hpa", () => {
    const { tlb, ram } = make();
    tlb.fill(false, 0xffff_f123, ram + 0x5000, true, true, true);
    const entry = TLB_SUPERVISOR + ((0xffff_f123 >>> 10) & TLB_INDEX_MASK);
    expect((0xffff_f123 + tlb.words[entry + ADDEND]) >>> 0).toBe(ram + 0x5123);
  });

  it("a flush forgets everything, also when the generation wraps", () => {
    const { tlb, ram } = make();
    for (let i = 0; i < 0x1005; i++) {
      tlb.fill(false, 0x1000, ram, true, true, true);
      tlb.flush();
      expect(hit(tlb, TLB_SUPERVISOR, 0x1000, TAG_READ)).toBe(false);
    }
  });

  it("the epoch rises when a translation that code was decoded through goes away, and only then", () => {
    const { tlb, ram, linear } = make();
    const moves = (change: () => void): boolean => {
      const { epoch } = tlb;
      change();
      return tlb.epoch !== epoch;
    };
    tlb.fill(false, 0x1000, ram, true, true, true);
    tlb.fill(false, 0x2000, ram + 0x1000, true, true, true);
    linear.u8[linear.layout.codeMap + (ram >>> 12)] = 1;
    expect(moves(() => tlb.flushPage(0x2000))).toBe(false);
    expect(moves(() => tlb.fill(false, 0x1000, ram, true, false, true))).toBe(false);
    expect(moves(() => tlb.flushPage(0x1000))).toBe(true);
    expect(moves(() => tlb.flushPage(0x1000))).toBe(false);
    tlb.fill(false, 0x1000, ram, true, true, true);
    // Another page in its place, another frame, and the loss of the right to execute.
    expect(moves(() => tlb.fill(false, 0x0100_1000, ram + 0x2000, true, true, true))).toBe(true);
    tlb.fill(true, 0x1000, ram, true, true, true);
    expect(moves(() => tlb.fill(true, 0x1000, ram + 0x3000, true, true, true))).toBe(true);
    tlb.fill(true, 0x1000, ram, true, true, true);
    expect(moves(() => tlb.fill(true, 0x1000, ram, true, true, false))).toBe(true);
    expect(moves(() => tlb.flush())).toBe(true);
  });

  it("forgetting a page spares another that shares its place", () => {
    const { tlb, ram } = make();
    tlb.fill(false, 0x1000, ram, true, true, true);
    tlb.flushPage(0x0100_1000);
    expect(hit(tlb, TLB_SUPERVISOR, 0x1000, TAG_READ)).toBe(true);
    tlb.flushPage(0x1fff);
    expect(hit(tlb, TLB_SUPERVISOR, 0x1000, TAG_READ)).toBe(false);
  });

  it("marking a frame as code closes every write tag of it, and forgets nothing", () => {
    const { tlb, ram } = make();
    const pages = [0x1000, 0xffff_f000, 0x3000];
    for (const gva of pages) tlb.fill(false, gva, gva === 0x3000 ? ram + 0x1000 : ram, true, true, true);
    tlb.fill(true, 0x2000, ram, true, true, true);
    tlb.fill(true, 0x4000, ram, true, false, true);
    const { epoch } = tlb;
    tlb.markCode(ram >>> 12);
    expect(tlb.epoch).toBe(epoch);
    expect(pages.map((gva) => hit(tlb, TLB_SUPERVISOR, gva, TAG_WRITE))).toEqual([false, false, true]);
    expect(hit(tlb, TLB_USER, 0x2000, TAG_WRITE)).toBe(false);
    for (const gva of pages) expect(hit(tlb, TLB_SUPERVISOR, gva, TAG_READ)).toBe(true);
    // The right to write is still in the tag; a page without it does not get it.
    const tag = (gva: number) => tlb.words[TLB_USER + ((gva >>> 10) & TLB_INDEX_MASK) + TAG_WRITE];
    expect([tag(0x2000), tag(0x4000)]).toEqual([0x2000 | TAG_CODE | tlb.words[TLB_GENERATION], 0]);
  });
});
