/** The error code of an exception, in words. SDM: volume 3, 6.13 (selectors), 4.7 (page faults). */
import { digits } from "../../common/hex.ts";

const EXTERNAL = 1;
const IN_IDT = 2;
const IN_LDT = 4;

const PRESENT = 1;
const WRITE = 2;
const USER = 4;
const RESERVED = 8;
const FETCH = 16;

/** Exceptions whose error code is about a selector, or 0. */
const ABOUT_SELECTORS = new Set(["#TS", "#NP", "#SS", "#GP"]);

/** "error code 0002: supervisor write, not present". */
export function errorCodeText(exception: string, code: number): string {
  const words = exception === "#PF" ? pageFault(code) : ABOUT_SELECTORS.has(exception) ? selector(code) : "";
  return `error code ${digits(code, 4)}${words === "" ? "" : `: ${words}`}`;
}

function pageFault(code: number): string {
  const access = (code & FETCH) !== 0 ? "fetch" : (code & WRITE) !== 0 ? "write" : "read";
  const why =
    (code & RESERVED) !== 0
      ? "a reserved bit is set"
      : (code & PRESENT) !== 0
        ? "not allowed there"
        : "not present";
  return `${(code & USER) !== 0 ? "user" : "supervisor"} ${access}, ${why}`;
}

function selector(code: number): string {
  if (code === 0) return "";
  const from = (code & EXTERNAL) !== 0 ? ", while delivering an event" : "";
  if ((code & IN_IDT) !== 0) return `gate of vector ${code >>> 3} in the IDT${from}`;
  return `selector ${digits(code & ~3, 4)} in the ${(code & IN_LDT) !== 0 ? "LDT" : "GDT"}${from}`;
}
