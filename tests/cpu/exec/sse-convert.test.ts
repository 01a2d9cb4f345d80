/** CVT: roundings, what does not fit, and what becomes of the x87 where MMX registers take part. */
import { beforeEach, describe, expect, it } from "vitest";
import {
  CR0,
  CR0_NE,
  EAX,
  ECX,
  ESI,
  FPR,
  FPU_CONTROL,
  FPU_STATUS,
  FPU_TAGS,
  MXCSR,
  VEC_MF,
  VEC_PF,
  VEC_XM,
  XMM,
} from "../../../src/cpu/state.ts";
import { DATA } from "../../support/cpu.ts";
import { encodeSse, MEMORY_ESI, REGISTERS, sseBench } from "../../support/sse.ts";

const MASKED = 0x1f80;
const IE = 1;
const DE = 2;
const PE = 0x20;
const ROUNDINGS = [0, 1, 2, 3].map((rounding) => MASKED | (rounding << 13));
const INDEFINITE = 0x8000_0000 | 0;

const bench = sseBench();
const { r } = bench.cpu;
const view = new DataView(r.buffer, r.byteOffset);
beforeEach(() => {
  r[MXCSR] = MASKED;
  r[FPU_STATUS] = 5 << 11;
  r[FPU_TAGS] = 0b1010_0000;
  r[FPU_CONTROL] = 0x37f;
  r[CR0] |= CR0_NE;
  r[ESI] = DATA;
  bench.mmu.absent.clear();
});

function setDouble(register: number, element: number, value: number): void {
  view.setFloat64((XMM + register * 4 + element * 2) * 4, value, true);
}
function setSingle(register: number, element: number, value: number): void {
  view.setFloat32((XMM + register * 4 + element) * 4, value, true);
}
const getSingle = (register: number, element: number): number =>
  view.getFloat32((XMM + register * 4 + element) * 4, true);
const execute = (name: string, modrm = REGISTERS) => bench.exec(...encodeSse(name, modrm));

/** What CVTSD2SI makes of a number in each rounding mode: nearest, down, up, to zero. */
function inAllModes(name: string, value: number): number[] {
  return ROUNDINGS.map((mxcsr) => {
    r[MXCSR] = mxcsr;
    setDouble(1, 0, value);
    expect(execute(name)).toBeNull();
    return r[EAX];
  });
}

describe("to integers", () => {
  it("round as MXCSR says, ties to even", () => {
    expect(inAllModes("cvtsd2si", 2.5)).toEqual([2, 2, 3, 2]);
    expect(inAllModes("cvtsd2si", -2.5)).toEqual([-2, -3, -2, -2]);
    expect(inAllModes("cvtsd2si", 3.5)).toEqual([4, 3, 4, 3]);
    expect(inAllModes("cvtsd2si", -0.25)).toEqual([0, -1, 0, 0]);
    expect(r[MXCSR] & 0x3f).toBe(PE);
  });
  it("with two Ts cut off, whatever MXCSR says", () => {
    expect(inAllModes("cvttsd2si", -2.75)).toEqual([-2, -2, -2, -2]);
  });
  it("that do not fit are the integer indefinite: invalid, and not inexact too", () => {
    for (const value of [2 ** 31, -(2 ** 31) - 1, 1e300, Number.NaN, Number.NEGATIVE_INFINITY]) {
      r[MXCSR] = MASKED;
      setDouble(1, 0, value);
      execute("cvtsd2si");
      expect([r[EAX], r[MXCSR] & 0x3f], String(value)).toEqual([INDEFINITE, IE]);
    }
  });
  it("fit or not after rounding", () => {
    expect(inAllModes("cvtsd2si", 2147483647.5)).toEqual([INDEFINITE, 2147483647, INDEFINITE, 2147483647]);
    // The indefinite is also the smallest integer: flags tell one from the other.
    const flags = ROUNDINGS.map((mxcsr) => {
      r[MXCSR] = mxcsr;
      setDouble(1, 0, -2147483648.5);
      execute("cvtsd2si");
      expect(r[EAX]).toBe(INDEFINITE);
      return r[MXCSR] & 0x3f;
    });
    expect(flags).toEqual([PE, IE, PE, PE]);
    r[MXCSR] = MASKED;
    setDouble(1, 0, -2147483648);
    execute("cvtsd2si");
    expect([r[EAX], r[MXCSR] & 0x3f]).toEqual([INDEFINITE, 0]);
  });
  it("take no notice of denormals", () => {
    r[XMM + 4] = 1;
    execute("cvtss2si");
    expect([r[EAX], r[MXCSR] & 0x3f]).toEqual([0, PE]);
  });
  it("clear the upper half where two doubles become two integers or singles", () => {
    for (const name of ["cvtpd2dq", "cvttpd2dq", "cvtpd2ps"]) {
      r.fill(-1, XMM, XMM + 4);
      setDouble(1, 0, 1);
      setDouble(1, 1, 2);
      execute(name);
      expect([...r.subarray(XMM + 2, XMM + 4)], name).toEqual([0, 0]);
    }
  });
});

describe("from integers", () => {
  it("are exact in doubles, rounded in singles", () => {
    r[ECX] = 0x7fff_ffff;
    execute("cvtsi2sd");
    expect(view.getFloat64(XMM * 4, true)).toBe(2147483647);
    expect(r[MXCSR] & 0x3f).toBe(0);
    execute("cvtsi2ss");
    expect([getSingle(0, 0), r[MXCSR] & 0x3f]).toEqual([2147483648, PE]);
  });
});

describe("between precisions", () => {
  it("keep the upper bits of a NaN's payload, and make it quiet", () => {
    r[XMM + 4] = 0xffa0_0001 | 0;
    execute("cvtss2sd");
    expect([r[XMM + 1], r[XMM], r[MXCSR] & 0x3f]).toEqual([0xfffc_0000 | 0, 0x2000_0000, IE]);
    r.set([0x3fff_ffff, 0x7ff0_0001], XMM + 4);
    execute("cvtsd2ss");
    expect(r[XMM]).toBe(0x7fc0_0009);
  });
  it("note denormals", () => {
    r[XMM + 4] = 1;
    execute("cvtss2sd");
    expect([view.getFloat64(XMM * 4, true), r[MXCSR] & 0x3f]).toEqual([2 ** -149, DE]);
  });
  it("read a source that is the destination before they write", () => {
    setSingle(0, 0, 1.5);
    setSingle(0, 1, -3);
    execute("cvtps2pd", 0xc0);
    expect([view.getFloat64(XMM * 4, true), view.getFloat64(XMM * 4 + 8, true)]).toEqual([1.5, -3]);
  });
});

describe("with MMX registers", () => {
  const x87 = () => [r[FPU_STATUS] >> 11, r[FPU_TAGS]];
  it.each(["cvtps2pi", "cvttps2pi", "cvtpd2pi", "cvttpd2pi", "cvtpi2ps", "cvtpi2pd"])(
    "%s makes the x87 registers MMX registers: TOP 0, none empty",
    (name) => {
      r.fill(0, XMM + 4, XMM + 8);
      expect(execute(name)).toBeNull();
      expect(x87()).toEqual([0, 0xff]);
    },
  );
  it("a register that was written has an exponent of all ones", () => {
    setSingle(1, 0, -7);
    setSingle(1, 1, 9);
    execute("cvtps2pi");
    expect([...r.subarray(FPR, FPR + 3)]).toEqual([-7, 9, 0xffff]);
  });
  it("sources in memory leave the x87 alone, a pending exception too", () => {
    r[FPU_STATUS] |= 0x8081;
    r[FPU_CONTROL] = 0x37e;
    const before = x87();
    bench.write32(DATA, 5);
    for (const name of ["cvtpi2ps", "cvtpi2pd"]) expect(execute(name, MEMORY_ESI), name).toBeNull();
    expect(x87()).toEqual(before);
  });
  it("otherwise a pending x87 exception comes first, before memory is looked at", () => {
    r[FPU_STATUS] |= 0x8081;
    r[FPU_CONTROL] = 0x37e;
    bench.mmu.absent.add(DATA >>> 12);
    bench.mmu.tlb.flush();
    expect(execute("cvtps2pi", MEMORY_ESI)).toMatchObject({ vector: VEC_MF });
    expect(execute("cvtpi2pd")).toMatchObject({ vector: VEC_MF });
  });
  it("a page fault finds the x87 as it was; #XM finds it switched, and the register unwritten", () => {
    const before = x87();
    bench.mmu.absent.add(DATA >>> 12);
    bench.mmu.tlb.flush();
    expect(execute("cvtpd2pi", MEMORY_ESI)).toMatchObject({ vector: VEC_PF });
    expect(x87()).toEqual(before);
    r[MXCSR] = 0;
    r.set([1, 2, 3], FPR);
    setSingle(1, 0, 0.5);
    expect(execute("cvtps2pi")).toMatchObject({ vector: VEC_XM });
    expect(x87()).toEqual([0, 0xff]);
    expect([...r.subarray(FPR, FPR + 3)]).toEqual([1, 2, 3]);
  });
});
