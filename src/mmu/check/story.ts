/** A story told: what happens in each step, in words, and what came of it. */
import { PFERR_FETCH, PFERR_PRESENT, PFERR_RSVD, PFERR_USER, PFERR_WRITE } from "../mmu.ts";
import { PTE_A, PTE_D, PTE_G, PTE_NX_HI, PTE_P, PTE_PS, PTE_RW, PTE_US } from "../paging.ts";
import type { Gfn } from "../types.ts";
import type { DropKind } from "./history.ts";
import { formatPlace, hexadecimal } from "./notation.ts";
import type { Bit, HostEvent, Op, SlotEvent, StoreOp } from "./ops.ts";
import { type Allowed, FAULT, STRAY } from "./oracle.ts";
import { type Setup, Trial } from "./trial.ts";
import { FRAME_NAMES, frameOfGfn, type Mode } from "./universe.ts";
import { CHECKS, type Outcome, type Violation } from "./violation.ts";
import { namedFrame, R36_HI } from "./word-notation.ts";

/** A story with its end. */
export interface Told {
  /** A line for each op, not numbered. */
  readonly lines: readonly string[];
  /** What is wrong, in sentences; null if nothing is. */
  readonly verdict: Verdict | null;
}

export interface Verdict {
  readonly check: string;
  readonly sentence: string;
  /** The access's outcome, or what happened. */
  readonly got: string;
  /** What it could have been; empty if it is not about an access. */
  readonly allowed: string;
  /** When the translation was made and what dropped it, if that is known. */
  readonly why: string;
}

/** Runs a story on a machine that is new, and tells it. */
export function tell(setup: Setup, ops: readonly Op[]): Told {
  const { mode } = setup;
  const lines: string[] = [];
  const violation = new Trial(setup).run(ops, (step, outcome) => {
    lines.push(describeOp(ops[step], mode) + describeOutcome(ops[step], outcome));
  });
  // An op that made the MMU give up has no outcome.
  if (violation !== null && lines.length === violation.step)
    lines.push(describeOp(ops[violation.step], mode));
  return { lines, verdict: violation === null ? null : verdictOf(violation) };
}

export function verdictOf({ check, detail, access }: Violation): Verdict {
  const sentence = CHECKS[check];
  if (access === null) return { check, sentence, got: detail, allowed: "", why: "" };
  const { got, allowed, forgotten } = access;
  let why = "";
  if (forgotten !== null) {
    const event = DROP_NAMES[forgotten.drop.kind];
    const made = forgotten.madeStep < 0 ? "at the start" : `after step ${forgotten.madeStep + 1}`;
    why = `its tables last led there ${made}; ${event} of step ${forgotten.dropStep + 1} had to drop it`;
  }
  return { check, sentence, got: describeResult(got), allowed: describeAllowed(allowed), why };
}

const DROP_NAMES: Record<DropKind, string> = {
  all: "the full flush",
  cr3: "the CR3 load",
  invlpg: "INVLPG",
  fault: "the page fault",
};

function describeAllowed(allowed: readonly Allowed[]): string {
  const [now, ...cached] = allowed;
  const first = `${describeResult(now)} (the tables say so now)`;
  return [first, ...cached.map((one) => `${describeResult(one)} (may still be cached)`)].join(", or ");
}

// --- Steps -----------------------------------------------------------------------------------------------------------

export function describeOp(op: Op, mode: Mode): string {
  switch (op.kind) {
    case "store":
      return describeStore(op, mode);
    case "access": {
      const verb = (op.access & PFERR_FETCH) !== 0 ? "fetch" : "read";
      return `${verb} ${hexadecimal(op.gva)}${(op.access & PFERR_USER) !== 0 ? ", user" : ""}`;
    }
    case "write":
      return (
        `write ${hexadecimal(op.gva)} := ${describeEntry(op.value, 0)}` +
        `${op.user ? ", user" : ""}${op.delivery ? ", delivering an event" : ""}`
      );
    case "invlpg":
      return `INVLPG ${hexadecimal(op.gva)}`;
    case "cr3":
      return `CR3 := ${FRAME_NAMES[op.frame]}`;
    case "bit":
      return `${BIT_NAMES[op.bit]} := ${op.on ? 1 : 0}`;
    case "host":
      return HOST_SENTENCES[op.event];
    case "unprotect":
      return `the hypervisor ends all shadows of ${FRAME_NAMES[op.frame]}`;
    case "alias":
      return op.frame < 0 ? "AL shows no memory any more" : `AL shows the memory of ${FRAME_NAMES[op.frame]}`;
    default:
      return SLOT_SENTENCES[op.event];
  }
}

const BIT_NAMES: Record<Bit, string> = {
  pge: "CR4.PGE",
  pse: "CR4.PSE",
  pae: "CR4.PAE",
  wp: "CR0.WP",
  pg: "CR0.PG",
};

const HOST_SENTENCES: Record<HostEvent, string> = {
  shrink: "the host takes the oldest shadow page back",
  recycle: "the host takes all shadow pages back that it can",
  tight: "the quota of shadow pages falls to 12",
  roomy: "the quota of shadow pages is as it was",
};

const SLOT_SENTENCES: Record<SlotEvent, string> = {
  gone: "the memory of T2 and F2 is taken away",
  back: "T2 and F2 have memory again",
  moved: "the memory of T2 and F2 moves to IO0 and IO1",
  home: "the memory of T2 and F2 is at its own place again",
  "other-memory": "T2 and F2 get other memory",
  "first-memory": "T2 and F2 get their first memory again",
  "read-only": "T2 and F2 become read-only",
  writable: "T2 and F2 become writable",
  log: "the dirty log of T2 and F2 starts",
  take: "the dirty log of T2 and F2 is taken",
};

const PART_OF_ENTRY: Record<number, string> = { 1: ", lowest byte", 2: ", lowest two bytes" };

function describeStore(op: StoreOp, mode: Mode): string {
  const value = op.bytes === 1 ? describeFlags(op.lo, 0).join(", ") || "0" : describeStored(op, mode);
  return `${formatPlace(op, mode)} := ${value}${PART_OF_ENTRY[op.bytes] ?? ""}${op.emulated ? " (emulated)" : ""}`;
}

function describeStored({ bytes, offset, lo, hi }: StoreOp, mode: Mode): string {
  const high = mode !== "32bit" && bytes === 4 && (offset & 4) !== 0;
  if (high && (lo & ~(PTE_NX_HI | R36_HI)) === 0) return describeFlags(0, lo).join(", ") || "0";
  if (mode === "32bit" && bytes === 8) return `${describeEntry(lo, 0)}; ${describeEntry(hi, 0)}`;
  return describeEntry(lo, bytes === 8 ? hi : 0);
}

function describeEntry(lo: number, hi: number): string {
  if (lo === 0 && hi === 0) return "0";
  const frame = namedFrame(lo);
  const target = frame < 0 ? `frame ${hexadecimal(lo >>> 12)}` : FRAME_NAMES[frame];
  const flags = describeFlags(lo, hi);
  return [target, ...((lo & PTE_P) === 0 ? ["not present"] : []), ...flags].join(", ");
}

function describeFlags(lo: number, hi: number): string[] {
  const names: readonly (readonly [boolean, string])[] = [
    [(lo & PTE_P) !== 0, "present"],
    [(lo & PTE_RW) !== 0, "writable"],
    [(lo & PTE_US) !== 0, "user"],
    [(lo & PTE_A) !== 0, "accessed"],
    [(lo & PTE_D) !== 0, "dirty"],
    [(lo & PTE_PS) !== 0, "large"],
    [(lo & PTE_G) !== 0, "global"],
    [(hi & R36_HI) !== 0, "reserved bit 36"],
    [(hi & PTE_NX_HI) !== 0, "no execute"],
  ];
  return names.filter(([set]) => set).map(([, name]) => name);
}

// --- Outcomes --------------------------------------------------------------------------------------------------------

function describeOutcome(op: Op, outcome: Outcome | "#GP" | "lost" | null): string {
  if (outcome === null) return "";
  if (outcome === "#GP") return ": #GP, nothing changes";
  if (outcome === "lost") return ": lost, no memory takes it";
  if (op.kind === "store" && outcome.gfn >= 0) return "";
  return `: got ${describeResult(outcome)}`;
}

/** A frame's name, or a page fault. */
export function describeResult({ gfn, error }: { readonly gfn: Gfn; readonly error: number }): string {
  if (gfn === STRAY) return "memory that backs no frame";
  if (gfn !== FAULT) return nameOfGfn(gfn);
  const bits: readonly (readonly [number, string])[] = [
    [PFERR_WRITE, "write"],
    [PFERR_USER, "user"],
    [PFERR_RSVD, "reserved bit"],
    [PFERR_FETCH, "fetch"],
  ];
  const reason = (error & PFERR_PRESENT) !== 0 ? "present" : "not present";
  const names = [reason, ...bits.filter(([bit]) => (error & bit) !== 0).map(([, name]) => name)];
  return `#PF (${names.join(", ")})`;
}

export function nameOfGfn(gfn: Gfn): string {
  const frame = frameOfGfn(gfn);
  return frame < 0 ? `frame ${hexadecimal(gfn)}` : FRAME_NAMES[frame];
}
