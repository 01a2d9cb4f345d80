/** `x/FMT ADDRESS` and `xp/FMT ADDRESS`: memory as QEMU's monitor and gdb show it. */
import type { Machine } from "../machine/machine.ts";
import { MonitorError } from "./monitor-error.ts";
import { digits } from "./monitor-text.ts";

const SIZES: Record<string, number> = { b: 1, h: 2, w: 4 };
const FORMATS = "xduoc";
const MOST = 4096;
const LINE_BYTES = 16;
const PAGE = 4096;

interface Format {
  readonly count: number;
  readonly format: string;
  readonly size: number;
}

/** `/8xw`, `/4db`, `/c`, or nothing: count, format x d u o c, size b h w, in gdb's order. */
function parseFormat(text: string): Format {
  const match = /^\/?(\d*)([xduoc]?)([bhw]?)$/.exec(text);
  const count = match === null ? 0 : match[1] === "" ? 1 : Number(match[1]);
  if (match === null || count < 1 || count > MOST) {
    throw new MonitorError(
      `'${text}' is no format; give a count up to ${MOST}, one of ${FORMATS}, and b, h or w: /8xw`,
    );
  }
  const format = match[2] === "" ? "x" : match[2];
  return { count, format, size: SIZES[match[3]] ?? (format === "c" ? 1 : 4) };
}

/** @param linear addresses go through the guest's tables, without touching them */
export function examine(linear: boolean): (machine: Machine, argument: string) => string[] {
  return (machine, argument) => {
    const match = /^(\/\S*)?\s*(0x[0-9a-f]{1,8}|\d{1,10})$/i.exec(argument);
    if (match === null) throw new MonitorError(`'${argument}' has no address; write x/8xw 0xc0100000`);
    const { count, format, size } = parseFormat(match[1] ?? "");
    const start = Number(match[2]);
    const perLine = LINE_BYTES / size;
    const lines: string[] = [];
    for (let at = 0; at < count; at += perLine) {
      const address = start + at * size;
      const cells = Math.min(perLine, count - at);
      const values = Array.from({ length: cells }, (_, i) =>
        cell(valueAt(machine, address + i * size, size, linear), format, size),
      );
      lines.push(`${digits(address, 8)}: ${values.join(" ")}`);
    }
    return lines;
  };
}

/** The value, or null where nothing is mapped. */
function valueAt(machine: Machine, address: number, size: number, linear: boolean): number | null {
  let value = 0;
  for (let i = 0; i < size; i++) {
    const byte = byteAt(machine, (address + i) % 2 ** 32, linear);
    if (byte === null) return null;
    value += byte * 2 ** (8 * i);
  }
  return value;
}

function byteAt({ mmu, memory, linear: host }: Machine, address: number, linear: boolean): number | null {
  const page = Math.floor(address / PAGE) * PAGE;
  const gpa = linear ? mmu.probe(page) : page;
  const hpa = gpa < 0 ? -1 : memory.hpa(gpa);
  return hpa < 0 ? null : host.u8[hpa + (address - page)];
}

function cell(value: number | null, format: string, size: number): string {
  if (value === null) return "?".repeat(size * 2);
  const signed = value >= 2 ** (size * 8 - 1) ? value - 2 ** (size * 8) : value;
  if (format === "d") return String(signed);
  if (format === "u") return String(value);
  if (format === "o") return `0${value.toString(8)}`;
  if (format === "c") {
    return value >= 0x20 && value < 0x7f ? `'${String.fromCharCode(value)}'` : `'\\x${digits(value, 2)}'`;
  }
  return digits(value, size * 2);
}
