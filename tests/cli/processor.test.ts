/** `umbra run --cpu MODEL` and `umbra run --bios ROM`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { asm } from "../support/asm.ts";
import { debugExit, folder, image, umbra } from "./command.ts";

function rom(name: string, text: string, bytes = 64 * 1024): string {
  const contents = new Uint8Array(bytes).fill(0xf4);
  contents.set(asm(text, { origin: 0xe000, bits: 16 }), bytes - 0x2000);
  contents.set([0xea, 0x00, 0xe0, 0x00, 0xf0], bytes - 16);
  writeFileSync(join(folder, name), contents);
  return name;
}

const HELLO = "mov al, 0x7e\nout 0x80, al\nmov al, 72\nout 0xe8, al\nmov al, 3\nout 0xf4, al\nhlt";

describe("--cpu", () => {
  it("chooses what CPUID announces", () => {
    const name = image("signature.bin", `mov eax, 1\ncpuid\nshr eax, 8\nand al, 15\nout 0xf4, al\nhlt`);
    const family = (model: string) => ((umbra("run", name, "--cpu", model).status ?? 0) - 1) / 2;
    expect(["486", "pentium", "i686", "pentium4", "max"].map(family)).toEqual([4, 5, 6, 15, 15]);
  });

  it("takes away what the processor did not have", () => {
    const name = image("cmov.bin", `cmove eax, ebx\n${debugExit(0)}`);
    expect(umbra("run", name, "--cpu", "i686").status).toBe(1);
    expect(umbra("run", name, "--cpu", "pentium").status).toBe(3);
  });

  it("says which models there are", () => {
    const { status, stderr } = umbra("run", "kmap", "--cpu", "z80");
    expect(status).toBe(2);
    expect(stderr).toContain("Allowed choices are 486, pentium, i686, pentium4, max.");
  });
});

describe("--bios", () => {
  it("runs a diagnostic ROM with nothing else on the board, its text caught by --debugcon", () => {
    const { status, stdout } = umbra("run", "--bios", rom("hello.rom", HELLO), "--debugcon", "0xe8");
    expect([status, stdout]).toEqual([7, "H"]);
  });

  it.each([128, 256])("takes ROMs of %d KiB", (kib) => {
    expect(umbra("run", "--bios", rom(`${kib}.rom`, HELLO, kib * 1024)).status).toBe(7);
  });

  it.each([
    [
      "a ROM of another size",
      ["--bios", "odd.rom"],
      "odd.rom: a ROM has 64, 128 or 256 KiB, and this file has 1000 bytes.",
    ],
    ["a file that is not there", ["--bios", "none.rom"], "none.rom: there is no such file"],
    ["an image as well", ["kmap", "--bios", "odd.rom"], "cannot load kmap, which is no image of one"],
    ["neither image nor ROM", [], "there is nothing to run"],
  ])("refuses %s in one sentence", (_name, args, sentence) => {
    writeFileSync(join(folder, "odd.rom"), new Uint8Array(1000));
    const { status, stderr } = umbra("run", ...args);
    expect(status).toBe(2);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(2);
  });
});
