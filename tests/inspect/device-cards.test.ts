/** The devices as their datasheets name them, and that looking at them answers no interrupt. */
import { describe, expect, it } from "vitest";
import { type DeviceCard, deviceCards } from "../../src/inspect/device-cards.ts";
import { GUEST_HZ, Machine } from "../../src/machine/machine.ts";
import { defaultPolicy } from "../../src/mmu/shadow/policy.ts";
import { machineFor } from "../support/guest-machine.ts";
import { tinyKernel } from "../support/tiny-kernel.ts";

const board = (debugConsoles: { port: number; output: () => void }[] = []): Machine =>
  machineFor("tiny", tinyKernel("nop\nhlt"), "", { ramBytes: 2 << 20, debugConsoles });

/** Before any firmware or kernel has run. */
const powerOn = (): Machine =>
  new Machine({ ramBytes: 2 << 20, mmu: "shadow", policy: defaultPolicy, console: () => {} });

function card(machine: Machine, name: string): DeviceCard {
  const found = deviceCards(machine).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no card ${name}`);
  return found;
}

const registers = (machine: Machine, name: string) => Object.fromEntries(card(machine, name).registers);

const out = (machine: Machine, port: number, ...bytes: number[]): void => {
  for (const byte of bytes) machine.board.bus.portWrite(port, 1, byte);
};

/** The initialisation that every PC system does. */
function initPics(machine: Machine): void {
  out(machine, 0x20, 0x11);
  out(machine, 0x21, 0x20, 0x04, 0x01);
  out(machine, 0xa0, 0x11);
  out(machine, 0xa1, 0x28, 0x02, 0x01);
}

it("there is a card for each chip, with its place from the bus", () => {
  const cards = deviceCards(board([{ port: 0xe8, output: () => {} }]));
  expect(cards.map(({ name, where }) => [name, where])).toEqual([
    ["pic 8259 master", "ports 020-021; ELCR ports 4d0-4d1"],
    ["pic 8259 slave", "ports 0a0-0a1; ELCR ports 4d0-4d1"],
    ["local apic", "memory fee00000-fee00fff"],
    ["io apic 82093AA", "memory fec00000-fec00fff"],
    ["pit 8254", "ports 040-043"],
    ["com1 16550A", "ports 3f8-3ff"],
    ["com2 16550A", "ports 2f8-2ff"],
    ["com3 16550A", "ports 3e8-3ef"],
    ["com4 16550A", "ports 2e8-2ef"],
    ["keyboard controller 8042", "ports 060, 064"],
    ["system control", "port 061"],
    ["system control A", "port 092"],
    ["numeric error", "ports 0f0-0f1"],
    ["post", "port 080"],
    ["rtc mc146818", "ports 070-071"],
    ["vga", "ports 3b0-3df"],
    ["ide0 primary", "ports 1f0-1f7"],
    ["ide1 secondary", "ports 170-177"],
    ["fdc 82077AA", "ports 3f0-3f5, 3f7"],
    ["dma 8237 pair", "ports 000-00f, 081-08f, 0c0-0df"],
    ["pci i440fx", "PCI 00:00.0"],
    ["pci piix3", "PCI 00:01.0"],
    ["pci piix3-ide", "PCI 00:01.1"],
    ["pci piix4-pm", "PCI 00:01.3"],
    ["power management", "PCI 00:01.3"],
    ["firmware configuration", "ports 510-511, 514-51b"],
    ["debug exit", "port 0f4"],
    ["debugcon-e9", "port 0e9"],
    ["debugcon-e8", "port 0e8"],
  ]);
});

describe("chips of a register or two", () => {
  it("say whether addresses wrap, and whether an x87 error waits", () => {
    const machine = board();
    expect(registers(machine, "system control A")).toMatchObject({ "PORT 92": "02", A20: "open" });
    out(machine, 0x92, 0);
    expect(registers(machine, "system control A").A20).toBe("masked: addresses wrap at 1 MiB");
    expect(card(machine, "numeric error").irq).toBe("IRQ 13 low");
    machine.board.numericError.setFerr(true);
    expect(card(machine, "numeric error").irq).toBe("IRQ 13 high");
    out(machine, 0xf0, 0);
    expect(registers(machine, "numeric error")).toEqual({
      "FERR#": "an x87 error waits",
      "IGNNE#": "asserted: it is ignored",
    });
    expect(card(machine, "numeric error").irq).toBe("IRQ 13 low");
  });

  it("the test device has a card on a board that has it", () => {
    const machine = machineFor("tiny", tinyKernel("hlt"), "", { ramBytes: 2 << 20, testdev: true });
    machine.board.bus.portWrite(0xe0, 4, 0x1234);
    machine.board.bus.portWrite(0x2005, 1, 1);
    machine.board.bus.mmioWrite(0xff00_0010, 1, 9);
    expect(card(machine, "pc-testdev")).toMatchObject({
      where: "ports 0e0-0e3, 0e4-0e7, 2000-2017; memory ff000000-ff00ffff",
      irq: "lines 5 raised",
      registers: [
        ["REGISTER", "00001234"],
        ["memory", "written up to 0010"],
      ],
    });
  });
});

describe("the interrupt controllers", () => {
  it("tell what they wait for until they are initialised", () => {
    const machine = powerOn();
    expect(registers(machine, "pic 8259 master")).toMatchObject({ state: "not initialised", IMR: "ff" });
    out(machine, 0x20, 0x11);
    expect(registers(machine, "pic 8259 master").state).toBe("waits for ICW2");
    out(machine, 0x21, 0x20);
    expect(registers(machine, "pic 8259 master").state).toBe("waits for ICW3");
    out(machine, 0x21, 0x04);
    expect(registers(machine, "pic 8259 master").state).toBe("waits for ICW4");
    out(machine, 0x21, 0x01);
    expect(registers(machine, "pic 8259 master")).toEqual({
      IRR: "00",
      ISR: "00",
      IMR: "00",
      ICW1: "11",
      ICW2: "20 vectors 20-27",
      ICW3: "04 slaves on 2",
      ICW4: "01 8086",
      ELCR: "00 edge",
      state: "ready",
      reads: "IRR",
      lowest: "IRQ 7",
    });
  });

  it("show requests and services by IRQ, the wires, and the cascade", () => {
    const machine = board();
    initPics(machine);
    const five = machine.board.pic.irq(5);
    const twelve = machine.board.pic.irq(12);
    five.raise();
    twelve.raise();
    expect(registers(machine, "pic 8259 master").IRR).toBe("24 IRQ 2 5");
    expect(registers(machine, "pic 8259 slave")).toMatchObject({ IRR: "10 IRQ 12", ICW3: "02 slave 2" });
    expect(card(machine, "pic 8259 master").irq).toBe("INT high");
    expect(card(machine, "pic 8259 slave").irq).toBe("IRQ 2 high");
    expect(machine.board.pic.acknowledge()).toBe(0x2c);
    expect(registers(machine, "pic 8259 master")).toMatchObject({ IRR: "20 IRQ 5", ISR: "04 IRQ 2" });
    expect(registers(machine, "pic 8259 slave")).toMatchObject({ IRR: "00", ISR: "10 IRQ 12" });
    expect(card(machine, "pic 8259 slave").irq).toBe("IRQ 2 low");
  });

  it("name the modes that are on, and which inputs are levels", () => {
    const machine = board();
    initPics(machine);
    out(machine, 0x4d0, 0x28);
    out(machine, 0x20, 0x80, 0x6b, 0xc3);
    expect(registers(machine, "pic 8259 master")).toMatchObject({
      ELCR: "28 level IRQ 3 5",
      state: "ready, rotates in AEOI, special mask",
      reads: "ISR",
      lowest: "IRQ 3",
    });
    out(machine, 0x20, 0x19);
    expect(registers(machine, "pic 8259 master")).toMatchObject({ ELCR: "28 all level (LTIM)" });
  });
});

describe("the timer", () => {
  it("shows each counter, and that one without a count has none", () => {
    const rows = registers(powerOn(), "pit 8254");
    expect(rows["1 mode"]).toBe("0 interrupt on terminal count, LSB MSB");
    expect([rows["0 count"], rows["2 pins"]]).toEqual(["none written", "GATE low, OUT low"]);
    expect(card(powerOn(), "pit 8254")).toMatchObject({ irq: "IRQ 0 low", deadline: null });
  });

  it("shows the rate, how far a counter has come, and the deadline that the clock has", () => {
    const machine = board();
    out(machine, 0x43, 0x34);
    out(machine, 0x40, 0x00, 0x10);
    machine.board.clock.advance(GUEST_HZ / 1000);
    const rows = registers(machine, "pit 8254");
    // A millisecond is 1193 pulses, the first of which loads the counter: 0x1000 - 1192.
    expect(rows).toMatchObject({
      "0 mode": "2 rate generator, LSB MSB",
      "0 count": "1000, now 0b58, 291.3 Hz",
      "0 pins": "GATE high, OUT high",
    });
    expect(card(machine, "pit 8254")).toMatchObject({
      irq: "IRQ 0 high",
      deadline: machine.board.clock.nextDeadline,
    });
  });

  it("counts in decimal digits if it is told to, and shows what is latched to nobody", () => {
    const machine = board();
    out(machine, 0x43, 0x31);
    out(machine, 0x40, 0x34, 0x12);
    machine.board.clock.advance(GUEST_HZ / 1000);
    out(machine, 0x43, 0x00);
    machine.board.clock.advance((GUEST_HZ / 1000) * 1.01);
    expect(registers(machine, "pit 8254")).toMatchObject({
      "0 mode": "0 interrupt on terminal count, LSB MSB, BCD",
      "0 count": expect.stringMatching(/^1234, now 00[0-3]\d$/),
    });
    // The guest still reads what it latched: 1234 - 1192 = 42.
    expect(machine.board.bus.portRead(0x40, 1)).toBe(0x42);
  });

  it("drives the speaker through port 61", () => {
    const machine = board();
    out(machine, 0x61, 0x03);
    out(machine, 0x43, 0xb6);
    out(machine, 0x42, 0x00, 0x10);
    machine.board.clock.advance(GUEST_HZ / 1000);
    const value = machine.board.bus.portRead(0x61, 1).toString(16).padStart(2, "0");
    const rows = registers(machine, "system control");
    expect(rows.NMI_SC).toMatch(new RegExp(`^${value} GATE2 SPEAKER.* OUT2$`));
    expect(rows.speaker).toBe("pushed");
    expect(registers(machine, "pit 8254")["2 pins"]).toBe("GATE high, OUT high");
    out(machine, 0x61, 0x01);
    expect(registers(machine, "system control").speaker).toBe("at rest");
  });
});

describe("the serial port", () => {
  it("shows the line as terminals write it", () => {
    const machine = board();
    out(machine, 0x3fb, 0x9f);
    out(machine, 0x3f8, 0x06);
    out(machine, 0x3f9, 0x00);
    expect(registers(machine, "com1 16550A")).toMatchObject({
      LCR: "9f 8E2 DLAB",
      "DLM:DLL": "0006 19200 baud",
    });
    out(machine, 0x3fb, 0x68);
    expect(registers(machine, "com1 16550A").LCR).toBe("68 5M1 break");
  });

  it("shows what interrupts and what waits, without taking it", () => {
    const machine = board();
    initPics(machine);
    out(machine, 0x3fa, 0x41);
    out(machine, 0x3f9, 0x01);
    out(machine, 0x3fc, 0x0b);
    machine.board.com1.receive(Uint8Array.of(1, 2, 3, 4));
    const { com1, bus, clock } = machine.board;
    for (let i = 0; i < 2; i++) {
      expect(card(machine, "com1 16550A")).toMatchObject({
        irq: "IRQ 4 high",
        deadline: com1.save().timeoutAt,
        registers: [
          ["IER", "01 ERBFI"],
          ["IIR", "c4 data available"],
          ["FCR", "41 FIFO, trigger at 4"],
          ["LCR", "00 5N1"],
          ["MCR", "0b DTR RTS OUT2"],
          ["LSR", "61 DR THRE TEMT"],
          ["MSR", "b0 CTS DSR DCD"],
          ["SCR", "00"],
          ["DLM:DLL", "000c 9600 baud"],
          ["received", "4 of 16 wait"],
        ],
      });
    }
    expect(com1.save().timeoutAt).toBe(clock.nextDeadlineBut(machine.board.pit.deadline));
    expect(bus.portRead(0x3f8, 1)).toBe(1);
  });

  it("does not answer the interrupts that reading IIR and LSR would", () => {
    const machine = board();
    initPics(machine);
    out(machine, 0x3f9, 0x06);
    out(machine, 0x3fc, 0x08);
    machine.board.com1.receiveBreak();
    const rows = () => registers(machine, "com1 16550A");
    expect(rows()).toMatchObject({ IIR: "06 line status", LSR: "71 DR BI THRE TEMT" });
    expect(machine.board.bus.portRead(0x3fd, 1)).toBe(0x71);
    expect([rows().IIR, rows().IIR]).toEqual(["02 THR empty", "02 THR empty"]);
    expect(machine.board.bus.portRead(0x3fa, 1)).toBe(0x02);
    expect(rows().IIR).toBe("01 none");
    machine.board.com1.setModemLines(0);
    expect([rows().MSR, rows().MSR]).toEqual(Array(2).fill("0b DCTS DDSR DDCD"));
  });
});

it("the small ones show what was written to them", () => {
  const machine = board();
  expect(registers(machine, "debug exit")).toEqual({ EXIT: "not written" });
  out(machine, 0x80, 0x12, 0x34);
  out(machine, 0xf4, 0x03);
  expect(registers(machine, "post")).toEqual({ POST: "34", before: "12" });
  expect(registers(machine, "debug exit")).toEqual({ EXIT: "exit status 7" });
  expect(registers(machine, "debugcon-e9")).toEqual({ DATA: "reads e9" });
});

it("looking changes no device", () => {
  const machine = board();
  initPics(machine);
  out(machine, 0x43, 0x34, 0xb6);
  out(machine, 0x40, 0x00, 0x10);
  out(machine, 0x42, 0x00, 0x10);
  machine.board.com1.receive(Uint8Array.of(1));
  machine.board.clock.advance(5000);
  const state = () => {
    const { pic, pit, com1, systemControl, post, clock } = machine.board;
    const devices = [pic, pit, com1, systemControl, post].map((device) => device.save());
    return [...devices, clock.now, clock.nextDeadline];
  };
  const before = state();
  deviceCards(machine);
  expect(state()).toEqual(before);
});
