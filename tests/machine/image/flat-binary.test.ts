/** Bytes at an address: where they start, in which mode, and what cannot be. */
import { describe, expect, it } from "vitest";
import { EBX } from "../../../src/cpu/state.ts";
import { type FlatPlace, loadFlatBinary } from "../../../src/machine/image/flat-binary.ts";
import { ImageError } from "../../../src/machine/image/image-error.ts";
import { Machine } from "../../../src/machine/machine.ts";
import { defaultPolicy } from "../../../src/mmu/shadow/policy.ts";
import { asm } from "../../support/asm.ts";

const RAM = 4 << 20;
const load = (bytes: Uint8Array, gpa: number, bits: FlatPlace["bits"] = null) =>
  loadFlatBinary({ name: "flat.bin", bytes }, { gpa, bits }, RAM);

function ran(text: string, gpa: number, bits: FlatPlace["bits"], origin: number, width: 16 | 32): Machine {
  const machine = new Machine({ ramBytes: RAM, mmu: "shadow", policy: defaultPolicy, console: () => {} });
  machine.load(load(asm(text, { origin, bits: width }), gpa, bits));
  expect(machine.run(1000)).toEqual({ reason: "halted" });
  return machine;
}

describe("a flat binary", () => {
  it("at 7c00 is a boot sector: real mode, CS 0, and a stack that works", () => {
    const text = "mov ax, cs\npush ax\npop bx\nadd bx, [value]\ncli\nhlt\nvalue: dw 0x1234";
    expect(ran(text, 0x7c00, null, 0x7c00, 16).cpu.r[EBX]).toBe(0x1234);
  });

  it("beyond the first 64 KiB has its segments there", () => {
    const text = "mov bx, ds\nadd bx, [value]\ncli\nhlt\nvalue: dw 5";
    expect(ran(text, 0x2_0008, null, 0x8, 16).cpu.r[EBX]).toBe(0x2005);
  });

  it("from 1 MiB on is 32-bit code with flat segments", () => {
    expect(
      ran("mov ebx, [value]\ncli\nhlt\nvalue: dd 0x12345678", 0x10_0000, null, 0x10_0000, 32).cpu.r[EBX],
    ).toBe(0x1234_5678);
  });

  it("is 32-bit code below 1 MiB for whoever says so", () => {
    expect(ran("mov ebx, [value]\ncli\nhlt\nvalue: dd 77", 0x8000, 32, 0x8000, 32).cpu.r[EBX]).toBe(77);
  });

  it.each<[string, () => unknown, string]>([
    ["nothing", () => load(new Uint8Array(0), 0x7c00), "flat.bin: is empty: there is nothing to run"],
    [
      "real mode beyond 1 MiB",
      () => load(Uint8Array.of(1), 0x20_0000, 16),
      "flat.bin: cannot start in real mode at 0x00200000, which no segment reaches: give 32 bits",
    ],
    [
      "what does not fit into RAM",
      () => load(new Uint8Array(8192), RAM - 4096),
      "flat.bin: does not fit: 8192 bytes at 0x003ff000, the machine has 4 MiB: give it more with --mem",
    ],
    [
      "what reaches into video memory",
      () => load(new Uint8Array(8192), 0x9_f000),
      "flat.bin: does not fit: 8192 bytes at 0x0009f000 reach into the video memory at 0x000a0000",
    ],
    [
      "an address in video memory",
      () => load(new Uint8Array(1), 0xb_8000),
      "flat.bin: does not fit: 1 bytes at 0x000b8000 reach into the video memory at 0x000a0000",
    ],
  ])("%s is refused in a sentence", (_, refused, sentence) => {
    expect(refused).toThrow(new ImageError("flat.bin", sentence.replace("flat.bin: ", "")));
  });
});
