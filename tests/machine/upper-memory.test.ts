/** Between 768 KiB and 1 MiB: what reads see and where writes go, as the host bridge says. */
import { describe, expect, it } from "vitest";
import { Machine } from "../../src/machine/machine.ts";
import { defaultPolicy } from "../../src/mmu/shadow/policy.ts";
import { asm } from "../support/asm.ts";

const ROM_BYTE = 0xb8;

function build() {
  const machine = new Machine({ ramBytes: 2 << 20, mmu: "bare", policy: defaultPolicy, console: () => {} });
  machine.loadRom(new Uint8Array(0x4_0000).fill(ROM_BYTE));
  const { upperMemory, memory, linear } = machine;
  const { bus } = machine.board;
  /** As the processor does: memory if there is some, else the bus. */
  const read = (gpa: number): number => {
    const hpa = memory.hpa(gpa);
    return hpa < 0 ? bus.mmioRead(gpa, 1) : linear.u8[hpa];
  };
  const write = (gpa: number, value: number): void => {
    const hpa = memory.writableHpa(gpa);
    if (hpa < 0) bus.mmioWrite(gpa, 1, value);
    else linear.u8[hpa] = value;
  };
  return { machine, upperMemory, read, write };
}

describe("the upper memory area", () => {
  it("shows the last 128 KiB of the ROM, and nothing below them", () => {
    const { read } = build();
    expect([0xc_0000, 0xd_ffff, 0xe_0000, 0xf_ffff].map(read)).toEqual([0xff, 0xff, ROM_BYTE, ROM_BYTE]);
  });

  it("a piece whose writes alone go to RAM can be filled from the ROM that it still shows", () => {
    const { upperMemory, read, write } = build();
    upperMemory.shadow(0xf_0000, 0x1_0000, false, true);
    write(0xf_1234, 0x11);
    expect(read(0xf_1234)).toBe(ROM_BYTE);
    upperMemory.shadow(0xf_0000, 0x1_0000, true, false);
    expect(read(0xf_1234)).toBe(0x11);
    write(0xf_1234, 0x22);
    expect(read(0xf_1234)).toBe(0x11);
    upperMemory.shadow(0xf_0000, 0x1_0000, true, true);
    write(0xf_1234, 0x33);
    expect(read(0xf_1234)).toBe(0x33);
  });

  it("a piece has its own attributes: its neighbours are as they were", () => {
    const { upperMemory, read, write } = build();
    upperMemory.shadow(0xc_8000, 0x4000, true, true);
    for (const gpa of [0xc_7fff, 0xc_8000, 0xc_bfff, 0xc_c000]) write(gpa, 0x44);
    expect([0xc_7fff, 0xc_8000, 0xc_bfff, 0xc_c000].map(read)).toEqual([0xff, 0x44, 0x44, 0xff]);
  });

  it("a reset shows ROM again; RAM keeps what it has", () => {
    const { upperMemory, read, write } = build();
    upperMemory.shadow(0xe_0000, 0x4000, true, true);
    write(0xe_0000, 0x55);
    upperMemory.reset();
    expect(read(0xe_0000)).toBe(ROM_BYTE);
    upperMemory.shadow(0xe_0000, 0x4000, true, true);
    expect(read(0xe_0000)).toBe(0x55);
  });

  it("a saved state brings the attributes back", () => {
    const first = build();
    first.upperMemory.shadow(0xd_0000, 0x8000, true, true);
    const second = build();
    second.upperMemory.restore(structuredClone(first.upperMemory.save()));
    second.write(0xd_7fff, 0x66);
    expect([0xd_7fff, 0xd_8000].map(second.read)).toEqual([0x66, 0xff]);
  });

  it("code that runs in ROM goes on in its copy once RAM shows", () => {
    // The ROM copies itself behind itself, lets the copy show, and changes an instruction ahead in it.
    const code = asm(
      `
      mov ax, 0xf000
      mov ds, ax
      mov al, [0xe000]
      out 0xe9, al
      mov byte [patch + 1], 0x42
      patch: mov al, 0x41
      out 0xe9, al
      mov al, 0
      out 0xf4, al
      `,
      { origin: 0xe000, bits: 16 },
    );
    const image = new Uint8Array(0x1_0000);
    image.set(code, 0xe000);
    image.set([0xea, 0x00, 0xe0, 0x00, 0xf0], 0xfff0);
    const run = (shadowed: boolean): string => {
      let sent = "";
      const machine = new Machine({
        ramBytes: 2 << 20,
        mmu: "shadow",
        policy: defaultPolicy,
        console: (byte) => {
          sent += String.fromCharCode(byte);
        },
      });
      machine.loadRom(image);
      if (shadowed) {
        machine.upperMemory.shadow(0xf_0000, 0x1_0000, true, true);
        machine.memory.writeBytes(0xf_0000, image);
      }
      expect(machine.run()).toEqual({ reason: "debug-exit" });
      return sent.slice(1);
    };
    expect([run(false), run(true)]).toEqual(["A", "B"]);
  });
});
