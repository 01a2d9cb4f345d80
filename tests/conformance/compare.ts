/** Compares what our processor made of a case with what the recorded one did. */
import type { Form } from "./forms.ts";
import {
  type Case,
  FCW,
  GPR,
  type Outcome,
  type Patch,
  ST,
  STATE_WORDS,
  VECTOR,
  wordName,
  XMM,
} from "./machine-state.ts";

const hex = (value: number): string => (value >>> 0).toString(16);
const hexBytes = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function sameMemory(a: readonly Patch[], b: readonly Patch[]): boolean {
  if (a.length !== b.length) return false;
  return a.every(
    (patch, i) => patch.address === b[i].address && Buffer.compare(patch.bytes, b[i].bytes) === 0,
  );
}

export function same(chip: Outcome, ours: Outcome): boolean {
  for (let word = 0; word < STATE_WORDS; word++) if (chip.after[word] !== ours.after[word]) return false;
  return sameMemory(chip.changed, ours.changed);
}

const memoryText = (patches: readonly Patch[]): string =>
  patches.map(({ address, bytes }) => `[${hex(address)}]=${hexBytes(bytes)}`).join(" ") || "no memory";

/** "eflags: expected 246, got 247", one line for each difference. */
export function differences(from: Case, chip: Outcome, ours: Outcome): string[] {
  const lines: string[] = [];
  for (let word = 0; word < STATE_WORDS; word++) {
    const expected = chip.after[word];
    const got = ours.after[word];
    if (expected === got) continue;
    lines.push(
      `${wordName(word)}: was ${hex(from.before[word])}, expected ${hex(expected)}, got ${hex(got)}`,
    );
  }
  if (!sameMemory(chip.changed, ours.changed)) {
    lines.push(`memory: expected ${memoryText(chip.changed)}, got ${memoryText(ours.changed)}`);
  }
  return lines;
}

/** What a case begins with, in lines for people; of the FPU only for instructions that may use it. */
export function describeBefore({ before, patches }: Case, { group }: Form): string[] {
  const line = (from: number, to: number): string => {
    const parts: string[] = [];
    for (let word = from; word < to; word++) parts.push(`${wordName(word)}=${hex(before[word])}`);
    return parts.join(" ");
  };
  const st = (i: number): string => {
    const at = ST + i * 3;
    const text = (value: number, digits: number) => hex(value).padStart(digits, "0");
    return `r${i}=${text(before[at + 2], 4)}:${text(before[at + 1], 8)}${text(before[at], 8)}`;
  };
  const xmm = (i: number): string => {
    const words = [3, 2, 1, 0].map((lane) => hex(before[XMM + i * 4 + lane]).padStart(8, "0"));
    return `xmm${i}=${words.join("_")}`;
  };
  const eight = [0, 1, 2, 3, 4, 5, 6, 7];
  const lines = [line(GPR, VECTOR)];
  if (/^(?:x87|mmx|sse)/.test(group)) {
    lines.push(line(FCW, ST), eight.map(st).join(" "));
    if (/^sse|control/.test(group)) lines.push(eight.map(xmm).join(" "));
  }
  if (patches.length > 0) lines.push(memoryText(patches));
  return lines;
}
