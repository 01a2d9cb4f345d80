import { describe, expect, it } from "vitest";
import type { BootImage } from "../../../src/machine/image/boot-image.ts";
import { type BzImageOptions, isBzImage, loadBzImage } from "../../../src/machine/image/bzimage.ts";
import { ImageError } from "../../../src/machine/image/image-error.ts";
import { Random } from "../../support/random.ts";
import { viewOf } from "./builders.ts";

const MIB = 0x10_0000;
const PARAMS = 0x1_0000;

interface Spec {
  version?: number;
  loadflags?: number;
  xloadflags?: number;
  bootFlag?: number;
  setupSects?: number;
  cmdlineSize?: number;
  initrdMax?: number;
  prefAddress?: number;
  initSize?: number;
  kernel?: Uint8Array;
}

/** A kernel as small as one can be: a setup part of five sectors, then code. */
function bzImage(spec: Spec = {}): Uint8Array {
  const kernel = spec.kernel ?? new Uint8Array(700).fill(0xf4);
  const bytes = new Uint8Array(5 * 512 + kernel.length);
  const view = viewOf(bytes);
  bytes[0x1f1] = spec.setupSects ?? 4;
  view.setUint16(0x1fe, spec.bootFlag ?? 0xaa55, true);
  bytes.set([0xeb, 0x6a], 0x200);
  view.setUint32(0x202, 0x5372_6448, true);
  view.setUint16(0x206, spec.version ?? 0x020f, true);
  bytes[0x211] = spec.loadflags ?? 1;
  view.setUint32(0x22c, spec.initrdMax ?? 0x37ff_ffff, true);
  view.setUint32(0x230, 0x20_0000, true);
  bytes[0x234] = 1;
  view.setUint16(0x236, spec.xloadflags ?? 0, true);
  view.setUint32(0x238, spec.cmdlineSize ?? 2047, true);
  view.setUint32(0x258, spec.prefAddress ?? 16 * MIB, true);
  view.setUint32(0x260, spec.initSize ?? 4 * MIB, true);
  bytes.set(kernel, 5 * 512);
  return bytes;
}

function load(bytes: Uint8Array, options: Partial<BzImageOptions> = {}): BootImage {
  return loadBzImage(
    { name: "vmlinuz", bytes },
    { memBytes: 64 * MIB, commandLine: "", initrd: null, rsdpGpa: 0, ...options },
  );
}

function refusal(bytes: Uint8Array, options: Partial<BzImageOptions> = {}): string {
  try {
    load(bytes, options);
  } catch (error) {
    if (error instanceof ImageError) return error.message;
    throw error;
  }
  throw new Error("the image was not refused");
}

const at = (image: BootImage, gpa: number): Uint8Array => {
  const segment = image.segments.find((one) => one.gpa === gpa);
  if (segment === undefined) throw new Error(`nothing at ${gpa.toString(16)}`);
  return segment.bytes;
};
const params = (image: BootImage): DataView => viewOf(at(image, PARAMS));
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe("a Linux kernel", () => {
  it("is told by the magic number of its setup header", () => {
    expect([isBzImage(bzImage()), isBzImage(new Uint8Array(4096)), isBzImage(new Uint8Array(3))]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("begins at 1 MiB in flat 32-bit mode, with ESI at the boot parameters and everything else zero", () => {
    const image = load(bzImage());
    expect([image.entry, image.registers]).toEqual([MIB, { eax: 0, ebx: 0, esi: PARAMS }]);
    expect(at(image, MIB)).toEqual(new Uint8Array(700).fill(0xf4));
    const { start } = image;
    expect([start.cs.selector, start.data.selector, start.cr0 & 0x8000_0001]).toEqual([0x10, 0x18, 1]);
  });

  it("finds the segments it was started with in the GDT", () => {
    const image = load(bzImage());
    const gdt = viewOf(at(image, image.start.gdtr.base));
    expect(gdt.byteLength).toBe(image.start.gdtr.limit + 1);
    expect([gdt.getUint32(0x14, true), gdt.getUint32(0x1c, true)]).toEqual([0x00cf_9b00, 0x00cf_9300]);
  });

  it("finds its own setup header in the boot parameters, and zeros around it", () => {
    const page = params(load(bzImage()));
    expect([page.getUint32(0x202, true), page.getUint32(0x260, true)]).toEqual([0x5372_6448, 4 * MIB]);
    // The sentinel tells the kernel that a loader has cleared the page.
    expect(page.getUint8(0x1ef)).toBe(0);
  });

  it("learns which loader it was, its command line and the memory map", () => {
    const image = load(bzImage(), { commandLine: "console=ttyS0 quiet" });
    const page = params(image);
    expect(page.getUint8(0x210)).toBe(0xff);
    expect(text(at(image, page.getUint32(0x228, true)))).toBe("console=ttyS0 quiet\0");
    const entries = Array.from({ length: page.getUint8(0x1e8) }, (_, i) =>
      [0, 8, 16].map((offset) => page.getUint32(0x2d0 + i * 20 + offset, true)),
    );
    expect(entries).toEqual([
      [0, 0x9_fc00, 1],
      [0x9_fc00, 0x400, 2],
      [0xf_0000, 0x1_0000, 2],
      [MIB, 63 * MIB, 1],
    ]);
  });

  it("is told to the configuration device by its parts: the setup code with its header filled in, the kernel, the rest", () => {
    const initrd = { name: "i", bytes: new Uint8Array(100).fill(3) };
    const {
      setup,
      kernel,
      commandLine,
      initrd: disk,
    } = load(bzImage(), { commandLine: "quiet", initrd }).parts;
    expect([setup?.bytes.length, setup?.bytes[0x210], setup?.bytes[0x1f1]]).toEqual([5 * 512, 0xff, 4]);
    expect([kernel.gpa, kernel.bytes.length, text(commandLine.bytes)]).toEqual([MIB, 700, "quiet\0"]);
    expect([disk?.bytes, (disk?.gpa ?? 1) % 4096]).toEqual([initrd.bytes, 0]);
  });

  it("learns where the ACPI tables begin", () => {
    expect(params(load(bzImage(), { rsdpGpa: 0xf_1230 })).getUint32(0x70, true)).toBe(0xf_1230);
  });
});

describe("the initial RAM disk", () => {
  const initrd = { name: "initrd.gz", bytes: new Uint8Array(5000).fill(1) };

  it("lies as high as RAM goes, on a page", () => {
    const page = params(load(bzImage(), { initrd }));
    expect([page.getUint32(0x218, true), page.getUint32(0x21c, true)]).toEqual([64 * MIB - 8192, 5000]);
  });

  it("lies below the highest address that the kernel takes", () => {
    const page = params(load(bzImage({ initrdMax: 0x1fff_fff }), { initrd }));
    expect(page.getUint32(0x218, true)).toBe(0x200_0000 - 8192);
  });

  it("that reaches into what the kernel unpacks itself to is refused", () => {
    const large = { name: "initrd.gz", bytes: new Uint8Array(45 * MIB) };
    expect(refusal(bzImage(), { initrd: large })).toBe(
      `initrd.gz: this initial RAM disk of ${45 * MIB} bytes does not fit above the kernel, which takes RAM up to 0x01400000, the machine has 64 MiB: give it more with --mem`,
    );
  });
});

describe("what cannot be booted is refused with a sentence", () => {
  it.each<[string, Spec, RegExp]>([
    [
      "a kernel from before the 32-bit boot protocol",
      { version: 0x0204 },
      /boot protocol 2\.04, older than 2\.06/,
    ],
    ["a zImage", { loadflags: 0 }, /is a zImage, which loads below 1 MiB/],
    ["a 64-bit kernel", { xloadflags: 1 }, /is a 64-bit kernel and this is a 32-bit PC/],
    ["a damaged boot sector", { bootFlag: 0 }, /no boot signature: it is damaged/],
    [
      "a file that ends in its setup part",
      { setupSects: 60 },
      /is truncated: its kernel begins at byte 31232/,
    ],
    [
      "one that needs more memory",
      { initSize: 90 * MIB },
      /needs RAM up to 0x06a00000.*at least 106 MiB with --mem/,
    ],
  ])("%s", (_, spec, sentence) => {
    expect(refusal(bzImage(spec))).toMatch(sentence);
  });

  it("a header without the rest", () => {
    expect(refusal(bzImage().subarray(0, 0x240))).toMatch(/is truncated: its setup header ends at byte 612/);
  });

  it("a command line that is too long", () => {
    expect(refusal(bzImage({ cmdlineSize: 10 }), { commandLine: "a".repeat(11) })).toBe(
      "vmlinuz: takes a command line of 10 bytes at most, and --append has 11",
    );
  });

  it("10 000 damaged kernels load soundly or are refused", () => {
    const random = new Random(6);
    const counts = { loaded: 0, refused: 0 };
    for (let round = 0; round < 10_000; round++) {
      const bytes = bzImage();
      for (let n = random.below(4); n >= 0; n--) bytes[random.between(0x1e0, 0x270)] = random.byte();
      const cut = random.oneIn(4) ? bytes.subarray(0, random.between(0x208, bytes.length)) : bytes;
      try {
        const image = load(cut, { initrd: { name: "i", bytes: new Uint8Array(4097) }, commandLine: "a b" });
        for (const { gpa, bytes: part } of image.segments) {
          if (gpa < 0 || gpa + part.length > 64 * MIB) throw new Error(`round ${round}: outside RAM`);
        }
        counts.loaded++;
      } catch (error) {
        if (!(error instanceof ImageError)) throw new Error(`round ${round}`, { cause: error });
        expect(error.message).toMatch(/^(vmlinuz|i): [^\n]{8,250}[^.\s]$/);
        counts.refused++;
      }
    }
    expect(counts.loaded).toBeGreaterThan(1000);
    expect(counts.refused).toBeGreaterThan(1000);
  });
});
