import { CpuidFeature, Decoder, DecoderOptions, Formatter, FormatterSyntax } from "iced-x86";
import { describe, expect, it } from "vitest";
import { type AsmOptions, asm, assemble } from "./asm.ts";
import { Random } from "./random.ts";

const hex = (text: string, options: AsmOptions = {}) => Buffer.from(asm(text, options)).toString("hex");

/** What the decoder of iced-x86 reads, one instruction after the other. */
function disassemble(bytes: Uint8Array, bits: 16 | 32, ip: number): string[] {
  const decoder = new Decoder(bits, bytes, DecoderOptions.None);
  const formatter = new Formatter(FormatterSyntax.Nasm);
  formatter.spaceAfterOperandSeparator = true;
  decoder.ip = BigInt(ip);
  const lines: string[] = [];
  while (decoder.canDecode) {
    const instruction = decoder.decode();
    lines.push(formatter.format(instruction));
    instruction.free();
  }
  decoder.free();
  formatter.free();
  return lines;
}

describe("32-bit encodings", () => {
  it.each([
    ["mov eax, 5", "b805000000"],
    ["mov [ebx], al", "8803"],
    ["mov cr0, eax", "0f22c0"],
    ["mov dr7, ecx", "0f23f9"],
    ["mov ds, ax", "8ed8"],
    ["mov [eax], ds", "8c18"],
    ["mov al, [0x1234]", "a034120000"],
    ["mov eax, dword ptr fs:[eax+ebx*4+8]", "648b449808"],
    ["mov byte [eax+5*3], 'A'", "c6400f41"],
    ["add eax, 0xffffffff", "83c0ff"],
    ["add eax, 0x12345678", "0578563412"],
    ["add eax, strict dword 5", "0505000000"],
    ["sub word ptr [esp-128], 2", "66836c248002"],
    ["shl eax, 1", "d1e0"],
    ["sal byte [eax], cl", "d220"],
    ["shld [ecx], eax, cl", "0fa501"],
    ["shrd ax, bx, 3", "660facd803"],
    ["imul eax, 7", "6bc007"],
    ["imul eax, ebx, 1000", "69c3e8030000"],
    ["idiv dword [esi]", "f73e"],
    ["rep movsd", "f3a5"],
    ["repne scasb", "f2ae"],
    ["fs lodsb", "64ac"],
    ["a16 rep stosw", "6667f3ab"],
    ["insb", "6c"],
    ["in al, dx", "ec"],
    ["out 0x80, al", "e680"],
    ["push 5", "6a05"],
    ["push 0x1234", "6834120000"],
    ["push word 5", "666a05"],
    ["push fs", "0fa0"],
    ["pusha", "60"],
    ["pushaw", "6660"],
    ["popfd", "9d"],
    ["iret", "cf"],
    ["o16 iret", "66cf"],
    ["retf 4", "ca0400"],
    ["jmp 0x08:0x1234", "ea341200000800"],
    ["jmp word 0x08:0x1234", "66ea34120800"],
    ["call far [eax]", "ff18"],
    ["jmp fword ptr [eax]", "ff28"],
    ["jmp [eax]", "ff20"],
    ["call eax", "ffd0"],
    ["int 0x80", "cd80"],
    ["int3", "cc"],
    ["into", "ce"],
    ["lgdt [eax]", "0f0110"],
    ["o16 lgdt [eax]", "660f0110"],
    ["sidt [eax]", "0f0108"],
    ["lldt ax", "0f00d0"],
    ["ltr ax", "0f00d8"],
    ["smsw ax", "660f01e0"],
    ["lar eax, bx", "0f02c3"],
    ["lsl eax, [ebx]", "0f0303"],
    ["verw ax", "0f00e8"],
    ["invlpg [eax]", "0f0138"],
    ["cmovz eax, ebx", "0f44c3"],
    ["setnc al", "0f93c0"],
    ["bt dword [ecx], 5", "0fba2105"],
    ["lock bts [ecx], eax", "f00fab01"],
    ["bsr eax, [ecx]", "0fbd01"],
    ["xadd [ecx], dl", "0fc011"],
    ["cmpxchg [ecx], edx", "0fb111"],
    ["lock cmpxchg8b [esi]", "f00fc70e"],
    ["bswap eax", "0fc8"],
    ["movzx eax, cx", "0fb7c1"],
    ["movsx eax, byte [ecx]", "0fbe01"],
    ["lea eax, [eax+esp]", "8d0404"],
    ["lea eax, [eax*5+1]", "8d448001"],
    ["lea eax, [dword ebx+4]", "8d8304000000"],
    ["lea ax, [bp]", "66678d4600"],
    ["enter 8, 2", "c8080002"],
    ["leave", "c9"],
    ["bound eax, [ebx]", "6203"],
    ["lss esp, [ebx]", "0fb223"],
    ["aam", "d40a"],
    ["xlat", "d7"],
    ["lahf\nsahf\nhlt\ncli\nsti\ncld\nstd\nclc\nstc\ncmc\ncpuid", "9f9ef4fafbfcfdf8f9f50fa2"],
    [
      "rdtsc\nrdmsr\nwrmsr\nsysenter\nsysexit\nud2\nclts\ninvd\nwbinvd",
      "0f310f320f300f340f350f0b0f060f080f09",
    ],
    ["lock mov [eax], eax", "f08900"],
    ["fadd st1\nfaddp\nfld qword [eax]\nfnstsw ax", "d8c1dec1dd00dfe0"],
  ])("%j", (text, bytes) => {
    expect(hex(text)).toBe(bytes);
  });
});

describe("16-bit encodings", () => {
  it.each([
    ["mov ax, [bx+si-2]", "8b40fe"],
    ["mov eax, [si]", "668b04"],
    ["mov ax, [0x1234]", "a13412"],
    ["mov ax, [eax]", "678b00"],
    ["pusha\niret", "60cf"],
    ["pushad\niretd", "666066cf"],
    ["jmp 8:0x100", "ea00010800"],
    ["jmp dword 8:0x100", "66ea000100000800"],
    ["lodsb", "ac"],
    ["a32 lodsb", "67ac"],
    ["retd", "66c3"],
    ["lgdt [0x10]", "0f01161000"],
  ])("%j", (text, bytes) => {
    expect(hex(text, { bits: 16 })).toBe(bytes);
  });
});

describe("labels", () => {
  it("are addresses from the origin on, forwards and backwards", () => {
    const { labels, bytes } = assemble("a: nop\nb: mov eax, c\njmp a\nc: dd b, $, $$", { origin: 0x10_0000 });
    expect([...labels]).toEqual([
      ["a", 0x10_0000],
      ["b", 0x10_0001],
      ["c", 0x10_0008],
    ]);
    expect(Buffer.from(bytes).toString("hex")).toBe("90b808001000ebf8010010000800100000001000");
  });

  it("make branches long only where short ones do not reach", () => {
    expect(asm("jz x\ntimes 127 nop\nx:")).toHaveLength(2 + 127);
    expect(asm("jz x\ntimes 128 nop\nx:")).toHaveLength(6 + 128);
    expect(hex("jmp near $\njmp short $")).toBe("e9fbffffffebfe");
  });

  it("settle when one branch's length decides another's", () => {
    const body = "times 122 nop";
    const { labels, bytes } = assemble(`a: jmp c\n${body}\njmp a\nc: jmp b\ntimes 300 nop\nb:`);
    expect(labels.get("b")).toBe(bytes.length);
  });

  it("that begin with a dot belong to the label before", () => {
    expect(hex("f: .x: jmp .x\ng: .x: jmp .x\njmp f.x")).toBe("ebfeebfeebfa");
  });

  it("may be constants", () => {
    expect(hex("SIZE equ 4 * 2\nmov al, SIZE | 1\nx = SIZE - 1\ndb x << 1, -1, ~0 & 0xf")).toBe("b0090eff0f");
  });
});

describe("directives", () => {
  it("db, dw, dd and dq put data, and strings in them", () => {
    expect(hex(`db "a;b", 0, 'c' ; comment\ndw 0x1234, 'ab'\ndd -1 # comment\ndq 1`)).toBe(
      "613b6200633412" + "6162" + "ffffffff" + "0100000000000000",
    );
  });

  it("bits changes the mode from there on", () => {
    expect(hex("bits 16\nmov ax, 1\njmp 8:x\nbits 32\nx: mov ax, 1", { origin: 0x7c00 })).toBe(
      "b80100ea087c080066b80100",
    );
  });

  it("org sets the address at the top and pads with zeros below", () => {
    expect(assemble("org 0x7c00\nx: dw x")).toMatchObject({ origin: 0x7c00 });
    expect(hex("org 0x7c00\nx: dw x\norg 0x7c04\ndb 1")).toBe("007c000001");
  });

  it("align, times and resb fill", () => {
    expect(hex("nop\nalign 4\ntimes 2 db 7\nresb 2")).toBe("9090909007070000");
  });
});

describe("mistakes", () => {
  it.each([
    [
      "nop\nmov [eax], 5",
      'asm line 2: "mov [eax], 5": the size of the memory operand is missing (byte, word, dword)',
    ],
    ["mov al, 300", 'asm line 1: "mov al, 300": no such instruction, or not with these operands'],
    ["frob eax", 'asm line 1: "frob eax": no such instruction, or not with these operands'],
    ["jmp nowhere", 'asm line 1: "jmp nowhere": "nowhere" is not defined'],
    ["x:\nx:", 'asm line 2: "x:": "x" is defined twice'],
    ["mov eax, [eax+bx]", 'asm line 1: "mov eax, [eax+bx]": not an address: eax + bx'],
    ["mov eax, ebx ecx", 'asm line 1: "mov eax, ebx ecx": unexpected "ecx"'],
    [
      "jmp short x\ntimes 200 nop\nx:",
      'asm line 1: "jmp short x": no such instruction, or not with these operands',
    ],
  ])("%j", (text, message) => {
    expect(() => asm(text)).toThrow(message);
  });
});

describe("coverage", () => {
  const I686 = new Set([
    ...[CpuidFeature.INTEL8086, CpuidFeature.INTEL8086_ONLY, CpuidFeature.INTEL186, CpuidFeature.INTEL286],
    ...[CpuidFeature.INTEL286_ONLY, CpuidFeature.INTEL386, CpuidFeature.INTEL386_ONLY, CpuidFeature.INTEL486],
    ...[CpuidFeature.CMOV, CpuidFeature.CPUID, CpuidFeature.CX8, CpuidFeature.TSC, CpuidFeature.MSR],
    ...[CpuidFeature.SEP, CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387],
  ]);
  /** Text that only says how something is encoded, or NASM words that this assembler does not have. */
  const NOT_OURS =
    /^bnd|\bbnd |xacquire|xrelease| to st|^nop .*,|^sal |^xchg|\*1\b|^(fcom|fxch|loop).*,|^loop.*cx$/;

  /** The first instruction in random bytes, half of them from the two-byte map. */
  function randomInstruction(random: Random, bits: 16 | 32, ip: number): string | null {
    const bytes = Uint8Array.from({ length: 15 }, () => random.byte());
    if (random.byte() < 96) bytes[0] = 0x0f;
    const decoder = new Decoder(bits, bytes, DecoderOptions.None);
    decoder.ip = BigInt(ip);
    const instruction = decoder.decode();
    const wanted = !instruction.isInvalid && [...instruction.cpuidFeatures()].every((f) => I686.has(f));
    const text = wanted ? disassemble(bytes.subarray(0, instruction.length), bits, ip)[0]! : null;
    instruction.free();
    decoder.free();
    return text;
  }

  it("every i686 instruction that a disassembler prints can be assembled to itself", () => {
    const random = new Random(1);
    const seen = new Set<string>();
    for (let round = 0; round < 6000; round++) {
      const bits = round % 2 === 0 ? 32 : 16;
      const ip = bits === 32 ? 0x1000_0000 : 0x4000;
      const text = randomInstruction(random, bits, ip);
      if (text === null || NOT_OURS.test(text)) continue;
      expect(disassemble(asm(text, { bits, origin: ip }), bits, ip)).toEqual([text]);
      seen.add(text.replace(/ .*/, ""));
    }
    expect(seen.size).toBeGreaterThan(150);
  });
});
