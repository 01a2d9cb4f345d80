import { beforeEach, describe, expect, it } from "vitest";
import { DS, EAX, ECX, EDI, EIP, ES, ESI, FS } from "../../../src/cpu/state.ts";
import { ATTR_DATA16, ATTR_DATA32, Bench, CODE, DATA } from "../../support/cpu.ts";

const DF = 0x400;
const ZF = 0x40;
const STATUS = 0x8d5;

let bench = new Bench();
let { r } = bench.cpu;
beforeEach(() => {
  bench = new Bench();
  r = bench.cpu.r;
});

function point(esi: number, edi: number, ecx = 0): void {
  [r[ESI], r[EDI], r[ECX]] = [esi, edi, ecx];
}

/** What MOVS does, element by element: the meaning that every shortcut must keep. */
function referenceMove(
  memory: number[],
  from: number,
  to: number,
  count: number,
  bytes: number,
  step: number,
): number[] {
  const result = [...memory];
  for (let i = 0; i < count; i++) {
    const element = result.slice(from + i * step, from + i * step + bytes);
    result.splice(to + i * step, bytes, ...element);
  }
  return result;
}

const pattern = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => (i * 7 + (i >> 8)) & 0xff);

describe("MOVS", () => {
  it("moves one element and steps both pointers by its size, down if DF is set", () => {
    bench.write32(DATA, 0x1234_5678);
    point(DATA, DATA + 64);
    expect(bench.asm("movsd")).toBeNull();
    expect([bench.read32(DATA + 64), r[ESI], r[EDI]]).toEqual([0x1234_5678, DATA + 4, DATA + 68]);
    bench.flags = DF;
    expect(bench.asm("movsw")).toBeNull();
    expect([r[ESI], r[EDI]]).toEqual([DATA + 2, DATA + 66]);
  });
  it("takes its source from the overriding segment, its destination always from ES", () => {
    bench.setSegment(FS, 0, DATA, 0xff, ATTR_DATA32);
    bench.write8(DATA + 4, 99);
    point(4, DATA + 32);
    expect(bench.asm("fs movsb")).toBeNull();
    expect(bench.read8(DATA + 32)).toBe(99);
  });
  it("whose destination faults moves no pointer", () => {
    bench.mmu.readOnly.add(0x80);
    point(DATA, 0x8_0000);
    expect(bench.asm("movsb")).toMatchObject({ vector: 14, errorCode: 3 });
    expect([r[ESI], r[EDI]]).toEqual([DATA, 0x8_0000]);
  });
});

describe("REP MOVS", () => {
  it.each([1, 2, 4])("of %i bytes equals element-wise copying for every overlap", (bytes) => {
    const opcode = bytes === 1 ? [0xf3, 0xa4] : bytes === 2 ? [0x66, 0xf3, 0xa5] : [0xf3, 0xa5];
    const base = DATA + 4096 - 300;
    for (const step of [bytes, -bytes]) {
      for (const distance of [
        -65, -33, -8, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 33, 64, 130,
      ]) {
        for (const count of [1, 2, 3, 17, 40]) {
          const before = pattern(600);
          bench.load(base, before);
          point(base + 250, base + 250 + distance, count);
          bench.flags = step < 0 ? DF : 0;
          expect(bench.exec(...opcode)).toBeNull();
          const expected = referenceMove(before, 250, 250 + distance, count, bytes, step);
          expect(bench.bytes(base, 600), `${distance} ${count} ${step}`).toEqual(expected);
          expect([r[ECX], r[ESI], r[EDI]]).toEqual([
            0,
            base + 250 + count * step,
            base + 250 + distance + count * step,
          ]);
        }
      }
    }
  });
  it("copies across many pages, unaligned on both sides", () => {
    const data = pattern(20_001);
    bench.load(DATA + 3, data);
    point(DATA + 3, 0x4_0005, 5000);
    expect(bench.asm("rep movsd")).toBeNull();
    expect(bench.bytes(0x4_0005, 20_000)).toEqual(data.slice(0, 20_000));
    expect(bench.read8(0x4_0005 + 20_000)).toBe(0);
  });
  it("with ECX 0 does nothing, and counts as one instruction", () => {
    point(DATA, 0xf000_0000 | 0, 0);
    const before = bench.cpu.icount;
    expect(bench.asm("rep movsb")).toBeNull();
    // REP MOVSB, HLT.
    expect(bench.cpu.icount - before).toBe(2);
    expect(bench.bus.log).toEqual([]);
  });
  it("counts each iteration as an instruction", () => {
    point(DATA, DATA + 0x8000, 3000);
    const before = bench.cpu.icount;
    expect(bench.asm("nop\n rep movsd\n nop")).toBeNull();
    expect(bench.cpu.icount - before).toBe(1 + 3000 + 1 + 1);
  });
  it("stops when the instruction budget ends, and goes on from there", () => {
    bench.load(CODE, [0x90, 0xf3, 0xa5, 0xf4]);
    r[EIP] = CODE;
    point(DATA, DATA + 0x8000, 3000);
    bench.step(1 + 1234);
    expect([r[ECX], r[ESI], r[EIP]]).toEqual([3000 - 1234, DATA + 1234 * 4, CODE + 1]);
    expect(bench.go(1_000_000)).toBeNull();
    expect([r[ECX], r[ESI]]).toEqual([0, DATA + 12_000]);
  });
  it("that faults leaves the counts of the completed iterations, and counts them", () => {
    bench.mmu.absent.add(0x22);
    bench.load(DATA, pattern(0x3000));
    point(DATA, 0x2_0ffe, 4000);
    const before = bench.cpu.icount;
    expect(bench.asm("rep movsd")).toEqual({ vector: 14, errorCode: 2, eip: CODE });
    // The last element would span into the absent page.
    const done = ((0x2_2000 - 0x2_0ffe) / 4) | 0;
    expect([r[ECX], r[ESI], r[EDI]]).toEqual([4000 - done, DATA + done * 4, 0x2_0ffe + done * 4]);
    expect(bench.bytes(0x2_0ffe, done * 4)).toEqual(pattern(0x3000).slice(0, done * 4));
    expect(bench.bytes(0x2_0ffe + done * 4, 2)).toEqual([0, 0]);
    // Completed iterations, the fault, HLT.
    expect(bench.cpu.icount - before).toBe(done + 2);
  });
  it("takes an interrupt between iterations", () => {
    bench.cpu.acknowledge = () => 0x20;
    bench.load(CODE, [0xf3, 0xa4, 0xf4]);
    r[EIP] = CODE;
    point(DATA, DATA + 0x4000, 100);
    bench.flags = 0x200;
    bench.step(40);
    bench.cpu.setInterruptLine(true);
    expect(bench.go(1000)).toEqual({ vector: 0x20, errorCode: -1, eip: CODE });
    expect([r[ECX], r[EDI]]).toEqual([60, DATA + 0x4000 + 40]);
    bench.cpu.setInterruptLine(false);
    expect(bench.go(1000)).toBeNull();
    expect(r[ECX]).toBe(0);
  });
  it("with 16-bit addresses uses CX, SI and DI, which wrap", () => {
    bench.load(0xfff0, pattern(16));
    bench.load(0, [1, 2, 3, 4, 5, 6, 7, 8]);
    point(0x12_fff8, 0x34_0100, 0x56_0010);
    expect(bench.exec(0x67, 0xf3, 0xa4)).toBeNull();
    expect(bench.bytes(0x100, 16)).toEqual([...pattern(16).slice(8), 1, 2, 3, 4, 5, 6, 7, 8]);
    expect([r[ESI], r[EDI], r[ECX]]).toEqual([0x12_0008, 0x34_0110, 0x56_0000]);
  });
  it("in segments adds their bases and stops at their limits", () => {
    bench.load(DATA, pattern(64));
    bench.setSegment(DS, 0, DATA - 0x100, 0xffff, ATTR_DATA16);
    bench.setSegment(ES, 0, DATA + 0x1000, 0x1f, ATTR_DATA32);
    point(0x100, 0, 16);
    expect(bench.asm("rep movsd")).toMatchObject({ vector: 13, errorCode: 0 });
    expect([r[ECX], r[EDI]]).toEqual([8, 0x20]);
    expect(bench.bytes(DATA + 0x1000, 33)).toEqual([...pattern(32), 0]);
  });
  it("over decoded code makes the new bytes run", () => {
    // rep movsb over the following mov al, 1: the copy says mov al, 42.
    bench.load(DATA, [0xb0, 42]);
    point(DATA, CODE + 2, 2);
    expect(bench.exec(0xf3, 0xa4, 0xb0, 1)).toBeNull();
    expect(r[EAX] & 0xff).toBe(42);
  });
  it("over itself goes on with what it has become", () => {
    // rep movsb becomes nop nop after two iterations.
    bench.load(DATA, [0x90, 0x90, 0x90]);
    point(DATA, CODE, 3);
    expect(bench.exec(0xf3, 0xa4, 0x40)).toBeNull();
    expect(r[ECX]).toBeLessThan(3);
    expect(bench.read8(CODE)).toBe(0x90);
  });
  it("to a device makes one access for each element", () => {
    bench.load(DATA, [1, 0, 0, 0, 2, 0, 0, 0]);
    point(DATA, 0xf000_0000 | 0, 2);
    expect(bench.asm("rep movsd")).toBeNull();
    expect(bench.bus.log).toEqual(["write f0000000 4 1", "write f0000004 4 2"]);
  });
  it("tells the hypervisor of each store to a page it watches", () => {
    bench.mmu.watched.add(0x30);
    bench.load(DATA, pattern(16));
    point(DATA, 0x3_0000, 3);
    expect(bench.asm("rep movsd")).toBeNull();
    expect(bench.mmu.watchedWrites).toEqual([0, 4, 8].map((at) => ({ gpa: 0x3_0000 + at, bytes: 4 })));
    expect(bench.bytes(0x3_0000, 12)).toEqual(pattern(12));
  });
});

describe("STOS", () => {
  it.each([
    ["stosb", 1],
    ["stosw", 2],
    ["stosd", 4],
  ] as const)("REP %s fills upwards and downwards", (name, bytes) => {
    r[EAX] = 0x1234_5678;
    const element = [0x78, 0x56, 0x34, 0x12].slice(0, bytes);
    for (const [flags, step] of [
      [0, bytes],
      [DF, -bytes],
    ]) {
      bench.load(DATA, new Uint8Array(0x8000));
      point(0, DATA + 0x3001, 3000);
      bench.flags = flags;
      expect(bench.asm(`rep ${name}`)).toBeNull();
      expect([r[ECX], r[EDI]]).toEqual([0, DATA + 0x3001 + 3000 * step]);
      const low = step > 0 ? 0x3001 : 0x3001 - 2999 * bytes;
      const expected = new Array<number>(0x8000).fill(0);
      for (let i = 0; i < 3000; i++) expected.splice(low + i * bytes, bytes, ...element);
      expect(bench.bytes(DATA, 0x8000)).toEqual(expected);
    }
  });
});

describe("LODS", () => {
  it("loads the accumulator's part", () => {
    bench.load(DATA, [1, 2, 3, 4]);
    point(DATA, 0, 3);
    r[EAX] = -1;
    expect(bench.asm("lodsb\n lodsw")).toBeNull();
    expect([r[EAX] >>> 0, r[ESI]]).toEqual([0xffff_0302, DATA + 3]);
    r[ESI] = DATA;
    expect(bench.asm("rep lodsb")).toBeNull();
    expect([r[EAX] & 0xff, r[ECX]]).toEqual([3, 0]);
  });
});

describe("SCAS, CMPS", () => {
  it("REPNE SCAS stops after the match, REPE after the mismatch", () => {
    bench.load(DATA, [5, 5, 5, 7, 5]);
    point(0, DATA, 100);
    r[EAX] = 7;
    expect(bench.asm("repne scasb")).toBeNull();
    expect([r[ECX], r[EDI], bench.flags & ZF]).toEqual([96, DATA + 4, ZF]);
    point(0, DATA, 100);
    r[EAX] = 5;
    expect(bench.asm("repe scasb")).toBeNull();
    expect([r[ECX], r[EDI], bench.flags & ZF]).toEqual([96, DATA + 4, 0]);
  });
  it("end with the flags of the last comparison when the count runs out", () => {
    bench.load(DATA, [1, 2, 3]);
    point(0, DATA, 3);
    r[EAX] = 9;
    bench.flags = ZF;
    expect(bench.asm("repne scasb")).toBeNull();
    expect([r[ECX], bench.flags & ZF]).toEqual([0, 0]);
  });
  it("leave all flags when ECX is 0", () => {
    point(DATA, DATA, 0);
    bench.flags = STATUS;
    expect(bench.asm("repe cmpsb")).toBeNull();
    expect(bench.flags & STATUS).toBe(STATUS);
  });
  it("REPE CMPS subtracts the destination from the source", () => {
    bench.load(DATA, [1, 1, 1, 1, 9]);
    bench.load(DATA + 0x100, [1, 1, 1, 1, 10]);
    point(DATA, DATA + 0x100, 5);
    expect(bench.asm("repe cmpsb")).toBeNull();
    expect([r[ECX], r[ESI], bench.flags & (ZF | 1)]).toEqual([0, DATA + 5, 1]);
  });
  it("compare long blocks over pages, in any width", () => {
    const data = pattern(9000);
    bench.load(DATA, data);
    bench.load(0x4_0001, data);
    bench.write8(0x4_0001 + 8001, data[8001] ^ 1);
    for (const [name, bytes] of [
      ["cmpsb", 1],
      ["cmpsw", 2],
      ["cmpsd", 4],
    ] as const) {
      point(DATA, 0x4_0001, 9000 / bytes);
      expect(bench.asm(`repe ${name}`)).toBeNull();
      const done = Math.floor(8001 / bytes) + 1;
      expect([r[ECX], r[ESI]]).toEqual([9000 / bytes - done, DATA + done * bytes]);
    }
  });
  it("that fault on the way leave the flags from before the instruction", () => {
    bench.mmu.absent.add(0x21);
    point(0, 0x2_0ff0, 100);
    r[EAX] = 0;
    bench.flags = STATUS & ~ZF;
    expect(bench.asm("repe scasb")).toMatchObject({ vector: 14 });
    expect([r[ECX], r[EDI], bench.flags & STATUS]).toEqual([84, 0x2_1000, STATUS & ~ZF]);
  });
  it("give the same state however they are cut up", () => {
    bench.load(DATA, pattern(300));
    bench.load(DATA + 0x1000, pattern(250));
    const outcomes = [1, 7, 100, 10_000].map((slice) => {
      bench.load(CODE, [0xf3, 0xa6, 0xf4]);
      point(DATA, DATA + 0x1000, 300);
      bench.flags = 0;
      r[EIP] = CODE;
      while (!bench.cpu.halted) bench.step(slice);
      bench.cpu.halted = false;
      return [r[ECX], r[ESI], r[EDI], bench.flags];
    });
    expect(new Set(outcomes.map((outcome) => outcome.join()))).toHaveLength(1);
  });
});
