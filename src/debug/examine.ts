/** `x/FMT ADDRESS` and `xp/FMT ADDRESS`: memory as QEMU's monitor and gdb show it. */
import { digits } from "../common/hex.ts";
import type { CodeLine } from "../inspect/cpu-view.ts";
import { disassemble } from "../inspect/disassembly.ts";
import type { Machine } from "../machine/machine.ts";
import { nothing, takeAddress } from "./commands/arguments.ts";
import type { Action, Command } from "./commands/command.ts";
import { MonitorError } from "./monitor-error.ts";

const SIZES: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8 };
const FORMATS = "xduoci";
const INSTRUCTIONS = "i";
const MOST = 4096;
const LINE_BYTES = 16;
const PAGE = 4096;
const ADDRESSES = 2 ** 32;
/** Columns for the bytes of an instruction: ten of them; few have more. */
const CODE_BYTES = 20;

interface Format {
  readonly count: number;
  readonly format: string;
  readonly size: number;
}

/** `/8xw`, `/4bd`, `/c`, or nothing: a count, one of x d u o c i, one of b h w g. */
function parseFormat(text: string): Format {
  const [, number, letters] = /^\/?(\d*)([a-z]*)$/.exec(text) ?? ["", "0", ""];
  const count = number === "" ? 1 : Number(number);
  const formats = [...letters].filter((letter) => FORMATS.includes(letter));
  const sizes = [...letters].filter((letter) => letter in SIZES);
  const understood = formats.length + sizes.length === letters.length;
  if (!understood || formats.length > 1 || sizes.length > 1 || count < 1 || count > MOST) {
    throw new MonitorError(
      `'${text}' is no format; give a count up to ${MOST}, one of ${FORMATS}, and b, h, w or g: /8xw`,
    );
  }
  const format = formats[0] ?? "x";
  return { count, format, size: SIZES[sizes[0]] ?? (format === "c" ? 1 : 4) };
}

/** @param linear addresses go through the guest's tables, without touching them */
function examine(linear: boolean): (argument: string) => Action {
  return (argument) => {
    const [, given = "", rest] = /^(\/\S*)?\s*(.*)$/.exec(argument) ?? [];
    const format = parseFormat(given);
    const found = takeAddress(rest);
    nothing(found.rest);
    if (format.format !== INSTRUCTIONS) {
      return ({ machine }) => memoryLines(machine, found.address(machine), format, linear);
    }
    if (!linear) {
      throw new MonitorError("instructions are read through linear addresses: use x/i instead of xp/i");
    }
    return ({ machine }) => disassemble(machine, found.address(machine), format.count).map(codeText);
  };
}

const codeText = ({ gva, bytes, text, current }: CodeLine): string =>
  `${current ? ">" : " "} ${digits(gva, 8)}  ${bytes.padEnd(CODE_BYTES)}  ${text}`;

function memoryLines(
  machine: Machine,
  start: number,
  { count, format, size }: Format,
  linear: boolean,
): string[] {
  const perLine = LINE_BYTES / size;
  const lines: string[] = [];
  for (let at = 0; at < count; at += perLine) {
    const address = (start + at * size) % ADDRESSES;
    const cells = Math.min(perLine, count - at);
    const values = Array.from({ length: cells }, (_, i) =>
      cell(valueAt(machine, address + i * size, size, linear), format, size),
    );
    lines.push(`${digits(address, 8)}: ${values.join(" ")}`);
  }
  return lines;
}

/** The value, or null where nothing is mapped. */
function valueAt(machine: Machine, address: number, size: number, linear: boolean): bigint | null {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) {
    const byte = byteAt(machine, (address + i) % ADDRESSES, linear);
    if (byte === null) return null;
    value = (value << 8n) | BigInt(byte);
  }
  return value;
}

function byteAt({ mmu, memory, linear: host }: Machine, address: number, linear: boolean): number | null {
  const page = Math.floor(address / PAGE) * PAGE;
  const gpa = linear ? mmu.probe(page) : page;
  const hpa = gpa < 0 ? -1 : memory.hpa(gpa);
  return hpa < 0 ? null : host.u8[hpa + (address - page)];
}

function cell(value: bigint | null, format: string, size: number): string {
  if (value === null) return "?".repeat(size * 2);
  if (format === "d") return String(BigInt.asIntN(size * 8, value));
  if (format === "u") return String(value);
  if (format === "o") return `0${value.toString(8)}`;
  if (format === "c") return characterText(Number(value & 0xffn));
  return value.toString(16).padStart(size * 2, "0");
}

function characterText(code: number): string {
  return code >= 0x20 && code < 0x7f ? `'${String.fromCharCode(code)}'` : `'\\x${digits(code, 2)}'`;
}

export const examineCommands: readonly Command[] = [
  {
    name: "x",
    usage: "/FMT ADDRESS",
    sentence: "memory at a linear address: x/8xw 0xc0100000, x/5i $eip",
    parse: examine(true),
  },
  {
    name: "xp",
    usage: "/FMT ADDRESS",
    sentence: "memory at a physical address",
    parse: examine(false),
  },
];
