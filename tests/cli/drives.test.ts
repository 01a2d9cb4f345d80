/** Drives on the command line: which image is what, what may be written, and the sentences for what cannot be. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bootMedium } from "../../src/cli/boot-medium.ts";
import { DiskFile } from "../../src/cli/disk-file.ts";
import { prepare } from "../../src/cli/prepare.ts";
import { MemoryDisk } from "../../src/devices/disk.ts";
import { OverlayDisk } from "../../src/devices/overlay-disk.ts";
import { asm } from "../support/asm.ts";
import { print } from "../support/tiny-kernel.ts";
import { folder, image, umbra, umbraDuring } from "./command.ts";

const place = (name: string): string => join(folder, name);

function file(name: string, bytes: number, ...patches: [number, string | number[]][]): string {
  const contents = Buffer.alloc(bytes);
  for (const [at, what] of patches) Buffer.from(what as string).copy(contents, at);
  writeFileSync(place(name), contents);
  return name;
}
const SIGNATURE: [number, number[]] = [0x1fe, [0x55, 0xaa]];

/** Instead of a BIOS: reads sector 1 of the first disk, adds one to its first byte, writes it back, prints it, ends. */
function tinyBios(): string {
  const wait = (name: string) => `${name}: in al, dx\ntest al, 0x80\njnz ${name}\ntest al, 0x08\njz ${name}`;
  const command = (code: number) =>
    `mov dx, 0x1f2\nmov al, 1\nout dx, al\ninc dx\nout dx, al\ninc dx\nmov al, 0\nout dx, al\ninc dx\nout dx, al\ninc dx\nmov al, 0xe0\nout dx, al\ninc dx\nmov al, ${code}\nout dx, al`;
  const text = `
    xor ax, ax
    mov es, ax
    mov ds, ax
    cld
    ${command(0x20)}
    ${wait("ready")}
    mov dx, 0x1f0
    mov di, 0x600
    mov cx, 256
    rep insw
    inc byte [0x600]
    ${command(0x30)}
    ${wait("again")}
    mov dx, 0x1f0
    mov si, 0x600
    mov cx, 256
    rep outsw
    mov dx, 0x1f7
    done: in al, dx
    test al, 0x80
    jnz done
    mov al, [0x600]
    out 0xe9, al
    mov al, 0
    out 0xf4, al
    hlt`;
  const rom = new Uint8Array(0x1_0000).fill(0xf4);
  rom.set(asm(text, { origin: 0xe000, bits: 16 }), 0xe000);
  rom.set([0xea, 0x00, 0xe0, 0x00, 0xf0], 0xfff0);
  writeFileSync(place("tiny.rom"), rom);
  return "tiny.rom";
}

describe("what an image is", () => {
  it.each<[string, number, [number, string | number[]][], string | null]>([
    ["a disk", 20 * 512, [SIGNATURE], "disk"],
    ["a floppy, by its size", 1440 * 1024, [SIGNATURE], "floppy"],
    ["a CD-ROM", 64 * 1024, [[0x8001, "CD001"]], "cdrom"],
    ["a CD-ROM that can be written to a stick", 64 * 1024, [[0x8001, "CD001"], SIGNATURE], "cdrom"],
    ["a Linux kernel, which has the signature of a boot sector", 4096, [SIGNATURE, [0x202, "HdrS"]], null],
    ["something else", 4096, [], null],
    ["no whole number of sectors", 700, [SIGNATURE], null],
  ])("%s", (name, bytes, patches, kind) => {
    expect(bootMedium(place(file(`kind ${name.length}`, bytes, ...patches)))).toBe(kind);
  });
});

describe("a disk", () => {
  it("keeps what is written in memory, and its file as it was", () => {
    file("kept.img", 1024, SIGNATURE, [512, "A"]);
    const { status, stdout } = umbra("run", "--bios", tinyBios(), "--hda", "kept.img", "--ui", "none");
    expect([status, stdout, readFileSync(place("kept.img"))[512]]).toEqual([1, "B", 0x41]);
  });

  it("that is writable is changed, by every run", () => {
    file("changed.img", 1024, SIGNATURE, [512, "A"]);
    const run = () =>
      umbra("run", "--bios", tinyBios(), "--hda", "changed.img", "--writable", "--ui", "none").stdout;
    expect([run(), run(), readFileSync(place("changed.img"))[512]]).toEqual(["B", "C", 0x43]);
  });

  it("of an odd size ends in zeros", () => {
    file("odd.img", 700, [512, "xyz"]);
    const disk = new DiskFile(place("odd.img"), false);
    const sector = new Uint8Array(512).fill(1);
    expect([disk.sectors, disk.read(1, sector), sector[2], sector[187], sector[188]]).toEqual([
      2,
      true,
      0x7a,
      0,
      0,
    ]);
    disk.close();
    disk.close();
    expect(disk.read(0, sector)).toBe(false);
  });
});

describe("a diskette", () => {
  const drives = (options: object, image = "") => {
    const { machine, files } = prepare(image, undefined, { bios: place(tinyBios()), ...options });
    for (const one of files) one.close();
    return machine.board.floppy.drives.map((drive) => drive && `${drive.kind} ${drive.format?.name}`);
  };

  it.each<[string, number, string]>([
    ["360 KiB", 360, "360K 360K"],
    ["720 KiB", 720, "720K 720K"],
    ["1200 KiB", 1200, "1.2M 1.2M"],
    ["1440 KiB", 1440, "1.44M 1.44M"],
    ["2880 KiB", 2880, "2.88M 2.88M"],
    ["the beginning of one", 1266, "1.44M 1.44M"],
  ])("of %s goes into a drive that was made for it", (_, kib, drive) => {
    expect(drives({ fda: place(file(`${kib}.img`, kib * 1024)) })).toEqual([drive, null]);
  });

  it("that is named like a kernel goes into drive A, and another may be in B", () => {
    const first = place(file("a.img", 1440 * 1024, SIGNATURE));
    expect(drives({ fdb: place(file("b.img", 720 * 1024)) }, first)).toEqual(["1.44M 1.44M", "720K 720K"]);
  });
});

describe("a disk that a guest is writing to when the run is ended", () => {
  const SECTORS = 100;
  /** Writes sector after sector, round and round: into each the number of the write, 128 times. */
  const writer = `
    cld
    mov ebx, 0
    ${print("writing")}
    next: inc ebx
    mov eax, ebx
    mov edx, 0
    mov ecx, ${SECTORS}
    div ecx
    mov ebp, edx
    mov edi, 0x200000
    mov eax, ebx
    mov ecx, 128
    rep stosd
    mov dx, 0x1f2
    mov al, 1
    out dx, al
    inc edx
    mov eax, ebp
    out dx, al
    inc edx
    mov al, 0
    out dx, al
    inc edx
    out dx, al
    inc edx
    mov al, 0xe0
    out dx, al
    inc edx
    mov al, 0x30
    out dx, al
    ready: in al, dx
    test al, 0x80
    jnz ready
    test al, 0x08
    jz ready
    mov dx, 0x1f0
    mov esi, 0x200000
    mov ecx, 256
    rep outsw
    mov dx, 0x1f7
    done: in al, dx
    test al, 0x80
    jnz done
    jmp next`;

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGKILL", null],
  ] as const)(
    "%s leaves whole sectors, and all that were written before the last",
    async (signal, expected) => {
      const disk = file(`${signal}.img`, SECTORS * 512);
      const kernel = image("writer.bin", writer);
      const { status } = await umbraDuring(
        ["run", kernel, "--hda", disk, "--writable", "--ui", "none"],
        (child) => setTimeout(() => child.kill(signal), 400),
      );
      expect(status).toBe(expected);
      const bytes = readFileSync(place(disk));
      const numbers = Array.from({ length: SECTORS }, (_, sector) => {
        const words = new Set(
          Array.from({ length: 128 }, (_, i) => bytes.readUInt32LE(sector * 512 + i * 4)),
        );
        expect(words.size, `sector ${sector} is of one write`).toBe(1);
        return [...words][0];
      });
      const last = Math.max(...numbers);
      expect(last).toBeGreaterThan(SECTORS);
      for (const [sector, number] of numbers.entries()) {
        expect(number, `sector ${sector}`).toBe(last - ((last - sector) % SECTORS));
      }
    },
  );
});

describe("what is written over a disk", () => {
  it("is read back, sector by sector, and the disk below stays", () => {
    const below = new MemoryDisk("d", new Uint8Array(8 * 512).fill(7), true);
    const disk = new OverlayDisk(below);
    disk.write(2, new Uint8Array(1024).fill(9));
    disk.write(3, new Uint8Array(512).fill(5));
    const all = new Uint8Array(8 * 512);
    disk.read(0, all);
    expect([0, 1, 2, 3, 4].map((lba) => all[lba * 512])).toEqual([7, 7, 9, 5, 7]);
    expect([disk.changed, below.bytes.every((byte) => byte === 7)]).toEqual([2, true]);
  });
});

describe("what cannot be used is said in one sentence", () => {
  const sentence = (...args: string[]): [number | null, string] => {
    const { status, stderr } = umbra("run", "--ui", "none", ...args);
    return [status, stderr.split("\n")[0]];
  };
  const withDisk = (name: string) => sentence("--bios", tinyBios(), "--hda", name);

  it.each<[string, () => [number | null, string], string]>([
    [
      "a file that is not there",
      () => withDisk("none.img"),
      "none.img: there is no such file; name the image of a disk.",
    ],
    [
      "a folder",
      () => {
        mkdirSync(place("a folder"), { recursive: true });
        return withDisk("a folder");
      },
      "a folder: it is a folder and no disk; name the image of a disk.",
    ],
    [
      "an empty file",
      () => withDisk(file("empty.img", 0)),
      "empty.img: it is empty; a disk has at least one sector of 512 bytes.",
    ],
    [
      "a qcow2 image",
      () => withDisk(file("q.img", 1024, [0, [0x51, 0x46, 0x49, 0xfb]])),
      "q.img: it is a qcow2 image, and only raw ones are read: convert it with 'qemu-img convert -O raw'.",
    ],
    [
      "two in one plug",
      () => sentence("--bios", tinyBios(), "--cdrom", file("c.iso", 2048), "--hdc", "c.iso"),
      "--cdrom and --hdc are the same plug; give one of them.",
    ],
    [
      "a disk in a floppy drive",
      () => sentence("--bios", tinyBios(), "--fda", file("big.img", 4 << 20)),
      "big.img: it has 8192 sectors of 512 bytes, more than the 5760 of the largest diskette; a disk is for --hda.",
    ],
    [
      "two diskettes in one drive",
      () => sentence(file("f.img", 1440 * 1024, SIGNATURE), "--bios", tinyBios(), "--fda", "f.img"),
      "f.img is for the plug that --fda has taken; give one of them.",
    ],
    [
      "a BIOS with a kernel",
      () => sentence(image("k.bin", "hlt"), "--bios", tinyBios()),
      "--bios tiny.rom boots from drives and cannot load k.bin, which is no image of one; give one of them.",
    ],
    ["an order of no drives", () => sentence("--bios", tinyBios(), "--boot", "x"), "--boot"],
  ])("%s", (_, refused, words) => {
    const [status, said] = refused();
    expect(status).toBe(2);
    expect(said).toContain(words);
  });
});
