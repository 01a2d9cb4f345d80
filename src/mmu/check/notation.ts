/**
 * Stories as text that prints and parses: one op each, separated by semicolons.
 *
 *     T0[1]=F0:P,RW,A,D        an entry of eight bytes, or of four in a 32bit story
 *     T0[1].lo=F0:P  .hi=NX    half of an eight-byte entry
 *     T0[1].w=T0:P,G .b=P,RW   its lowest two bytes, or one
 *     T0[0+1]=F0:P&F1:P        two entries of four bytes at once
 *     T0[1]=0 emulated         stored by the hypervisor's emulator
 *     read 0x1000  fetch 0x1000 user
 *     write 0x1008=F1:P,A user delivery
 *     invlpg 0x1000   cr3 R1   pge 0   wp 1
 *     shrink  recycle  tight  roomy  unprotect T0  slot gone  alias F0  alias off
 *
 * An entry is `frame:flags`, `0`, or a hexadecimal number; R17, R36 and NX are bits 17, 36 and 63.
 */
import { PFERR_FETCH, PFERR_USER } from "../mmu.ts";
import {
  type AccessOp,
  BITS,
  type BitOp,
  HOST_EVENTS,
  type Op,
  SLOT_EVENTS,
  type StoreOp,
  type WriteOp,
} from "./ops.ts";
import { entryBytes, FRAME_NAMES, frameNamed, isTrackedOffset, type Mode, PAGES } from "./universe.ts";
import { formatFlags, formatWord, parseFlags, parseWord } from "./word-notation.ts";

/** A story that cannot be read; the message is a sentence for the user. */
export class NotationError extends Error {}

const SEPARATOR = "; ";

export function formatStory(ops: readonly Op[], mode: Mode): string {
  return ops.map((op) => formatOp(op, mode)).join(SEPARATOR);
}

export function parseStory(text: string, mode: Mode): Op[] {
  const parts = text.split(";").map((part) => part.trim());
  const ops = parts.filter((part) => part !== "").map((part) => parseOp(part, mode));
  if (ops.length === 0)
    throw new NotationError('the story has no steps; write some, as in "cr3 R1; read 0x0"');
  return ops;
}

// --- Printing ------------------------------------------------------------------------------------------------------

export function formatOp(op: Op, mode: Mode): string {
  switch (op.kind) {
    case "store":
      return `${formatPlace(op, mode)}=${formatStored(op, mode)}${op.emulated ? " emulated" : ""}`;
    case "access": {
      const verb = (op.access & PFERR_FETCH) !== 0 ? "fetch" : "read";
      return `${verb} ${hexadecimal(op.gva)}${(op.access & PFERR_USER) !== 0 ? " user" : ""}`;
    }
    case "write": {
      const words = `${op.user ? " user" : ""}${op.delivery ? " delivery" : ""}`;
      return `write ${hexadecimal(op.gva)}=${formatWord(op.value)}${words}`;
    }
    case "invlpg":
      return `invlpg ${hexadecimal(op.gva)}`;
    case "cr3":
      return `cr3 ${FRAME_NAMES[op.frame]}`;
    case "bit":
      return `${op.bit} ${op.on ? 1 : 0}`;
    case "host":
      return op.event;
    case "unprotect":
      return `unprotect ${FRAME_NAMES[op.frame]}`;
    case "alias":
      return `alias ${op.frame < 0 ? "off" : FRAME_NAMES[op.frame]}`;
    default:
      return `slot ${op.event}`;
  }
}

/** An address without needless zeros. */
export function hexadecimal(value: number): string {
  return `0x${value.toString(16)}`;
}

/** The entry that a store is about, with the part of it. */
export function formatPlace({ frame, offset, bytes }: StoreOp, mode: Mode): string {
  const size = entryBytes(mode);
  const index = Math.floor(offset / size);
  const entry = `${FRAME_NAMES[frame]}[${index}${bytes > size ? "+1" : ""}]`;
  const high = size === 8 && (offset & 4) !== 0 ? ".hi" : "";
  if (bytes === 1) return `${entry}${high}.b`;
  if (bytes === 2) return `${entry}${high}.w`;
  return entry + (bytes >= size ? "" : high === "" ? ".lo" : high);
}

function formatStored({ bytes, offset, lo, hi }: StoreOp, mode: Mode): string {
  const size = entryBytes(mode);
  if (bytes === 1) return formatFlags(lo);
  if (bytes === 8) return size === 8 ? formatWord(lo, hi) : `${formatWord(lo)}&${formatWord(hi)}`;
  return formatWord(lo, 0, size === 8 && (offset & 4) !== 0);
}

// --- Parsing -------------------------------------------------------------------------------------------------------

export function parseOp(text: string, mode: Mode): Op {
  const op =
    parseStore(text, mode) ?? parseAccess(text, mode) ?? parseWrite(text, mode) ?? parseEvent(text, mode);
  if (op !== null) return op;
  throw new NotationError(
    `"${text}" is no step; steps look like "T0[1]=F0:P,A", "read 0x1000", "invlpg 0x1000", "cr3 R1", "pge 0"`,
  );
}

const STORE = /^(\w+)\[(\d+)(\+1)?\](\.lo|\.hi)?(\.b|\.w)?\s*=\s*(\S+)(\s+emulated)?$/;
const ACCESS = /^(read|fetch)\s+(\S+)(\s+user)?$/;
const WRITE = /^write\s+([^\s=]+)\s*=\s*(\S+)(\s+user)?(\s+delivery)?$/;
const EVENT = /^([a-z0-9]+)(?:\s+(\S+))?$/;

function parseStore(text: string, mode: Mode): StoreOp | null {
  const match = STORE.exec(text);
  if (match === null) return null;
  const [, name, index, both, half, part, value, emulated] = match;
  const size = entryBytes(mode);
  if (half !== undefined && size === 4) {
    throw new NotationError(`"${text}": entries of 32bit stories have no halves; leave out ${half}`);
  }
  const offset = Number(index) * size + (half === ".hi" ? 4 : 0);
  if (!isTrackedOffset(offset)) {
    const indexes = size === 8 ? "0, 1, 2, 128 and 256" : "0 to 5, 256, 257, 512 and 513";
    throw new NotationError(`"${text}": entry ${index} is not in play; those that are: ${indexes}`);
  }
  if (both !== undefined) {
    const entries = value.split("&").map((one) => parseWord(one, false, false));
    const [first, second] = entries;
    if (size === 8 || part !== undefined || offset % 8 !== 0 || entries.length !== 2 || !first || !second) {
      throw new NotationError(
        `"${text}": two entries at once are an even one and the next, in 32bit stories, as T0[0+1]=F0:P&0`,
      );
    }
    const [lo, hi] = [first[0], second[0]];
    const frame = parseFrame(name, text);
    return { kind: "store", frame, offset, bytes: 8, lo, hi, emulated: emulated !== undefined };
  }
  const bytes = part === ".b" ? 1 : part === ".w" ? 2 : half === undefined ? size : 4;
  const entry = bytes === 1 ? parseFlags(value) : parseWord(value, bytes === 8, half === ".hi");
  if (entry === null || (bytes === 2 && entry[0] >>> 16 !== 0)) throw noEntry(text, value);
  return {
    kind: "store",
    frame: parseFrame(name, text),
    offset,
    bytes,
    lo: entry[0],
    hi: entry[1],
    emulated: emulated !== undefined,
  };
}

function noEntry(text: string, value: string): NotationError {
  return new NotationError(
    `"${text}": "${value}" is no entry; write a frame and flags, as F0:P,RW,A,D, or 0, or 0x and digits`,
  );
}

function parseAccess(text: string, mode: Mode): AccessOp | null {
  const match = ACCESS.exec(text);
  if (match === null) return null;
  const [, verb, address, user] = match;
  const access = (verb === "fetch" ? PFERR_FETCH : 0) | (user === undefined ? 0 : PFERR_USER);
  return { kind: "access", gva: parseAddress(address, text, mode, false), access };
}

function parseWrite(text: string, mode: Mode): WriteOp | null {
  const match = WRITE.exec(text);
  if (match === null) return null;
  const [, address, value, user, delivery] = match;
  const word = parseWord(value, false, false) ?? parseWord(value, false, true);
  if (word === null) throw noEntry(text, value);
  const gva = parseAddress(address, text, mode, true);
  return { kind: "write", gva, user: user !== undefined, value: word[0], delivery: delivery !== undefined };
}

function parseEvent(text: string, mode: Mode): Op | null {
  const match = EVENT.exec(text);
  if (match === null) return null;
  const [, verb, what] = match;
  const host = HOST_EVENTS.find((event) => event === verb);
  if (host !== undefined && what === undefined) return { kind: "host", event: host };
  const slot = SLOT_EVENTS.find((event) => event === what);
  if (verb === "slot" && slot !== undefined) return { kind: "slot", event: slot };
  if (verb === "invlpg" && what !== undefined) {
    return { kind: "invlpg", gva: parseAddress(what, text, mode, false) };
  }
  if (verb === "cr3" && what !== undefined) return { kind: "cr3", frame: parseFrame(what, text) };
  if (verb === "unprotect" && what !== undefined) return { kind: "unprotect", frame: parseFrame(what, text) };
  if (verb === "alias" && what !== undefined) {
    return { kind: "alias", frame: what === "off" ? -1 : parseFrame(what, text) };
  }
  return parseBit(verb, what, text, mode);
}

function parseBit(verb: string, what: string | undefined, text: string, mode: Mode): BitOp | null {
  const bit = BITS.find((known) => known === verb);
  if (bit === undefined || (what !== "0" && what !== "1")) return null;
  if (bit === "pae" && mode !== "mixed") {
    throw new NotationError(`"${text}": CR4.PAE changes only in stories of --mode mixed`);
  }
  return { kind: "bit", bit, on: what === "1" };
}

function parseFrame(name: string, text: string): number {
  const frame = frameNamed(name);
  if (frame >= 0) return frame;
  throw new NotationError(`"${text}": there is no frame ${name}; the frames are ${FRAME_NAMES.join(", ")}`);
}

function parseAddress(address: string, text: string, mode: Mode, withOffset: boolean): number {
  const value = /^(0x[0-9a-f]{1,8}|\d+)$/i.test(address) ? Number(address) : Number.NaN;
  const offset = value % 4096;
  const known = PAGES[mode].includes(value - offset) && (withOffset ? isTrackedOffset(offset) : offset === 0);
  if (known) return value;
  const pages = PAGES[mode].map(hexadecimal).join(" ");
  throw new NotationError(
    `"${text}": ${address} is not in play${withOffset ? " (the offset must be that of an entry in play)" : ""}; ` +
      `the pages of --mode ${mode} are ${pages}`,
  );
}
