/**
 * What a processor did: replays what was recorded on real hardware, flags that the SDM calls undefined included.
 *
 * `vectors/*.json` say on which processor. A case reads
 *
 *     f7e2 eax=10 edx=7b9b5189 SZ -> eax=b9b51890 edx=7 OSPC
 *     code, registers and memory before, flags before -> fault, what changed, flags after
 *
 * Registers not named hold BACKGROUND, memory not named holds 0. Cases touch three pages: WINDOW, whose last 128
 * bytes they use; the one after it, which is not mapped; and the next, which is read-only and full of 5a.
 *
 * Where processors are known, or documented, to differ in what the SDM leaves undefined, we do as the recorded one.
 * Its answers, beyond the SDM:
 *
 *     AND OR XOR TEST            AF clear
 *     SHL SHR SAR SHLD SHRD      AF clear; OF for counts above 1 as the first one-bit step sets it
 *     SHLD SHRD r16, above 16    the destination follows the source into the gap
 *     RCL RCR, ROL ROR           OF as above; ROL and ROR of a register by an immediate above 1 leave OF alone
 *     MUL IMUL                   SF PF of the low half; ZF and AF clear, ZF even for 0
 *     DIV IDIV                   no flag changes
 *     BSF BSR                    PF of the index, OF SF AF CF clear; of 0: PF set too, destination unchanged
 *     BT BTS BTR BTC             only CF changes
 *     DAA DAS AAA AAS            OF clear; AAA, AAS: SF ZF PF of AL
 *     AAM, AAD                   AAM: OF AF CF clear; AAD: those of the addition
 *     BSWAP r16                  0
 *     REP CMPS, REP SCAS         a page fault on the way finds the flags from before the instruction
 *     shifts of memory by 0      memory is written: a read-only page faults
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EIP } from "../../../src/cpu/state.ts";
import { Bench, CODE } from "../../support/cpu.ts";

interface Recording {
  readonly processor: string;
  readonly forms: Readonly<Record<string, readonly string[]>>;
}

const REGISTERS = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
const BACKGROUND = [
  0xa0a0a0a0, 0xc1c1c1c1, 0xd2d2d2d2, 0xb3b3b3b3, 0x0000_8000, 0xe5e5e5e5, 0x56565656, 0xf7f7f7f7,
];
const FLAGS: Readonly<Record<string, number>> = { O: 0x800, D: 0x400, S: 0x80, Z: 0x40, A: 0x10, P: 4, C: 1 };
const RECORDED_FLAGS = Object.values(FLAGS).reduce((all, flag) => all | flag);
const FAULTS: Readonly<Record<string, number>> = { "#DE": 0, "#UD": 6, "#PF": 14 };
const WINDOW = 0x8_0f80;
const WINDOW_BYTES = 128;
const READ_ONLY = 0x8_2000;

interface State {
  readonly registers: number[];
  readonly memory: Uint8Array;
  flags: number;
  fault: number | null;
}

const background = (): State => ({
  registers: [...BACKGROUND],
  memory: new Uint8Array(WINDOW_BYTES),
  flags: 0,
  fault: null,
});

/** Applies the words of one side of a case to a state. */
function apply(state: State, words: readonly string[]): State {
  for (const word of words) {
    const [name, value] = word.split("=");
    if (word.startsWith("#")) state.fault = FAULTS[word];
    else if (value === undefined)
      state.flags = [...word].reduce((flags, letter) => flags | (FLAGS[letter] ?? 0), 0);
    else if (name.startsWith("["))
      state.memory.set(Buffer.from(value, "hex"), Number.parseInt(name.slice(1), 16) - WINDOW);
    else state.registers[REGISTERS.indexOf(name)] = Number.parseInt(value, 16);
  }
  return state;
}

function copyOf(state: State): State {
  return { ...state, registers: [...state.registers], memory: Uint8Array.from(state.memory) };
}

const bench = new Bench();
bench.mmu.absent.add((READ_ONLY >>> 12) - 1);
bench.mmu.readOnly.add(READ_ONLY >>> 12);
bench.load(READ_ONLY, new Uint8Array(4096).fill(0x5a));

/** Runs `code` from `before`, `slice` instructions at a time. */
function run(code: Buffer, before: State, slice: number): State {
  const { cpu } = bench;
  bench.load(WINDOW - 0xf80, new Uint8Array(0xf80));
  bench.load(WINDOW, before.memory);
  bench.load(CODE, [...code, 0xf4]);
  before.registers.forEach((value, register) => {
    cpu.r[register] = value;
  });
  bench.flags = before.flags;
  cpu.r[EIP] = CODE;
  for (let slices = 0; !cpu.halted && slices < 1000; slices++) bench.step(slice);
  cpu.halted = false;
  return {
    fault: bench.takeFault(1)?.vector ?? null,
    registers: REGISTERS.map((_, register) => cpu.r[register] >>> 0),
    memory: Uint8Array.from(bench.bytes(WINDOW, WINDOW_BYTES)),
    flags: bench.flags & RECORDED_FLAGS,
  };
}

const directory = new URL("./vectors/", import.meta.url);
for (const file of readdirSync(directory)) {
  const recording = JSON.parse(readFileSync(new URL(file, directory), "utf8")) as Recording;
  describe(`${file}, recorded on ${recording.processor}`, () => {
    for (const [form, cases] of Object.entries(recording.forms)) {
      it(form, () => {
        for (const text of cases) {
          const [given, outcome] = text.split(" -> ").map((side) => side.split(" "));
          const code = Buffer.from(given[0], "hex");
          const before = apply(background(), given.slice(1));
          const after = apply({ ...copyOf(before), flags: 0 }, outcome);
          expect(run(code, before, 1000), text).toEqual(after);
          // However a repetition is cut up, the outcome is the same.
          expect(run(code, before, 1), `${text}, step by step`).toEqual(after);
        }
      });
    }
  });
}
