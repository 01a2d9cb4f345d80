/** The hardware walk below a hypervisor: PAE tables in host memory, WP and NXE on. */
import { describe, expect, it } from "vitest";
import { HostWalker } from "../../src/mmu/host-walker.ts";
import { A, D, P, RW, TestGuest, US } from "../support/page-tables.ts";
import { FETCH, READ, USER, WRITE } from "./harness.ts";

const GVA = 0xc020_3000;

/** Three tables in the hypervisor's region: root, directory, page table. */
function tables() {
  const { linear } = new TestGuest();
  const { i32, layout } = linear;
  const root = layout.shadow;
  const [directory, table] = [root + 4096, root + 8192];
  const put = (at: number, lo: number, hi = 0): void => {
    i32[at >>> 2] = lo;
    i32[(at >>> 2) + 1] = hi;
  };
  const pdeAt = directory + ((GVA >>> 21) & 511) * 8;
  const pteAt = table + ((GVA >>> 12) & 511) * 8;
  put(root + 24, directory | P);
  put(pdeAt, table | P | RW | US | A);
  const walker = new HostWalker(linear);
  const set = (lo: number, hi = 0): void => put(pteAt, lo, hi);
  const setPde = (flags: number, hi = 0): void => put(pdeAt, table | flags, hi);
  const walk = (access: number): number | string => {
    const page = walker.walk(root, GVA, access);
    return page < 0 ? `fault ${walker.error}` : page;
  };
  return { walk, set, setPde, frame: layout.ram, pte: () => i32[pteAt >>> 2], pde: () => i32[pdeAt >>> 2] };
}

describe("host walk", () => {
  it("ends at the frame and sets A, never D", () => {
    const { walk, set, setPde, frame, pte, pde } = tables();
    setPde(P | RW | US);
    set(frame | P | RW | D);
    expect(walk(READ)).toBe(frame);
    expect([pte() & 0xfff, pde() & 0xfff]).toEqual([P | RW | D | A, P | RW | US | A]);
  });

  it("the trap value is present with reserved bits", () => {
    const { walk, set } = tables();
    set(0xffff_f001, -1);
    expect([walk(READ), walk(WRITE | USER), walk(FETCH)]).toEqual(["fault 9", "fault 15", "fault 25"]);
  });

  it("the notrap value is not present, and so are an empty directory entry and an empty root slot", () => {
    const { walk, set, setPde } = tables();
    set(0);
    expect([walk(READ), walk(WRITE), walk(FETCH | USER)]).toEqual(["fault 0", "fault 2", "fault 20"]);
    setPde(0);
    expect(walk(READ)).toBe("fault 0");
  });

  it("a supervisor obeys W too", () => {
    const { walk, set, frame } = tables();
    set(frame | P | US);
    expect([walk(READ), walk(USER), walk(WRITE), walk(USER | WRITE)]).toEqual([
      frame,
      frame,
      "fault 3",
      "fault 7",
    ]);
  });

  it("a user needs U, a fetch needs NX clear", () => {
    const { walk, set, frame } = tables();
    set(frame | P | RW, 0x8000_0000);
    expect([walk(WRITE), walk(USER), walk(FETCH)]).toEqual([frame, "fault 5", "fault 17"]);
  });

  it("a faulting walk leaves A alone", () => {
    const { walk, set, setPde, frame, pte, pde } = tables();
    setPde(P | RW | US);
    set(frame | P);
    walk(WRITE);
    expect([pte() & A, pde() & A]).toEqual([0, 0]);
  });
});
