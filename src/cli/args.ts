/**
 * Values of command-line options. Each parser returns the value or throws one sentence that says what was wrong
 * and what would be right; commander adds the option's name.
 */
import { InvalidArgumentError } from "commander";
import type { FlatPlace } from "../machine/image/flat-binary.ts";

const SIZE_UNITS: Record<string, number> = { "": 2 ** 20, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
const MIN_RAM = 2 ** 20;
const MAX_RAM = 2 ** 31;

/** `64`, `64M`, `1.5G`, `4096K`: a bare number is MiB, as QEMU's -m has it. Returns bytes. */
export function parseMemorySize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMG]?)$/i.exec(text);
  const bytes = match === null ? Number.NaN : Number(match[1]) * SIZE_UNITS[match[2].toUpperCase()];
  if (!(bytes >= MIN_RAM && bytes <= MAX_RAM) || bytes % 4096 !== 0) {
    throw new InvalidArgumentError("Give a size from 1M to 2G in whole 4K pages, such as 64M.");
  }
  return bytes;
}

export function parseSwitch(text: string): boolean {
  if (text === "on") return true;
  if (text === "off") return false;
  throw new InvalidArgumentError("Say on or off.");
}

/** A whole positive number; `k`, `M` and `G` (thousands, millions, billions) and underscores are understood. */
export function parseCount(text: string): number {
  const match = /^(\d+)([kMG]?)$/.exec(text.replaceAll("_", ""));
  const factor = { "": 1, k: 1e3, M: 1e6, G: 1e9 }[match?.[2] ?? ""] ?? 1;
  const count = match === null ? Number.NaN : Number(match[1]) * factor;
  if (!(count > 0 && Number.isSafeInteger(count))) {
    throw new InvalidArgumentError("Give a positive whole number, such as 1000000 or 1M.");
  }
  return count;
}

export function parseFps(text: string): number {
  const fps = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(fps >= 1 && fps <= 15)) throw new InvalidArgumentError("Give a whole number from 1 to 15.");
  return fps;
}

/** The n of `--audit=n`. */
export function parseAuditInterval(text: string): number {
  const interval = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(interval >= 1 && Number.isSafeInteger(interval))) {
    throw new InvalidArgumentError("Give a positive whole number, as in --audit=64, or none.");
  }
  return interval;
}

/** KVM: the ioctl that sets the quota refuses less than KVM_MIN_ALLOC_MMU_PAGES. */
export function parseShadowPages(text: string): number {
  const pages = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(pages >= 64 && pages <= 65_536)) throw new InvalidArgumentError("Give a number from 64 to 65536.");
  return pages;
}

/** `30`, `30s`, `500ms`, `2m`: a bare number is seconds. Returns milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text);
  const factor = { ms: 1, s: 1000, m: 60_000 }[match?.[2] ?? "s"] ?? 1000;
  const milliseconds = match === null ? Number.NaN : Number(match[1]) * factor;
  if (!(milliseconds > 0 && Number.isFinite(milliseconds))) {
    throw new InvalidArgumentError("Give a time, such as 30s, 500ms or 2m.");
  }
  return milliseconds;
}

/** An address in hexadecimal, with the mode behind a comma: `7c00`, `0x100000`, `8000,32`. */
export function parsePlace(text: string): FlatPlace {
  const match = /^(?:0x)?([0-9a-f]{1,8})(?:,(16|32))?$/i.exec(text);
  if (match === null) {
    throw new InvalidArgumentError(
      "Give an address in hexadecimal, such as 7c00, or 8000,32 for 32-bit code.",
    );
  }
  const [, address, bits] = match;
  return {
    gpa: Number.parseInt(address, 16),
    bits: bits === undefined ? null : bits === "16" ? 16 : 32,
  };
}

/** `now`, or a date and time such as 2008-12-01 or 2008-12-01T12:30:00, in UTC. Returns seconds since 1970. */
export function parseDate(text: string): number {
  if (text === "now") return Math.floor(Date.now() / 1000);
  const match = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?Z?)?$/.exec(text);
  const utc = text.length === 10 || text.endsWith("Z") ? text : `${text}Z`;
  const seconds = match === null ? Number.NaN : Date.parse(utc) / 1000;
  if (!(seconds >= 0)) {
    throw new InvalidArgumentError(
      "Say now, or a date from 1970 on such as 2008-12-01 or 2008-12-01T12:30:00.",
    );
  }
  return seconds;
}

/** Letters for kinds of drive, each once. */
export function parseBootOrder(text: string): string {
  if (/^[acd]+$/.test(text) && new Set(text).size === text.length) return text;
  throw new InvalidArgumentError(
    "Give a for the floppy, c for the disk and d for the CD-ROM in the order to try them, such as dca.",
  );
}

export function parseStatus(text: string): number {
  const status = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(status <= 255)) throw new InvalidArgumentError("Give an exit status from 0 to 255.");
  return status;
}

export interface DebugConsoleOption {
  readonly port: number;
  /** Where its bytes go; null for the console. */
  readonly file: string | null;
}

/** `PORT` or `PORT=FILE`, the port in decimal or 0x hexadecimal. May be given several times. */
export function parseDebugConsole(
  text: string,
  earlier: readonly DebugConsoleOption[] = [],
): readonly DebugConsoleOption[] {
  const at = text.indexOf("=");
  const portText = at < 0 ? text : text.slice(0, at);
  const port = /^(0x[0-9a-f]{1,4}|\d{1,5})$/i.test(portText) ? Number(portText) : Number.NaN;
  const file = at < 0 ? null : text.slice(at + 1);
  if (!(port >= 0 && port <= 0xffff) || file === "") {
    throw new InvalidArgumentError("Give PORT or PORT=FILE, such as 0x402=debug.log.");
  }
  if (earlier.some((option) => option.port === port)) {
    throw new InvalidArgumentError(`Port 0x${port.toString(16)} has a debug console already.`);
  }
  return [...earlier, { port, file }];
}
