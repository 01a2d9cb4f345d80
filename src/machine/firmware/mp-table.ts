/**
 * The table by which kernels without ACPI find the APICs: one processor, the PCI and ISA buses, one I/O APIC, and which pin
 * each interrupt arrives at.
 *
 *     000f3800  floating pointer      000f3810  configuration table
 *
 * MultiProcessor Specification 1.4: chapter 4 "MP configuration table".
 */
import { IO_APIC_GPA } from "../../devices/apic/io-apic.ts";
import { LOCAL_APIC_GPA } from "../../devices/apic/local-apic.ts";
import type { BootSegment } from "../image/boot-image.ts";
import { littleEndian } from "./little-endian.ts";

export const MP_POINTER_GPA = 0xf_3800;
const POINTER_BYTES = 16;
const CONFIG_GPA = MP_POINTER_GPA + POINTER_BYTES;
const HEADER_BYTES = 44;
const SPECIFICATION = 4;

const PROCESSOR = 0;
const BUS = 1;
const IO_APIC = 2;
const IO_INTERRUPT = 3;
const LOCAL_INTERRUPT = 4;
const ENABLED = 1;
const BOOTSTRAP = 2;
const LOCAL_APIC_VERSION = 0x14;
const IO_APIC_VERSION = 0x11;

const INT = 0;
const NMI = 1;
const EXT_INT = 3;
/** Polarity and trigger: what is usual for the bus, or a level that is active high. */
const AS_THE_BUS = 0x0;
const HIGH_LEVEL = 0xd;
const PCI_BUS = 0;
const ISA_BUS = 1;
const ISA_IRQS = 16;
const CASCADE = 2;
const TIMER_PIN = 2;
const ALL_LOCAL_APICS = 0xff;

export interface PciInterrupt {
  readonly device: number;
  /** 1 to 4 for INTA# to INTD#. */
  readonly pin: number;
  /** Which pin of the I/O APIC, and number on the ISA bus, it is routed to. */
  readonly irq: number;
}

export interface MpTable {
  /** What CPUID function 1 gives in EAX and EDX. */
  readonly signature: number;
  readonly features: number;
  readonly pciInterrupts: readonly PciInterrupt[];
}

const text = (value: string, count: number): number[] =>
  [...value.padEnd(count)].map((char) => char.charCodeAt(0));

function withChecksum(bytes: number[], at: number): Uint8Array {
  bytes[at] = -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
  return Uint8Array.from(bytes);
}

const ioInterrupt = (flags: number, bus: number, irq: number, pin: number): number[] => [
  IO_INTERRUPT,
  INT,
  ...littleEndian(flags, 2),
  bus,
  irq,
  0,
  pin,
];

const localInterrupt = (type: number, lint: number): number[] => [
  LOCAL_INTERRUPT,
  type,
  ...littleEndian(AS_THE_BUS, 2),
  ISA_BUS,
  0,
  ALL_LOCAL_APICS,
  lint,
];

/** Entries in the order of their types, as the specification asks. */
function entries({ signature, features, pciInterrupts }: MpTable): number[][] {
  const taken = new Set(pciInterrupts.map(({ irq }) => irq));
  const isaIrqs = Array.from({ length: ISA_IRQS }, (_, irq) => irq).filter(
    (irq) => irq !== CASCADE && !taken.has(irq),
  );
  return [
    [
      ...[PROCESSOR, 0, LOCAL_APIC_VERSION, ENABLED | BOOTSTRAP],
      ...[
        ...littleEndian(signature, 4),
        ...littleEndian(features, 4),
        ...littleEndian(0, 4),
        ...littleEndian(0, 4),
      ],
    ],
    [BUS, PCI_BUS, ...text("PCI", 6)],
    [BUS, ISA_BUS, ...text("ISA", 6)],
    [IO_APIC, 0, IO_APIC_VERSION, ENABLED, ...littleEndian(IO_APIC_GPA, 4)],
    ...pciInterrupts.map(({ device, pin, irq }) =>
      ioInterrupt(HIGH_LEVEL, PCI_BUS, (device << 2) | (pin - 1), irq),
    ),
    ...isaIrqs.map((irq) => ioInterrupt(AS_THE_BUS, ISA_BUS, irq, irq === 0 ? TIMER_PIN : irq)),
    localInterrupt(EXT_INT, 0),
    localInterrupt(NMI, 1),
  ];
}

/** The pointer and, behind it, the table: for a part of memory where kernels look, on 16 bytes. */
export function mpTable(table: MpTable): BootSegment[] {
  const list = entries(table);
  const body = list.flat();
  const config = withChecksum(
    [
      ...[...text("PCMP", 4), ...littleEndian(HEADER_BYTES + body.length, 2), SPECIFICATION, 0],
      ...[...text("UMBRA", 8), ...text("UMBRAPC", 12), ...littleEndian(0, 4), ...littleEndian(0, 2)],
      ...[...littleEndian(list.length, 2), ...littleEndian(LOCAL_APIC_GPA, 4), ...littleEndian(0, 4)],
      ...body,
    ],
    7,
  );
  // Features: a table follows, and the PIC reaches the processor through LINT0 (virtual wire mode, without IMCR).
  const pointer = withChecksum(
    [...text("_MP_", 4), ...littleEndian(CONFIG_GPA, 4), 1, SPECIFICATION, 0, 0, 0, 0, 0, 0],
    10,
  );
  return [
    { name: "MP floating pointer", gpa: MP_POINTER_GPA, bytes: pointer, size: pointer.length },
    { name: "MP configuration table", gpa: CONFIG_GPA, bytes: config, size: config.length },
  ];
}
