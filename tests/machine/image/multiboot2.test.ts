import { describe, expect, it } from "vitest";
import type { BootImage } from "../../../src/machine/image/boot-image.ts";
import { ImageError } from "../../../src/machine/image/image-error.ts";
import { type KernelOptions, loadKernel } from "../../../src/machine/image/kernel.ts";
import { Random } from "../../support/random.ts";
import { buildElf, header as header1, viewOf, words } from "./builders.ts";

const MIB = 0x10_0000;
const MAGIC = 0xe852_50d6;
const END = words(0, 8);

/** A header tag; flags 1 makes it optional. */
const tag = (type: number, ...values: number[]): Uint8Array => tagWith(type, 0, ...values);
function tagWith(type: number, flags: number, ...values: number[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((8 + values.length * 4) / 8) * 8);
  bytes.set(words(type | (flags << 16), 8 + values.length * 4, ...values));
  return bytes;
}

function header(...tags: Uint8Array[]): Uint8Array {
  const body = Buffer.concat([...tags, END]);
  const length = 16 + body.length;
  return Buffer.concat([words(MAGIC, 0, length, -(MAGIC + length) >>> 0), body]);
}

/** A flat image of `size` bytes with the header at 0, to be loaded at 1 MiB. */
function flat(extra: Uint8Array[] = [], size = 0x1000): Uint8Array {
  const addresses = tag(2, MIB, MIB, 0, MIB + 0x2000);
  const bytes = new Uint8Array(size);
  bytes.set(header(addresses, tag(3, MIB + 0x100), ...extra));
  return bytes;
}

/** An ELF kernel: the header is in its one segment. */
function elf(...tags: Uint8Array[]): Uint8Array {
  const code = new Uint8Array(0x1000);
  code.set(header(...tags));
  // The header must lie on eight bytes of the file: padding in front of the segment.
  const build = (pad: number): Uint8Array => {
    const bytes = Buffer.concat([new Uint8Array(pad), code]);
    return buildElf({ flags: null, entry: MIB, segments: [{ paddr: MIB, bytes, memSize: 0x3000 }] });
  };
  const found = build(0);
  const at = Buffer.from(found).indexOf(Buffer.from(words(MAGIC)));
  return at % 8 === 0 ? found : build(8 - (at % 8));
}

const OPTIONS: KernelOptions = {
  memBytes: 64 * MIB,
  commandLine: "a=1",
  bootLoaderName: "Umbra 0.1.0",
  modules: () => [],
  initrd: () => null,
  rsdp: null,
};
const load = (bytes: Uint8Array, options: Partial<KernelOptions> = {}): BootImage =>
  loadKernel({ name: "k", bytes }, { ...OPTIONS, ...options });

function refusal(bytes: Uint8Array): string {
  try {
    load(bytes);
  } catch (error) {
    if (error instanceof ImageError) return error.message;
    throw error;
  }
  throw new Error("the image was not refused");
}

/** The tags of the information structure, by type, as a kernel walks them. */
function tagsOf(image: BootImage): { total: number; tags: Map<number, Uint8Array[]> } {
  const info = image.segments.find(({ gpa }) => gpa === image.registers.ebx);
  if (info === undefined) throw new Error("no information structure");
  const view = viewOf(info.bytes);
  const total = view.getUint32(0, true);
  const tags = new Map<number, Uint8Array[]>();
  for (let at = 8; at < total; ) {
    const type = view.getUint32(at, true);
    const size = view.getUint32(at + 4, true);
    tags.set(type, [...(tags.get(type) ?? []), info.bytes.subarray(at + 8, at + size)]);
    at += Math.ceil(size / 8) * 8;
    if (type === 0) expect(at).toBe(total);
  }
  return { total, tags };
}
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes).replace(/\0$/, "");

describe("a Multiboot 2 kernel", () => {
  it("finds the magic in EAX and the information in EBX, on eight bytes", () => {
    const { registers, entry } = load(elf());
    expect([registers.eax, registers.ebx % 8, entry]).toEqual([0x36d7_6289, 0, MIB]);
  });

  it("loads where its address tag says, and starts at its entry tag", () => {
    const image = load(flat());
    expect(image.entry).toBe(MIB + 0x100);
    expect(image.segments[0]).toMatchObject({ gpa: MIB, size: 0x2000 });
  });

  it("an entry tag overrides the entry of the ELF header", () => {
    expect(load(elf(tag(3, MIB + 0x40))).entry).toBe(MIB + 0x40);
  });

  it("with headers of both versions is booted by version 1", () => {
    const both = elf();
    both.set(header1(0), both.length - 64);
    expect(load(both).registers.eax).toBe(0x2bad_b002);
  });

  it("learns command line, loader, memory and where it was loaded", () => {
    const { tags } = tagsOf(load(elf()));
    expect(text(tags.get(1)?.[0])).toBe("k a=1");
    expect(text(tags.get(2)?.[0])).toBe("Umbra 0.1.0");
    expect(tags.get(4)?.[0]).toEqual(words(639, 63 * 1024));
    expect(tags.get(21)?.[0]).toEqual(words(MIB));
    const map = viewOf(tags.get(6)?.[0] as Uint8Array);
    expect([map.getUint32(0, true), map.byteLength]).toEqual([24, 8 + 4 * 24]);
    expect([map.getUint32(8 + 72, true), map.getUint32(8 + 80, true), map.getUint32(8 + 88, true)]).toEqual([
      MIB,
      63 * MIB,
      1,
    ]);
  });

  it("learns that the display is EGA text", () => {
    const frame = viewOf(tagsOf(load(elf())).tags.get(8)?.[0] as Uint8Array);
    expect([frame.getUint32(0, true), frame.getUint32(8, true), frame.getUint8(21)]).toEqual([
      0xb_8000, 160, 2,
    ]);
  });

  it("finds each module in a tag of its own", () => {
    const module = (name: string) => ({ name, bytes: new Uint8Array(5000), commandLine: "x" });
    const { tags } = tagsOf(load(elf(), { modules: () => [module("one"), module("two")] }));
    const modules = (tags.get(3) ?? []).map((bytes) => {
      const view = viewOf(bytes);
      return [view.getUint32(4, true) - view.getUint32(0, true), text(bytes.subarray(8))];
    });
    expect(modules).toEqual([
      [5000, "one x"],
      [5000, "two x"],
    ]);
  });

  it("is given the ACPI root pointer if there is one", () => {
    const bytes = new TextEncoder().encode("RSD PTR ............");
    expect(tagsOf(load(elf(), { rsdp: { gpa: 0xf_0000, bytes } })).tags.get(14)?.[0]).toEqual(bytes);
  });

  it("asking for a framebuffer is a warning, not a refusal", () => {
    expect(load(elf(tag(5, 1024, 768, 32))).warnings).toEqual([
      "k: asks for a framebuffer and gets EGA text",
    ]);
  });
});

describe("what cannot be booted is refused with a sentence", () => {
  const spoiled = (offset: number, value: number): Uint8Array => {
    const bytes = flat();
    viewOf(bytes).setUint32(offset, value, true);
    return bytes;
  };
  it.each<[string, Uint8Array, RegExp]>([
    ["a wrong checksum", spoiled(12, 0), /at offset 0 with a wrong checksum/],
    [
      "another architecture",
      (() => {
        const bytes = flat();
        const length = viewOf(bytes).getUint32(8, true);
        bytes.set(words(MAGIC, 4, length, -(MAGIC + 4 + length) >>> 0));
        return bytes;
      })(),
      /for architecture 4, and this is a PC/,
    ],
    [
      "a tag that must be known",
      flat([tag(77)]),
      /boot-loader feature that Multiboot 2 does not define \(header tag 77\)/,
    ],
    ["EFI boot services", flat([tag(7)]), /needs EFI boot services, and this PC has a BIOS/],
    [
      "information that is not there",
      flat([tag(1, 12)]),
      /requires information that a BIOS PC does not have \(tag 12\)/,
    ],
    ["a tag with a wrong size", spoiled(20, 4), /whose tag 2 has a wrong size \(4\)/],
    [
      "load addresses without an entry",
      new Uint8Array([...header(tag(2, MIB, MIB, 0, 0)), 1]),
      /no entry address/,
    ],
    ["no end tag", flat([words(0x1_0004, 0x10, 0, 0)]).subarray(0, 72), /does not fit|without an end tag/],
  ])("%s", (_, bytes, sentence) => {
    expect(refusal(bytes)).toMatch(sentence);
  });

  it("optional tags that nobody knows, and optional requests, are passed over", () => {
    expect(load(flat([tagWith(77, 1), tagWith(1, 1, 12), tagWith(7, 1)])).entry).toBe(MIB + 0x100);
  });

  it("5 000 damaged kernels load soundly or are refused", () => {
    const random = new Random(2);
    const counts = { loaded: 0, refused: 0 };
    const bases = [elf(tag(3, MIB)), flat([tag(1, 4, 6)])];
    for (let round = 0; round < 5000; round++) {
      const bytes = Uint8Array.from(random.pick(bases));
      const start = Buffer.from(bytes).indexOf(Buffer.from(words(MAGIC)));
      for (let n = random.below(3); n >= 0; n--) bytes[random.below(start + 80)] = random.byte();
      // With a right checksum, damage gets past the first check.
      const view = viewOf(bytes);
      if (!random.oneIn(4)) view.setUint32(start + 12, -(MAGIC + view.getUint32(start + 8, true)), true);
      try {
        for (const { gpa, size } of load(bytes).segments) expect(gpa + size).toBeLessThanOrEqual(64 * MIB);
        counts.loaded++;
      } catch (error) {
        if (!(error instanceof ImageError)) throw new Error(`round ${round}`, { cause: error });
        expect(error.message).toMatch(/^k: [^\n]{8,250}[^.\s]$/);
        counts.refused++;
      }
    }
    expect(counts.loaded).toBeGreaterThan(500);
    expect(counts.refused).toBeGreaterThan(500);
  });
});
