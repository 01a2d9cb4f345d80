/** Alignment check. SDM: volume 3, 6.15 "Interrupt 17: Alignment check exception (#AC)", table 6-7. */
import { beforeEach, describe, expect, test } from "vitest";
import { EFLAGS_AC } from "../../src/cpu/eflags.ts";
import { CR0, CR0_AM, EDI, ESI, ESP, VEC_AC } from "../../src/cpu/state.ts";
import { Bench, CODE, DATA } from "../support/cpu.ts";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

const AC0 = { vector: VEC_AC, errorCode: 0, eip: CODE };

function enable({ am = true, ac = true, cpl = 3 as 0 | 3 } = {}): void {
  if (am) bench.cpu.r[CR0] |= CR0_AM;
  if (ac) bench.flags |= EFLAGS_AC;
  bench.setPrivilege(cpl);
}

/** The fault of the first instruction of a program, or null. */
function first(text: string) {
  const fault = bench.asm(text);
  return fault !== null && fault.eip === CODE ? fault : null;
}

describe("an operand that is not aligned raises #AC(0)", () => {
  test.each([
    ["mov ax, [%]", 1, true],
    ["mov ax, [%]", 2, false],
    ["mov [%], ax", 3, true],
    ["mov eax, [%]", 2, true],
    ["mov eax, [%]", 4, false],
    ["mov al, [%]", 3, false],
    ["add [%], ecx", 1, true],
    ["cmpxchg8b [%]", 4, true],
    ["cmpxchg8b [%]", 8, false],
    ["fld qword [%]", 4, true],
    ["fld tword [%]", 4, true],
    ["fld tword [%]", 8, false],
    ["fld dword [%]", 4, false],
  ])("%s at an offset of %d: %s", (text, offset, faults) => {
    enable();
    const instruction = text.replace("%", String(DATA + offset));
    const bytes = FLOATING[text];
    const fault = bytes === undefined ? first(instruction) : firstBytes([...bytes, ...dword(DATA + offset)]);
    expect(fault).toEqual(faults ? AC0 : null);
  });
});

const dword = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, 0];
/** ModR/M with a 32-bit displacement follows. */
const FLOATING: Readonly<Record<string, readonly number[]>> = {
  "fld qword [%]": [0xdd, 0x05],
  "fld tword [%]": [0xdb, 0x2d],
  "fld dword [%]": [0xd9, 0x05],
};
function firstBytes(bytes: number[]) {
  const fault = bench.exec(...bytes);
  return fault !== null && fault.eip === CODE ? fault : null;
}

test("only with CR0.AM and EFLAGS.AC set, and only at CPL 3", () => {
  const unaligned = `mov eax, [${DATA + 1}]`;
  for (const setting of [{ am: false }, { ac: false }, { cpl: 0 as const }]) {
    bench = new Bench();
    enable(setting);
    expect(first(unaligned)).toBeNull();
  }
  bench = new Bench();
  enable();
  expect(first(unaligned)).toEqual(AC0);
});

test("POPF turns it on at once, and off", () => {
  enable({ ac: false });
  expect(bench.asm(`pushfd\nor dword [esp], ${EFLAGS_AC}\npopfd\nmov eax, [${DATA + 1}]`)).toMatchObject({
    vector: VEC_AC,
  });
  bench.cpu.r[ESP] = 0x8000;
  bench.flags |= EFLAGS_AC;
  bench.cpu.refreshPrivilege();
  const fault = bench.asm(`pushfd\nand dword [esp], ${~EFLAGS_AC >>> 0}\npopfd\nmov eax, [${DATA + 1}]\nud2`);
  expect(fault).toMatchObject({ vector: 6 });
});

test("string instructions and the stack are looked at too", () => {
  enable();
  const { r } = bench.cpu;
  r[ESI] = DATA + 2;
  r[EDI] = DATA + 16;
  expect(first("movsd")).toEqual(AC0);
  r[ESI] = DATA;
  expect(first("movsd")).toBeNull();
  r[ESP] = 0x7ffe;
  expect(first("push eax")).toEqual(AC0);
});

test("the exception comes before the page fault of the same access", () => {
  enable();
  bench.mmu.absent.add(0x20);
  expect(first("mov eax, [0x20001]")).toEqual(AC0);
  expect(first("mov eax, [0x20000]")).toMatchObject({ vector: 14 });
});
