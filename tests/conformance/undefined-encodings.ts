/**
 * Encodings that mean nothing to our processor nor to any of Intel's up to now: they raise #UD everywhere, and no memory
 * operand of theirs is looked at. Keys as in `src/cpu/opcodes.ts`; with ModR/M where the processor fetches one.
 *
 * Left out are those that later processors have filled (SSE3 and on, VEX, EVEX, virtualisation): only older ones can tell.
 */
import type { Row } from "../../src/cpu/opcodes.ts";

const digits = (opcode: string, all: string, form = ""): string[] =>
  [...all].map((digit) => `${opcode}/${digit}${form}`);
const byRm = (group: string, all: string): string[] => [...all].map((rm) => `${group}r${rm}`);

/** With ModR/M. */
const KEYS: readonly string[] = [
  ...digits("8c", "67"),
  "8d/0r",
  "8d/7r",
  ...digits("8e", "167"),
  ...digits("c6", "123456"),
  ...digits("c7", "123456"),
  "d9/1m",
  ...byRm("d9/2", "1234567"),
  ...byRm("d9/4", "2367"),
  "d9/5r7",
  "da/4r",
  ...byRm("da/5", "0234567"),
  "da/6r",
  "da/7r",
  "db/4m",
  "db/6m",
  ...byRm("db/4", "567"),
  "db/7r",
  "dd/5m",
  "dd/6r",
  "dd/7r",
  ...byRm("de/3", "0234567"),
  ...byRm("df/4", "1234567"),
  "df/7r",
  ...digits("fe", "234567"),
  "ff/3r",
  "ff/5r",
  "ff/7",
  ...digits("0f 00", "67"),
  "np 0f 13/3r",
  "np 0f 17/5r",
  "np 0f 2b/1r",
  ...digits("np 0f 71", "01357", "r"),
  ...digits("np 0f 72", "01357", "r"),
  ...digits("np 0f 73", "013457", "r"),
  ...digits("np 0f 71", "26", "m"),
  ...digits("np 0f ae", "0123", "r"),
  "0f b2/1r",
  "0f b4/2r",
  "0f b5/3r",
  ...digits("0f ba", "0123"),
  "np 0f c3/4r",
  "np 0f c7/0m",
  "np 0f d7/1m",
  "np 0f e7/2r",
  "np 0f f7/3m",
];

/** Without. */
const BARE: readonly string[] = [
  ...["04", "0a", "0c", "24", "25", "26", "27", "36", "39", "3b", "3c", "3d", "3e", "3f"].map(
    (op) => `0f ${op}`,
  ),
  ...["6c", "6d", "7a", "7b", "7c", "7d", "a6", "d0", "d6", "e6", "f0"].map((op) => `np 0f ${op}`),
];

const rowOf = (key: string, operands: string): Row => ({
  key,
  mnemonic: "undefined",
  operands,
  ends: 1,
  lock: false,
  simple: false,
  feature: "",
});

/** As rows of the opcode table, which it has not. */
export const undefinedRows: readonly Row[] = [
  ...KEYS.map((key) => rowOf(key, "E")),
  ...BARE.map((key) => rowOf(key, "")),
];
