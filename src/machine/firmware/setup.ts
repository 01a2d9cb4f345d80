/**
 * What the BIOS does to the board before it starts a kernel, for kernels that are started without one: interrupt routes,
 * power management, the memory behind its ROM, and the contents of CMOS.
 */
import { DiskDrive } from "../../devices/ata/disk-drive.ts";
import type { PortDevice } from "../../devices/device.ts";
import type { PciFunction } from "../../devices/pci/pci-function.ts";
import type { Board } from "../board.ts";
import type { BootSegment } from "../image/boot-image.ts";
import { SERIAL_PORTS } from "../serial-ports.ts";
import { PIRQ_ROUTES, pirqOf } from "./acpi-dsdt.ts";
import { acpiTables, PM_BASE } from "./acpi-tables.ts";
import { floppyEquipment, lowMemory } from "./low-memory.ts";
import { mpTable, type PciInterrupt } from "./mp-table.ts";

const PIRQRCA = 0x60;
const PMBASE = 0x40;
const PMREGMISC = 0x80;
const PAM0 = 0x59;
const PAM_E0000 = [0x5e, 0x5f];
/** Reads come from RAM, writes go nowhere: what a BIOS makes of its own copy. */
const READ_ONLY_BOTH = 0x11;
const READ_ONLY_UPPER = 0x10;
/** Level-triggered: interrupts 9, 10 and 11. */
const ELCR_HIGH = 0x0e;
const COMMAND = 0x04;
const ENABLED = 0x07;

export interface SetupFacts {
  readonly ramBytes: number;
  /** What CPUID function 1 gives in EAX and EDX. */
  readonly signature: number;
  readonly features: number;
  readonly hasApic: boolean;
}

/** Programs the chips, and returns what goes into memory. */
export function setUpBoard(board: Board, facts: SetupFacts): BootSegment[] {
  const { ramBytes, hasApic } = facts;
  const { hostBridge, isaBridge, power, pic, vga, apic, dma, keyboardController } = board;
  if (hasApic) apic.setVirtualWire();
  dma.openCascade();
  keyboardController.setUp();
  setUpInterrupts(board);
  vga.programTextMode3();
  hostBridge.write(PAM0, 1, READ_ONLY_UPPER);
  for (const register of PAM_E0000) hostBridge.write(register, 1, READ_ONLY_BOTH);
  for (const [index, irq] of PIRQ_ROUTES.entries()) isaBridge.write(PIRQRCA + index, 1, irq);
  pic.elcr.portWrite(1, 1, ELCR_HIGH);
  power.write(PMBASE, 4, PM_BASE);
  power.write(PMREGMISC, 1, 1);
  power.write(COMMAND, 2, ENABLED);
  placeWindows(board, ramBytes);
  setInterruptLines(board);
  setCmos(board, ramBytes);
  const comPorts = SERIAL_PORTS.map(({ base }) => base);
  const floppies = floppyCount(board);
  return [
    ...lowMemory({ comPorts, disks: diskCount(board), floppies }),
    ...acpiTables(ramBytes, hasApic),
    ...(hasApic ? mpTable({ ...facts, pciInterrupts: pciInterrupts(board) }) : []),
  ];
}

const ICW1_EDGE_CASCADE_ICW4 = 0x11;
const MASTER_VECTORS = 0x08;
const SLAVE_VECTORS = 0x70;
/** Open: timer, keyboard, cascade, floppy; on the slave mouse, coprocessor and disks. */
const MASTER_MASK = 0xb8;
const SLAVE_MASK = 0x8f;
/** Channel 0, both bytes, mode 3: 18.2 times a second with a count of 65536. */
const TIMER_CONTROL = 0x36;

/** Interrupt controllers and timer as real-mode programs have them, which some kernels take over. */
function setUpInterrupts({ pic, pit }: Board): void {
  const write = (device: PortDevice, offset: number, ...bytes: number[]): void => {
    for (const byte of bytes) device.portWrite(offset, 1, byte);
  };
  // The timer first: initialisation forgets the edge with which it begins.
  write(pit, 3, TIMER_CONTROL);
  write(pit, 0, 0, 0);
  write(pic.primary, 0, ICW1_EDGE_CASCADE_ICW4);
  write(pic.primary, 1, MASTER_VECTORS, 0x04, 0x01, MASTER_MASK);
  write(pic.secondary, 0, ICW1_EDGE_CASCADE_ICW4);
  write(pic.secondary, 1, SLAVE_VECTORS, 0x02, 0x01, SLAVE_MASK);
}

const floppyCount = ({ floppy }: Pick<Board, "floppy">): number =>
  floppy.drives.filter((drive) => drive !== null).length;

const diskCount = ({ ide }: Board): number =>
  ide.channels.reduce(
    (sum, { drives }) => sum + drives.filter((drive) => drive instanceof DiskDrive).length,
    0,
  );

const BAR0 = 0x10;
const FIRST_PORT = 0xc000;
/** Where memory for PCI functions begins, unless RAM reaches further. */
const FIRST_ADDRESS = 0xe000_0000;

/** A place for each BAR, on a multiple of its size. */
function placeWindows({ pci }: Board, ramBytes: number): void {
  const next = { ports: FIRST_PORT, memory: Math.max(FIRST_ADDRESS, ramBytes) };
  for (const { pciFunction } of pci.functions) {
    for (const { index, space, size } of pciFunction.bars) {
      const base = Math.ceil(next[space] / size) * size;
      pciFunction.write(BAR0 + index * 4, 4, base);
      next[space] = base + size;
    }
    if (pciFunction.bars.length > 0) pciFunction.write(COMMAND, 2, ENABLED);
  }
}

const INTERRUPT_LINE = 0x3c;

function setInterruptLines({ pci }: Board): void {
  for (const { device, pciFunction } of pci.functions) {
    if (pciFunction.pin === 0) continue;
    pciFunction.write(INTERRUPT_LINE, 1, lineOf(device, pciFunction));
  }
}

/** `pin` counts from 1, which is INTA#. */
const lineOf = (device: number, { pin }: PciFunction): number => PIRQ_ROUTES[pirqOf(device, pin - 1)];

/** The functions of a device may share pins. */
function pciInterrupts({ pci }: Board): PciInterrupt[] {
  const interrupts = new Map<string, PciInterrupt>();
  for (const { device, pciFunction } of pci.functions) {
    const { pin } = pciFunction;
    if (pin !== 0) interrupts.set(`${device} ${pin}`, { device, pin, irq: lineOf(device, pciFunction) });
  }
  return [...interrupts.values()];
}

// Memory sizes in CMOS: KiB below 640 K, KiB above 1 MiB up to 64 MiB, and units of 64 KiB above 16 MiB.
const BASE_KIB = 640;
const KIB = 1024;
const MIB = KIB * KIB;

export function setCmos({ rtc, floppy }: Board, ramBytes: number): void {
  const word = (index: number, value: number): void => {
    rtc.setCmos(index, value & 0xff);
    rtc.setCmos(index + 1, value >>> 8);
  };
  const extended = Math.min(Math.max((ramBytes - MIB) / KIB, 0), 0xffff);
  word(0x15, BASE_KIB);
  word(0x17, extended);
  word(0x30, extended);
  word(0x34, Math.min(Math.max((ramBytes - 16 * MIB) / (64 * KIB), 0), 0xffff));
  const [a, b] = floppy.drives.map((drive) => drive?.cmosType ?? 0);
  rtc.setCmos(0x10, (a << 4) | b);
  // A coprocessor, a mouse, a display with a ROM of its own; the floppy drives.
  rtc.setCmos(0x14, 0x06 | floppyEquipment(floppyCount({ floppy })));
}
