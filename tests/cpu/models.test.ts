/**
 * Processor models: what CPUID announces is there, and what it does not announce faults.
 * SDM: volume 2, "CPUID"; volume 3, 2.5; volume 4.
 */
import { describe, expect, test } from "vitest";
import { CPU_MODELS, type CpuModelName, cpuModel } from "../../src/cpu/models.ts";
import { CR4, EAX, EBX, ECX, EDX, VEC_GP, VEC_UD } from "../../src/cpu/state.ts";
import { EXIT_CPUID } from "../../src/mmu/mmu.ts";
import { Bench, CODE, DATA } from "../support/cpu.ts";

const GP0 = { vector: VEC_GP, errorCode: 0, eip: CODE };

function leaf(bench: Bench, number: number): number[] {
  const { r } = bench.cpu;
  r[EAX] = number;
  bench.asm("cpuid");
  return [r[EAX], r[EBX], r[ECX], r[EDX]].map((word) => word >>> 0);
}

const text = (words: number[]): string =>
  words
    .map((word) => String.fromCharCode(word & 0xff, (word >> 8) & 0xff, (word >> 16) & 0xff, word >>> 24))
    .join("");

/** A fault, or null. */
const rdmsr = (bench: Bench, msr: number) => {
  bench.cpu.r[ECX] = msr | 0;
  return bench.asm("rdmsr");
};
const wrmsr = (bench: Bench, msr: number, low: number, high = 0) => {
  const { r } = bench.cpu;
  r[ECX] = msr | 0;
  r[EAX] = low;
  r[EDX] = high;
  return bench.asm("wrmsr");
};
const value = (bench: Bench, msr: number): number[] => {
  expect(rdmsr(bench, msr)).toBeNull();
  return [bench.cpu.r[EAX] >>> 0, bench.cpu.r[EDX] >>> 0];
};

describe.each(CPU_MODELS.map(({ name }) => name))("CPUID of %s", (name) => {
  const bench = new Bench(name);

  test("names a processor of our own", () => {
    const [, b, c, d] = leaf(bench, 0);
    expect(text([b, d, c])).toBe("GenuineUmbra");
    const brand = [0x8000_0002, 0x8000_0003, 0x8000_0004].flatMap((number) => leaf(bench, number));
    expect(text(brand).replace(/\0+$/, "")).toBe(`Umbra ${name} shadow-paged processor`);
  });

  test("gives the signature that EDX has after a reset", () => {
    bench.cpu.reset();
    expect(bench.cpu.r[EDX]).toBe(cpuModel(name).signature);
    bench.reset();
    expect(leaf(bench, 1)[0]).toBe(cpuModel(name).signature);
  });

  test("beyond its last leaf answers as the last basic one, as Intel's do", () => {
    const [last] = leaf(bench, 0);
    expect(leaf(bench, last + 1)).toEqual(leaf(bench, last));
    expect(leaf(bench, 0x4000_0000)).toEqual(leaf(bench, last));
    expect(leaf(bench, 0x8000_0100)).toEqual(leaf(bench, last));
  });

  test("is an exit", () => {
    bench.mmu.exits = [];
    leaf(bench, 0);
    expect(bench.mmu.exits[0]).toBe(EXIT_CPUID);
  });
});

test.each<[CpuModelName, number]>([
  ["486", 0x0000_0003],
  ["pentium", 0x0080_03bf],
  ["i686", 0x0183_fbff],
  ["pentium4", 0x078b_fbff],
  ["max", 0x078b_fbff],
])("%s announces these features: %d", (name, edx) => {
  expect(leaf(new Bench(name), 1)[3]).toBe(edx);
});

test("36 physical and 32 linear address bits; NX; SMEP, SMAP and UMIP for max only", () => {
  expect(leaf(new Bench("pentium4"), 0x8000_0008)[0]).toBe(0x2024);
  expect(leaf(new Bench("pentium4"), 0x8000_0001)[3]).toBe(1 << 20);
  expect(leaf(new Bench("i686"), 0x8000_0001)[3]).toBe(0);
  expect(leaf(new Bench("max"), 7).slice(1)).toEqual([(1 << 7) | (1 << 20), 1 << 2, 0]);
});

describe("instructions that are not announced raise #UD", () => {
  test.each<[string, number[], CpuModelName | null, CpuModelName]>([
    ["CMOVcc", [0x0f, 0x44, 0xc0], "pentium", "i686"],
    ["CMPXCHG8B", [0x0f, 0xc7, 0x0d, ...[DATA & 0xff, (DATA >> 8) & 0xff, DATA >> 16, 0]], "486", "pentium"],
    ["RDTSC", [0x0f, 0x31], "486", "pentium"],
    ["NOP with an operand", [0x0f, 0x1f, 0xc0], "pentium", "i686"],
    ["RDPMC", [0x31, 0xc9, 0x0f, 0x33], "pentium", "i686"],
    ["FNINIT", [0xdb, 0xe3], null, "486"],
    ["FCMOVE", [0xdb, 0xe3, 0xda, 0xc8], "pentium", "i686"],
    ["EMMS", [0x0f, 0x77], "486", "pentium"],
    ["FXSAVE", [0x0f, 0xae, 0x05, ...[DATA & 0xff, (DATA >> 8) & 0xff, DATA >> 16, 0]], "pentium", "i686"],
    ["SFENCE", [0x0f, 0xae, 0xf8], "i686", "pentium4"],
    ["LFENCE", [0x0f, 0xae, 0xe8], "i686", "pentium4"],
    ["CLFLUSH", [0x0f, 0xae, 0x3d, 0, 0, 1, 0], "i686", "pentium4"],
    ["STAC", [0x0f, 0x01, 0xcb], "pentium4", "max"],
    ["INVLPG", [0x0f, 0x01, 0x38], null, "486"],
  ])("%s", (_name, bytes, without, having) => {
    expect(new Bench(having).exec(...bytes)).toBeNull();
    if (without !== null) expect(new Bench(without).exec(...bytes)).toMatchObject({ vector: VEC_UD });
  });
});

describe("bits of CR4 that are not announced raise #GP(0)", () => {
  test.each<[string, number, CpuModelName | null, CpuModelName]>([
    ["VME", 0, null, "486"],
    ["TSD", 2, "486", "pentium"],
    ["DE", 3, "486", "pentium"],
    ["PAE", 5, "pentium", "i686"],
    ["PGE", 7, "pentium", "i686"],
    ["OSFXSR", 9, "pentium", "i686"],
    ["OSXMMEXCPT", 10, "i686", "pentium4"],
    ["UMIP", 11, "pentium4", "max"],
    ["SMEP", 20, "pentium4", "max"],
    ["SMAP", 21, "pentium4", "max"],
  ])("%s", (_name, bit, without, having) => {
    const write = (bench: Bench) => bench.asm(`mov eax, ${(1 << bit) >>> 0}\nmov cr4, eax`);
    const bench = new Bench(having);
    expect(write(bench)).toBeNull();
    expect(bench.cpu.r[CR4]).toBe(1 << bit);
    if (without !== null) expect(write(new Bench(without))).toMatchObject({ vector: VEC_GP, errorCode: 0 });
  });
  test("and so do bits that nobody has", () => {
    expect(new Bench("max").asm("mov eax, 0x80000000\nmov cr4, eax")).toMatchObject({ vector: VEC_GP });
  });
});

describe("model-specific registers", () => {
  test("the PAT begins as WB WT UC- UC twice, takes every type but the reserved ones, and keeps it", () => {
    const bench = new Bench();
    expect(value(bench, 0x277)).toEqual([0x0007_0406, 0x0007_0406]);
    expect(wrmsr(bench, 0x277, 0x0605_0401, 0x0007_0100)).toBeNull();
    expect(value(bench, 0x277)).toEqual([0x0605_0401, 0x0007_0100]);
    for (const reserved of [2, 3, 8]) expect(wrmsr(bench, 0x277, reserved)).toEqual(GP0);
    expect(wrmsr(bench, 0x277, 0, 0x0200_0000)).toEqual(GP0);
  });

  test("eight variable and eleven fixed MTRRs are stored, within 36 address bits and the memory types", () => {
    const bench = new Bench();
    expect(value(bench, 0xfe)).toEqual([0x508, 0]);
    expect(wrmsr(bench, 0xfe, 0)).toEqual(GP0);
    for (let i = 0; i < 8; i++) {
      expect(wrmsr(bench, 0x200 + 2 * i, 0xe000_0006 | 0, 0xf)).toBeNull();
      expect(wrmsr(bench, 0x201 + 2 * i, 0xf000_0800 | 0, 0xf)).toBeNull();
      expect(value(bench, 0x200 + 2 * i)).toEqual([0xe000_0006, 0xf]);
    }
    expect(wrmsr(bench, 0x200, 0x0000_0002)).toEqual(GP0);
    expect(wrmsr(bench, 0x200, 0x0000_0106)).toEqual(GP0);
    expect(wrmsr(bench, 0x201, 0, 0x10)).toEqual(GP0);
    expect(rdmsr(bench, 0x210)).toEqual(GP0);
    for (const fixed of [0x250, 0x258, 0x259, 0x268, 0x26f]) {
      expect(wrmsr(bench, fixed, 0x0606_0606, 0x0505_0505)).toBeNull();
      expect(wrmsr(bench, fixed, 0x0606_0206)).toEqual(GP0);
    }
    expect(wrmsr(bench, 0x2ff, 0xc06)).toBeNull();
    expect(wrmsr(bench, 0x2ff, 0x1c06)).toEqual(GP0);
  });

  test("machine checks: no banks, nothing to report", () => {
    const bench = new Bench();
    expect(value(bench, 0x179)).toEqual([0, 0]);
    expect(wrmsr(bench, 0x17a, 0)).toBeNull();
    expect(wrmsr(bench, 0x17a, 1)).toEqual(GP0);
    expect(rdmsr(bench, 0x400)).toEqual(GP0);
  });

  test("performance counters read 0, whatever was written", () => {
    const bench = new Bench();
    expect(wrmsr(bench, 0xc1, 1234)).toBeNull();
    expect(value(bench, 0xc1)).toEqual([0, 0]);
  });

  test("the microcode revision can be cleared and read, as kernels do; there is no update to load", () => {
    const bench = new Bench();
    expect(wrmsr(bench, 0x8b, 0)).toBeNull();
    leaf(bench, 1);
    expect(value(bench, 0x8b)).toEqual([0, 0]);
    expect(wrmsr(bench, 0x79, 0x1000)).toBeNull();
  });

  test.each<[string, number, CpuModelName]>([
    ["EFER without NX", 0xc000_0080, "i686"],
    ["SYSENTER_CS without SEP", 0x174, "pentium"],
    ["PAT", 0x277, "pentium"],
    ["MTRRCAP", 0xfe, "pentium"],
    ["MISC_ENABLE", 0x1a0, "i686"],
    ["a number that nobody has", 0x1234, "max"],
  ])("%s raises #GP(0)", (_name, msr, model) => {
    expect(rdmsr(new Bench(model), msr)).toEqual(GP0);
    expect(wrmsr(new Bench(model), msr, 0)).toEqual(GP0);
  });
});

describe("CR4.UMIP", () => {
  test.each(["sgdt [0x10000]", "sidt [0x10000]", "sldt ax", "str ax", "smsw ax"])(
    "makes %s a matter of CPL 0",
    (instruction) => {
      const bench = new Bench("max");
      bench.cpu.r[CR4] = 1 << 11;
      expect(bench.asm(instruction)).toBeNull();
      bench.setPrivilege(3);
      expect(bench.asm(instruction)).toEqual(GP0);
    },
  );
});

describe("IA32_APIC_BASE", () => {
  const ENABLED = 0xfee0_0900;

  test("after a reset the local APIC is on, at FEE00000, in the processor that boots", () => {
    const bench = new Bench("pentium4");
    bench.cpu.reset();
    bench.reset();
    expect(value(bench, 0x1b)).toEqual([ENABLED, 0]);
  });

  test("an APIC that is switched off is not announced", () => {
    const bench = new Bench("pentium4");
    expect((leaf(bench, 1)[3] >>> 9) & 1).toBe(1);
    expect(wrmsr(bench, 0x1b, ENABLED & ~(1 << 11))).toBeNull();
    expect((leaf(bench, 1)[3] >>> 9) & 1).toBe(0);
  });

  test.each([
    ["bit 0", ENABLED | 1, 0],
    ["bit 9", ENABLED | (1 << 9), 0],
    ["x2APIC mode", ENABLED | (1 << 10), 0],
    ["an address beyond 36 bits", ENABLED, 0x10],
  ])("%s raises #GP(0), and the register stays as it was", (_, low, high) => {
    const bench = new Bench("pentium4");
    expect(wrmsr(bench, 0x1b, low, high)).toEqual(GP0);
    expect(value(bench, 0x1b)).toEqual([ENABLED, 0]);
  });

  test("the board hears of a change", () => {
    const bench = new Bench("pentium4");
    let changes = 0;
    bench.cpu.apicBaseChanged = () => changes++;
    wrmsr(bench, 0x1b, ENABLED & ~(1 << 11));
    expect(changes).toBe(1);
  });
});
