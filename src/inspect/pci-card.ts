/**
 * A function on the PCI bus as a card: who it is, what it may do, where it answers, how it interrupts.
 * Datasheet: PCI Local Bus Specification 3.0, 6.2 "Configuration space functions", appendix D "Class codes".
 */
import { digits, hex8 } from "../common/hex.ts";
import {
  COMMAND_IO,
  COMMAND_MASTER,
  COMMAND_MEMORY,
  COMMAND_NO_INTX,
  PCI_BAR0,
  PCI_CLASS,
  PCI_COMMAND,
  PCI_DEVICE,
  PCI_INTERRUPT_LINE,
  PCI_REVISION,
  PCI_STATUS,
  PCI_VENDOR,
  type PciBar,
  type PciFunction,
  STATUS_CAPABILITIES,
  STATUS_INTERRUPT,
} from "../devices/pci/pci-function.ts";
import type { PciHost } from "../devices/pci/pci-host.ts";
import type { DeviceCard } from "./device-cards.ts";
import { hex2, hex4, type NamedBit } from "./device-text.ts";

const COMMAND_BITS: readonly NamedBit[] = [
  [COMMAND_IO, "ports"],
  [COMMAND_MEMORY, "memory"],
  [COMMAND_MASTER, "master"],
  [0x0008, "special cycles"],
  [0x0040, "PERR#"],
  [0x0100, "SERR#"],
  [COMMAND_NO_INTX, "INTx off"],
];
const STATUS_BITS: readonly NamedBit[] = [
  [STATUS_INTERRUPT, "interrupt"],
  [STATUS_CAPABILITIES, "capabilities"],
  [0x0080, "fast back-to-back"],
  [0x0800, "target abort sent"],
  [0x1000, "target abort"],
  [0x2000, "master abort"],
  [0x4000, "SERR# sent"],
  [0x8000, "parity error"],
];
/** Class and subclass, of what a PC of this age has. */
const CLASSES: Readonly<Record<number, string>> = {
  256: "SCSI",
  257: "IDE",
  262: "SATA",
  384: "mass storage",
  512: "Ethernet",
  640: "network",
  768: "VGA",
  896: "display",
  1025: "audio",
  1536: "host bridge",
  1537: "ISA bridge",
  1664: "bridge",
  1792: "serial port",
  3075: "USB",
};
/** What firmware writes to the interrupt line register when there is no line. */
const NO_LINE = 0xff;

/** @param where such as "PCI 00:01.3", see `pciPlace` */
export function pciCard(pciFunction: PciFunction, where: string): DeviceCard {
  const { pin } = pciFunction;
  const get = (offset: number): number => pciFunction.get(offset, 2);
  const status = get(PCI_STATUS);
  const line = pciFunction.get(PCI_INTERRUPT_LINE, 1);
  return {
    name: `pci ${pciFunction.name}`,
    where,
    irq: pin === 0 ? "" : `${pinName(pin)} ${isAsserted(pciFunction) ? "asserted" : "idle"}`,
    deadline: null,
    registers: [
      [
        "ID",
        `${hex4(get(PCI_VENDOR))}:${hex4(get(PCI_DEVICE))} revision ${hex2(pciFunction.get(PCI_REVISION, 1))}`,
      ],
      ["class", classText(pciFunction)],
      ["PCICMD", withBits16(get(PCI_COMMAND), COMMAND_BITS)],
      ["PCISTS", withBits16(status, STATUS_BITS)],
      ...pciFunction.bars.map((bar) => [`BAR${bar.index}`, placeOfBar(pciFunction, bar)] as const),
      ...(pin === 0 ? [] : [["INTLN", lineText(line)] as const]),
    ],
  };
}

/** Bus, device and function as lspci writes them. */
export const pciPlace = (device: number, fn: number): string => `PCI 00:${hex2(device)}.${fn}`;

/** A card for each function on the bus. */
export const pciCards = (host: PciHost): DeviceCard[] =>
  host.functions.map(({ device, fn, pciFunction }) => pciCard(pciFunction, pciPlace(device, fn)));

/** Where a function is plugged in. */
export function slotOf(host: PciHost, pciFunction: PciFunction): string {
  const place = host.functions.find((one) => one.pciFunction === pciFunction);
  return place === undefined ? "" : pciPlace(place.device, place.fn);
}

/** A register of 16 bits with the names of the bits that are set. */
export function withBits16(value: number, bits: readonly NamedBit[]): string {
  return [hex4(value), ...bits.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name)].join(" ");
}

const pinName = (pin: number): string => `INT${"?ABCD"[pin]}#`;

/** INTx disable takes the pin off its wire, while the status goes on to show the request. */
function isAsserted(pciFunction: PciFunction): boolean {
  const requested = (pciFunction.get(PCI_STATUS, 2) & STATUS_INTERRUPT) !== 0;
  return requested && (pciFunction.get(PCI_COMMAND, 2) & COMMAND_NO_INTX) === 0;
}

function classText(pciFunction: PciFunction): string {
  const code = pciFunction.get(PCI_CLASS + 1, 2);
  const name = CLASSES[code];
  const text = `${hex4(code)}${hex2(pciFunction.get(PCI_CLASS, 1))}`;
  return name === undefined ? text : `${text} ${name}`;
}

/** "ports c000-c01f", and whether it answers there. */
function placeOfBar(pciFunction: PciFunction, bar: PciBar): string {
  const register = pciFunction.get(PCI_BAR0 + bar.index * 4, 4);
  const base = register - (register % (bar.space === "ports" ? 4 : 16));
  if (base === 0) {
    return bar.space === "ports" ? `${bar.size} ports, not placed` : `${bar.size} bytes, not placed`;
  }
  const last = base + bar.size - 1;
  const range =
    bar.space === "ports"
      ? `ports ${digits(base, 3)}-${digits(last, 3)}`
      : `memory ${hex8(base)}-${hex8(last)}`;
  const answers = pciFunction.windows().some((window) => window.bar === bar);
  return answers ? range : `${range}, off`;
}

/** Software's note to itself; nothing in hardware follows it. */
function lineText(line: number): string {
  if (line === 0 || line === NO_LINE) return `${hex2(line)} none`;
  return line < 16 ? `${hex2(line)} IRQ ${line}` : hex2(line);
}
