/**
 * What may differ from the recorded processor, and why: what the SDM leaves undefined, and what it says in a way that
 * the recorded processor, being newer than ours, no longer follows. One table; nothing else is forgiven. The vectors hold
 * the chip's answer all the same.
 *
 * Where only some of the cases of a form differ in this way, our processor has been made to agree in the others.
 */
import { same } from "./compare.ts";
import type { Form } from "./forms.ts";
import { CODE_END } from "./layout.ts";
import {
  type Case,
  CR2,
  EBP,
  EBX,
  ECX,
  EDI,
  EDX,
  ERROR,
  ESI,
  FDP,
  FOP,
  FSW,
  FTW,
  type Outcome,
  ST,
  VECTOR,
  XMM,
} from "./machine-state.ts";

export interface Undefined {
  readonly why: string;
  readonly holds: (form: Form) => boolean;
  /** Makes of `ours` what the chip did, as far as this rule allows. */
  readonly forgive: (from: Case, chip: Outcome, ours: Outcome) => void;
}

const EAX = 0;
const STATUS_ES = 0x80;
const STATUS_PE = 0x20;
const STATUS_C1 = 0x200;
const STATUS_TOP = 0x3800;
const VEC_BP = 3;
const VEC_UD = 6;
const VEC_GP = 13;
const VEC_PF = 14;
const VEC_AC = 17;
/** What follows it may make an instruction longer than 15 bytes. */
const LONG_CODE = 10;

const mnemonics = (pattern: RegExp) => (form: Form) => pattern.test(form.row.mnemonic);
const take = (words: readonly number[]) => (_from: Case, chip: Outcome, ours: Outcome) => {
  for (const word of words) ours.after[word] = chip.after[word];
};

/** How many numbers of 80 bits there are between 0 and the magnitude of the one at `at`. */
function magnitude(words: Int32Array, at: number): bigint {
  const significand = (BigInt(words[at + 1] >>> 0) << 32n) | BigInt(words[at] >>> 0);
  const exponent = words[at + 2] & 0x7fff;
  return (BigInt(Math.max(exponent, 1) - 1) << 63n) + significand;
}

/** The same sign, and no number in between. */
function areNeighbours(a: Int32Array, b: Int32Array, at: number): boolean {
  if (((a[at + 2] ^ b[at + 2]) & 0x8000) !== 0) return false;
  const distance = magnitude(a, at) - magnitude(b, at);
  return distance >= -1n && distance <= 1n;
}

export const UNDEFINED: readonly Undefined[] = [
  {
    why:
      "Processors since the Pentium 4 keep the opcode, and since Skylake the operand's address, only of x87 " +
      "instructions with an unmasked exception (CPUID.07H:EBX[6]); ours keeps those of each, as those before did",
    holds: ({ group }) => group.startsWith("x87"),
    forgive: (_from, chip, ours) => {
      if ((chip.after[FSW] & STATUS_ES) !== 0) return;
      take([FOP, FDP])(_from, chip, ours);
    },
  },
  {
    why:
      "An image of the FPU's state is read or written in an order that is not architectural: which of the bytes that " +
      "cannot be reached a page fault names is the chip's own choice",
    holds: mnemonics(/^(?:fxsave|fxrstor|fnsave|frstor|fnstenv|fldenv)$/),
    forgive: (_from, chip, ours) => {
      if (chip.after[VECTOR] === VEC_PF && ours.after[VECTOR] === VEC_PF)
        take([CR2, ERROR])(_from, chip, ours);
    },
  },
  {
    why:
      "SDM, FXSAVE: whether an operand that is not aligned raises #AC or #GP, if alignment is checked, depends on the " +
      "processor",
    holds: mnemonics(/^(?:fxsave|fxrstor)$/),
    forgive: (_from, chip, ours) => {
      if (chip.after[VECTOR] === VEC_AC && ours.after[VECTOR] === VEC_GP)
        take([VECTOR, ERROR])(_from, chip, ours);
    },
  },
  {
    why: "An MMX store that faults has set TOP to 0 on the chip, MASKMOVQ the tags too: what it is restarted with anyway",
    holds: ({ group }) => group === "mmx",
    forgive: (_from, chip, ours) => {
      if (chip.after[VECTOR] === VEC_BP || chip.after[VECTOR] !== ours.after[VECTOR]) return;
      if (((chip.after[FSW] ^ ours.after[FSW]) & ~STATUS_TOP) === 0) take([FSW, FTW])(_from, chip, ours);
    },
  },
  {
    why: "POPA that faults has loaded the registers it got to; ours has loaded none. ESP is unchanged: both can be restarted",
    holds: mnemonics(/^popa/),
    forgive: (_from, chip, ours) => {
      if (chip.after[VECTOR] !== VEC_BP) take([EAX, ECX, EDX, EBX, EBP, ESI, EDI])(_from, chip, ours);
    },
  },
  {
    why:
      "SDM, volume 1, 8.3.10: x87 functions are within 1 ulp of the true value, in whatever way a processor computes " +
      "them; ours may be the neighbour of the chip's result, and C1 tell another rounding",
    holds: ({ group }) => group === "x87-transcendental",
    forgive: (_from, chip, ours) => {
      for (let at = ST; at < XMM; at += 3) {
        if (areNeighbours(chip.after, ours.after, at)) take([at, at + 1, at + 2])(_from, chip, ours);
      }
      const inexact = chip.after[FSW] & ours.after[FSW] & STATUS_PE;
      if (inexact !== 0 && (chip.after[FSW] ^ ours.after[FSW]) === STATUS_C1) take([FSW])(_from, chip, ours);
    },
  },
  {
    why:
      "An encoding without a meaning: how much of what would follow it (ModR/M, immediate) is fetched before #UD, and so " +
      "may cross into a page that is not there, or make it too long, differs from processor to processor",
    holds: ({ group }) => group === "undefined",
    forgive: (from, chip, ours) => {
      const { after } = chip;
      const unfetched = after[VECTOR] === VEC_PF && after[CR2] === CODE_END;
      const tooLong = after[VECTOR] === VEC_GP && from.code.length > LONG_CODE;
      if (ours.after[VECTOR] === VEC_UD && (unfetched || tooLong))
        take([VECTOR, ERROR, CR2])(from, chip, ours);
    },
  },
  {
    why:
      "A store of ten bytes is made in two pieces: the chip has stored eight when the other two meet a page fault; ours " +
      "has stored nothing. Either is done again whole",
    holds: (form) => mnemonics(/^f(?:stp|bstp)$/)(form) && /^M80/.test(form.row.operands),
    forgive: (_from, chip, ours) => {
      if (chip.after[VECTOR] === VEC_PF && ours.after[VECTOR] === VEC_PF) ours.changed = chip.changed;
    },
  },
];

/** Applies every rule that the form has to `ours`; returns those without which the case would differ. */
export function forgive(form: Form, from: Case, chip: Outcome, ours: Outcome): Undefined[] {
  const used: Undefined[] = [];
  for (const rule of UNDEFINED) {
    if (!rule.holds(form)) continue;
    const before = { after: ours.after.slice(), changed: ours.changed };
    rule.forgive(from, chip, ours);
    if (!same(before, ours)) used.push(rule);
  }
  return same(chip, ours) ? used : [];
}
