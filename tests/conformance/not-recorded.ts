/**
 * Rows of the opcode table that no vectors are made of, and why. The run counts and prints them: nothing is skipped
 * in silence. What needs ring 0, other segments or devices is checked by the system guests (`guests/conformance`).
 */
import type { Row } from "../../src/cpu/opcodes.ts";

interface Exclusion {
  readonly why: string;
  readonly holds: (row: Row) => boolean;
}

const mnemonics = (...names: string[]) => {
  const set = new Set(names);
  return (row: Row): boolean => set.has(row.mnemonic);
};

const EXCLUSIONS: readonly Exclusion[] = [
  {
    why: "not an instruction: a prefix, or what stands for encodings without a meaning (undefined-encodings.ts has those)",
    holds: (row) => row.key === "" || /^(?:prefix|x87_ud)$/.test(row.mnemonic),
  },
  {
    why: "the operating system emulates it for user programs (UMIP)",
    holds: mnemonics("sgdt", "sidt", "sldt", "str", "smsw"),
  },
  {
    why: "answers are the machine's own: features, time, performance counters",
    holds: mnemonics("cpuid", "rdtsc", "rdpmc"),
  },
  {
    why: "enters the operating system",
    holds: mnemonics("int", "sysenter"),
  },
  {
    why: "far transfers need descriptors of the recording system's tables",
    holds: (row) => /^(?:retf|iret.*)$/.test(row.mnemonic) || /^(?:Ap|Mp)$/.test(row.operands),
  },
  {
    why: "loads a segment register from the recording system's tables",
    holds: (row) =>
      /^l[defgs]s$/.test(row.mnemonic) ||
      row.operands.startsWith("Sw,") ||
      (row.mnemonic === "pop" && /^[D-GS]S$/.test(row.operands)),
  },
];

/** Why a row has no vectors; "" if it has to have some. */
export function whyNotRecorded(row: Row): string {
  return EXCLUSIONS.find(({ holds }) => holds(row))?.why ?? "";
}
