/**
 * The guest's breakpoints, single step and general detect.
 * SDM: volume 3, 17.2 "Debug registers", 17.3 "Debug exceptions".
 */
import { beforeEach, describe, expect, test } from "vitest";
import { EFLAGS_RF, EFLAGS_TF } from "../../src/cpu/eflags.ts";
import {
  CR4,
  CR4_DE,
  DR0,
  DR6,
  DR7,
  EAX,
  ECX,
  EDI,
  EIP,
  ESI,
  ESP,
  VEC_DB,
  VEC_GP,
  VEC_UD,
} from "../../src/cpu/state.ts";
import { assemble } from "../support/asm.ts";
import { Bench, CODE, DATA, STACK_TOP } from "../support/cpu.ts";

let bench: Bench;
let r: Int32Array;
beforeEach(() => {
  bench = new Bench();
  r = bench.cpu.r;
});

const EXECUTE = 0;
const WRITE = 1;
const PORT = 2;
const ACCESS = 3;

/** Enables breakpoint `i`, of 1, 2 or 4 bytes. */
function breakAt(i: number, address: number, kind: number, bytes = 1): void {
  r[DR0 + i] = address;
  r[DR7] |= (1 << (2 * i)) | ((kind | ((bytes - 1) << 2)) << (16 + 4 * i));
  bench.cpu.refreshDebug();
}

/** Bits of DR6 that say why. */
const why = (): number => r[DR6] & 0xe00f;
const DB = (eip: number) => ({ vector: VEC_DB, errorCode: -1, eip });

/** Runs a program to its HLT or the first exception; `$name` in expectations are offsets of labels. */
function run(text: string) {
  const { bytes, labels } = assemble(text, { origin: CODE });
  const fault = bench.exec(...bytes);
  return { fault, at: (label: string) => labels.get(label) ?? -1 };
}

describe("a breakpoint on execution", () => {
  test("is a fault: the instruction has not run, and RF is clear in the saved flags", () => {
    breakAt(0, CODE + 5, EXECUTE);
    const { fault, at } = run("mov eax, 1\nhere: mov eax, 2");
    expect(fault).toEqual(DB(at("here")));
    expect([r[EAX], why(), bench.flags & EFLAGS_RF]).toEqual([1, 1, 0]);
  });

  test("lets the instruction pass once if RF is set", () => {
    breakAt(3, CODE, EXECUTE);
    bench.flags |= EFLAGS_RF;
    const { fault, at } = run("here: inc eax\ncmp eax, 1\nje here");
    expect(fault).toEqual(DB(at("here")));
    expect([r[EAX], why()]).toEqual([1, 8]);
  });

  test("can be enabled by its G bit as well, and does nothing without either", () => {
    r[DR0] = CODE;
    bench.cpu.refreshDebug();
    expect(run("nop").fault).toBeNull();
    r[DR7] |= 2;
    bench.cpu.refreshDebug();
    expect(run("nop").fault).toEqual(DB(CODE));
  });

  test("is met at the first iteration of a repeated instruction only", () => {
    breakAt(0, CODE, EXECUTE);
    bench.flags |= EFLAGS_RF;
    r[ECX] = 5;
    r[EDI] = DATA;
    expect(run("rep stosb").fault).toBeNull();
    expect(r[ECX]).toBe(0);
  });

  test("comes before the fault of the instruction itself", () => {
    breakAt(1, CODE, EXECUTE);
    expect(run("ud2").fault).toEqual(DB(CODE));
    expect(why()).toBe(2);
  });
});

describe("a breakpoint on data", () => {
  test("is a trap: the access has happened", () => {
    breakAt(0, DATA, WRITE, 4);
    const { fault, at } = run(`mov dword [${DATA}], 7\nnext: nop`);
    expect(fault).toEqual(DB(at("next")));
    expect([bench.read32(DATA), why()]).toEqual([7, 1]);
  });

  test.each([
    ["write", WRITE, `mov [${DATA}], al`, true],
    ["write", WRITE, `mov al, [${DATA}]`, false],
    ["access", ACCESS, `mov al, [${DATA}]`, true],
    ["access", ACCESS, `mov [${DATA}], al`, true],
    ["access", ACCESS, `inc byte [${DATA}]`, true],
    ["write", WRITE, `cmp byte [${DATA}], 1`, false],
  ])("for %s (%d): %s", (_name, kind, text, hit) => {
    breakAt(2, DATA, kind);
    expect(run(`${text}\nnop`).fault !== null).toBe(hit);
    expect(why()).toBe(hit ? 4 : 0);
  });

  test.each([
    [1, DATA + 1, DATA, 4, true],
    [1, DATA + 4, DATA, 4, false],
    [2, DATA + 2, DATA + 1, 2, true],
    [2, DATA + 3, DATA + 1, 1, false],
    [2, DATA + 3, DATA + 2, 1, true],
    [4, DATA + 6, DATA + 4, 1, true],
    [4, DATA + 6, DATA + 3, 1, false],
  ])("of %d bytes set to %d, access at %d of %d bytes: %s", (length, address, at, bytes, hit) => {
    breakAt(0, address, ACCESS, length);
    const register = bytes === 4 ? "eax" : bytes === 2 ? "ax" : "al";
    expect(run(`mov ${register}, [${at}]\nnop`).fault !== null).toBe(hit);
  });

  test("sees pushes and pops, and every iteration of a string instruction", () => {
    breakAt(0, STACK_TOP - 4, WRITE, 4);
    expect(run("push eax\nnop").fault).toEqual(DB(CODE + 1));
    r[ESP] = STACK_TOP;
    r[DR6] = 0;
    r[DR7] = 0x400;
    breakAt(0, DATA + 2, WRITE);
    r[EDI] = DATA;
    r[ESI] = DATA + 16;
    r[ECX] = 8;
    expect(run("rep movsb\nnop").fault).toEqual(DB(CODE));
    expect([r[ECX], r[EDI]]).toEqual([5, DATA + 3]);
  });

  test("after MOV SS waits for the next instruction", () => {
    bench.write16(DATA, 0x10);
    breakAt(0, DATA, ACCESS, 2);
    const { fault, at } = run(`mov ss, [${DATA}]\ninc eax\nnext: nop`);
    expect(fault).toEqual(DB(at("next")));
    expect([r[EAX], why()]).toEqual([1, 1]);
  });

  test("of an instruction that faults is forgotten: the restarted one meets it again", () => {
    breakAt(0, DATA, ACCESS, 4);
    r[ESI] = DATA;
    bench.mmu.absent.add(0x20);
    expect(run("mov edi, 0x20000\nmovsd").fault).toMatchObject({ vector: 14 });
    expect(why()).toBe(0);
  });
});

describe("a breakpoint on a port", () => {
  test("is a trap, if CR4.DE says that the encoding means it", () => {
    r[CR4] = CR4_DE;
    breakAt(0, 0x42, PORT);
    const { fault, at } = run("in al, 0x42\nnext: nop");
    expect(fault).toEqual(DB(at("next")));
    expect(why()).toBe(1);
  });
  test("does nothing without", () => {
    breakAt(0, 0x42, PORT);
    expect(run("in al, 0x42\nnop").fault).toBeNull();
  });
});

describe("single step", () => {
  test("and a breakpoint on data make one trap with both bits", () => {
    breakAt(1, DATA, WRITE);
    bench.flags |= EFLAGS_TF;
    expect(run(`mov [${DATA}], al\nnop`).fault).toEqual(DB(CODE + 5));
    expect(why()).toBe(0x4002);
  });
  test("does not clear what DR6 had before", () => {
    r[DR6] |= 8;
    bench.flags |= EFLAGS_TF;
    run("nop\nnop");
    expect(why()).toBe(0x4008);
  });
});

describe("the debug registers themselves", () => {
  test("fault when general detect is on, which that turns off", () => {
    r[DR7] |= 1 << 13;
    expect(run("mov eax, dr0").fault).toEqual(DB(CODE));
    expect([why(), r[DR7] & (1 << 13)]).toEqual([1 << 13, 0]);
    expect(run("mov eax, dr0").fault).toBeNull();
  });
  test("4 and 5 are 6 and 7, unless CR4.DE is set", () => {
    expect(run("mov eax, dr4").fault).toBeNull();
    expect(r[EAX]).toBe(r[DR6]);
    r[CR4] = CR4_DE;
    expect(run("mov eax, dr5").fault).toMatchObject({ vector: VEC_UD });
  });
  test("belong to CPL 0", () => {
    bench.setPrivilege(3);
    expect(run("mov eax, dr0").fault).toMatchObject({ vector: VEC_GP, errorCode: 0 });
  });
  test("take effect at once when DR7 is written", () => {
    r[DR0] = CODE + 8;
    expect(run("mov eax, 0x401\nmov dr7, eax\nnop").fault).toEqual(DB(CODE + 8));
    expect(r[EIP]).toBe(CODE + 8);
  });
});
