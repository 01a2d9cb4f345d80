/** How interrupts reach the processor: through the PIC, through the local APIC, or through both. */
import { describe, expect, it } from "vitest";
import { EBX, ECX } from "../../src/cpu/state.ts";
import type { Machine, MachineOptions } from "../../src/machine/machine.ts";
import { restoreSnapshot, takeSnapshot } from "../../src/machine/snapshot.ts";
import { machineFor } from "../support/guest-machine.ts";
import { tinyKernel } from "../support/tiny-kernel.ts";

const IDT = 0x20_0000;
const COUNTER = 0x30_0000;

/** A GDT, and an IDT whose gate `vector` leads to `handler`. */
const tables = (vector: number) => `
  mov esp, 0x180000
  lgdt [gdtr]
  jmp 0x08:flat
  flat: mov eax, handler
  mov [${IDT + vector * 8}], ax
  mov word [${IDT + vector * 8 + 2}], 0x08
  mov word [${IDT + vector * 8 + 4}], 0x8e00
  shr eax, 16
  mov [${IDT + vector * 8 + 6}], ax
  lidt [idtr]`;
const DATA = `
  gdt: dd 0, 0, 0x0000ffff, 0x00cf9b00, 0x0000ffff, 0x00cf9300
  gdtr: dw 23
  dd gdt
  idtr: dw 0x7ff
  dd ${IDT}`;
/** A timer that ticks every 1000 pulses. */
const PIT = "mov al, 0x34\nout 0x43, al\nmov al, 0xe8\nout 0x40, al\nmov al, 3\nout 0x40, al";
const PIC =
  "mov al, 0x11\nout 0x20, al\nmov al, 0x30\nout 0x21, al\nmov al, 4\nout 0x21, al\nmov al, 1\nout 0x21, al\nmov al, 0xfe\nout 0x21, al";
const PIC_MASKED = PIC.replace("0xfe", "0xff");
const PIC_EOI = "push eax\nmov al, 0x20\nout 0x20, al\npop eax";
const APIC_EOI = "mov dword [0xfee000b0], 0";
/** Counts three, then stops. */
const handler = (eoi: string) => `
  handler: inc dword [${COUNTER}]
  ${eoi}
  cmp dword [${COUNTER}], 3
  je end
  iret
  end: mov ecx, [${COUNTER}]
  cli
  hlt`;
const waiting = "sti\nwait: hlt\njmp wait";

const kernel = (text: string, options: Partial<MachineOptions> = {}): Machine =>
  machineFor("k", tinyKernel(text), "", { ramBytes: 4 << 20, ...options });
const counted = (machine: Machine): number => {
  expect(machine.run(10_000_000)).toEqual({ reason: "halted" });
  return machine.cpu.r[ECX];
};
/** Programs entry `pin` of the I/O APIC. */
const ioApicEntry = (pin: number, low: number) =>
  `mov dword [0xfec00000], ${0x11 + 2 * pin}\nmov dword [0xfec00010], 0\nmov dword [0xfec00000], ${0x10 + 2 * pin}\nmov dword [0xfec00010], ${low}`;

describe("the timer's interrupt", () => {
  it("passes through the local APIC, which firmware leaves as a wire between PIC and processor", () => {
    expect(counted(kernel(`${tables(0x30)}\n${PIC}\n${PIT}\n${waiting}\n${handler(PIC_EOI)}\n${DATA}`))).toBe(
      3,
    );
  });

  it("reaches a processor without an APIC as it always did", () => {
    const machine = kernel(`${tables(0x30)}\n${PIC}\n${PIT}\n${waiting}\n${handler(PIC_EOI)}\n${DATA}`, {
      cpu: "486",
    });
    expect(counted(machine)).toBe(3);
  });

  it("reaches it after the local APIC was switched off, which makes its LINT0 the INTR pin", () => {
    const off = "mov ecx, 0x1b\nrdmsr\nand eax, 0xfffff7ff\nwrmsr";
    const machine = kernel(
      `${tables(0x30)}\n${off}\n${PIC}\n${PIT}\n${waiting}\n${handler(PIC_EOI)}\n${DATA}`,
    );
    expect(counted(machine)).toBe(3);
  });

  it("is pin 2 of the I/O APIC, and its EOI goes to the local one", () => {
    const text = `${tables(0x51)}\n${PIC_MASKED}\n${ioApicEntry(2, 0x51)}\n${PIT}\n${waiting}\n${handler(APIC_EOI)}\n${DATA}`;
    expect(counted(kernel(text))).toBe(3);
  });

  it("can be the local APIC's own", () => {
    const timer =
      "mov dword [0xfee003e0], 0xb\nmov dword [0xfee00320], 0x20052\nmov dword [0xfee00380], 5000";
    const text = `${tables(0x52)}\n${PIC_MASKED}\n${timer}\n${waiting}\n${handler(APIC_EOI)}\n${DATA}`;
    const machine = kernel(text);
    expect(counted(machine)).toBe(3);
    expect(machine.icount).toBeGreaterThanOrEqual(15_000);
  });

  it("is on its way in a snapshot, too", () => {
    const text = `${tables(0x51)}\n${PIC_MASKED}\n${ioApicEntry(2, 0x51)}\n${PIT}\n${waiting}\n${handler(APIC_EOI)}\n${DATA}`;
    const first = kernel(text);
    first.run(150_000);
    const second = kernel(text);
    restoreSnapshot(second, takeSnapshot(first));
    expect([counted(second), second.icount]).toEqual([counted(first), first.icount]);
  });
});

describe("a key", () => {
  it("interrupts a kernel that has only set up its PIC, as a scan code of set 1: a BIOS has seen to the rest", () => {
    const pic = PIC.replace("0xfe", "0xfd");
    const text = `${tables(0x31)}\n${pic}\nsti\nwait: hlt\njmp wait\nhandler: in al, 0x60\nmov cl, al\n${PIC_EOI}\ncli\nhlt\n${DATA}`;
    const machine = kernel(text);
    machine.run(10_000);
    machine.board.keyboardController.press("a");
    expect([machine.run(10_000_000), machine.cpu.r[ECX] & 0xff]).toEqual([{ reason: "halted" }, 0x1e]);
  });
});

describe("the pages of the APICs", () => {
  const VERSIONS = "mov ebx, [0xfee00030]\nmov dword [0xfec00000], 1\nmov ecx, [0xfec00010]\ncli\nhlt";
  const versions = (machine: Machine): number[] => {
    machine.run(1000);
    return [machine.cpu.r[EBX] >>> 0, machine.cpu.r[ECX] >>> 0];
  };

  it("answer with the versions of a Pentium 4's and of an 82093AA", () => {
    expect(versions(kernel(VERSIONS))).toEqual([0x0005_0014, 0x0017_0011]);
  });

  it("are nothing on a board for a 486", () => {
    const machine = kernel(VERSIONS, { cpu: "486" });
    expect(versions(machine)).toEqual([0xffff_ffff, 0xffff_ffff]);
    expect(machine.guestErrors).toBe(3);
  });

  it("the local one moves to where IA32_APIC_BASE says", () => {
    const move = "mov ecx, 0x1b\nrdmsr\nmov eax, 0x42000900\nwrmsr";
    const machine = kernel(`${move}\nmov ebx, [0x42000030]\nmov ecx, [0xfee00030]\ncli\nhlt`);
    expect(versions(machine)).toEqual([0x0005_0014, 0xffff_ffff]);
  });

  it("a reset puts the local one back", () => {
    const move =
      "mov ecx, 0x1b\nrdmsr\nmov eax, 0x42000900\nwrmsr\nmov dx, 0xcf9\nmov al, 6\nout dx, al\njmp $";
    const text = `inc dword [${COUNTER}]\ncmp dword [${COUNTER}], 2\nje done\n${move}\ndone: ${VERSIONS}`;
    expect(versions(kernel(text))).toEqual([0x0005_0014, 0x0017_0011]);
  });
});

describe("test kernels", () => {
  it("move an interrupt line by a port of the test device, and find memory that is none", () => {
    const raise = "mov dx, 0x200a\nmov al, 1\nout dx, al\nmov al, 0\nout dx, al";
    const memory = "mov dword [0xff000010], 0x12345678\nmov ebx, [0xff000012]";
    const text = `${tables(0x53)}\n${ioApicEntry(10, 0x53)}\n${memory}\nsti\nagain: ${raise}\njmp again\n${handler(APIC_EOI)}\n${DATA}`;
    const machine = kernel(text, { testdev: true });
    expect(counted(machine)).toBe(3);
    expect(machine.cpu.r[EBX]).toBe(0x1234);
  });

  it("find no test device on a board that was not asked for one", () => {
    const machine = kernel("mov dx, 0x2001\nmov al, 1\nout dx, al\nmov ebx, [0xff000010]\ncli\nhlt");
    machine.run(1000);
    expect([machine.cpu.r[EBX] >>> 0, machine.guestErrors]).toEqual([0xffff_ffff, 2]);
  });

  it("end themselves by NMI: an interprocessor interrupt to oneself of that kind", () => {
    const nmi = "mov dword [0xfee00300], 0x44400";
    const text = `${tables(2)}\n${nmi}\njmp $\nhandler: mov ecx, 7\nhlt\n${DATA}`;
    const machine = kernel(text);
    expect(machine.run(10_000)).toEqual({ reason: "halted" });
    expect(machine.cpu.r[ECX]).toBe(7);
  });
});
