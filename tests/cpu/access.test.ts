/**
 * Loads and stores by linear address: page crossings, fault order, stores that the hypervisor wants to see, devices.
 * SDM: volume 3, 4.7 "Page-fault exceptions", 8.1.
 */
import { beforeEach, describe, expect, it } from "vitest";
import {
  load8,
  load16,
  load32,
  modifiedHigh,
  modify64,
  modifyAt,
  store8,
  store16,
  store32,
  systemLoad16,
  systemStore8,
  writeBack,
  writeBack64,
} from "../../src/cpu/access.ts";
import { Insn } from "../../src/cpu/insn.ts";
import { CR2, CS, EAX, EBX, ECX, EDI, EDX, EIP, ESI, FS, LDTR, VEC_GP, VEC_PF } from "../../src/cpu/state.ts";
import { EMULATE, PFERR_PRESENT, PFERR_USER, PFERR_WRITE } from "../../src/mmu/mmu.ts";
import { assemble } from "../support/asm.ts";
import { Bench, CODE, DATA, KERNEL_CODE, KERNEL_DATA, RAM_BYTES } from "../support/cpu.ts";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

/** The first byte of the second page of a pair. */
const EDGE = DATA + 0x1000;
const EDGE_PAGE = EDGE >>> 12;
/** Not RAM. */
const DEVICE = RAM_BYTES + 0x1000;

const LOADS = { 1: load8, 2: load16, 4: load32 } as const;
const STORES = { 1: store8, 2: store16, 4: store32 } as const;
type Width = 1 | 2 | 4;
const WIDTHS: readonly Width[] = [1, 2, 4];
const VALUE = 0x8877_6655 | 0;
const cut = (value: number, width: Width): number => (width === 4 ? value : value & (2 ** (8 * width) - 1));
const littleEndian = (value: number, width: number): number[] =>
  Array.from({ length: width }, (_, i) => (value >>> (8 * i)) & 0xff);

/** The fault that `access` raises, as "vector error cr2", or "none". */
function faultOf(access: () => void): string {
  try {
    access();
  } catch (error) {
    if (error !== bench.cpu.fault) throw error;
    const { vector, errorCode } = bench.cpu.fault;
    return `${vector} ${errorCode} ${(bench.cpu.r[CR2] >>> 0).toString(16)}`;
  }
  return "none";
}
const pageFault = (error: number, cr2: number): string => `${VEC_PF} ${error} ${cr2.toString(16)}`;

function program(text: string): void {
  bench.load(CODE, assemble(text, { origin: CODE }).bytes);
  bench.cpu.r[EIP] = CODE;
}

describe.each(WIDTHS)("%i bytes", (width) => {
  it("at any offset around a page boundary are those of memory, little-endian, 32 bits signed", () => {
    // Twice: what the TLB does not know yet, and what it knows.
    for (let pass = 0; pass < 2; pass++) {
      for (let at = EDGE - 9; at <= EDGE + 5; at++) {
        bench.load(EDGE - 16, new Uint8Array(32));
        STORES[width](bench.cpu, at, VALUE);
        expect(bench.bytes(at, width)).toEqual(littleEndian(VALUE, width));
        expect([bench.read8(at - 1), bench.read8(at + width)]).toEqual([0, 0]);
        expect(LOADS[width](bench.cpu, at)).toBe(cut(VALUE, width));
      }
    }
  });

  it("are written only after both pages were found writable, the lower one first", () => {
    if (width === 1) return;
    for (let inFirst = 1; inFirst < width; inFirst++) {
      const at = EDGE - inFirst;
      bench = new Bench();
      bench.mmu.absent.add(EDGE_PAGE);
      expect(faultOf(() => STORES[width](bench.cpu, at, VALUE))).toBe(pageFault(PFERR_WRITE, EDGE));
      expect(bench.bytes(at, inFirst)).toEqual(new Array(inFirst).fill(0));
      bench.mmu.absent.add(EDGE_PAGE - 1);
      bench.mmu.tlb.flush();
      expect(faultOf(() => STORES[width](bench.cpu, at, VALUE))).toBe(pageFault(PFERR_WRITE, at));
      expect(faultOf(() => LOADS[width](bench.cpu, at))).toBe(pageFault(0, at));
      bench.mmu.absent.delete(EDGE_PAGE - 1);
      expect(faultOf(() => LOADS[width](bench.cpu, at))).toBe(pageFault(0, EDGE));
    }
  });

  it("go to a device as one access of their width, if they do not cross a page", () => {
    for (let at = 0; at < 4; at++) {
      bench.bus.log.length = 0;
      bench.bus.cells.set(DEVICE + at, VALUE);
      STORES[width](bench.cpu, DEVICE + at, VALUE);
      expect(LOADS[width](bench.cpu, DEVICE + at)).toBe(cut(VALUE, width));
      const address = (DEVICE + at).toString(16);
      const value = (cut(VALUE, width) >>> 0).toString(16);
      expect(bench.bus.log).toEqual([`write ${address} ${width} ${value}`, `read ${address} ${width}`]);
    }
  });

  it("that begin in RAM and end in a device reach both, byte by byte in order", () => {
    if (width === 1) return;
    for (let inFirst = 1; inFirst < width; inFirst++) {
      bench = new Bench();
      const at = RAM_BYTES - inFirst;
      STORES[width](bench.cpu, at, VALUE);
      expect(bench.bytes(at, inFirst)).toEqual(littleEndian(VALUE, width).slice(0, inFirst));
      const rest = littleEndian(VALUE, width).slice(inFirst);
      expect(bench.bus.log).toEqual(
        rest.map((byte, i) => `write ${(RAM_BYTES + i).toString(16)} 1 ${byte.toString(16)}`),
      );
      bench.bus.portRead = () => 0;
      bench.bus.mmioRead = (gpa, bytes) => {
        let value = 0;
        for (let i = 0; i < bytes; i++) value += rest[gpa - RAM_BYTES + i] * 2 ** (8 * i);
        return value;
      };
      expect(LOADS[width](bench.cpu, at)).toBe(cut(VALUE, width));
    }
  });

  it("wrap from the top of the linear space to its bottom", () => {
    // The top page is RAM at DATA.
    const { mmu, memory } = bench;
    mmu.translate = (gva) => {
      const address = gva >>> 0;
      const hpa = memory.hpa(address >= 0xffff_f000 ? DATA + (address & 0xfff) : address);
      mmu.tlb.fill(false, gva, hpa - (hpa % 4096), true, true, true);
      return hpa;
    };
    for (let inFirst = 1; inFirst < width; inFirst++) {
      bench.load(DATA + 0xffc, [0, 0, 0, 0]);
      bench.load(0, [0, 0, 0, 0]);
      STORES[width](bench.cpu, -inFirst, VALUE);
      const bytes = littleEndian(VALUE, width);
      expect(bench.bytes(EDGE - inFirst, inFirst)).toEqual(bytes.slice(0, inFirst));
      expect(bench.bytes(0, width - inFirst)).toEqual(bytes.slice(inFirst));
      expect(LOADS[width](bench.cpu, -inFirst)).toBe(cut(VALUE, width));
      expect(LOADS[width](bench.cpu, 2 ** 32 - inFirst)).toBe(cut(VALUE, width));
    }
  });

  it("stored where the hypervisor watches reach RAM first, and are then announced", () => {
    bench.mmu.watched.add(DATA >>> 12);
    for (let at = DATA; at < DATA + 4; at++) {
      const seen: string[] = [];
      bench.mmu.pteWrite = (gpa, bytes) => {
        seen.push(`${gpa} ${bytes}`);
        expect(bench.bytes(at, width)).toEqual(littleEndian(VALUE, width));
      };
      STORES[width](bench.cpu, at, VALUE);
      expect(seen).toEqual([`${at} ${width}`]);
    }
  });

  it("stored across two watched pages are announced in two parts, neither of which crosses a page", () => {
    bench.mmu.watched.add(EDGE_PAGE - 1);
    bench.mmu.watched.add(EDGE_PAGE);
    for (let inFirst = 1; inFirst < width; inFirst++) {
      bench.mmu.watchedWrites.length = 0;
      STORES[width](bench.cpu, EDGE - inFirst, VALUE);
      expect(bench.mmu.watchedWrites).toEqual([
        { gpa: EDGE - inFirst, bytes: inFirst },
        { gpa: EDGE, bytes: width - inFirst },
      ]);
      expect(bench.bytes(EDGE - inFirst, width)).toEqual(littleEndian(VALUE, width));
    }
  });
});

describe("a store across two pages", () => {
  it("notices that resolving its second page made the hypervisor watch its first", () => {
    const { mmu } = bench;
    const translate = mmu.translate.bind(mmu);
    mmu.translate = (gva, access) => {
      // The first page turns out to be a table on the way to the second.
      if (gva >>> 12 === EDGE_PAGE) {
        mmu.watched.add(EDGE_PAGE - 1);
        mmu.tlb.flushPage(EDGE - 1);
      }
      return translate(gva, access);
    };
    store32(bench.cpu, EDGE - 1, VALUE);
    expect(bench.bytes(EDGE - 1, 4)).toEqual(littleEndian(VALUE, 4));
    expect(mmu.watchedWrites).toEqual([{ gpa: EDGE - 1, bytes: 1 }]);
  });

  it("asks once for a page that is watched: each question is an exit", () => {
    bench.mmu.watched.add(EDGE_PAGE - 1);
    let emulated = 0;
    const translate = bench.mmu.translate.bind(bench.mmu);
    bench.mmu.translate = (gva, access) => {
      const result = translate(gva, access);
      if (result === EMULATE) emulated++;
      return result;
    };
    store16(bench.cpu, EDGE - 1, 0);
    expect(emulated).toBe(1);
  });
});

describe("a load across two pages", () => {
  it("takes its page fault before the device in its first page is read: it will be done again", () => {
    const at = RAM_BYTES + 0x1000 - 2;
    bench.mmu.absent.add((RAM_BYTES >>> 12) + 1);
    expect(faultOf(() => load32(bench.cpu, at))).toBe(pageFault(0, at + 2));
    expect(bench.bus.log).toEqual([]);
  });
});

describe("read-modify-write", () => {
  it("reports a write when its page may not be read either, and when it may be read only", () => {
    for (const text of [
      "inc dword [ebx]",
      "inc byte [ebx]",
      "xadd word [ebx], ax",
      "not byte [ebx]",
      "cmpxchg8b [ebx]",
    ]) {
      for (const kind of ["absent", "readOnly"] as const) {
        bench = new Bench();
        bench.mmu[kind].add(EDGE_PAGE);
        bench.cpu.r[EBX] = EDGE;
        program(text);
        bench.step(1);
        const error = PFERR_WRITE | (kind === "readOnly" ? PFERR_PRESENT : 0);
        expect([text, bench.takeFault()]).toEqual([text, { vector: VEC_PF, errorCode: error, eip: CODE }]);
      }
    }
  });

  it.each(WIDTHS)("of %i bytes leaves nothing behind for the next one, whatever it met", (width) => {
    const { cpu } = bench;
    // Plain, in code, crossing, watched and device stores take turns.
    program("inc eax\nhlt");
    bench.go(10);
    bench.mmu.watched.add(EDGE_PAGE + 4);
    const places = [DATA, CODE + 0x100, EDGE - 1, EDGE + 0x4010, DATA + 8, EDGE - 1, DEVICE, DATA + 16];
    for (const [i, la] of [...places, ...places].entries()) {
      if (la !== DEVICE) STORES[width](cpu, la, i);
      else bench.bus.cells.set(la, i);
      bench.bus.log.length = 0;
      expect(modifyAt(cpu, la, width)).toBe(i);
      writeBack(cpu, i + 100);
      if (la !== DEVICE) expect(LOADS[width](cpu, la)).toBe(i + 100);
      const address = la.toString(16);
      const want = [`read ${address} ${width}`, `write ${address} ${width} ${(i + 100).toString(16)}`];
      expect(bench.bus.log).toEqual(la === DEVICE ? want : []);
    }
  });
});

describe("eight bytes", () => {
  const operand = (la: number): Insn => {
    const insn = new Insn(() => {});
    insn.memory = true;
    insn.flat = true;
    insn.disp = la;
    return insn;
  };

  it("are one access wherever they lie", () => {
    for (let at = EDGE - 8; at <= EDGE; at++) {
      bench.load(at, [1, 2, 3, 4, 5, 6, 7, 8]);
      expect(modify64(bench.cpu, operand(at))).toBe(0x0403_0201);
      expect(modifiedHigh(bench.cpu)).toBe(0x0807_0605);
      writeBack64(bench.cpu, 0x1413_1211, 0x9817_1615 | 0);
      expect(bench.bytes(at, 8)).toEqual([0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x98]);
    }
  });

  it("are announced as eight, or as the two parts of a page crossing", () => {
    bench.mmu.watched.add(EDGE_PAGE - 1);
    bench.mmu.watched.add(EDGE_PAGE);
    program(`mov ebx, 0x11111111\nmov ecx, 0x22222222\ncmpxchg8b [${DATA}]\ncmpxchg8b [${EDGE - 3}]\nhlt`);
    bench.go(10);
    expect(bench.mmu.watchedWrites).toEqual([
      { gpa: DATA, bytes: 8 },
      { gpa: EDGE - 3, bytes: 3 },
      { gpa: EDGE, bytes: 5 },
    ]);
    expect([bench.read32(DATA), bench.read32(DATA + 4)]).toEqual([0x1111_1111, 0x2222_2222]);
    expect([bench.read32(EDGE - 3), bench.read32(EDGE + 1)]).toEqual([0x1111_1111, 0x2222_2222]);
  });

  it("of a device are two accesses of four, low half first", () => {
    bench.bus.cells.set(DEVICE, 1);
    bench.bus.cells.set(DEVICE + 4, 2);
    expect([modify64(bench.cpu, operand(DEVICE)), modifiedHigh(bench.cpu)]).toEqual([1, 2]);
    writeBack64(bench.cpu, 3, 4);
    const at = DEVICE.toString(16);
    const next = (DEVICE + 4).toString(16);
    expect(bench.bus.log).toEqual([`read ${at} 4`, `read ${next} 4`, `write ${at} 4 3`, `write ${next} 4 4`]);
  });
});

describe("privilege", () => {
  it("of an access is that of CPL, and of the processor's own accesses the supervisor's", () => {
    bench.mmu.absent.add(EDGE_PAGE);
    const seen = (access: () => void) => Number(faultOf(access).split(" ")[1]);
    expect(seen(() => load32(bench.cpu, EDGE))).toBe(0);
    bench.setPrivilege(3);
    expect(seen(() => load32(bench.cpu, EDGE))).toBe(PFERR_USER);
    expect(seen(() => store8(bench.cpu, EDGE, 0))).toBe(PFERR_USER | PFERR_WRITE);
    expect(seen(() => systemLoad16(bench.cpu, EDGE))).toBe(0);
    bench.cpu.refreshPrivilege();
    expect(seen(() => systemStore8(bench.cpu, EDGE, 0))).toBe(PFERR_WRITE);
    bench.cpu.refreshPrivilege();
    systemLoad16(bench.cpu, DATA);
    expect(seen(() => load32(bench.cpu, EDGE))).toBe(PFERR_USER);
  });

  it("comes back after a fault in the middle of a system access", () => {
    bench.setPrivilege(3);
    // The descriptor that MOV DS reads, in the LDT, is in a page that is not there.
    bench.setSegment(LDTR, 0, EDGE, 0xfff, 0x82);
    bench.mmu.absent.add(EDGE_PAGE);
    program("mov ds, ax\nmov eax, [0]");
    bench.cpu.r[EAX] = 0x27;
    bench.step(1);
    expect(bench.takeFault()).toEqual({ vector: VEC_PF, errorCode: 0, eip: CODE });
    bench.mmu.absent.add(0);
    bench.cpu.r[EIP] += 2;
    bench.step(1);
    expect(bench.takeFault()).toEqual({ vector: VEC_PF, errorCode: PFERR_USER, eip: CODE + 2 });
  });
});

describe("segments", () => {
  it("CS is not writable and, if it says so, not readable, however flat it is", () => {
    program("mov [cs:0x20000], eax\nhlt");
    bench.step(1);
    expect(bench.takeFault()).toEqual({ vector: VEC_GP, errorCode: 0, eip: CODE });
    bench.reset();
    program("mov eax, [cs:0x20000]\nhlt");
    bench.setSegment(CS, KERNEL_CODE, 0, -1, 0xc099);
    bench.step(1);
    expect(bench.takeFault()).toEqual({ vector: VEC_GP, errorCode: 0, eip: CODE });
    bench.reset();
    bench.write32(0x2_0000, 5);
    program("mov eax, [cs:0x20000]\nhlt");
    expect(bench.go(5)).toBeNull();
    expect(bench.cpu.r[EAX]).toBe(5);
  });

  it("hold an operand whole or not at all: its last byte must be within the limit", () => {
    for (const [offset, width, fits] of [
      [0xffc, 4, 1],
      [0xffd, 4, 0],
      [0xffe, 2, 1],
      [0xfff, 2, 0],
      [0xfff, 1, 1],
      [0x1000, 1, 0],
    ]) {
      bench = new Bench();
      bench.setSegment(FS, KERNEL_DATA, DATA, 0xfff, 0x4093);
      const name = { 1: "cl", 2: "cx", 4: "ecx" }[width];
      program(`mov [fs:${offset}], ${name}\nmov ${name}, [fs:${offset}]\nhlt`);
      bench.step(2);
      expect([offset, width, bench.takeFault() === null]).toEqual([offset, width, fits === 1]);
    }
  });

  it("that grow down hold what lies above their limit", () => {
    for (const [offset, fits] of [
      [0xfff, 0],
      [0x1000, 1],
      [0xffff_fffc, 1],
      [0xffff_fffd, 0],
    ]) {
      bench = new Bench();
      bench.setSegment(FS, KERNEL_DATA, 0x3_0000, 0xfff, 0x4097);
      program(`mov ecx, [fs:${offset}]\nhlt`);
      bench.step(1);
      expect([offset, bench.takeFault() === null]).toEqual([offset, fits === 1]);
    }
  });
});

describe("a page fault", () => {
  it("leaves every register as it was before the instruction", () => {
    bench.mmu.absent.add(EDGE_PAGE);
    const forms = [
      "mov eax, [ebx]", "add eax, [ebx]", "adc [ebx], eax", "xchg eax, [ebx]", "cmpxchg [ebx], ecx",
      "xadd [ebx], edx", "push dword [ebx]", "pop dword [ebx]", "call [ebx]", "jmp [ebx]", "imul eax, [ebx]",
      "shl dword [ebx], 3", "mov al, [ebx]", "movzx eax, word [ebx]", "cmove eax, [ebx]", "sete byte [ebx]",
      "bts dword [ebx], 1", "div dword [ebx]", "movsd", "lodsd", "cmpxchg8b [ebx]", "les eax, [ebx]", "neg byte [ebx]",
    ]; // biome-ignore format: a list
    for (const text of forms) {
      const { r } = bench.cpu;
      bench.reset();
      for (const register of [EAX, ECX, EDX]) r[register] = 0x1000 + register;
      r[EBX] = EDGE - 1;
      r[ESI] = EDGE;
      r[EDI] = EDGE;
      if (/byte|al,|word/.test(text) && !/dword/.test(text)) r[EBX] = EDGE;
      bench.flags = 0x8d7;
      program(text);
      const before = [...r.subarray(0, 8)];
      bench.step(1);
      const fault = bench.takeFault();
      expect([text, fault?.vector, fault?.eip]).toEqual([text, VEC_PF, CODE]);
      expect([text, [...r.subarray(0, 8)]]).toEqual([text, before]);
      expect([text, bench.flags & 0x8d5]).toEqual([text, 0x8d5]);
      expect([text, r[CR2]]).toEqual([text, EDGE]);
      expect([text, bench.read8(EDGE - 1)]).toEqual([text, 0]);
    }
  });
});
