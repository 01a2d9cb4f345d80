/** Starting from a ROM: the reset vector, where the ROM shows, A20, and resets that the guest asks for. */
import { describe, expect, it } from "vitest";
import { CS, EDX, EIP, SEG_BASE, SEG_SELECTOR } from "../../src/cpu/state.ts";
import { Machine } from "../../src/machine/machine.ts";
import { defaultPolicy } from "../../src/mmu/shadow/policy.ts";
import { asm } from "../support/asm.ts";

const KIB = 1024;

/** A ROM whose reset vector jumps to F000:E000, where `text`, 16-bit code, is. */
function rom(text: string, kib = 64): Uint8Array {
  const bytes = new Uint8Array(kib * KIB).fill(0xf4);
  const base = bytes.length - 64 * KIB;
  bytes.set(asm(text, { origin: 0xe000, bits: 16 }), base + 0xe000);
  bytes.set([0xea, 0x00, 0xe0, 0x00, 0xf0], base + 0xfff0);
  return bytes;
}

function start(image: Uint8Array, mmu: "bare" | "shadow" = "bare") {
  const sent: number[] = [];
  const posts: number[] = [];
  const machine = new Machine({
    ramBytes: 4 << 20,
    mmu,
    policy: defaultPolicy,
    console: (byte) => sent.push(byte),
    postCode: (code) => posts.push(code),
  });
  machine.loadRom(image);
  return { machine, posts, output: () => String.fromCharCode(...sent) };
}

const EXIT = "mov al, 0\nout 0xf4, al\nhlt";

describe.each(["bare", "shadow"] as const)("a ROM under %s", (mmu) => {
  it("is entered 16 bytes below 4 GiB, in real mode", () => {
    const { machine } = start(rom(EXIT), mmu);
    const { r } = machine.cpu;
    expect([r[SEG_SELECTOR + CS], r[SEG_BASE + CS] >>> 0, r[EIP]]).toEqual([0xf000, 0xffff_0000, 0xfff0]);
    expect(machine.run()).toEqual({ reason: "debug-exit" });
    expect([r[SEG_SELECTOR + CS], r[SEG_BASE + CS]]).toEqual([0xf000, 0xf_0000]);
  });

  it("needs nothing else on the board: POST codes and text come out", () => {
    const { machine, posts, output } = start(
      rom(`mov al, 0x55\nout 0x80, al\nmov al, 72\nout 0xe9, al\nmov al, 105\nout 0xe9, al\n${EXIT}`),
      mmu,
    );
    machine.run();
    expect([output(), posts]).toEqual(["Hi", [0x55]]);
  });

  it("cannot be written", () => {
    const { machine, output } = start(
      rom(`mov ax, 0xf000\nmov ds, ax\nmov byte [0xe000], 0x41\nmov al, [0xe000]\nout 0xe9, al\n${EXIT}`),
      mmu,
    );
    machine.run();
    expect(output().charCodeAt(0)).toBe(0xb8);
  });

  it("address bit 20 wraps to 0 while A20 is closed, and does not while it is open", () => {
    const { machine, output } = start(
      rom(`
        xor ax, ax
        mov ds, ax
        dec ax
        mov es, ax
        mov byte [0x500], 65
        mov byte [es:0x510], 66
        mov al, [0x500]
        out 0xe9, al
        mov al, 0
        out 0x92, al
        mov al, [es:0x510]
        out 0xe9, al
        mov byte [es:0x510], 67
        mov al, [0x500]
        out 0xe9, al
        mov al, 0xdf
        out 0x64, al
        mov al, [es:0x510]
        out 0xe9, al
        ${EXIT}`),
      mmu,
    );
    machine.run();
    expect(output()).toBe("AACB");
  });

  it("runs again after the keyboard controller, or port 0x92, reset the processor", () => {
    const text = (reset: string) => `
      xor ax, ax
      mov ds, ax
      mov al, [0x600]
      add al, 65
      out 0xe9, al
      inc byte [0x600]
      cmp byte [0x600], 2
      je done
      ${reset}
      again: hlt
      jmp again
      done: ${EXIT}`;
    for (const reset of ["mov al, 0xfe\nout 0x64, al", "mov al, 3\nout 0x92, al"]) {
      const { machine, output } = start(rom(text(reset)), mmu);
      expect(machine.run()).toEqual({ reason: "debug-exit" });
      expect(output()).toBe("AB");
    }
  });
});

it.each([64, 128, 256])("a ROM of %d KiB shows below 4 GiB, and its end below 1 MiB", (kib) => {
  const image = rom(EXIT, kib);
  image[0] = 0x99;
  const { machine } = start(image);
  const { memory } = machine;
  const low = Math.min(kib, 128) * KIB;
  expect(memory.readBytes(2 ** 32 - kib * KIB, kib * KIB)).toEqual(image);
  expect(memory.readBytes(0x10_0000 - low, low)).toEqual(image.slice(-low));
  expect(memory.hpa(0x10_0000 - low - 1)).toBe(-1);
});

it("a reset leaves memory alone, and gives EDX the signature", () => {
  const { machine } = start(rom("mov al, 0xfe\nout 0x64, al\nhlt"));
  machine.memory.writeBytes(0x5000, Uint8Array.of(1, 2, 3));
  machine.run(machine.icount + 20);
  expect(machine.memory.readBytes(0x5000, 3)).toEqual(Uint8Array.of(1, 2, 3));
  machine.cpu.reset();
  expect(machine.cpu.r[EDX]).toBe(0xf41);
});
