import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DECODE_TRUNCATED, decode } from "../../src/cpu/decode.ts";
import { Insn, REP_E, REP_NE, REP_NONE } from "../../src/cpu/insn.ts";
import { MODE_CODE32, MODE_FLAT } from "../../src/cpu/mode.ts";
import { ENDS_BRANCH, ENDS_NONE, ENDS_STOP, rows } from "../../src/cpu/opcodes.ts";
import { CS, DS, EAX, EBP, EBX, EDI, ES, ESI, ESP, FS, GS, SS, ZERO } from "../../src/cpu/state.ts";

const ALL_FLAT = 0x3f << MODE_FLAT;
const CODE32 = MODE_CODE32 | ALL_FLAT;
const CODE16 = ALL_FLAT;

interface Decoded {
  readonly length: number;
  readonly insn: Insn;
  readonly mnemonic: string;
}

function decodeHex(text: string, mode = CODE32, available = 15): Decoded {
  const bytes = new Uint8Array(32).fill(0x90);
  bytes.set(text.split(" ").map((byte) => Number.parseInt(byte, 16)));
  const insn = new Insn(() => {});
  const length = decode(insn, bytes, 0, available, mode);
  return { length, insn, mnemonic: rows[insn.row].mnemonic };
}

describe("prefixes", () => {
  test("come in any order, repeated, and the last segment override wins", () => {
    const { length, insn } = decodeHex("2e 67 66 26 66 64 67 89 07");
    expect(length).toBe(9);
    expect(insn).toMatchObject({ operand16: true, address16: true, seg: FS });
  });

  test.each([
    ["26", ES],
    ["2e", CS],
    ["36", SS],
    ["3e", DS],
    ["64", FS],
    ["65", GS],
  ])("%s overrides with segment %i", (prefix, segment) => {
    expect(decodeHex(`${prefix} 8b 00`).insn.seg).toBe(segment);
    expect(decodeHex(`${prefix} a1 00 00 00 00`).insn.seg).toBe(segment);
    expect(decodeHex(`${prefix} ac`).insn.seg).toBe(segment);
    expect(decodeHex(`${prefix} d7`).insn.seg).toBe(segment);
  });

  test("66 and 67 select the other size, 16-bit code begins with 16", () => {
    expect(decodeHex("89 00", CODE32).insn).toMatchObject({ operand16: false, address16: false });
    expect(decodeHex("66 89 00", CODE32).insn).toMatchObject({ operand16: true, address16: false });
    expect(decodeHex("67 89 00", CODE16).insn).toMatchObject({ operand16: true, address16: false });
    expect(decodeHex("66 89 00", CODE16).insn).toMatchObject({ operand16: false, address16: true });
  });

  test("the last of F2 and F3 counts", () => {
    expect(decodeHex("a6").insn.rep).toBe(REP_NONE);
    expect(decodeHex("f2 f3 a6").insn.rep).toBe(REP_E);
    expect(decodeHex("f3 f2 a6").insn.rep).toBe(REP_NE);
  });

  test("a repeated string instruction is another row, which sets EIP itself", () => {
    expect(decodeHex("a5").mnemonic).toBe("movs");
    for (const text of ["f3 a5", "f2 a5", "66 f3 a5", "f3 66 a5"]) {
      const { insn, mnemonic } = decodeHex(text);
      expect(mnemonic).toBe("rep_movs");
      expect(rows[insn.row].ends).toBe(ENDS_BRANCH);
    }
  });

  test("LOCK needs a listed instruction with a memory destination", () => {
    expect(decodeHex("f0 01 00")).toMatchObject({ mnemonic: "add", insn: { lock: true } });
    expect(decodeHex("f0 0f b1 0e").mnemonic).toBe("cmpxchg");
    expect(decodeHex("f0 0f c7 0e").mnemonic).toBe("cmpxchg8b");
    for (const text of [
      "f0 01 c0",
      "f0 03 00",
      "f0 39 00",
      "f0 89 00",
      "f0 0f a3 00",
      "f0 a5",
      "f0 90",
      "f0 40",
    ]) {
      expect(decodeHex(text).mnemonic, text).toBe("ud");
    }
  });
});

describe("length", () => {
  test("15 bytes are allowed, 16 are not", () => {
    const prefixes = (count: number): string => "2e ".repeat(count);
    expect(decodeHex(`${prefixes(14)}90`).length).toBe(15);
    expect(decodeHex(`${prefixes(15)}90`).length).toBe(DECODE_TRUNCATED);
    expect(decodeHex(`${prefixes(4)}81 84 24 01 02 03 04 05 06 07 08`).length).toBe(15);
    expect(decodeHex(`${prefixes(5)}81 84 24 01 02 03 04 05 06 07 08`).length).toBe(DECODE_TRUNCATED);
  });

  test("does not depend on bytes behind the instruction, and one byte less is truncated", () => {
    const encoding = fc.uint8Array({ minLength: 15, maxLength: 15 });
    const mode = fc.constantFrom(CODE32, CODE16);
    fc.assert(
      fc.property(encoding, mode, (bytes, codeMode) => {
        const whole = new Insn(() => {});
        const length = decode(whole, bytes, 0, 15, codeMode);
        fc.pre(length !== DECODE_TRUNCATED);
        for (let available = 0; available < length; available++) {
          const part = decode(new Insn(() => {}), bytes.slice(0, available), 0, available, codeMode);
          expect(part).toBe(DECODE_TRUNCATED);
        }
        const exact = new Insn(whole.exec);
        expect(decode(exact, bytes.slice(0, length), 0, length, codeMode)).toBe(length);
        expect(exact).toEqual(whole);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });
});

describe("memory operands", () => {
  test("BP, EBP and ESP bases go through SS, everything else through DS", () => {
    for (const text of [
      "8b 45 00",
      "8b 85 00 00 00 00",
      "8b 04 24",
      "8b 44 2d 00",
      "67 8b 02",
      "67 8b 46 00",
    ]) {
      expect(decodeHex(text).insn.seg, text).toBe(SS);
    }
    for (const text of [
      "8b 05 00 00 00 00",
      "8b 04 25 00 00 00 00",
      "8b 04 2e",
      "67 8b 06 00 00",
      "67 8b 00",
    ]) {
      expect(decodeHex(text).insn.seg, text).toBe(DS);
    }
  });

  test("absent base and index read as zero", () => {
    expect(decodeHex("8b 05 78 56 34 12").insn).toMatchObject({ base: ZERO, index: ZERO, disp: 0x1234_5678 });
    expect(decodeHex("8b 04 24").insn).toMatchObject({ base: ESP, index: ZERO, scale: 0, disp: 0 });
    expect(decodeHex("8b 04 fd fc ff ff ff").insn).toMatchObject({
      base: ZERO,
      index: EDI,
      scale: 3,
      disp: -4,
    });
    expect(decodeHex("8b 44 5d fc").insn).toMatchObject({ base: EBP, index: EBX, scale: 1, disp: -4 });
  });

  test("offsets of MOV AL/eAX are memory operands too", () => {
    expect(decodeHex("a1 78 56 34 92").insn).toMatchObject({
      memory: true,
      base: ZERO,
      index: ZERO,
      disp: 0x9234_5678 | 0,
      reg: EAX,
    });
    expect(decodeHex("67 a0 78 96").insn).toMatchObject({ memory: true, disp: 0x9678, address16: true });
  });

  test("string instructions name their overridable operand", () => {
    expect(decodeHex("65 a5").insn).toMatchObject({ memory: true, base: ESI, seg: GS });
    expect(decodeHex("65 ab").insn).toMatchObject({ memory: true, base: EDI, seg: ES });
    expect(decodeHex("65 ae").insn).toMatchObject({ memory: true, base: EDI, seg: ES });
    expect(decodeHex("65 6e").insn).toMatchObject({ memory: true, base: ESI, seg: GS });
  });

  test("are flat if their segment is and addresses have 32 bits", () => {
    const onlyDs = MODE_CODE32 | (1 << (MODE_FLAT + DS));
    expect(decodeHex("8b 00", onlyDs).insn.flat).toBe(true);
    expect(decodeHex("64 8b 00", onlyDs).insn.flat).toBe(false);
    expect(decodeHex("8b 45 00", onlyDs).insn.flat).toBe(false);
    expect(decodeHex("67 8b 00", onlyDs).insn.flat).toBe(false);
    expect(decodeHex("ac", onlyDs).insn.flat).toBe(true);
    expect(decodeHex("aa", onlyDs).insn.flat).toBe(false);
    expect(decodeHex("a1 00 00 00 00", onlyDs).insn.flat).toBe(true);
    expect(decodeHex("8b c0", onlyDs).insn.flat).toBe(false);
  });
});

describe("registers and immediates", () => {
  test("byte registers are byte offsets in the state block", () => {
    const offsets = [0, 4, 8, 12, 1, 5, 9, 13];
    offsets.forEach((offset, register) => {
      expect(decodeHex(`88 ${(0xc0 | register).toString(16)}`).insn.rm).toBe(offset);
      expect(decodeHex(`88 ${(register << 3).toString(16)}`).insn.reg).toBe(offset);
      expect(decodeHex(`b${register} 00`).insn.rm).toBe(offset);
    });
  });

  test("segment registers of PUSH and POP come from the opcode", () => {
    expect(["06", "0e", "16", "1e", "0f a0", "0f a8"].map((text) => decodeHex(text).insn.reg)).toEqual([
      ES,
      CS,
      SS,
      DS,
      FS,
      GS,
    ]);
  });

  test("operand-size immediates are signed, bytes and words by themselves are not", () => {
    expect(decodeHex("83 c0 80").insn.imm).toBe(-128);
    expect(decodeHex("6a ff").insn.imm).toBe(-1);
    expect(decodeHex("66 05 00 80").insn.imm).toBe(-32768);
    expect(decodeHex("04 ff").insn.imm).toBe(255);
    expect(decodeHex("cd 80").insn.imm).toBe(0x80);
    expect(decodeHex("c2 fc ff").insn.imm).toBe(0xfffc);
    expect(decodeHex("c8 00 80 ff").insn).toMatchObject({ imm: 0x8000, imm2: 0xff });
    expect(decodeHex("9a 78 56 34 92 08 80").insn).toMatchObject({ imm: 0x9234_5678 | 0, imm2: 0x8008 });
    expect(decodeHex("66 ea 34 92 08 80").insn).toMatchObject({ imm: 0x9234, imm2: 0x8008 });
    expect(decodeHex("d1 e0").insn.imm).toBe(1);
  });

  test("conditions are in imm2, beside the displacement of a jump", () => {
    expect(decodeHex("75 fe")).toMatchObject({ mnemonic: "jne", insn: { imm: -2, imm2: 5 } });
    expect(decodeHex("0f 8f 00 00 00 80")).toMatchObject({
      mnemonic: "jg",
      insn: { imm: -0x8000_0000, imm2: 15 },
    });
    expect(decodeHex("0f 92 c0")).toMatchObject({ mnemonic: "setb", insn: { imm2: 2 } });
    expect(decodeHex("0f 4c c1")).toMatchObject({ mnemonic: "cmovl", insn: { imm2: 12 } });
  });

  test("MOV to and from control and debug registers ignores ModR/M.mod", () => {
    expect(decodeHex("0f 20 00")).toMatchObject({ length: 3, insn: { memory: false, reg: 0, rm: 0 } });
    expect(decodeHex("0f 22 5c")).toMatchObject({ length: 3, insn: { memory: false, reg: 3, rm: 4 } });
    expect(decodeHex("0f 23 85")).toMatchObject({ length: 3, insn: { memory: false, reg: 0, rm: 5 } });
  });
});

describe("undefined opcodes", () => {
  test.each([
    ["0f 04", "no such opcode"],
    ["66 0f 7c c1", "SSE3"],
    ["0f 38 00 c1", "SSSE3"],
    ["0f ae 20", "XSAVE"],
    ["8d c0", "LEA of a register"],
    ["62 c0", "BOUND of a register"],
    ["c4 c0", "LES of a register, VEX elsewhere"],
    ["c5 c0", "LDS of a register, VEX elsewhere"],
    ["0f c7 c8", "CMPXCHG8B of a register"],
    ["0f 01 d0", "LGDT of a register"],
    ["0f 01 f8", "INVLPG of a register"],
    ["0f 01 28", "group 7, /5"],
    ["8e c8", "MOV to CS"],
    ["8e f0", "no seventh segment register"],
    ["8c f8", "no eighth segment register"],
    ["0f 20 c8", "CR1"],
    ["0f 22 e8", "CR5"],
    ["8f c8", "group 1A, /1"],
    ["c6 c8 00", "group 11, /1"],
    ["fe d0", "group 4, /2"],
    ["ff f8", "group 5, /7"],
    ["ff d8", "far CALL of a register"],
    ["0f ba c0 00", "group 8, /0"],
  ])("%s: %s", (text) => {
    const { insn, mnemonic } = decodeHex(text);
    expect(mnemonic).toBe("ud");
    expect(rows[insn.row].ends).toBe(ENDS_BRANCH);
  });

  test("those that are defined to be undefined have names", () => {
    expect(["0f 0b", "0f b9 c0", "0f ff c0", "0f aa"].map((text) => decodeHex(text).mnemonic)).toEqual([
      "ud2",
      "ud1",
      "ud0",
      "rsm",
    ]);
  });
});

describe("block ends", () => {
  const ends = (text: string): number => rows[decodeHex(text).insn.row].ends;

  test("after everything that sets EIP", () => {
    for (const text of [
      "74 00",
      "eb 00",
      "e8 00 00 00 00",
      "ff d0",
      "ff 18",
      "c3",
      "cb",
      "cf",
      "cd 80",
      "cc",
      "ce",
      "e2 00",
    ]) {
      expect(ends(text), text).toBe(ENDS_BRANCH);
    }
  });

  test("after everything that changes how the next instruction is decoded or fetched", () => {
    for (const text of [
      "0f 22 c0",
      "0f 22 d8",
      "8e d0",
      "17",
      "0f b2 00",
      "fb",
      "9d",
      "f4",
      "0f 01 38",
      "0f 30",
      "ec",
      "ee",
    ]) {
      expect(ends(text), text).toBe(ENDS_STOP);
    }
  });

  test("not after ordinary instructions", () => {
    for (const text of ["01 c0", "50", "89 00", "0f a2", "9c", "a4", "90", "fa"]) {
      expect(ends(text), text).toBe(ENDS_NONE);
    }
  });
});
