import { beforeEach, describe, expect, test } from "vitest";
import {
  CR0,
  CR0_TS,
  CR2,
  CR3,
  CR4,
  CR4_TSD,
  DR0,
  DR6,
  DR7,
  EAX,
  EBX,
  ECX,
  EDX,
  EFER,
  GDTR_BASE,
  GDTR_LIMIT,
  IDTR_BASE,
  IDTR_LIMIT,
  LDTR,
  SEG_ATTR,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SYSENTER_EIP,
  TR,
  VEC_DB,
  VEC_GP,
  VEC_NP,
  VEC_PF,
} from "../../../src/cpu/state.ts";
import { EXIT_HLT, EXIT_MSR } from "../../../src/mmu/mmu.ts";
import { Bench, CODE, DATA, FREE_SELECTOR, GDT, KERNEL_DATA, TSS, TSS_SELECTOR } from "../../support/cpu.ts";
import { load, run, segment } from "../../support/descriptors.ts";

const bench = new Bench();
const { cpu, mmu } = bench;
const { r } = cpu;
const SEL = FREE_SELECTOR;
const GP0 = { vector: VEC_GP, errorCode: 0, eip: CODE };

beforeEach(() => {
  mmu.absent.clear();
  mmu.exits = [];
  bench.reset();
});

describe("privileged instructions", () => {
  const all = [
    ...[
      `lgdt [${DATA}]`,
      `lidt [${DATA}]`,
      "lldt ax",
      "ltr ax",
      "lmsw ax",
      "clts",
      "hlt",
      `invlpg [${DATA}]`,
    ],
    ...["invd", "wbinvd", "rdmsr", "wrmsr", "mov eax, cr0", "mov cr0, eax", "mov cr2, eax", "mov cr3, eax"],
    ...["mov cr4, eax", "mov eax, dr0", "mov dr7, eax"],
  ];
  for (const text of all) {
    test(`${text} at CPL 3 is #GP(0)`, () => {
      bench.setPrivilege(3);
      expect(run(bench, text)).toEqual(GP0);
    });
  }
  test("SGDT, SIDT, SLDT, STR and SMSW are not", () => {
    bench.setPrivilege(3);
    load(bench, `sgdt [${DATA}]\nsidt [${DATA}]\nsldt ax\nstr ax\nsmsw ax`);
    bench.step(5);
    expect(r[EAX] & 0xffff).toBe(0x31);
  });
});

describe("GDTR and IDTR", () => {
  test("load and store limit and base", () => {
    bench.write16(DATA, 0x2ff);
    bench.write32(DATA + 2, 0x8123_4567);
    run(bench, `lgdt [${DATA}]\nsgdt [${DATA + 16}]`);
    expect([r[GDTR_LIMIT], r[GDTR_BASE] >>> 0]).toEqual([0x2ff, 0x8123_4567]);
    expect(bench.bytes(DATA + 16, 6)).toEqual([0xff, 0x02, 0x67, 0x45, 0x23, 0x81]);
    run(bench, `lidt [${DATA}]\nsidt [${DATA + 32}]`);
    expect([r[IDTR_LIMIT], r[IDTR_BASE] >>> 0]).toEqual([0x2ff, 0x8123_4567]);
    expect(bench.bytes(DATA + 32, 6)).toEqual(bench.bytes(DATA, 6));
  });
  test("with 16-bit operands load 24 bits of the base, and store all", () => {
    bench.write16(DATA, 0x2ff);
    bench.write32(DATA + 2, 0x8123_4567);
    run(bench, `o16 lgdt [${DATA}]`);
    expect(r[GDTR_BASE]).toBe(0x23_4567);
    r[GDTR_BASE] = 0x8123_4567 | 0;
    run(bench, `o16 sgdt [${DATA + 16}]`);
    expect(bench.bytes(DATA + 16, 6)).toEqual([0xff, 0x02, 0x67, 0x45, 0x23, 0x81]);
  });
  test("a store that faults on its second page writes nothing", () => {
    mmu.absent.add((DATA >>> 12) + 1);
    bench.load(DATA + 4092, [1, 2, 3, 4]);
    expect(run(bench, `sgdt [${DATA + 4092}]`)?.vector).toBe(VEC_PF);
    expect(bench.bytes(DATA + 4092, 4)).toEqual([1, 2, 3, 4]);
  });
});

describe("LDTR and TR", () => {
  test("LLDT caches the LDT", () => {
    segment(bench, SEL, 0x82, DATA, 0x1f);
    run(bench, `mov ax, ${SEL}\nlldt ax\nsldt ecx`);
    expect([r[SEG_SELECTOR + LDTR], r[SEG_BASE + LDTR], r[SEG_LIMIT + LDTR], r[ECX]]).toEqual([
      SEL,
      DATA,
      0x1f,
      SEL,
    ]);
  });
  test("LLDT of a null selector leaves no LDT", () => {
    run(bench, "mov ax, 0\nlldt ax");
    expect(r[SEG_ATTR + LDTR]).toBe(0);
  });
  test("LTR marks the TSS busy, in memory and in TR", () => {
    segment(bench, SEL, 0x89, TSS, 0x67);
    run(bench, `mov ax, ${SEL}\nltr ax\nstr ecx`);
    expect(bench.read8(GDT + SEL + 5)).toBe(0x8b);
    expect([r[SEG_SELECTOR + TR], r[SEG_BASE + TR], r[SEG_ATTR + TR], r[ECX]]).toEqual([SEL, TSS, 0x8b, SEL]);
  });
  test("the checks of LLDT and LTR", () => {
    const fault = (op: string, selector: number, vector: number, errorCode: number): void => {
      r[EAX] = selector;
      expect(run(bench, `${op} ax`)).toEqual({ vector, errorCode, eip: CODE });
    };
    fault("ltr", 0, VEC_GP, 0);
    for (const op of ["lldt", "ltr"]) {
      fault(op, 0x0c, VEC_GP, 0x0c);
      fault(op, 0x2000, VEC_GP, 0x2000);
      fault(op, KERNEL_DATA, VEC_GP, KERNEL_DATA);
      // Busy.
      fault(op, TSS_SELECTOR, VEC_GP, TSS_SELECTOR);
    }
    segment(bench, SEL, 0x02);
    fault("lldt", SEL, VEC_NP, SEL);
    segment(bench, SEL, 0x09);
    fault("ltr", SEL, VEC_NP, SEL);
  });
});

describe("CR0 to CR4", () => {
  const write = (register: string, value: number) => {
    r[EAX] = value;
    return run(bench, `mov ${register}, eax`);
  };
  test("CR0 keeps ET set and reserved bits clear", () => {
    expect(write("cr0", 0x0fff_ffef & ~0x2000_0000)).toBeNull();
    expect(r[CR0]).toBe(0x0005_003f & ~0x2000_0000);
  });
  test("PG without PE and NW without CD are #GP(0)", () => {
    expect(write("cr0", 0x8000_0010)).toEqual(GP0);
    expect(write("cr0", 0x2000_0011)).toEqual(GP0);
    expect(write("cr0", 0x6000_0011)).toBeNull();
  });
  test("reserved bits of CR4 are #GP(0)", () => {
    for (const bit of [11, 13, 20, 21, 31]) expect(write("cr4", 1 << bit)).toEqual(GP0);
    expect(write("cr4", 0x1b4)).toBeNull();
    expect(r[CR4]).toBe(0x1b4);
  });
  test("what the MMU refuses is #GP(0) and changes nothing", () => {
    const refuse = () => false;
    const { setCr0, setCr3, setCr4 } = mmu;
    Object.assign(mmu, { setCr0: refuse, setCr3: refuse, setCr4: refuse });
    for (const [register, word] of [
      ["cr0", CR0],
      ["cr3", CR3],
      ["cr4", CR4],
    ] as const) {
      const before = r[word];
      expect(write(register, 0x33)).toEqual(GP0);
      expect(r[word]).toBe(before);
    }
    Object.assign(mmu, { setCr0, setCr3, setCr4 });
  });
  test("CR2 and CR3 read back", () => {
    run(
      bench,
      "mov eax, 0x12345678\nmov cr2, eax\nmov ebx, cr2\nmov eax, 0x5000\nmov cr3, eax\nmov ecx, cr3",
    );
    expect([r[CR2], r[EBX], r[CR3], r[ECX]]).toEqual([0x1234_5678, 0x1234_5678, 0x5000, 0x5000]);
  });
  test("SMSW gives a register all of CR0, memory a word", () => {
    r[CR0] |= 0x5_0000;
    bench.write32(DATA, -1);
    run(bench, `smsw eax\nsmsw [${DATA}]`);
    expect(r[EAX]).toBe(0x5_0031);
    expect(bench.read32(DATA) >>> 0).toBe(0xffff_0031);
  });
  test("LMSW changes the low four bits and cannot clear PE", () => {
    run(bench, "mov ax, 0xfffe\nlmsw ax");
    expect(r[CR0]).toBe(0x3f);
    run(bench, "mov ax, 0\nlmsw ax");
    expect(r[CR0]).toBe(0x31);
  });
  test("CLTS clears TS", () => {
    r[CR0] |= CR0_TS;
    run(bench, "clts");
    expect(r[CR0] & CR0_TS).toBe(0);
  });
});

describe("debug registers", () => {
  test("store, with fixed bits in DR6 and DR7", () => {
    run(bench, "mov eax, -1\nmov dr0, eax\nmov dr6, eax\nmov eax, 0xffffdfff\nmov dr7, eax\nmov ecx, dr6");
    expect([r[DR0], r[DR6] >>> 0, r[DR7] >>> 0, r[ECX] >>> 0]).toEqual([
      -1, 0xffff_efff, 0xffff_07ff, 0xffff_efff,
    ]);
  });
  test("DR4 and DR5 are other names of DR6 and DR7", () => {
    run(bench, "mov eax, dr4\nmov ecx, dr5");
    expect([r[EAX] >>> 0, r[ECX]]).toEqual([0xffff_0ff0, 0x400]);
  });
  test("DR7.GD makes an access #DB, once, with BD in DR6", () => {
    r[DR7] = 0x2400;
    expect(run(bench, "mov eax, dr0")).toEqual({ vector: VEC_DB, errorCode: -1, eip: CODE });
    expect([r[DR6] & 0x2000, r[DR7]]).toEqual([0x2000, 0x400]);
  });
});

describe("MSRs and counters", () => {
  const rdmsr = (msr: number) => {
    r[ECX] = msr;
    return run(bench, "rdmsr");
  };
  const wrmsr = (msr: number, low: number, high = 0) => {
    r[ECX] = msr;
    r[EAX] = low;
    r[EDX] = high;
    return run(bench, "wrmsr");
  };
  test("SYSENTER_* read back", () => {
    for (const msr of [0x174, 0x175, 0x176]) {
      expect(wrmsr(msr, 0x1234 + msr)).toBeNull();
      expect(rdmsr(msr)).toBeNull();
      expect(r[EAX]).toBe(0x1234 + msr);
    }
    expect(r[SYSENTER_EIP]).toBe(0x1234 + 0x176);
    expect(mmu.exits[0]).toBe(EXIT_MSR);
  });
  test("EFER has NXE only", () => {
    expect(wrmsr(0xc000_0080, 0x800)).toBeNull();
    expect(r[EFER]).toBe(0x800);
    expect(wrmsr(0xc000_0080, 0x801)).toEqual(GP0);
    expect(wrmsr(0xc000_0080, 0x800, 1)).toEqual(GP0);
    expect(r[EFER]).toBe(0x800);
  });
  test("unknown ones are #GP(0)", () => {
    expect(rdmsr(0x1c)).toEqual(GP0);
    expect(wrmsr(0x1c, 0)).toEqual(GP0);
  });
  test("RDTSC counts instructions exactly", () => {
    run(bench, "rdtsc\nmov ebx, eax\nnop\nnop\nrdtsc\nsub eax, ebx");
    expect(r[EAX]).toBe(4);
  });
  test("WRMSR sets the counter, all 64 bits", () => {
    load(bench, "mov ecx, 0x10\nmov eax, 0xfffffffe\nmov edx, 5\nwrmsr\nnop\nrdtsc");
    bench.go(10);
    expect([r[EAX], r[EDX]]).toEqual([0, 6]);
    wrmsr(0x10, 0, 0);
    rdmsr(0x10);
    expect([r[EDX], r[EAX] < 100, r[EAX] > 0]).toEqual([0, true, true]);
  });
  test("RDTSC at CPL 3 needs CR4.TSD clear, RDPMC needs CR4.PCE", () => {
    bench.setPrivilege(3);
    load(bench, "rdtsc");
    bench.step(1);
    r[CR4] = CR4_TSD;
    expect(run(bench, "rdtsc")).toEqual(GP0);
    r[ECX] = 0;
    expect(run(bench, "rdpmc")).toEqual(GP0);
    bench.setPrivilege(0);
    expect(run(bench, "rdpmc")).toBeNull();
    expect([r[EAX], r[EDX]]).toEqual([0, 0]);
    r[ECX] = 2;
    expect(run(bench, "rdpmc")).toEqual(GP0);
  });
});

test("HLT is an exit", () => {
  run(bench, "nop");
  expect(mmu.exits).toEqual([EXIT_HLT]);
});

test("INVLPG names a linear address, without limit checks", () => {
  const seen: number[] = [];
  mmu.invlpg = (gva) => seen.push(gva >>> 0);
  segment(bench, SEL, 0x4093, 0x1_0000, 0xf);
  run(bench, `mov ax, ${SEL}\nmov fs, ax\ninvlpg [fs:0x5000]`);
  expect(seen).toEqual([0x1_5000]);
});
