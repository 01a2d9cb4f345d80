/**
 * The table that names the board's APICs: one processor, one I/O APIC, and where ISA interrupts differ from what their
 * number says.
 *
 * ACPI 6.4: 5.2.12 "Multiple APIC description table (MADT)".
 */
import { IO_APIC_GPA } from "../../devices/apic/io-apic.ts";
import { LOCAL_APIC_GPA } from "../../devices/apic/local-apic.ts";
import { PIRQ_ROUTES } from "./acpi-dsdt.ts";
import { littleEndian } from "./little-endian.ts";

export const MADT_SIGNATURE = "APIC";
/** There are also two 8259. */
const PCAT_COMPAT = 1;
const PROCESSOR_ENABLED = 1;

const LOCAL_APIC = 0;
const IO_APIC = 1;
const SOURCE_OVERRIDE = 2;
const LOCAL_APIC_NMI = 4;

/** Both fields of the flags: active high, level-triggered. */
const HIGH_LEVEL = 0x000d;
const AS_THE_BUS = 0;
const ALL_PROCESSORS = 0xff;
const LINT1 = 1;
const ISA = 0;
const TIMER_PIN = 2;
const SCI_IRQ = 9;

const word = (value: number): number[] => littleEndian(value, 2);
const dword = (value: number): number[] => littleEndian(value, 4);

/** Its type, its length with these two bytes, its fields. */
const structure = (type: number, ...fields: number[]): number[] => [type, fields.length + 2, ...fields];

const override = (irq: number, pin: number, flags: number): number[] =>
  structure(SOURCE_OVERRIDE, ISA, irq, ...dword(pin), ...word(flags));

/** What follows the table's header. */
export function madtBody(): Uint8Array {
  const levels = [...new Set([SCI_IRQ, ...PIRQ_ROUTES])];
  return Uint8Array.from([
    ...dword(LOCAL_APIC_GPA),
    ...dword(PCAT_COMPAT),
    ...structure(LOCAL_APIC, 0, 0, ...dword(PROCESSOR_ENABLED)),
    ...structure(IO_APIC, 0, 0, ...dword(IO_APIC_GPA), ...dword(0)),
    ...override(0, TIMER_PIN, AS_THE_BUS),
    ...levels.flatMap((irq) => override(irq, irq, HIGH_LEVEL)),
    ...structure(LOCAL_APIC_NMI, ALL_PROCESSORS, ...word(AS_THE_BUS), LINT1),
  ]);
}
