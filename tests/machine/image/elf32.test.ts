import { describe, expect, it } from "vitest";
import { parseElf32 } from "../../../src/machine/image/elf32.ts";
import { ImageError } from "../../../src/machine/image/image-error.ts";
import { buildElf, viewOf } from "./builders.ts";

const MIB = 0x10_0000;
const CODE = new Uint8Array([1, 2, 3, 4]);

const parse = (bytes: Uint8Array) => parseElf32({ name: "k", bytes });

/** The sentence for an image with one field overwritten. */
function spoiled(width: 1 | 2 | 4, offset: number, value: number, bytes = buildElf()): string {
  const view = viewOf(bytes);
  if (width === 1) view.setUint8(offset, value);
  else if (width === 2) view.setUint16(offset, value, true);
  else view.setUint32(offset, value, true);
  return refusal(bytes);
}

function refusal(bytes: Uint8Array): string {
  try {
    parse(bytes);
  } catch (error) {
    if (error instanceof ImageError) return error.message;
    throw error;
  }
  throw new Error("not refused");
}

describe("the ELF header", () => {
  it("of a 64-bit image gets its own sentence, with the way out", () => {
    expect(spoiled(1, 4, 2)).toMatch(
      /^k: is a 64-bit ELF image and this is a 32-bit machine: link it with "-m elf_i386"/,
    );
  });

  it.each([
    ["k: has the unknown ELF class 3", 1, 4, 3],
    ["k: is not a little-endian ELF image", 1, 5, 2],
    ["k: is an ELF image for machine type 40, not for the i386 (3)", 2, 18, 40],
    ["k: is an object file, not an executable", 2, 16, 1],
    ["k: is a shared object or position-independent, not an executable", 2, 16, 3],
    ["k: has ELF type 9, not an executable", 2, 16, 9],
    ["k: has program headers of 56 bytes, not 32", 2, 42, 56],
  ] as const)("is refused: %s", (sentence, width, offset, value) => {
    expect(spoiled(width, offset, value)).toContain(sentence);
  });

  it("may not be cut off", () => {
    expect(refusal(buildElf().subarray(0, 51))).toBe("k: is truncated: its ELF header ends after 51 bytes");
  });
});

describe("program headers", () => {
  it("of type PT_LOAD become segments, others are passed over", () => {
    const note = { paddr: 0, bytes: CODE, type: 4 };
    const { segments } = parse(
      buildElf({ entry: MIB, segments: [note, { paddr: MIB, bytes: CODE, memSize: 100 }] }),
    );
    expect(segments).toMatchObject([{ index: 1, paddr: MIB, size: 100, bytes: CODE }]);
  });

  it("that load nothing are passed over", () => {
    const empty = { paddr: 0xc000_0000, bytes: new Uint8Array(0) };
    expect(
      parse(buildElf({ entry: MIB, segments: [empty, { paddr: MIB, bytes: CODE }] })).segments,
    ).toHaveLength(1);
  });

  it("must be there", () => {
    const sentence = "k: has no segment to load (no PT_LOAD program header)";
    expect(refusal(buildElf({ segments: [] }))).toBe(sentence);
    expect(refusal(buildElf({ segments: [{ paddr: 0, bytes: CODE, type: 4 }] }))).toBe(sentence);
  });

  it("may not lie outside the file", () => {
    expect(spoiled(4, 28, 0xffff_ffff)).toMatch(
      /is truncated: the program header table ends at byte 4294967327/,
    );
  });

  it("may not point outside the file", () => {
    expect(spoiled(4, 52 + 4, 0xffff_fff0)).toMatch(
      /is truncated: segment 0 ends at byte 4294967283 but the file/,
    );
    expect(refusal(buildElf().subarray(0, 98))).toBe(
      "k: is truncated: segment 0 ends at byte 99 but the file has 98 bytes",
    );
  });

  it("may not have more bytes in the file than in memory", () => {
    expect(refusal(buildElf({ segments: [{ paddr: MIB, bytes: CODE, memSize: 3 }] }))).toBe(
      "k: segment 0 has 4 bytes in the file but only 3 in memory",
    );
  });
});

describe("the entry point", () => {
  const high = { paddr: MIB, vaddr: 0xc010_0000, bytes: CODE, memSize: 0x1000 };

  it("is moved from its virtual to its physical address", () => {
    expect(parse(buildElf({ entry: 0xc010_0040, segments: [high] })).entry).toBe(MIB + 0x40);
  });

  it("may be given as a physical address", () => {
    expect(parse(buildElf({ entry: MIB + 0x40, segments: [high] })).entry).toBe(MIB + 0x40);
  });

  it("is virtual where both readings are possible, as the ELF specification says", () => {
    const segments = [high, { paddr: 2 * MIB, vaddr: MIB, bytes: CODE, memSize: 0x1000 }];
    expect(parse(buildElf({ entry: MIB + 0x40, segments })).entry).toBe(2 * MIB + 0x40);
  });

  it("must lie in a segment", () => {
    expect(refusal(buildElf({ entry: 0x10_2000 }))).toBe(
      "k: has its entry point at 0x00102000, which is in none of its segments",
    );
  });
});

describe("section headers", () => {
  const withSections = () => buildElf({ sections: [{ type: 3, address: 0, bytes: CODE }] });

  it("may not be cut off", () => {
    expect(refusal(withSections().slice(0, -1))).toMatch(
      /is truncated: the section header table ends at byte \d+/,
    );
  });

  it("may not point outside the file", () => {
    const bytes = withSections();
    const shoff = viewOf(bytes).getUint32(32, true);
    expect(spoiled(4, shoff + 20, 0x7fff_ffff, bytes)).toMatch(/is truncated: section 0 ends at byte/);
  });

  it("must have the known size", () => {
    expect(spoiled(2, 46, 64, withSections())).toBe("k: has section headers of 64 bytes, not 40");
  });

  it("without bytes in the file (NOBITS) are not loaded", () => {
    const bytes = buildElf({ sections: [{ type: 8, address: 0, bytes: CODE }] });
    expect(parse(bytes).sections?.unplaced).toEqual([]);
  });
});
