/** What may follow a command: numbers, addresses, registers. One way to write each, in all commands. */
import { registerNamed } from "../../inspect/registers.ts";
import type { Machine } from "../../machine/machine.ts";
import { MonitorError } from "../monitor-error.ts";
import type { Action } from "./command.ts";

const ADDRESSES = 2 ** 32;
/** gdb's names that stand for others. */
const SAME_REGISTER: Readonly<Record<string, string>> = { pc: "eip", sp: "esp", fp: "ebp", flags: "eflags" };
const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, M: 1e6, G: 1e9 };

/** The value of an expression, which may depend on registers: 0 to 2^32 - 1. */
export type Address = (machine: Machine) => number;

/** Eight digits are an address as all screens write it. */
const ADDRESS = "[0-9a-f]{8}(?![0-9a-z_])";
const TERM = `(?:0x[0-9a-f]+|\\$[a-z][a-z0-9_.]*|${ADDRESS}|\\d+)`;
const TERMS = new RegExp(`^[+-]?\\s*${TERM}(?:\\s*[+-]\\s*${TERM})*(?=\\s|$)`, "i");

export interface TakenAddress {
  readonly address: Address;
  /** Its value where no register has part in it, else null. */
  readonly constant: number | null;
  readonly rest: string;
}

/** An address at the start of the text, and what follows it. */
export function takeAddress(text: string): TakenAddress {
  const found = TERMS.exec(text)?.[0];
  if (found === undefined) {
    const what = text === "" ? "an address is missing" : `'${text}' is no address`;
    const word = text.split(/\s/)[0];
    const bare = /^[0-9a-f]{1,8}$/i.test(word) ? `; in hexadecimal it is 0x${word}` : "";
    throw new MonitorError(`${what}: give one such as 0xc0101000 or $esp+8${bare}`);
  }
  const parts = [...found.matchAll(new RegExp(`([+-]?)\\s*(${TERM})`, "gi"))].map(([, sign, term]) => ({
    sign: sign === "-" ? -1 : 1,
    value: termOf(term),
  }));
  const sumOf = (values: readonly number[]): number =>
    values.reduce((sum, value, i) => (sum + parts[i].sign * value + ADDRESSES) % ADDRESSES, 0);
  const address: Address = (machine) =>
    sumOf(parts.map(({ value }) => (typeof value === "number" ? value : value(machine))));
  const numbers = parts.flatMap(({ value }) => (typeof value === "number" ? [value] : []));
  const constant = numbers.length === parts.length ? sumOf(numbers) : null;
  return { address, constant, rest: text.slice(found.length).trim() };
}

/** A number, or where a register's value comes from. */
function termOf(term: string): number | Address {
  if (term.startsWith("$")) {
    const name = term.slice(1).toLowerCase();
    const register = registerNamed(SAME_REGISTER[name] ?? name);
    if (register === undefined) {
      throw new MonitorError(`no register is called '${term}'; \`info registers\` lists them`);
    }
    return register.read;
  }
  if (/^[0-9a-f]{8}$/i.test(term)) return Number.parseInt(term, 16);
  const value = Number(term);
  if (value >= ADDRESSES) throw new MonitorError(`'${term}' is no address: it has more than 32 bits`);
  return value;
}

/** An address and nothing else. */
export function parseAddress(text: string): Address {
  const { address, rest } = takeAddress(text);
  nothing(rest);
  return address;
}

/** Frames and shadow pages are written in hexadecimal without a prefix, as all lists show them. */
function parseHexadecimal(text: string, digits: number): number | null {
  return new RegExp(`^(0x)?[0-9a-f]{1,${digits}}$`, "i").test(text)
    ? Number.parseInt(text.replace(/^0x/i, ""), 16)
    : null;
}

export function parseGfn(text: string): number {
  const gfn = parseHexadecimal(text, 6);
  if (gfn === null) {
    throw new MonitorError(`'${text}' is no frame; give its number in hexadecimal, such as 150`);
  }
  return gfn;
}

export function parseSp(text: string): number {
  const sp = parseHexadecimal(text, 5);
  if (sp === null) {
    throw new MonitorError(`'${text}' is no shadow page; give its number in hexadecimal, such as 41c`);
  }
  return sp;
}

/** A positive whole number, `30M` for millions, or null if the text is none. */
export function countOf(text: string): number | null {
  const match = /^(\d+)([kMG]?)$/.exec(text.replaceAll("_", ""));
  const count = match === null ? 0 : Number(match[1]) * UNITS[match[2]];
  return count > 0 && Number.isSafeInteger(count) ? count : null;
}

export function parseCount(text: string, most = Number.MAX_SAFE_INTEGER): number {
  const count = countOf(text);
  if (count === null || count > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? "" : ` up to ${most}`;
    throw new MonitorError(`'${text}' is no count; give a positive whole number${range}, such as 10`);
  }
  return count;
}

/** The number that events, breakpoints and watchpoints have. */
export function parseNumber(text: string, what: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new MonitorError(`'${text}' is no ${what}; give its number`);
  return Number(text);
}

export function nothing(argument: string): void {
  if (argument !== "") throw new MonitorError(`'${argument}' is too much here`);
}

/** For commands that are one word. */
export function alone(action: Action): (argument: string) => Action {
  return (argument) => {
    nothing(argument);
    return action;
  };
}

type Shadow = NonNullable<Machine["shadow"]>;

export function shadowOf({ shadow }: Machine): Shadow {
  if (shadow === null) throw new MonitorError("there is no shadow MMU: the machine is bare");
  return shadow;
}
