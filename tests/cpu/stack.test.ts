import { beforeEach, describe, expect, test } from "vitest";
import {
  CS,
  EAX,
  EBP,
  EBX,
  ECX,
  EDI,
  EDX,
  ESI,
  ESP,
  SEG_SELECTOR,
  SS,
  VEC_GP,
  VEC_PF,
  VEC_SS,
} from "../../src/cpu/state.ts";
import {
  ATTR_DATA16,
  ATTR_DPL3,
  Bench,
  CODE,
  DATA,
  FREE_SELECTOR,
  KERNEL_DATA,
  STACK_TOP,
  USER_CODE,
  USER_DATA,
} from "../support/cpu.ts";
import { DATA16, load, run, segment } from "../support/descriptors.ts";

const bench = new Bench();
const { r } = bench.cpu;
const PAGE = DATA >>> 12;

beforeEach(() => {
  bench.mmu.absent.clear();
  bench.mmu.readOnly.clear();
  bench.reset();
});

const stackOf = (base: number, limit: number, attr: number): void =>
  bench.setSegment(SS, KERNEL_DATA, base, limit, attr);

describe("PUSH", () => {
  test("moves ESP down and stores below the old top", () => {
    r[EAX] = 0x1234_5678;
    expect(run(bench, "push eax")).toBeNull();
    expect(r[ESP]).toBe(STACK_TOP - 4);
    expect(bench.read32(STACK_TOP - 4)).toBe(0x1234_5678);
  });
  test("of ESP pushes the value from before", () => {
    run(bench, "push esp");
    expect(bench.read32(STACK_TOP - 4)).toBe(STACK_TOP);
  });
  test("of a word moves ESP by two", () => {
    r[EBX] = 0x1234_5678;
    run(bench, "push bx");
    expect(r[ESP]).toBe(STACK_TOP - 2);
    expect(bench.read16(STACK_TOP - 2)).toBe(0x5678);
  });
  test("sign-extends a byte immediate", () => {
    run(bench, "push -2");
    expect(bench.read32(STACK_TOP - 4)).toBe(-2);
    run(bench, "push word -2");
    expect(bench.read16(STACK_TOP - 6)).toBe(0xfffe);
  });
  test("of memory at ESP reads with the ESP from before", () => {
    bench.write32(STACK_TOP, 77);
    run(bench, "push dword [esp]");
    expect(bench.read32(STACK_TOP - 4)).toBe(77);
  });
  test("of a segment register leaves the upper half of its slot alone", () => {
    bench.write32(STACK_TOP - 4, -1);
    run(bench, "push ds");
    expect(bench.read32(STACK_TOP - 4) >>> 0).toBe(0xffff_0000 + KERNEL_DATA);
    expect(r[ESP]).toBe(STACK_TOP - 4);
  });
  test("that faults leaves ESP where it was", () => {
    bench.setPrivilege(3);
    bench.mmu.absent.add(PAGE);
    r[ESP] = DATA + 4096;
    expect(run(bench, "push eax")).toEqual({ vector: VEC_PF, errorCode: 6, eip: CODE });
    expect(r[ESP]).toBe(DATA + 4096);
  });
});

describe("POP", () => {
  test("moves ESP up", () => {
    bench.write32(STACK_TOP - 4, 0x55);
    r[ESP] = STACK_TOP - 4;
    run(bench, "pop ecx");
    expect(r[ECX]).toBe(0x55);
    expect(r[ESP]).toBe(STACK_TOP);
  });
  test("into ESP replaces the incremented pointer", () => {
    bench.write32(STACK_TOP, 0x4000);
    run(bench, "pop esp");
    expect(r[ESP]).toBe(0x4000);
  });
  test("of a word leaves the upper half of the register", () => {
    r[EDX] = -1;
    bench.write32(STACK_TOP, 0x1111);
    run(bench, "pop dx");
    expect(r[EDX] >>> 0).toBe(0xffff_1111);
    expect(r[ESP]).toBe(STACK_TOP + 2);
  });
  test("into memory at ESP computes the address with ESP incremented", () => {
    bench.write32(STACK_TOP, 0xabc);
    run(bench, "pop dword [esp+8]");
    expect(bench.read32(STACK_TOP + 12)).toBe(0xabc);
    expect(r[ESP]).toBe(STACK_TOP + 4);
  });
  test("into memory that faults leaves ESP where it was", () => {
    bench.mmu.readOnly.add(PAGE);
    expect(run(bench, `pop dword [${DATA}]`)).toEqual({ vector: VEC_PF, errorCode: 3, eip: CODE });
    expect(r[ESP]).toBe(STACK_TOP);
  });
});

describe("a 16-bit stack", () => {
  test("wraps SP and keeps the upper half of ESP", () => {
    stackOf(DATA, 0xffff, ATTR_DATA16);
    r[ESP] = 0x7777_0000;
    run(bench, "push eax");
    expect(r[ESP]).toBe(0x7777_fffc);
    run(bench, "pop ebx\npop ecx");
    expect(r[ESP]).toBe(0x7777_0004);
  });
  test("has 32-bit operands where the code says so, in PUSHA, POPA, ENTER and LEAVE too", () => {
    stackOf(DATA, 0xffff, ATTR_DATA16);
    for (let reg = 0; reg < 8; reg++) if (reg !== ESP) r[reg] = 0x1111_0000 + reg;
    r[ESP] = 0x7777_0010;
    run(bench, "pusha");
    expect(r[ESP]).toBe(0x7777_fff0);
    expect([bench.read32(DATA + 0x0c), bench.read32(DATA + 0xfffc), bench.read32(DATA + 0xfff0)]).toEqual([
      0x1111_0000, 0x7777_0010, 0x1111_0007,
    ]);
    run(bench, "xor eax, eax\nxor edi, edi\npopa");
    expect([r[EAX], r[EDI], r[ESP]]).toEqual([0x1111_0000, 0x1111_0007, 0x7777_0010]);
    r[EBP] = 0x5555_8000;
    bench.write32(DATA + 0x7ffc, 0xabc);
    run(bench, "enter 8, 2");
    // EBP is saved, one frame pointer copied from below BP, the new one, with the upper half of ESP, pushed.
    expect([0x0c, 0x08, 0x04].map((at) => bench.read32(DATA + at))).toEqual([
      0x5555_8000, 0xabc, 0x7777_000c,
    ]);
    expect([r[EBP], r[ESP]]).toEqual([0x7777_000c, 0x7777_fffc]);
    run(bench, "leave");
    expect([r[EBP], r[ESP]]).toEqual([0x5555_8000, 0x7777_0010]);
  });
  test("that begins at an odd offset does not wrap: no word lies across its end", () => {
    bench.setPrivilege(3);
    for (const [text, sp] of [
      ["push ax", 1],
      ["push eax", 2],
      ["o16 pusha", 0x0f],
      ["pusha", 0x1e],
      ["popa", 0xfffe],
      ["o16 popa", 0xffff],
      ["o16 enter 0, 3", 3],
      ["retf", 0xfffe],
      ["iretd", 0xfffa],
      [`call ${USER_CODE}:0`, 6],
    ] as const) {
      bench.setSegment(SS, USER_DATA, DATA, 0xffff, ATTR_DATA16 | ATTR_DPL3);
      r[ESP] = sp;
      expect([text, run(bench, text)]).toEqual([text, { vector: VEC_SS, errorCode: 0, eip: CODE }]);
      expect(r[ESP]).toBe(sp);
    }
  });
});

describe("stack limits", () => {
  /** The instruction raises #SS(0) at CPL 3, where the handler has a good stack. */
  function expectFault(text: string, esp: number, openStack: () => void): void {
    bench.setPrivilege(3);
    openStack();
    r[ESP] = esp;
    expect(run(bench, text)).toEqual({ vector: VEC_SS, errorCode: 0, eip: CODE });
    expect(r[ESP]).toBe(esp);
  }
  const small = (): void => stackOf(DATA, 0xfff, 0x4093 | ATTR_DPL3);
  const expandDown = (): void => stackOf(0, 0x7fff, 0x4097 | ATTR_DPL3);

  test("a push below the start of an expand-up segment wraps above its limit and raises #SS(0)", () => {
    expectFault("push eax", 0, small);
    expectFault("pusha", 16, small);
    expectFault("enter 8, 0", 2, small);
    expectFault("enter 0x100, 0", 0x20, small);
  });
  test("a pop beyond the limit raises #SS(0)", () => {
    expectFault("pop eax", 0xffd, small);
    expectFault("popa", 0xff0, small);
    expectFault("ret", 0xffe, small);
  });
  test("an expand-down segment reaches from limit + 1 upwards", () => {
    bench.setPrivilege(3);
    expandDown();
    r[ESP] = 0x8004;
    expect(run(bench, "push eax")?.vector).toBe(VEC_GP);
    expectFault("push eax", 0x8000, expandDown);
  });
});

describe("PUSHA and POPA", () => {
  test("push all eight registers, with ESP from before", () => {
    for (let reg = 0; reg < 8; reg++) if (reg !== ESP) r[reg] = reg + 1;
    run(bench, "pusha");
    expect(r[ESP]).toBe(STACK_TOP - 32);
    const values = [EDI, ESI, EBP, ESP, EBX, EDX, ECX, EAX].map((_, i) =>
      bench.read32(STACK_TOP - 32 + i * 4),
    );
    expect(values).toEqual([8, 7, 6, STACK_TOP, 4, 3, 2, 1]);
  });
  test("POPA restores all but ESP", () => {
    for (let reg = 0; reg < 8; reg++) if (reg !== ESP) r[reg] = reg + 1;
    run(bench, "pusha\nmov dword [esp+12], 0\nmov eax, 0\nmov edi, 0\npopa");
    expect([...r.subarray(0, 8)]).toEqual([1, 2, 3, 4, STACK_TOP, 6, 7, 8]);
  });
  test("16-bit forms leave the upper halves", () => {
    r[EAX] = 0x1111_2222;
    run(bench, "o16 pusha\nmov eax, -1\no16 popa");
    expect(r[EAX] >>> 0).toBe(0xffff_2222);
  });
  test("a fault in POPA changes no register", () => {
    bench.mmu.absent.add(PAGE + 1);
    r[ESP] = DATA + 4096 - 16;
    r[EDI] = 5;
    load(bench, "popa");
    // The frame of the fault goes to the page below.
    expect(bench.go(10)).toEqual({ vector: VEC_PF, errorCode: 0, eip: CODE });
    expect(r[EDI]).toBe(5);
    expect(r[ESP]).toBe(DATA + 4096 - 16);
  });
});

describe("PUSHF and POPF", () => {
  test("PUSHFD shows VM and RF as 0", () => {
    bench.flags = 0x0020_0ad7;
    run(bench, "pushfd");
    expect(bench.read32(STACK_TOP - 4)).toBe(0x0020_0ad7);
  });
  test("at CPL 0 POPFD changes everything but VM, RF, VIF, VIP", () => {
    run(bench, "push 0xfffffeff\npopfd");
    expect(bench.flags).toBe(0x0024_7ed7);
  });
  test("at CPL 3 with IOPL 0 POPFD leaves IF and IOPL", () => {
    bench.setPrivilege(3);
    bench.flags = 0x202;
    run(bench, "push 0x3000\npopfd\nint3");
    expect(bench.flags & 0x3200).toBe(0x200);
  });
  test("at CPL 3 with IOPL 3 POPFD changes IF but not IOPL", () => {
    bench.setPrivilege(3);
    bench.flags = 0x3202;
    run(bench, "push 0\npopfd\nint3");
    expect(bench.flags & 0x3200).toBe(0x3000);
  });
  test("POPF leaves the upper half", () => {
    bench.flags = 0x0020_0002;
    run(bench, "push word 0x0041\npopfw");
    expect(bench.flags).toBe(0x0020_0043);
  });
  test("POPF that sets IF lets a waiting interrupt in at once", () => {
    const labels = load(bench, "push 0x202\npopfd\nnext: mov eax, 1");
    bench.cpu.acknowledge = () => 0x40;
    bench.cpu.setInterruptLine(true);
    expect(bench.go(10)).toEqual({ vector: 0x40, errorCode: -1, eip: labels.get("next") });
    bench.cpu.setInterruptLine(false);
  });
});

describe("ENTER and LEAVE", () => {
  test("ENTER n,0 saves EBP and reserves n bytes", () => {
    r[EBP] = 0x1234;
    run(bench, "enter 0x20, 0");
    expect(r[EBP]).toBe(STACK_TOP - 4);
    expect(r[ESP]).toBe(STACK_TOP - 0x24);
    expect(bench.read32(STACK_TOP - 4)).toBe(0x1234);
  });
  test("ENTER with level 3 copies two frame pointers and adds its own", () => {
    r[EBP] = DATA;
    bench.write32(DATA - 4, 0xaaa);
    bench.write32(DATA - 8, 0xbbb);
    run(bench, "enter 8, 3");
    const frame = STACK_TOP - 4;
    expect(r[EBP]).toBe(frame);
    expect(r[ESP]).toBe(frame - 12 - 8);
    expect([frame, frame - 4, frame - 8, frame - 12].map((at) => bench.read32(at))).toEqual([
      DATA,
      0xaaa,
      0xbbb,
      frame,
    ]);
  });
  test("ENTER faults if a write at the final ESP would, and changes nothing", () => {
    bench.setPrivilege(3);
    bench.mmu.absent.add(PAGE);
    r[ESP] = DATA + 4096 + 16;
    r[EBP] = 9;
    expect(run(bench, "enter 0x20, 0")).toEqual({ vector: VEC_PF, errorCode: 6, eip: CODE });
    expect(r[EBP]).toBe(9);
    expect(r[ESP]).toBe(DATA + 4096 + 16);
  });
  test("LEAVE undoes ENTER", () => {
    r[EBP] = 0x1234;
    run(bench, "enter 0x20, 0\nleave");
    expect(r[EBP]).toBe(0x1234);
    expect(r[ESP]).toBe(STACK_TOP);
  });
  test("16-bit forms move BP only", () => {
    r[EBP] = 0x7777_1234;
    run(bench, "o16 enter 4, 0");
    expect(r[EBP]).toBe(0x7777_0000 + ((STACK_TOP - 2) & 0xffff));
    expect(bench.read16(STACK_TOP - 2)).toBe(0x1234);
    r[EBP] = STACK_TOP - 2;
    run(bench, "o16 leave");
    expect(r[EBP]).toBe(0x1234);
    expect(r[ESP]).toBe(STACK_TOP);
  });
});

describe("POP SS", () => {
  test("holds interrupts off for one instruction", () => {
    const labels = load(bench, `push ${KERNEL_DATA}\npop ss\nmov eax, 1\nthere: nop`);
    bench.cpu.acknowledge = () => 0x40;
    bench.flags = 0x202;
    bench.step(1);
    bench.step(1);
    bench.cpu.setInterruptLine(true);
    expect(bench.go(10)?.eip).toBe(labels.get("there"));
    expect(r[EAX]).toBe(1);
    bench.cpu.setInterruptLine(false);
  });
  test("moves the pointer of the old stack's width", () => {
    segment(bench, FREE_SELECTOR, DATA16, 0, 0xffff);
    run(bench, `push ${FREE_SELECTOR}\npop ss`);
    expect(r[SEG_SELECTOR + SS]).toBe(FREE_SELECTOR);
    expect(r[ESP]).toBe(STACK_TOP);
  });
});

test("the fault frame of ring 3 comes back", () => {
  bench.setPrivilege(3);
  expect(run(bench, "int3")).toMatchObject({ vector: 13, errorCode: 3 * 8 + 2 });
  expect(r[SEG_SELECTOR + CS]).toBe(USER_CODE);
});
