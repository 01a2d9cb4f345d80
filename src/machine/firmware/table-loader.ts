/**
 * ACPI tables as files of the configuration device, with the script by which firmware puts them into memory: where it wants
 * space for a file, which fields of it point into another, and which bytes are checksums.
 *
 * QEMU: docs/specs, "ACPI tables"; hw/acpi/bios-linker-loader. Every command of the script has 128 bytes.
 */
import type { BootSegment } from "../image/boot-image.ts";
import { HEADER_BYTES } from "./acpi-tables.ts";

export const RSDP_FILE = "etc/acpi/rsdp";
export const TABLES_FILE = "etc/acpi/tables";
export const LOADER_FILE = "etc/table-loader";

const COMMAND_BYTES = 128;
const NAME_BYTES = 56;
const ALLOCATE = 1;
const ADD_POINTER = 2;
const ADD_CHECKSUM = 3;
/** Anywhere below 4 GiB, or in the last 64 KiB below 1 MiB. */
const ZONE_HIGH = 1;
const ZONE_F_SEGMENT = 2;
/** The FACS has to lie on 64 bytes. */
const TABLES_ALIGNMENT = 64;
const RSDP_ALIGNMENT = 16;

const RSDP_CHECKSUM = 8;
const RSDP_RSDT = 16;
const TABLE_CHECKSUM = 9;
const FACS = "FACS";

interface PointerField {
  readonly offset: number;
  readonly bytes: 4 | 8;
}

const FADT_POINTERS: readonly PointerField[] = [
  { offset: 36, bytes: 4 },
  { offset: 40, bytes: 4 },
  { offset: 132, bytes: 8 },
  { offset: 140, bytes: 8 },
];

export interface FirmwareFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const signatureOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes.subarray(0, 4));
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Which fields of a table hold addresses of others. */
function pointersOf(bytes: Uint8Array): readonly PointerField[] {
  switch (signatureOf(bytes)) {
    case "RSDT":
      return Array.from({ length: (bytes.length - HEADER_BYTES) / 4 }, (_, index) => ({
        offset: HEADER_BYTES + index * 4,
        bytes: 4 as const,
      }));
    case "FACP":
      return FADT_POINTERS;
    default:
      return [];
  }
}

function command(kind: number, ...fields: readonly (string | number | readonly [number])[]): Uint8Array {
  const bytes = new Uint8Array(COMMAND_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, kind, true);
  let at = 4;
  for (const field of fields) {
    if (typeof field === "string") {
      bytes.set(new TextEncoder().encode(field), at);
      at += NAME_BYTES;
    } else if (typeof field === "number") {
      view.setUint32(at, field, true);
      at += 4;
    } else bytes[at++] = field[0];
  }
  return bytes;
}

/** The root pointer and the tables that it leads to, as `acpiTables` gives them: the root pointer first. */
export function tableLoaderFiles([rsdp, ...tables]: readonly BootSegment[]): FirmwareFile[] {
  const places = new Map<number, number>();
  let end = 0;
  for (const { gpa, bytes } of tables) {
    places.set(gpa, end);
    end = Math.ceil((end + bytes.length) / TABLES_ALIGNMENT) * TABLES_ALIGNMENT;
  }
  const placeOf = (gpa: number): number => places.get(gpa) ?? 0;
  const file = new Uint8Array(end);
  const view = viewOf(file);
  const pointers: Uint8Array[] = [];
  const checksums: Uint8Array[] = [];
  for (const { gpa, bytes } of tables) {
    const start = placeOf(gpa);
    file.set(bytes, start);
    for (const { offset, bytes: width } of pointersOf(bytes)) {
      const at = start + offset;
      view.setUint32(at, placeOf(view.getUint32(at, true)), true);
      pointers.push(command(ADD_POINTER, TABLES_FILE, TABLES_FILE, at, [width]));
    }
    if (signatureOf(bytes) === FACS) continue;
    file[start + TABLE_CHECKSUM] = 0;
    checksums.push(command(ADD_CHECKSUM, TABLES_FILE, start + TABLE_CHECKSUM, start, bytes.length));
  }
  const root = rsdp.bytes.slice();
  const rootView = viewOf(root);
  rootView.setUint32(RSDP_RSDT, placeOf(rootView.getUint32(RSDP_RSDT, true)), true);
  root[RSDP_CHECKSUM] = 0;
  const script = [
    command(ALLOCATE, RSDP_FILE, RSDP_ALIGNMENT, [ZONE_F_SEGMENT]),
    command(ALLOCATE, TABLES_FILE, TABLES_ALIGNMENT, [ZONE_HIGH]),
    ...pointers,
    command(ADD_POINTER, RSDP_FILE, TABLES_FILE, RSDP_RSDT, [4]),
    ...checksums,
    command(ADD_CHECKSUM, RSDP_FILE, RSDP_CHECKSUM, 0, root.length),
  ];
  const loader = new Uint8Array(script.length * COMMAND_BYTES);
  for (const [index, bytes] of script.entries()) loader.set(bytes, index * COMMAND_BYTES);
  return [
    { name: RSDP_FILE, bytes: root },
    { name: TABLES_FILE, bytes: file },
    { name: LOADER_FILE, bytes: loader },
  ];
}
