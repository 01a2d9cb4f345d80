import { describe, expect, it } from "vitest";
import type { BootImage } from "../../../src/machine/image/boot-image.ts";
import { MULTIBOOT_START } from "../../../src/machine/image/boot-image.ts";
import { ImageError } from "../../../src/machine/image/image-error.ts";
import { loadMultiboot } from "../../../src/machine/image/multiboot.ts";
import type { MultibootOptions } from "../../../src/machine/image/multiboot-kernel.ts";
import { buildElf, buildFlat, header, viewOf, words } from "./builders.ts";

const MIB = 0x10_0000;

function load(bytes: Uint8Array, options: Partial<MultibootOptions> = {}): BootImage {
  return loadMultiboot(
    { name: "k.elf", bytes },
    { memBytes: 64 * MIB, commandLine: "", modules: [], bootLoaderName: "Umbra 0.1.0", ...options },
  );
}

/** The sentence an image is refused with. */
function refusal(bytes: Uint8Array, options: Partial<MultibootOptions> = {}): string {
  try {
    load(bytes, options);
  } catch (error) {
    if (error instanceof ImageError) return error.message;
    throw error;
  }
  throw new Error("the image was not refused");
}

/** Guest RAM as the machine would fill it, and readers for what a kernel reads. */
function guest(image: BootImage) {
  const find = (gpa: number) => {
    const segment = image.segments.find((s) => gpa >= s.gpa && gpa < s.gpa + s.size);
    if (segment === undefined) throw new Error(`nothing at 0x${gpa.toString(16)}`);
    return { segment, offset: gpa - segment.gpa };
  };
  const u32 = (gpa: number) => {
    const { segment, offset } = find(gpa);
    return viewOf(segment.bytes).getUint32(offset, true);
  };
  const string = (gpa: number) => {
    const { segment, offset } = find(gpa);
    return new TextDecoder().decode(segment.bytes.subarray(offset, segment.bytes.indexOf(0, offset)));
  };
  const ebx = image.registers.ebx;
  return { find, u32, string, info: (offset: number) => u32(ebx + offset) };
}

describe("the start of a kernel", () => {
  it("finds the magic in EAX and the information structure in EBX", () => {
    const image = load(buildElf());
    expect(image.registers).toEqual({ eax: 0x2bad_b002, ebx: 0x9000, esi: 0 });
    expect(image.entry).toBe(MIB);
  });

  it("begins in flat 32-bit protected mode with paging and interrupts off and A20 on", () => {
    expect(MULTIBOOT_START.cr0 & 0x8000_0001).toBe(1);
    expect(MULTIBOOT_START.eflags & ((1 << 9) | (1 << 17))).toBe(0);
    for (const segment of [MULTIBOOT_START.cs, MULTIBOOT_START.data]) {
      expect([segment.base, segment.limit]).toEqual([0, 0xffff_ffff]);
    }
  });
});

describe("the header", () => {
  it.each(["0x0", "0x3", "0xfffe0000"])("is accepted with flags %s", (flags) => {
    expect(load(buildElf({ flags: Number(flags) })).entry).toBe(MIB);
  });

  it.each([3, 4, 9, 15])("is refused when required bit %i is unknown", (bit) => {
    expect(refusal(buildElf({ flags: 1 << bit }))).toBe(
      `k.elf: requires boot-loader features that Multiboot 1 does not define (header flags 0x${(1 << bit).toString(16)})`,
    );
  });

  it("that asks for a video mode boots with a warning, as on QEMU", () => {
    expect(load(buildElf({ flags: 7 })).warnings).toEqual(["k.elf: asks for a video mode and gets none"]);
  });

  it("is found at the last place where it fits into 8192 bytes, and not after", () => {
    const at = (offset: number) => {
      const file = new Uint8Array(16384);
      file.set(buildElf({ flags: null }));
      file.set(header(0), offset);
      return file;
    };
    expect(load(at(8180)).entry).toBe(MIB);
    expect(refusal(at(8184))).toMatch(/has neither a Multiboot header/);
  });

  it("is found only on 4-byte boundaries", () => {
    const file = new Uint8Array(512);
    file.set(header(0), 202);
    expect(refusal(file)).toMatch(/has neither a Multiboot header/);
  });

  it("with a wrong checksum is passed over for a right one after it", () => {
    const bad = words(0x1bad_b002, 3, 0);
    const file = buildElf({ segments: [{ paddr: MIB, bytes: bad }] });
    expect(load(file).entry).toBe(MIB);
    expect(refusal(buildElf({ flags: null, segments: [{ paddr: MIB, bytes: bad }] }))).toBe(
      "k.elf: has a multiboot header at offset 84 with a wrong checksum",
    );
  });

  it("without load addresses needs an ELF image", () => {
    const file = new Uint8Array(64);
    file.set(header(3), 4);
    expect(refusal(file)).toMatch(/not an ELF image and its multiboot header has no load addresses/);
  });
});

describe("a file that is something else is named", () => {
  it.each([
    ["is empty", new Uint8Array(0)],
    [
      "is no kernel that can be loaded: it has neither a Multiboot header (0x1badb002, or 0xe85250d6 of version 2) nor that of a Linux bzImage",
      new Uint8Array(7),
    ],
    ["is compressed with gzip: unpack it first", new Uint8Array([0x1f, 0x8b, 8, 0])],
  ])("%s", (reason, bytes) => {
    expect(refusal(bytes)).toBe(`k.elf: ${reason}`);
  });
});

describe("an image with address fields", () => {
  it("is loaded from where load_addr lies in the file up to its end", () => {
    const image = load(buildFlat({ headerOffset: 32, headerAddr: MIB + 16 }));
    expect(image.segments[0]).toMatchObject({ gpa: MIB, size: 240 });
    expect(image.segments[0]?.bytes[0]).toBe(16);
  });

  it("is loaded up to load_end_addr and zero-filled up to bss_end_addr", () => {
    const image = load(buildFlat({ loadEndAddr: MIB + 100, bssEndAddr: MIB + 5000, entryAddr: MIB + 48 }));
    expect(image.entry).toBe(MIB + 48);
    expect(image.segments[0]).toMatchObject({ gpa: MIB, size: 5000 });
    expect(image.segments[0]?.bytes).toHaveLength(100);
  });

  it("uses them even when it is ELF", () => {
    const file = buildElf({
      flags: null,
      segments: [{ paddr: 2 * MIB, bytes: header(0x1_0000, MIB + 84, MIB, 0, 0, MIB + 4) }],
    });
    expect(load(file).entry).toBe(MIB + 4);
  });

  it.each([
    ["header_addr 0x000ffff0 is below load_addr 0x00100000", { headerAddr: MIB - 16 }],
    ["load_addr 0x00100000 is 16 bytes before the start of the file", { headerAddr: MIB + 32 }],
    ["load_end_addr 0x00100000 is not above load_addr 0x00100000", { loadEndAddr: MIB }],
    ["bss_end_addr 0x00100010 is below the end of the loaded part, 0x00100100", { bssEndAddr: MIB + 16 }],
    ["entry_addr 0x00100100 is outside the image", { entryAddr: MIB + 256 }],
  ])("is refused when %s", (reason, spec) => {
    expect(refusal(buildFlat(spec))).toBe(`k.elf: has a bad multiboot header: ${reason}`);
  });

  it("is refused when the file ends before load_end_addr", () => {
    expect(refusal(buildFlat({ loadEndAddr: MIB + 257 }))).toBe(
      "k.elf: is truncated: its multiboot header loads up to byte 257 but the file has 256 bytes",
    );
  });

  it("is refused when the file ends within the address fields", () => {
    expect(refusal(buildFlat({ headerOffset: 16, fileSize: 256 }).subarray(0, 44))).toMatch(
      /is truncated: the multiboot header at offset 16 has no address fields/,
    );
  });
});

describe("where an image may be loaded", () => {
  const at = (paddr: number, size: number) =>
    buildElf({ segments: [{ paddr, bytes: new Uint8Array(4), memSize: size }] });

  it.each([
    ["low RAM up to 640 KiB", 0x2_0000, 0x8_0000],
    ["high RAM up to its end", MIB, 63 * MIB],
  ])(
    "%s",
    (_name, paddr, size) => {
      expect(load(at(paddr, size)).segments[0]).toMatchObject({ gpa: paddr, size });
    },
    1000,
  );

  it("not in the hole below 1 MiB", () => {
    const reason = "reaches into 0x000a0000–0x000fffff, where a PC has no RAM";
    expect(refusal(at(0x9_f000, 0x1001))).toBe(`k.elf: segment 0 at 0x0009f000 (4097 bytes) ${reason}`);
    expect(refusal(at(0xf_ffff, 16))).toContain(reason);
    expect(refusal(at(0, 2 * MIB))).toContain(reason);
  });

  it("not beyond the end of RAM, and the sentence says how much would do", () => {
    expect(refusal(at(MIB, 63 * MIB + 1))).toBe(
      "k.elf: segment 0 at 0x00100000 (66060289 bytes) does not fit, the machine has 64 MiB: give it at least 65 MiB with --mem",
    );
  });

  it("not at virtual addresses", () => {
    expect(refusal(at(0xc010_0000, 4096))).toMatch(/link the kernel with physical load addresses/);
  });

  it("not around the end of the address space", () => {
    expect(refusal(at(0xffff_f000, 0x1001))).toMatch(/runs past the end of the 4 GiB address space/);
  });

  it("not where another segment lies", () => {
    const segments = [
      { paddr: MIB + 0x1000, bytes: new Uint8Array(4) },
      { paddr: MIB, bytes: new Uint8Array(4), memSize: 0x1001 },
    ];
    expect(refusal(buildElf({ segments }))).toBe("k.elf: segment 1 and segment 0 overlap at 0x00101000");
  });
});

describe("the information structure", () => {
  it("has every promised field whatever the header's flags ask for", () => {
    for (const flags of [0, 3]) {
      const { info } = guest(load(buildElf({ flags })));
      expect(info(0)).toBe(0x24d);
    }
  });

  it("agrees with the RAM there is", () => {
    const { info, u32 } = guest(load(buildElf(), { memBytes: 32 * MIB }));
    expect([info(4), info(8)]).toEqual([639, 31 * 1024]);
    const map: number[][] = [];
    for (let at = info(48); at < info(48) + info(44); at += u32(at) + 4) {
      map.push([u32(at + 4), u32(at + 8), u32(at + 12), u32(at + 16), u32(at + 20)]);
    }
    expect(map).toEqual([
      [0, 0, 0x9_fc00, 0, 1],
      [0x9_fc00, 0, 0x400, 0, 2],
      [0xf_0000, 0, 0x1_0000, 0, 2],
      [MIB, 0, 31 * MIB, 0, 1],
    ]);
  });

  it("names the boot loader", () => {
    const { info, string } = guest(load(buildElf()));
    expect(string(info(64))).toBe("Umbra 0.1.0");
  });

  it("has the image's name before the arguments, as GRUB and QEMU pass them", () => {
    const line = (commandLine: string) => {
      const { info, string } = guest(load(buildElf(), { commandLine }));
      return string(info(16));
    };
    expect(line("a=1 b")).toBe("k.elf a=1 b");
    expect(line("")).toBe("k.elf");
    expect(line("é")).toBe("k.elf é");
  });

  it("moves up when the kernel occupies its place", () => {
    const segments = [
      { paddr: 0x9800, bytes: new Uint8Array(4), memSize: 0x1001 },
      { paddr: 0x8000, bytes: new Uint8Array(4), memSize: 0x1400 },
    ];
    const between = load(buildElf({ segments }));
    expect(between.registers.ebx).toBe(0x9400);
    const after = load(buildElf({ segments }), { commandLine: "x".repeat(2000) });
    expect(after.registers.ebx).toBe(0xa810);
  });

  it("that finds no room is said to the user", () => {
    expect(refusal(buildElf(), { commandLine: "x".repeat(700_000) })).toMatch(
      /leaves no room for 700\d\d\d bytes/,
    );
  });
});

describe("modules", () => {
  const module = (name: string, size: number, commandLine = "") => ({
    name,
    bytes: new Uint8Array(size).fill(0x5a),
    commandLine,
  });

  it("lie above the kernel, each on a page boundary, in the order given", () => {
    const image = load(buildElf(), { modules: [module("a.img", 5000, "one two"), module("b.img", 1)] });
    const { info, u32, string, find } = guest(image);
    expect(info(20)).toBe(2);
    const list = info(24);
    expect([u32(list), u32(list + 4), u32(list + 12)]).toEqual([0x10_2000, 0x10_2000 + 5000, 0]);
    expect([u32(list + 16), u32(list + 20)]).toEqual([0x10_4000, 0x10_4001]);
    expect([string(u32(list + 8)), string(u32(list + 24))]).toEqual(["a.img one two", "b.img"]);
    expect(find(0x10_2000 + 4999).segment.bytes[4999]).toBe(0x5a);
  });

  it("are page-aligned even if the header does not ask for it", () => {
    const { info, u32 } = guest(load(buildElf({ flags: 0 }), { modules: [module("a", 3)] }));
    expect(u32(info(24)) % 4096).toBe(0);
  });

  it("may be empty", () => {
    const { info, u32 } = guest(load(buildElf(), { modules: [module("a", 0)] }));
    expect(u32(info(24))).toBe(u32(info(24) + 4));
  });

  it("that do not fit are refused by name", () => {
    expect(refusal(buildElf(), { memBytes: 2 * MIB, modules: [module("big.img", MIB)] })).toBe(
      "big.img: this module of 1048576 bytes does not fit above the kernel, the machine has 2 MiB: give it more with --mem",
    );
  });
});

describe("ELF sections", () => {
  const SYMTAB = { type: 2, address: 0, bytes: new Uint8Array(32).fill(7) };
  const sections = [
    { type: 0, address: 0, bytes: new Uint8Array(0) },
    { type: 1, address: 0x10_0000, bytes: new Uint8Array(4) },
    SYMTAB,
  ];

  it("are listed in memory, and those without an address get one", () => {
    const { info, u32, find } = guest(load(buildElf({ sections })));
    expect(info(0) & (1 << 5)).not.toBe(0);
    expect([info(28), info(32), info(40)]).toEqual([3, 40, 0]);
    const table = info(36);
    expect(u32(table + 40 + 12)).toBe(0x10_0000);
    const symtab = u32(table + 80 + 12);
    expect(find(symtab).segment.bytes).toEqual(SYMTAB.bytes);
  });

  it("get their addresses in a copy: the file, even in a Node Buffer whose slice is a view, stays as it was", () => {
    const elf = buildElf({ sections });
    const backing = new Uint8Array(elf.length);
    backing.set(elf);
    load(Buffer.from(backing.buffer));
    expect(backing).toEqual(elf);
  });

  it("do not stop the boot when memory is too small for them", () => {
    const debug = { type: 1, address: 0, bytes: new Uint8Array(2 * MIB) };
    const image = load(buildElf({ sections: [...sections, debug] }), { memBytes: 2 * MIB });
    expect(image.warnings).toHaveLength(1);
    const { info, u32 } = guest(image);
    expect(u32(info(36) + 120 + 12)).toBe(0);
  });

  it("may be missing", () => {
    const { info } = guest(load(buildElf()));
    expect(info(0) & (1 << 5)).toBe(0);
  });
});
