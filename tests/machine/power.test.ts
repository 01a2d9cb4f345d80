/** How a guest ends itself, and starts itself again. */
import { describe, expect, it } from "vitest";
import { EBX, ECX } from "../../src/cpu/state.ts";
import type { MachineOptions } from "../../src/machine/machine.ts";
import { machineFor } from "../support/guest-machine.ts";
import { tinyKernel } from "../support/tiny-kernel.ts";

const kernel = (text: string, options: Partial<MachineOptions> = {}) =>
  machineFor("k", tinyKernel(text), "", { ramBytes: 4 << 20, ...options });

const POWER_OFF = "mov dx, 0x604\nmov ax, 0x2000\nout dx, ax\njmp $";
/** Counts its starts in RAM that no image covers, and ends at the third. */
const counted = (reset: string): string =>
  `inc dword [0x300000]\ncmp dword [0x300000], 3\nje done\n${reset}\njmp $\ndone: mov ecx, [0x300000]\ncli\nhlt`;

describe("switching off", () => {
  it("ends the run after the instruction that asks for it", () => {
    const machine = kernel(POWER_OFF);
    expect([machine.run(), machine.instructions]).toEqual([{ reason: "power-off" }, 3]);
  });

  it("a sleep that the board does not have is a mistake of the guest", () => {
    const machine = kernel("mov dx, 0x604\nmov ax, 0x2400\nout dx, ax\ncli\nhlt");
    expect(machine.run()).toEqual({ reason: "halted" });
    expect(machine.guestErrors).toBe(1);
  });
});

describe("a reset", () => {
  it.each([
    ["by the reset control register", "mov dx, 0xcf9\nmov al, 6\nout dx, al"],
    ["of the processor alone, by the reset control register", "mov dx, 0xcf9\nmov al, 4\nout dx, al"],
    ["by the keyboard controller", "mov al, 0xfe\nout 0x64, al"],
    ["by port 92", "mov al, 1\nout 0x92, al"],
  ])("%s starts the kernel again, with the rest of RAM as it was", (_, reset) => {
    const machine = kernel(counted(reset));
    expect(machine.run(100_000)).toEqual({ reason: "halted" });
    expect(machine.cpu.r[ECX]).toBe(3);
  });

  it("puts the chips back: interrupt routes are the firmware's again", () => {
    const machine = kernel(
      counted(
        "mov dx, 0xcf8\nmov eax, 0x80000860\nout dx, eax\nmov dx, 0xcfc\nmov eax, 0x80808080\nout dx, eax\nmov dx, 0xcf9\nmov al, 6\nout dx, al",
      ),
    );
    machine.run(100_000);
    expect(machine.board.isaBridge.get(0x60, 4)).toBe(0x0b0b_0a0a);
  });

  it("loads the image again, for it may have changed itself", () => {
    const machine = kernel(
      `mov ebx, [value]\nmov dword [value], 7\n${counted("mov al, 0xfe\nout 0x64, al")}\nvalue: dd 5`,
    );
    machine.run(100_000);
    expect(machine.cpu.r[EBX]).toBe(5);
  });

  it("ends the run where that was asked for", () => {
    const machine = kernel(counted("mov al, 0xfe\nout 0x64, al"), { noReboot: true });
    expect(machine.run(100_000)).toEqual({ reason: "reset" });
  });
});
