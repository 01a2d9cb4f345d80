import { describe, expect, it } from "vitest";
import type { BootImage } from "../../../src/machine/image/boot-image.ts";
import { ImageError } from "../../../src/machine/image/image-error.ts";
import { loadMultiboot } from "../../../src/machine/image/multiboot.ts";
import { Random } from "../../support/random.ts";
import { buildElf, buildFlat, viewOf } from "./builders.ts";

const MIB = 0x10_0000;
const MEM = 16 * MIB;
const ROUNDS = 10_000;

const CODE = new Uint8Array(64).fill(0xf4);
const BASES = [
  buildElf(),
  buildElf({
    entry: 0xc010_0000,
    segments: [
      { paddr: MIB, vaddr: 0xc010_0000, bytes: CODE, memSize: 0x3000 },
      { paddr: MIB + 0x3000, vaddr: 0xc010_3000, bytes: CODE },
      { paddr: 0x8000, bytes: CODE, memSize: 0x2000 },
    ],
    sections: [
      { type: 0, address: 0, bytes: new Uint8Array(0) },
      { type: 2, address: 0, bytes: CODE },
      { type: 3, address: 0, bytes: CODE },
      { type: 8, address: 0x10_3000, bytes: new Uint8Array(0) },
    ],
  }),
  buildFlat(),
  buildFlat({ loadEndAddr: MIB + 128, bssEndAddr: MIB + 0x4000, entryAddr: MIB + 64 }),
];

const EDGES = [
  0,
  1,
  2,
  3,
  4,
  0x1f,
  0x7f,
  0x80,
  0xff,
  0xfff,
  0x1000,
  0x7fff,
  0xffff,
  0x9000,
  0x9_fc00,
  0xa_0000,
  0xf_ffff,
  MIB,
  MIB + 1,
  MEM - 1,
  MEM,
  MEM + 1,
  0x7fff_ffff,
  0x8000_0000,
  0xc010_0000,
  0xffff_0000,
  0xffff_fff0,
  0xffff_ffff,
];

/** One to four spoilings of a copy: bits, bytes, words at the edges of what is allowed, and a cut. */
function mutate(base: Uint8Array, random: Random): Uint8Array {
  let bytes = base.slice();
  for (let n = random.below(4); n >= 0; n--) {
    const at = random.below(bytes.length);
    const word = Math.min(at & ~3, (bytes.length & ~3) - 4);
    const kind = random.below(10);
    if (kind === 0) bytes[at]! ^= 1 << random.below(8);
    else if (kind === 1) bytes[at] = random.below(256);
    else if (kind === 2 && bytes.length > 64) bytes = bytes.slice(0, 8 + at);
    else if (kind === 3 && word >= 0) viewOf(bytes).setUint16(word, EDGES[random.below(EDGES.length)]!, true);
    else if (word >= 0) viewOf(bytes).setUint32(word, EDGES[random.below(EDGES.length)]!, true);
    if (bytes.length < 8) break;
  }
  return bytes;
}

/** Everything a machine relies on when it copies the segments and starts. */
function checkImage(image: BootImage): void {
  const sorted = [...image.segments].sort((a, b) => a.gpa - b.gpa || a.size - b.size);
  let end = 0;
  for (const s of sorted) {
    if (s.bytes.length > s.size) throw new Error(`${s.name} has more bytes than its size`);
    if (s.gpa < end) throw new Error(`${s.name} overlaps`);
    end = s.gpa + s.size;
    if (!(end <= 0xa_0000 || (s.gpa >= MIB && end <= MEM))) throw new Error(`${s.name} is not in RAM`);
  }
  const { entry } = image;
  if (!sorted.some((s) => entry >= s.gpa && entry < s.gpa + s.size))
    throw new Error("entry is in no segment");
}

describe("10 000 mutated images", () => {
  it("load soundly or are refused with one sentence", () => {
    const random = new Random(86);
    const counts = { loaded: 0, refused: 0 };
    const sentences = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = mutate(BASES[round % BASES.length]!, random);
      try {
        checkImage(
          loadMultiboot(
            { name: "fuzz.elf", bytes },
            {
              memBytes: MEM,
              commandLine: "a",
              modules: [{ name: "m", bytes: CODE, commandLine: "" }],
              bootLoaderName: "U",
            },
          ),
        );
        counts.loaded++;
      } catch (error) {
        if (!(error instanceof ImageError))
          throw new Error(`round ${round}: ${String(error)}`, { cause: error });
        expect(error.message).toMatch(/^(fuzz\.elf|m): [^\n]{8,220}[^.\s]$/);
        sentences.add(error.message.replace(/(0x)?[0-9a-f]*\d[0-9a-f]*/g, "N"));
        counts.refused++;
      }
    }
    // Neither side may be empty, or the mutations prove nothing.
    expect(counts.loaded).toBeGreaterThan(ROUNDS / 10);
    expect(counts.refused).toBeGreaterThan(ROUNDS / 10);
    expect(sentences.size).toBeGreaterThan(20);
  });
});

describe("claims of 4 GiB", () => {
  it("are refused before anything of that size is allocated", () => {
    const before = process.memoryUsage().arrayBuffers;
    const segments = [{ paddr: MIB, bytes: CODE, memSize: 0xffff_ffff }];
    const options = { memBytes: MEM, commandLine: "", modules: [], bootLoaderName: "U" };
    expect(() => loadMultiboot({ name: "k", bytes: buildElf({ segments }) }, options)).toThrow(ImageError);
    expect(() =>
      loadMultiboot({ name: "k", bytes: buildFlat({ bssEndAddr: 0xffff_ffff }) }, options),
    ).toThrow(ImageError);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MIB);
  });
});
