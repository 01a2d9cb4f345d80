import { describe, expect, it } from "vitest";
import { Uart16550 } from "../../src/devices/uart16550.ts";
import { MachineClock } from "../../src/machine/clock.ts";
import { deviceContract, HZ, Probe } from "./contract.ts";

const [RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR] = [0, 1, 2, 3, 4, 5, 6, 7];
const THR = RBR;
const FCR = IIR;

const ERBFI = 0x01;
const ETBEI = 0x02;
const ELSI = 0x04;
const EDSSI = 0x08;

const LINE_STATUS = 0x06;
const DATA_AVAILABLE = 0x04;
const CHARACTER_TIMEOUT = 0x0c;
const THR_EMPTY = 0x02;
const MODEM_STATUS = 0x00;
const NONE = 0x01;

const DR = 0x01;
const OE = 0x02;
const BI = 0x10;
const FIFO_ERROR = 0x80;

const LCR_8N1 = 0x03;
const DLAB = 0x80;
const SET_BREAK = 0x40;
const OUT2 = 0x08;
const LOOP = 0x10;

const FIFO_ON = 0x01;
const CLEAR_RECEIVER = 0x02;
const TRIGGER_4 = 0x40;
const TRIGGER_8 = 0x80;
const TRIGGER_14 = 0xc0;

const bytes = (...values: number[]) => Uint8Array.from(values);
const text = (s: string) => Uint8Array.from(s, (c) => c.charCodeAt(0));

/** A port at 115200 baud, 8N1, whose interrupt may leave the card. */
function rig() {
  const clock = new MachineClock(HZ);
  const log: string[] = [];
  const irq = new Probe("irq4", log, clock);
  const sent: number[] = [];
  const asked: number[] = [];
  const errors: string[] = [];
  const uart = new Uart16550("com1", {
    irq,
    clock,
    output: (byte) => sent.push(byte),
    ready: () => asked.push(clock.now),
    guestError: (device, register, detail) => errors.push(`${device} ${register}: ${detail}`),
  });
  const write = (offset: number, byte: number) => uart.portWrite(offset, 1, byte);
  const read = (offset: number) => uart.portRead(offset, 1);
  write(LCR, DLAB | LCR_8N1);
  write(0, 1);
  write(1, 0);
  write(LCR, LCR_8N1);
  write(MCR, OUT2);
  log.length = 0;
  asked.length = 0;
  return {
    clock,
    log,
    irq,
    sent,
    asked,
    errors,
    uart,
    write,
    read,
    /** The interrupt that IIR shows, without the bits that say the FIFOs are on. */
    source: () => read(IIR) & 0x0f,
    pass: (instructions: number) => clock.advance(clock.now + instructions),
  };
}

deviceContract("the 16550A", () => {
  const clock = new MachineClock(HZ);
  const log: string[] = [];
  const irq = new Probe("irq4", log, clock);
  const device = new Uart16550("com1", {
    irq,
    clock,
    output: (byte) => log.push(`sent ${byte}`),
    ready: () => log.push("ready"),
  });
  return {
    device,
    clock,
    ports: 8,
    log,
    wires: [irq],
    stimulate: (random) => {
      const what = random.below(6);
      if (what === 0) device.setModemLines(random.below(256));
      else if (what === 1) device.receiveBreak();
      else if (what === 2) device.portWrite(FCR, 1, FIFO_ON | (random.below(4) << 6));
      else
        log.push(
          `took ${device.receive(bytes(...Array.from({ length: random.below(20) }, () => random.below(256))))}`,
        );
    },
  };
});

describe("registers", () => {
  it("wake up as the datasheet's reset table says", () => {
    const { uart, read } = rig();
    uart.reset();
    expect([read(IER), read(IIR), read(LCR), read(MCR), read(LSR)]).toEqual([0, 0x01, 0, 0, 0x60]);
    expect(read(MSR) & 0x0f).toBe(0);
  });

  it("DLAB turns the first two into the divisor latches", () => {
    const { uart, read, write, sent } = rig();
    write(LCR, DLAB);
    write(0, 0x80);
    write(1, 0x25);
    expect([read(0), read(1)]).toEqual([0x80, 0x25]);
    expect([uart.probe(0), uart.probe(1)]).toEqual(["DLL", "DLM"]);
    write(LCR, 0);
    expect(read(IER)).toBe(0);
    expect([uart.probe(0), uart.probe(1)]).toEqual(["RBR/THR", "IER"]);
    expect(sent).toEqual([]);
  });

  it("IER has four bits and MCR five; the rest read 0", () => {
    const { read, write } = rig();
    write(IER, 0xff);
    write(MCR, 0xff);
    expect([read(IER), read(MCR)]).toEqual([0x0f, 0x1f]);
  });

  it("SCR keeps what software puts there", () => {
    const { read, write } = rig();
    write(SCR, 0xa5);
    expect(read(SCR)).toBe(0xa5);
  });

  it("LSR and MSR are read-only: a write is a guest error and changes nothing", () => {
    const { read, write, errors } = rig();
    write(LSR, 0xff);
    write(MSR, 0xff);
    expect(errors).toEqual(["com1 LSR: written, but read-only", "com1 MSR: written, but read-only"]);
    expect(read(LSR)).toBe(0x60);
  });

  it("IIR says with its top bits that the FIFOs are on: how software tells a 16550A from a 16450", () => {
    const { read, write } = rig();
    expect(read(IIR) & 0xc0).toBe(0x00);
    write(FCR, FIFO_ON);
    expect(read(IIR) & 0xc0).toBe(0xc0);
    write(FCR, 0);
    expect(read(IIR) & 0xc0).toBe(0x00);
  });

  it("FCR's other bits are not taken unless its bit 0 is written too", () => {
    const { uart, write } = rig();
    write(FCR, TRIGGER_14);
    expect(uart.save().FCR).toBe(0);
    write(FCR, FIFO_ON | TRIGGER_14);
    expect(uart.save().FCR).toBe(0xc1);
  });
});

describe("sending", () => {
  it("hands each byte to the host at once, and THR is empty again", () => {
    const { write, read, sent } = rig();
    for (const byte of text("Hi")) {
      expect(read(LSR) & 0x60).toBe(0x60);
      write(THR, byte);
    }
    expect(sent).toEqual([...text("Hi")]);
  });

  it("passes all eight bits whatever the word length", () => {
    const { write, sent } = rig();
    write(LCR, 0x00);
    write(THR, 0xff);
    expect(sent).toEqual([0xff]);
  });

  it("loses what is sent during a break", () => {
    const { write, sent } = rig();
    write(LCR, LCR_8N1 | SET_BREAK);
    write(THR, 0x41);
    write(LCR, LCR_8N1);
    write(THR, 0x42);
    expect(sent).toEqual([0x42]);
  });
});

describe("the THRE interrupt", () => {
  it("comes when it is enabled while THR is empty", () => {
    const { write, irq, source } = rig();
    write(IER, ETBEI);
    expect(irq.level).toBe(true);
    expect(source()).toBe(THR_EMPTY);
  });

  it("goes away when IIR is read and shows it", () => {
    const { write, irq, source } = rig();
    write(IER, ETBEI);
    expect(source()).toBe(THR_EMPTY);
    expect(irq.level).toBe(false);
    expect(source()).toBe(NONE);
  });

  it("stays if IIR was read but showed something more urgent", () => {
    const { uart, write, read, source } = rig();
    uart.receive(text("a"));
    write(IER, ETBEI | ERBFI);
    expect(source()).toBe(DATA_AVAILABLE);
    read(RBR);
    expect(source()).toBe(THR_EMPTY);
  });

  it("comes again after each character, as a new edge", () => {
    const { write, log, source } = rig();
    write(IER, ETBEI);
    source();
    log.length = 0;
    write(THR, 0x41);
    expect(log).toEqual(["0 irq4 high"]);
    write(THR, 0x42);
    expect(log).toEqual(["0 irq4 high", "0 irq4 low", "0 irq4 high"]);
  });

  it("does not come again when IER is written with the bit still set", () => {
    const { write, irq, source } = rig();
    write(IER, ETBEI);
    source();
    write(IER, ETBEI | ERBFI);
    expect(irq.level).toBe(false);
    write(IER, 0);
    write(IER, ETBEI);
    expect(irq.level).toBe(true);
  });
});

describe("receiving without FIFO", () => {
  it("takes one character until it is read", () => {
    const { uart, read } = rig();
    expect(uart.receive(text("abc"))).toBe(1);
    expect(uart.receive(text("bc"))).toBe(0);
    expect(read(LSR) & DR).toBe(DR);
    expect(read(RBR)).toBe(0x61);
    expect(read(LSR) & DR).toBe(0);
    expect(uart.receive(text("bc"))).toBe(1);
  });

  it("interrupts for each character until RBR is read", () => {
    const { uart, write, read, irq, source } = rig();
    write(IER, ERBFI);
    uart.receive(text("a"));
    expect([irq.level, source(), source()]).toEqual([true, DATA_AVAILABLE, DATA_AVAILABLE]);
    read(RBR);
    expect([irq.level, source()]).toEqual([false, NONE]);
  });

  it("RBR keeps showing the last character", () => {
    const { uart, read } = rig();
    uart.receive(text("a"));
    expect([read(RBR), read(RBR)]).toEqual([0x61, 0x61]);
  });

  it("has no character timeout", () => {
    const { uart, clock } = rig();
    uart.receive(text("a"));
    expect(clock.nextDeadline).toBe(Infinity);
  });
});

describe("receiving with FIFO", () => {
  it("takes sixteen characters and gives them in order", () => {
    const { uart, write, read } = rig();
    write(FCR, FIFO_ON);
    expect(uart.receive(text("0123456789abcdefXYZ"))).toBe(16);
    const got = Array.from({ length: 16 }, () => String.fromCharCode(read(RBR)));
    expect(got.join("")).toBe("0123456789abcdef");
    expect(read(LSR) & DR).toBe(0);
  });

  it.each([
    ["1", FIFO_ON, 1],
    ["4", FIFO_ON | TRIGGER_4, 4],
    ["8", FIFO_ON | TRIGGER_8, 8],
    ["14", FIFO_ON | TRIGGER_14, 14],
  ])("interrupts at a trigger level of %s, and stops below it", (_, fcr, level) => {
    const { uart, write, read, irq, source } = rig();
    write(IER, ERBFI);
    write(FCR, fcr);
    uart.receive(new Uint8Array(level - 1));
    expect(irq.level).toBe(false);
    uart.receive(bytes(0));
    expect([irq.level, source()]).toEqual([true, DATA_AVAILABLE]);
    read(RBR);
    expect(irq.level).toBe(false);
  });

  it("DR is set from the first character on, whatever the trigger level", () => {
    const { uart, write, read } = rig();
    write(FCR, FIFO_ON | TRIGGER_14);
    uart.receive(text("a"));
    expect(read(LSR) & DR).toBe(DR);
  });

  it("is emptied by FCR bit 1, and whenever the FIFO is switched on or off", () => {
    const { uart, write, read } = rig();
    const waiting = () => {
      uart.receive(text("abc"));
      expect(read(LSR) & DR).toBe(DR);
    };
    waiting();
    write(FCR, FIFO_ON);
    expect(read(LSR) & DR).toBe(0);
    waiting();
    write(FCR, FIFO_ON | TRIGGER_4);
    expect(read(LSR) & DR, "only the trigger level changed").toBe(DR);
    write(FCR, FIFO_ON | CLEAR_RECEIVER);
    expect(read(LSR) & DR).toBe(0);
    waiting();
    write(FCR, 0);
    expect(read(LSR) & DR).toBe(0);
  });

  it("asks the host for more when the last character has been read, and when it was emptied", () => {
    const { uart, write, read, asked } = rig();
    write(FCR, FIFO_ON);
    asked.length = 0;
    uart.receive(text("ab"));
    read(RBR);
    expect(asked).toHaveLength(0);
    read(RBR);
    expect(asked).toHaveLength(1);
    read(RBR);
    expect(asked).toHaveLength(1);
    uart.receive(text("ab"));
    write(FCR, FIFO_ON | CLEAR_RECEIVER);
    expect(asked).toHaveLength(2);
  });
});

describe("the character timeout", () => {
  /** Ten bits of 8N1 at 115200 baud, four characters long, in instructions. */
  const FOUR_CHARACTERS = Math.ceil((4 * 10 * HZ) / 115_200);

  function waiting() {
    const parts = rig();
    parts.write(FCR, FIFO_ON | TRIGGER_14);
    parts.write(IER, ERBFI);
    parts.uart.receive(text("abc"));
    return parts;
  }

  it("announces characters below the trigger level after four character times", () => {
    const { irq, pass, source } = waiting();
    pass(FOUR_CHARACTERS - 1);
    expect(irq.level).toBe(false);
    pass(1);
    expect([irq.level, source()]).toEqual([true, CHARACTER_TIMEOUT]);
  });

  it("goes away when a character is read, and starts again for the rest", () => {
    const { irq, pass, read } = waiting();
    pass(FOUR_CHARACTERS);
    read(RBR);
    expect(irq.level).toBe(false);
    pass(FOUR_CHARACTERS - 1);
    expect(irq.level).toBe(false);
    pass(1);
    expect(irq.level).toBe(true);
  });

  it("starts again with each character that comes", () => {
    const { uart, irq, pass } = waiting();
    pass(FOUR_CHARACTERS - 1);
    uart.receive(text("d"));
    pass(FOUR_CHARACTERS - 1);
    expect(irq.level).toBe(false);
    pass(1);
    expect(irq.level).toBe(true);
  });

  it("is not needed when nothing is left", () => {
    const { clock, read } = waiting();
    for (let i = 0; i < 3; i++) read(RBR);
    expect(clock.nextDeadline).toBe(Infinity);
  });

  it("that has struck does not strike again in a restored port", () => {
    const { uart, clock, pass, source } = waiting();
    pass(FOUR_CHARACTERS);
    uart.restore(structuredClone(uart.save()));
    expect(clock.nextDeadline).toBe(Infinity);
    expect(source()).toBe(CHARACTER_TIMEOUT);
  });

  it("gives way to the trigger level", () => {
    const { uart, pass, source } = waiting();
    pass(FOUR_CHARACTERS);
    uart.receive(new Uint8Array(11));
    expect(source()).toBe(DATA_AVAILABLE);
  });

  it.each([
    ["8N1 at 115200 baud", 0x03, 1, 10],
    ["8E2 at 115200 baud", 0x1f, 1, 12],
    ["5N1½ at 115200 baud", 0x04, 1, 7.5],
    ["7E1 at 9600 baud", 0x1a, 12, 10 * 12],
    ["8N1 at the slowest rate, divisor 0", 0x03, 0, 10 * 65_536],
  ])("is four characters of %s", (_, lcr, divisor, bits) => {
    const { uart, write, clock } = rig();
    write(LCR, DLAB);
    write(0, divisor);
    write(LCR, lcr);
    write(FCR, FIFO_ON | TRIGGER_14);
    uart.receive(text("a"));
    expect(clock.nextDeadline).toBe(Math.ceil((4 * bits * HZ) / 115_200));
  });
});

describe("errors on the line", () => {
  it("a break arrives as a zero with BI", () => {
    const { uart, read } = rig();
    uart.receiveBreak();
    expect(read(LSR)).toBe(0x60 | DR | BI);
    expect(read(RBR)).toBe(0);
  });

  it("reading LSR clears the errors and their interrupt, but not DR", () => {
    const { uart, write, read, irq, source } = rig();
    write(IER, ELSI);
    uart.receiveBreak();
    expect([irq.level, source()]).toEqual([true, LINE_STATUS]);
    read(LSR);
    expect([irq.level, source()]).toEqual([false, NONE]);
    expect(read(LSR)).toBe(0x60 | DR);
  });

  it("in the FIFO an error is shown when its character comes to the top, and LSR bit 7 tells of it before", () => {
    const { uart, write, read } = rig();
    write(FCR, FIFO_ON);
    uart.receive(text("ab"));
    uart.receiveBreak();
    uart.receive(text("c"));
    expect(read(LSR)).toBe(0x60 | DR | FIFO_ERROR);
    read(RBR);
    read(RBR);
    expect(read(LSR)).toBe(0x60 | DR | FIFO_ERROR | BI);
    expect(read(LSR)).toBe(0x60 | DR);
    expect([read(RBR), read(RBR)]).toEqual([0, 0x63]);
  });

  it("LSR bit 7 stays while another character with an error waits", () => {
    const { uart, write, read } = rig();
    write(FCR, FIFO_ON);
    uart.receiveBreak();
    uart.receiveBreak();
    expect(read(LSR) & (FIFO_ERROR | BI)).toBe(FIFO_ERROR | BI);
    expect(read(LSR) & (FIFO_ERROR | BI)).toBe(FIFO_ERROR);
    read(RBR);
    expect(read(LSR) & (FIFO_ERROR | BI)).toBe(FIFO_ERROR | BI);
    expect(read(LSR) & (FIFO_ERROR | BI)).toBe(0);
  });

  it("an error that leaves the FIFO unread takes LSR bit 7 with it, but LSR still shows it once", () => {
    const { uart, write, read } = rig();
    write(FCR, FIFO_ON);
    uart.receiveBreak();
    uart.receive(text("a"));
    read(RBR);
    expect(read(LSR)).toBe(0x60 | DR | BI);
    expect(read(LSR)).toBe(0x60 | DR);
  });

  it("without FIFO there is no LSR bit 7", () => {
    const { uart, read } = rig();
    uart.receiveBreak();
    expect(read(LSR) & FIFO_ERROR).toBe(0);
  });

  it("the host can not cause an overrun: what does not fit is not taken", () => {
    const { uart, write, read } = rig();
    write(FCR, FIFO_ON);
    uart.receive(new Uint8Array(20));
    expect(read(LSR) & OE).toBe(0);
  });

  it("a break that finds the FIFO full is an overrun", () => {
    const { uart, write, read } = rig();
    write(FCR, FIFO_ON);
    uart.receive(new Uint8Array(16));
    uart.receiveBreak();
    expect(read(LSR)).toBe(0x60 | DR | OE);
  });
});

describe("interrupts", () => {
  it("are shown one at a time: line status, received data, THR empty, modem status", () => {
    const { uart, write, read, source } = rig();
    uart.receiveBreak();
    uart.setModemLines(0x00);
    write(IER, ELSI | ERBFI | ETBEI | EDSSI);
    expect(source()).toBe(LINE_STATUS);
    read(LSR);
    expect(source()).toBe(DATA_AVAILABLE);
    read(RBR);
    expect(source()).toBe(THR_EMPTY);
    expect(source()).toBe(MODEM_STATUS);
    read(MSR);
    expect(source()).toBe(NONE);
  });

  it("are those that IER enables", () => {
    const { uart, write, irq } = rig();
    uart.receive(text("a"));
    expect(irq.level).toBe(false);
    write(IER, ERBFI);
    expect(irq.level).toBe(true);
    write(IER, 0);
    expect(irq.level).toBe(false);
  });

  it("leave the card only while OUT2 is set; IIR shows them all the same", () => {
    const { uart, write, irq, source } = rig();
    write(MCR, 0);
    write(IER, ERBFI);
    uart.receive(text("a"));
    expect([irq.level, source()]).toEqual([false, DATA_AVAILABLE]);
    write(MCR, OUT2);
    expect(irq.level).toBe(true);
  });
});

describe("the modem lines", () => {
  const [CTS, DSR, RI, DCD] = [0x10, 0x20, 0x40, 0x80];
  const [DCTS, DDSR, TERI, DDCD] = [0x01, 0x02, 0x04, 0x08];

  it("say at power-on that a terminal is ready", () => {
    expect(rig().read(MSR)).toBe(CTS | DSR | DCD);
  });

  it.each([
    ["CTS", CTS, DCTS],
    ["DSR", DSR, DDSR],
    ["DCD", DCD, DDCD],
  ])("%s sets its delta bit when it changes either way, until MSR is read", (_, line, delta) => {
    const { uart, read } = rig();
    const all = CTS | DSR | DCD;
    uart.setModemLines(all & ~line);
    expect(read(MSR)).toBe((all & ~line) | delta);
    expect(read(MSR)).toBe(all & ~line);
    uart.setModemLines(all);
    expect(read(MSR)).toBe(all | delta);
  });

  it("RI tells only of the end of a ring", () => {
    const { uart, read } = rig();
    uart.setModemLines(RI);
    read(MSR);
    uart.setModemLines(0);
    expect(read(MSR)).toBe(TERI);
    uart.setModemLines(RI);
    expect(read(MSR)).toBe(RI);
  });

  it("a change that is taken back before MSR is read still counts", () => {
    const { uart, read } = rig();
    uart.setModemLines(0xb0 & ~CTS);
    uart.setModemLines(0xb0);
    expect(read(MSR)).toBe(0xb0 | DCTS);
  });

  it("interrupt when a delta bit is set, until MSR is read", () => {
    const { uart, write, read, irq, source } = rig();
    write(IER, EDSSI);
    uart.setModemLines(0);
    expect([irq.level, source()]).toEqual([true, MODEM_STATUS]);
    read(MSR);
    expect(irq.level).toBe(false);
  });
});

describe("loopback", () => {
  it("sends to the own receiver and not to the host", () => {
    const { write, read, sent } = rig();
    write(MCR, LOOP);
    write(THR, 0xa5);
    expect(read(LSR) & DR).toBe(DR);
    expect(read(RBR)).toBe(0xa5);
    expect(sent).toEqual([]);
  });

  it("cuts the host off: nothing is taken, and it is asked when the loop opens", () => {
    const { uart, write, read, asked } = rig();
    write(MCR, LOOP);
    expect(uart.receive(text("a"))).toBe(0);
    uart.receiveBreak();
    expect(read(LSR)).toBe(0x60);
    expect(asked).toHaveLength(0);
    write(MCR, OUT2);
    expect(asked).toHaveLength(1);
    expect(uart.receive(text("a"))).toBe(1);
  });

  it.each([
    ["DTR", 0x01, 0x20],
    ["RTS", 0x02, 0x10],
    ["OUT1", 0x04, 0x40],
    ["OUT2", 0x08, 0x80],
  ])("brings %s back as an input", (_, output, input) => {
    const { write, read } = rig();
    write(MCR, LOOP);
    read(MSR);
    write(MCR, LOOP | output);
    expect(read(MSR) & 0xf0).toBe(input);
  });

  it("sets the delta bits when the outputs change: how software finds a 16450 at all", () => {
    const { write, read } = rig();
    write(MCR, LOOP | 0x0a);
    expect(read(MSR) & 0xf0).toBe(0x90);
    write(MCR, LOOP | 0x06);
    expect(read(MSR) & 0x0f, "DCD fell; a ring began").toBe(0x08);
    write(MCR, LOOP);
    expect(read(MSR) & 0x0f, "RTS fell; the ring ended").toBe(0x05);
  });

  it("interrupts work: sending fills the receiver", () => {
    const { write, irq, source } = rig();
    write(MCR, LOOP | OUT2);
    write(IER, ERBFI);
    write(THR, 0x42);
    expect([irq.level, source()]).toEqual([true, DATA_AVAILABLE]);
  });

  it("without FIFO an overrun replaces the character that was not read", () => {
    const { write, read } = rig();
    write(MCR, LOOP);
    write(THR, 0x41);
    write(THR, 0x42);
    expect(read(LSR) & (OE | DR)).toBe(OE | DR);
    expect(read(LSR) & OE).toBe(0);
    expect(read(RBR)).toBe(0x42);
  });

  it("with FIFO an overrun loses the new character and keeps the sixteen", () => {
    const { write, read } = rig();
    write(FCR, FIFO_ON);
    write(MCR, LOOP);
    for (let i = 0; i < 16; i++) write(THR, i);
    expect(read(LSR) & OE).toBe(0);
    write(THR, 0xff);
    expect(read(LSR) & OE).toBe(OE);
    expect(Array.from({ length: 16 }, () => read(RBR))).toEqual(Array.from({ length: 16 }, (_, i) => i));
    expect(read(LSR) & DR).toBe(0);
  });

  it("a break comes back as a break, once", () => {
    const { write, read, irq } = rig();
    write(MCR, LOOP | OUT2);
    write(IER, ELSI);
    write(LCR, LCR_8N1 | SET_BREAK);
    expect(irq.level).toBe(true);
    write(LCR, LCR_8N1 | SET_BREAK);
    expect(read(LSR) & (BI | OE)).toBe(BI);
    expect(read(RBR)).toBe(0);
  });
});
