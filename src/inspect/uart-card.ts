/**
 * The serial port as a card. Reading IIR, LSR and MSR answers interrupts and clears errors, so a copy is read.
 * Datasheet: National PC16550D, section 8.
 */
import { Uart16550, type UartState } from "../devices/uart16550.ts";
import {
  FCR_ENABLE,
  IER_EDSSI,
  IER_ELSI,
  IER_ERBFI,
  IER_ETBEI,
  IIR_CHARACTER_TIMEOUT,
  IIR_DATA_AVAILABLE,
  IIR_FCR,
  IIR_FIFOS_ENABLED,
  IIR_LINE_STATUS,
  IIR_MODEM_STATUS,
  IIR_NONE,
  IIR_THR_EMPTY,
  LCR_BREAK,
  LCR_DLAB,
  LCR_PARITY,
  LCR_STOP_BITS,
  LCR_WORD_LENGTH,
  LSR,
  LSR_BI,
  LSR_DR,
  LSR_FIFO_ERROR,
  LSR_OE,
  LSR_TEMT,
  LSR_THRE,
  MCR_DTR,
  MCR_LOOP,
  MCR_OUT1,
  MCR_OUT2,
  MCR_RTS,
  MSR,
  MSR_CTS,
  MSR_DCD,
  MSR_DSR,
  MSR_RI,
  MSR_TERI,
  TRIGGER_LEVELS,
} from "../devices/uart16550-registers.ts";
import type { Machine } from "../machine/machine.ts";
import { SERIAL_PORTS } from "../machine/serial-ports.ts";
import type { DeviceCard } from "./device-cards.ts";
import { hex2, hex4, type NamedBit, placeOf, withBits, withWords } from "./device-text.ts";
import { wireText } from "./pic-card.ts";
import { stoppedClock } from "./pit-card.ts";

/** The crystal, a sixteenth of which is divided by DLM:DLL. */
const BAUD_BASE = 115_200;
const FIFO_SIZE = 16;

const IER_BITS: readonly NamedBit[] = [
  [IER_ERBFI, "ERBFI"],
  [IER_ETBEI, "ETBEI"],
  [IER_ELSI, "ELSI"],
  [IER_EDSSI, "EDSSI"],
];
const SOURCES: Readonly<Record<number, string>> = {
  [IIR_NONE]: "none",
  [IIR_LINE_STATUS]: "line status",
  [IIR_DATA_AVAILABLE]: "data available",
  [IIR_CHARACTER_TIMEOUT]: "character timeout",
  [IIR_THR_EMPTY]: "THR empty",
  [IIR_MODEM_STATUS]: "modem status",
};
const MCR_BITS: readonly NamedBit[] = [
  [MCR_DTR, "DTR"],
  [MCR_RTS, "RTS"],
  [MCR_OUT1, "OUT1"],
  [MCR_OUT2, "OUT2"],
  [MCR_LOOP, "LOOP"],
];
const LSR_PE = 0x04;
const LSR_FE = 0x08;
const LSR_BITS: readonly NamedBit[] = [
  [LSR_DR, "DR"],
  [LSR_OE, "OE"],
  [LSR_PE, "PE"],
  [LSR_FE, "FE"],
  [LSR_BI, "BI"],
  [LSR_THRE, "THRE"],
  [LSR_TEMT, "TEMT"],
  [LSR_FIFO_ERROR, "FIFO error"],
];
const MSR_BITS: readonly NamedBit[] = [
  [0x01, "DCTS"],
  [0x02, "DDSR"],
  [MSR_TERI, "TERI"],
  [0x08, "DDCD"],
  [MSR_CTS, "CTS"],
  [MSR_DSR, "DSR"],
  [MSR_RI, "RI"],
  [MSR_DCD, "DCD"],
];

/** One for each serial port. */
export function uartCards({ board }: Machine): DeviceCard[] {
  return board.serial.map((uart, index) => uartCard(board, uart, SERIAL_PORTS[index].irq));
}

function uartCard({ bus, clock, pic }: Machine["board"], uart: Uart16550, irq: number): DeviceCard {
  const state = uart.save();
  const silent = { raise: () => {}, lower: () => {} };
  const copy = new Uart16550(uart.name, { irq: silent, clock: stoppedClock(clock), output: () => {} });
  copy.restore(state);
  // IIR first: reading it changes the copy least.
  const iir = copy.portRead(IIR_FCR, 1);
  const msr = copy.portRead(MSR, 1);
  const lsr = copy.portRead(LSR, 1);
  const fifos = (state.FCR & FCR_ENABLE) !== 0;
  return {
    name: `${uart.name} 16550A`,
    where: placeOf(bus, uart),
    irq: wireText(pic.primary.save(), irq, irq),
    deadline: state.timeoutAt < 0 ? null : state.timeoutAt,
    registers: [
      ["IER", withBits(state.IER, IER_BITS)],
      ["IIR", withWords(iir, [SOURCES[iir & ~IIR_FIFOS_ENABLED] ?? "?"])],
      [
        "FCR",
        withWords(state.FCR, [fifos ? `FIFO, trigger at ${TRIGGER_LEVELS[state.FCR >> 6]}` : "no FIFO"]),
      ],
      ["LCR", withWords(state.LCR, lineWords(state))],
      ["MCR", withBits(state.MCR, MCR_BITS)],
      ["LSR", withBits(lsr, LSR_BITS)],
      ["MSR", withBits(msr, MSR_BITS)],
      ["SCR", hex2(state.SCR)],
      ["DLM:DLL", `${hex4(state.divisor)} ${baudText(state.divisor)}`],
      ["received", `${state.fifo.length} of ${fifos ? FIFO_SIZE : 1} wait`],
    ],
  };
}

/** "8N1", as terminals write it, and what else LCR asks for. Bits 3 to 5 choose the parity. */
function lineWords({ LCR }: UartState): string[] {
  const bits = 5 + (LCR & LCR_WORD_LENGTH);
  const parity = (LCR & LCR_PARITY) === 0 ? "N" : ["O", "E", "M", "S"][(LCR >> 4) & 3];
  const stop = (LCR & LCR_STOP_BITS) === 0 ? "1" : bits === 5 ? "1.5" : "2";
  return [
    `${bits}${parity}${stop}`,
    ...((LCR & LCR_BREAK) !== 0 ? ["break"] : []),
    ...((LCR & LCR_DLAB) !== 0 ? ["DLAB"] : []),
  ];
}

function baudText(divisor: number): string {
  return `${Math.round(BAUD_BASE / (divisor === 0 ? 0x1_0000 : divisor))} baud`;
}
