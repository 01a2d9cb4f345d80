/**
 * The ACPI tables of a machine that starts a kernel without a BIOS, at the top of the upper memory area, where kernels
 * look for them.
 *
 *     000f0000  root pointer (RSDP), then RSDT, FACS, FADT, DSDT; MADT if there are APICs
 *
 * ACPI 6.4: 5.2.5 "RSDP", 5.2.6 "System description table header", 5.2.7 "RSDT", 5.2.9 "FADT", 5.2.10 "FACS",
 * 5.2.12 "MADT".
 */
import type { BootSegment } from "../image/boot-image.ts";
import { buildDsdt } from "./acpi-dsdt.ts";
import { MADT_SIGNATURE, madtBody } from "./acpi-madt.ts";

export const RSDP_GPA = 0xf_0000;
const RSDT_GPA = 0xf_0040;
const FACS_GPA = 0xf_0080;
const FADT_GPA = 0xf_0100;
const DSDT_GPA = 0xf_0200;
const MADT_GPA = 0xf_3000;

const OEM_ID = "UMBRA ";
const OEM_TABLE_ID = "UMBRAPC ";
const CREATOR = "UMBR";
export const HEADER_BYTES = 36;

/** Where the firmware puts the registers of power management. */
export const PM_BASE = 0x600;
export const GPE0_BASE = 0xafe0;
export const SMI_COMMAND_PORT = 0xb2;
const SCI_IRQ = 9;
const ACPI_ENABLE = 0xf1;
const ACPI_DISABLE = 0xf0;
const RESET_PORT = 0xcf9;
const RESET_VALUE = 0x06;
const CMOS_CENTURY = 0x32;

const FADT_BYTES = 244;
const FADT_REVISION = 3;
/** Latencies above these say that there is no such state. */
const NO_C2 = 0x65;
const NO_C3 = 0x3e9;
const WBINVD = 1 << 0;
const PROC_C1 = 1 << 2;
const SLEEP_BUTTON_ABSENT = 1 << 5;
const RESET_REGISTER = 1 << 10;
/** There are devices on the ISA bus, and a keyboard controller. */
const LEGACY_DEVICES = 1 << 0;
const KEYBOARD_CONTROLLER = 1 << 1;
const SPACE_IO = 1;

/** Bytes that sum to zero over a range. */
function setChecksum(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = 0;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += bytes[i];
  bytes[at] = -sum & 0xff;
}

const put = (bytes: Uint8Array, at: number, text: string): void =>
  bytes.set(new TextEncoder().encode(text), at);
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer);

/** A table with its header; `fill` writes the rest before the checksum is made. */
function table(
  signature: string,
  revision: number,
  length: number,
  fill: (bytes: Uint8Array, view: DataView) => void,
): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = viewOf(bytes);
  put(bytes, 0, signature);
  view.setUint32(4, length, true);
  bytes[8] = revision;
  put(bytes, 10, OEM_ID);
  put(bytes, 16, OEM_TABLE_ID);
  view.setUint32(24, 1, true);
  put(bytes, 28, CREATOR);
  view.setUint32(32, 1, true);
  fill(bytes, view);
  setChecksum(bytes, 9, length);
  return bytes;
}

function rsdp(): Uint8Array {
  const bytes = new Uint8Array(20);
  put(bytes, 0, "RSD PTR ");
  put(bytes, 9, OEM_ID);
  viewOf(bytes).setUint32(16, RSDT_GPA, true);
  setChecksum(bytes, 8, bytes.length);
  return bytes;
}

function rsdt(tables: readonly number[]): Uint8Array {
  return table("RSDT", 1, HEADER_BYTES + tables.length * 4, (_, view) => {
    for (const [index, gpa] of tables.entries()) view.setUint32(HEADER_BYTES + index * 4, gpa, true);
  });
}

/** It has no checksum. */
function facs(): Uint8Array {
  const bytes = new Uint8Array(64);
  put(bytes, 0, "FACS");
  viewOf(bytes).setUint32(4, bytes.length, true);
  return bytes;
}

function fadt(): Uint8Array {
  return table("FACP", FADT_REVISION, FADT_BYTES, (bytes, view) => {
    view.setUint32(36, FACS_GPA, true);
    view.setUint32(40, DSDT_GPA, true);
    view.setUint16(46, SCI_IRQ, true);
    view.setUint32(48, SMI_COMMAND_PORT, true);
    bytes[52] = ACPI_ENABLE;
    bytes[53] = ACPI_DISABLE;
    view.setUint32(56, PM_BASE, true);
    view.setUint32(64, PM_BASE + 4, true);
    view.setUint32(76, PM_BASE + 8, true);
    view.setUint32(80, GPE0_BASE, true);
    // Bytes of the event, control, timer and general-purpose blocks.
    bytes[88] = 4;
    bytes[89] = 2;
    bytes[91] = 4;
    bytes[92] = 4;
    view.setUint16(96, NO_C2, true);
    view.setUint16(98, NO_C3, true);
    bytes[108] = CMOS_CENTURY;
    view.setUint16(109, LEGACY_DEVICES | KEYBOARD_CONTROLLER, true);
    view.setUint32(112, WBINVD | PROC_C1 | SLEEP_BUTTON_ABSENT | RESET_REGISTER, true);
    bytes[116] = SPACE_IO;
    bytes[117] = 8;
    bytes[119] = 1;
    view.setUint32(120, RESET_PORT, true);
    bytes[128] = RESET_VALUE;
    view.setUint32(132, FACS_GPA, true);
    view.setUint32(140, DSDT_GPA, true);
  });
}

function madt(): Uint8Array {
  const body = madtBody();
  return table(MADT_SIGNATURE, 1, HEADER_BYTES + body.length, (bytes) => bytes.set(body, HEADER_BYTES));
}

/** The root pointer alone, for loaders that hand it on. */
export const rootPointer = rsdp;

export function acpiTables(ramBytes: number, hasApic: boolean): BootSegment[] {
  const aml = buildDsdt(ramBytes, hasApic);
  const dsdt = table("DSDT", 1, HEADER_BYTES + aml.length, (bytes) => bytes.set(aml, HEADER_BYTES));
  const segment = (name: string, gpa: number, bytes: Uint8Array): BootSegment => ({
    name,
    gpa,
    bytes,
    size: bytes.length,
  });
  return [
    segment("ACPI root pointer", RSDP_GPA, rsdp()),
    segment("ACPI RSDT", RSDT_GPA, rsdt(hasApic ? [FADT_GPA, MADT_GPA] : [FADT_GPA])),
    segment("ACPI FACS", FACS_GPA, facs()),
    segment("ACPI FADT", FADT_GPA, fadt()),
    segment("ACPI DSDT", DSDT_GPA, dsdt),
    ...(hasApic ? [segment("ACPI MADT", MADT_GPA, madt())] : []),
  ];
}
