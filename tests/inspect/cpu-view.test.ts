/** The processor as a debugger shows it: registers with names, code, stack, TLB. */
import { describe, expect, it } from "vitest";
import { writeEflags } from "../../src/cpu/eflags.ts";
import { CR4, CS, EIP, ESP, SEG_ATTR, SEG_BASE, SEG_LIMIT, SS, TR } from "../../src/cpu/state.ts";
import { cpuView } from "../../src/inspect/cpu-view.ts";
import { disassemble } from "../../src/inspect/disassembly.ts";
import { machineStatus } from "../../src/inspect/machine-status.ts";
import { asm } from "../support/asm.ts";
import { guestMachine, machineFor } from "../support/guest-machine.ts";
import { tinyKernel } from "../support/tiny-kernel.ts";

const WINDOW = { code: 4, stack: 3 };
/** Where a tiny kernel's own code begins, behind the multiboot header. */
const ENTRY = 0x10_0020;

const tiny = (text: string, mmu: "bare" | "shadow" = "shadow") =>
  machineFor("tiny", tinyKernel(text), "", { mmu, ramBytes: 4 << 20 });

describe("code", () => {
  it("begins at the next instruction, in Intel syntax as objdump writes it", () => {
    const machine = tiny(`mov eax, 0x12345678
mov [ebx+8], eax
cmp dword [0x00200000], 16
jz entry
hlt`);
    const lines = disassemble(machine, ENTRY, 5);
    expect(lines.map(({ text }) => text)).toEqual([
      "mov eax, 0x12345678",
      "mov [ebx+8], eax",
      "cmp dword ptr [0x200000], 0x10",
      "je 0x100020",
      "hlt",
    ]);
    expect(lines[0]).toEqual({ gva: ENTRY, bytes: "b878563412", text: "mov eax, 0x12345678", current: true });
    expect(lines.map(({ current }) => current)).toEqual([true, false, false, false, false]);
  });

  it("is 16-bit code where CS.D says so, with offsets in the segment", () => {
    const machine = tiny("nop");
    const { r } = machine.cpu;
    machine.memory.writeBytes(0x2_0140, Uint8Array.of(0xb8, 0x34, 0x12, 0xeb, 0xfb));
    r[SEG_BASE + CS] = 0x2_0040;
    r[SEG_ATTR + CS] = 0x9b;
    r[SEG_LIMIT + CS] = 0xffff;
    r[EIP] = 0x100;
    machine.cpu.refreshMode();
    expect(cpuView(machine, { code: 2, stack: 0 }).code).toEqual([
      { gva: 0x2_0140, bytes: "b83412", text: "mov ax, 0x1234", current: true },
      { gva: 0x2_0143, bytes: "ebfb", text: "jmp 0x100", current: false },
    ]);
  });

  it("goes on over the end of a page, into a frame elsewhere", () => {
    const machine = tiny("nop");
    machine.memory.writeBytes(0x10_0ffd, asm("mov eax, 0x11223344"));
    expect(disassemble(machine, 0x10_0ffd, 1)).toEqual([
      { gva: 0x10_0ffd, bytes: "b844332211", text: "mov eax, 0x11223344", current: false },
    ]);
  });

  it("ends with one line where nothing is mapped, also within an instruction", () => {
    const machine = tiny("nop");
    const end = 4 << 20;
    machine.memory.writeBytes(end - 3, Uint8Array.of(0x90, 0xb8, 0x01));
    expect(disassemble(machine, end - 3, 9)).toEqual([
      { gva: end - 3, bytes: "90", text: "nop", current: false },
      { gva: end - 2, bytes: "b801", text: "(not mapped)", current: false },
    ]);
    expect(disassemble(machine, end, 9)).toEqual([
      { gva: end, bytes: "", text: "(not mapped)", current: false },
    ]);
  });

  it("calls bytes that are no instruction bad, and goes on behind them", () => {
    const machine = tiny("nop");
    machine.memory.writeBytes(0x20_0000, Uint8Array.of(0xff, 0xff, 0x90));
    const lines = disassemble(machine, 0x20_0000, 2);
    expect(lines[0].text).toBe("(bad)");
    expect(lines[1].gva).toBeGreaterThan(0x20_0000);
  });

  it("asks for as many lines as there are, none included", () => {
    const machine = tiny("nop");
    expect(disassemble(machine, ENTRY, 0)).toEqual([]);
    expect(disassemble(machine, 0x20_0000, 300).length).toBe(300);
    expect(disassemble(machine, -0x1000, 1)[0].gva).toBe(0xffff_f000);
  });
});

describe("registers", () => {
  it("are in the SDM's order, with the names of what is set", () => {
    const machine = tiny(`mov eax, 1
mov ecx, 2
mov edi, 0xffffffff
hlt`);
    machine.run(3);
    const view = cpuView(machine, WINDOW);
    expect(view.general).toEqual([
      ["eax", 1],
      ["ecx", 2],
      ["edx", 0],
      ["ebx", expect.any(Number)],
      ["esp", 0],
      ["ebp", 0],
      ["esi", 0],
      ["edi", 0xffff_ffff],
    ]);
    expect([view.eip, view.cpl, view.code[0].text]).toEqual([ENTRY + 15, 0, "hlt"]);
    expect(view.control.map(([name, , bits]) => [name, bits])).toEqual([
      ["cr0", ["PE", "ET"]],
      ["cr2", []],
      ["cr3", []],
      ["cr4", []],
      ["efer", []],
    ]);
    machine.cpu.r[CR4] = 0x1ff;
    expect(cpuView(machine, WINDOW).control[3]).toEqual([
      "cr4",
      0x1ff,
      ["VME", "PVI", "TSD", "DE", "PSE", "PAE", "MCE", "PGE", "PCE"],
    ]);
  });

  it.each([
    [0x0000_0002, []],
    [0x0000_0ad7, ["CF", "PF", "AF", "ZF", "SF", "IF", "OF"]],
    [0x0000_3102, ["TF", "IOPL3"]],
    [0x003f_4402, ["DF", "NT", "RF", "VM", "AC", "VIF", "VIP", "ID"]],
  ])("flags %x", (eflags, names) => {
    const machine = tiny("nop");
    writeEflags(machine.cpu, eflags);
    const view = cpuView(machine, WINDOW);
    expect([view.eflags, view.flags]).toEqual([eflags, names]);
  });

  it.each([
    [0xc09b, "code32 r-x dpl 0"],
    [0x00fa, "code16 r-x dpl 3"],
    [0xc09d, "code32 --x dpl 0 conforming"],
    [0xc0f3, "data32 rw- dpl 3"],
    [0x00b1, "data16 r-- dpl 1"],
    [0x0097, "data16 rw- dpl 0 expand-down"],
    [0x4013, "data32 rw- dpl 0 not present"],
    [0, "null"],
  ])("a segment with attributes %x", (attr, kind) => {
    const machine = tiny("nop");
    machine.cpu.r[SEG_ATTR + SS] = attr;
    expect(cpuView(machine, WINDOW).segments[SS].kind).toBe(kind);
  });

  it.each([
    [0x8b, "tss32 busy dpl 0"],
    [0x81, "tss16 dpl 0"],
    [0x82, "ldt dpl 0"],
    [0x0b, "tss32 busy dpl 0 not present"],
    [0, "null"],
  ])("a system segment with attributes %x", (attr, kind) => {
    const machine = tiny("nop");
    machine.cpu.r[SEG_ATTR + TR] = attr;
    expect(cpuView(machine, WINDOW).segments[TR]).toMatchObject({ name: "tr", kind });
  });
});

describe("the stack", () => {
  it("is words from its top upwards, null where nothing is mapped", () => {
    const machine = tiny("nop");
    const { r } = machine.cpu;
    const end = 4 << 20;
    machine.memory.writeBytes(end - 6, Uint8Array.of(1, 2, 3, 0x84, 5, 6));
    r[ESP] = end - 6;
    expect(cpuView(machine, WINDOW).stack).toEqual([
      { gva: end - 6, value: 0x8403_0201 },
      { gva: end - 2, value: null },
      { gva: end + 2, value: null },
    ]);
  });

  it("of 16 bits goes on at offset 0 behind 64 KiB", () => {
    const machine = tiny("nop");
    const { r } = machine.cpu;
    r[SEG_BASE + SS] = 0x1_0000;
    r[SEG_ATTR + SS] = 0x93;
    r[ESP] = 0x1234_fffc;
    machine.cpu.refreshMode();
    expect(cpuView(machine, WINDOW).stack.map(({ gva }) => gva)).toEqual([0x1_fffc, 0x1_0000, 0x1_0004]);
  });
});

describe("what is going on", () => {
  it("a halted processor, one that must not be interrupted yet", () => {
    const halted = tiny("hlt");
    halted.run();
    expect(cpuView(halted, WINDOW)).toMatchObject({ halted: true, interruptPending: false });
    const inhibited = tiny("sti\nnop\nhlt");
    inhibited.run(1);
    expect(cpuView(inhibited, WINDOW)).toMatchObject({ inhibited: true, flags: ["IF"] });
    inhibited.run(2);
    expect(cpuView(inhibited, WINDOW).inhibited).toBe(false);
  });

  it("counts the pages that the TLB holds, for supervisor and for user", () => {
    const machine = tiny("nop");
    const { tlb } = machine.mmu;
    tlb.flush();
    const counts = () => cpuView(machine, WINDOW).tlb;
    expect(counts()).toEqual({ supervisor: 0, user: 0 });
    tlb.fill(false, 0x1000, 0x10_0000, true, true, true);
    tlb.fill(false, 0xffff_f000, 0x10_0000, true, false, false);
    tlb.fill(true, 0x2000, 0x10_0000, false, false, true);
    expect(counts()).toEqual({ supervisor: 2, user: 1 });
    tlb.flushPage(0x1000);
    expect(counts()).toEqual({ supervisor: 1, user: 1 });
    tlb.flush();
    expect(counts()).toEqual({ supervisor: 0, user: 0 });
  });
});

describe("the machine in one line", () => {
  it("says where it is, in which mode, under which policy", () => {
    const machine = guestMachine("kmap");
    expect(machineStatus(machine)).toMatchObject({ icount: 0, modes: [], policy: "oos+global", cpl: 0 });
    machine.run(1_000_000);
    expect(machineStatus(machine)).toMatchObject({
      icount: 1_000_000,
      ramBytes: 64 << 20,
      eip: machine.cpu.r[EIP] >>> 0,
      modes: ["PG", "WP", "PSE", "PAE", "PGE", "NX"],
      halted: false,
      exitStatus: null,
      faultChain: null,
      guestErrors: 0,
    });
    expect(machineStatus(guestMachine("kmap", { mmu: "bare" })).policy).toBeNull();
  });

  it("says how it ended", () => {
    const exited = tiny("mov eax, 3\nout 0xf4, eax\nhlt");
    exited.run();
    expect(machineStatus(exited).exitStatus).toBe(7);
    const dead = tiny("int3");
    dead.run();
    expect(machineStatus(dead).faultChain).toMatch(/#/);
    const wrong = tiny("in al, 0x99\nhlt");
    wrong.run();
    expect(machineStatus(wrong)).toMatchObject({ guestErrors: 1, halted: true });
  });
});
