/** Asks this machine's processor: builds the recorder, feeds it cases, reads its answers. */
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CODE_BYTES, DATA_BACKGROUND, READ_ONLY_BACKGROUND, STACK_BACKGROUND } from "./layout.ts";
import { type Case, type Outcome, type Patch, STATE_WORDS, turnRegisters } from "./machine-state.ts";

const GCC_OPTIONS =
  "-m32 -nostdlib -static -no-pie -fno-pic -O1 -fno-stack-protector -mgeneral-regs-only -Wl,-z,noexecstack";
/** Seconds; a recorder that hangs has met an exception that the kernel does not report. */
const PATIENCE = 120;
/** Cases written to the recorder's input at a time. */
const BATCH = 1000;

const words = (...values: number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);
const padding = (length: number): Uint8Array => new Uint8Array(-length & 3);

/** A case as the recorder reads it. */
function caseBytes({ before, at, code, patches }: Case): Uint8Array {
  const state = before.slice();
  turnRegisters(state, -1);
  const padded = new Uint8Array(CODE_BYTES);
  padded.set(code);
  const parts = [new Uint8Array(state.buffer), words(at, code.length), padded, words(patches.length)];
  for (const { address, bytes } of patches) {
    parts.push(words(address, bytes.length), bytes, padding(bytes.length));
  }
  return Buffer.concat(parts);
}

/** The recorder's answers, one after the other. */
export class Answers {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get done(): boolean {
    return this.at === this.bytes.length;
  }

  next(): Outcome {
    const { bytes } = this;
    const after = new Int32Array(STATE_WORDS);
    for (let word = 0; word < STATE_WORDS; word++) after[word] = bytes.readInt32LE(this.at + word * 4);
    turnRegisters(after, 1);
    this.at += STATE_WORDS * 4;
    const changed: Patch[] = [];
    const runs = bytes.readUInt32LE(this.at);
    this.at += 4;
    for (let run = 0; run < runs; run++) {
      const address = bytes.readUInt32LE(this.at);
      const length = bytes.readUInt32LE(this.at + 4);
      changed.push({ address, bytes: bytes.subarray(this.at + 8, this.at + 8 + length) });
      this.at += 8 + length + padding(length).length;
    }
    return { after, changed };
  }
}

export class Silicon {
  private readonly directory: string;
  private readonly recorder: string;

  /** Builds the recorder in a temporary directory, which `close` removes. */
  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), "recorder-"));
    this.recorder = join(this.directory, "recorder");
    const source = fileURLToPath(new URL("./recorder/recorder.c", import.meta.url));
    execFileSync("gcc", [...GCC_OPTIONS.split(" "), "-o", this.recorder, source], { stdio: "inherit" });
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Runs all cases, each from a state of its own. */
  ask(cases: Iterable<Case>): Answers {
    const casesPath = join(this.directory, "cases");
    const answersPath = join(this.directory, "answers");
    const input = openSync(casesPath, "w");
    let batch: Uint8Array[] = [DATA_BACKGROUND, READ_ONLY_BACKGROUND, STACK_BACKGROUND];
    for (const one of cases) {
      batch.push(caseBytes(one));
      if (batch.length < BATCH) continue;
      writeSync(input, Buffer.concat(batch));
      batch = [];
    }
    writeSync(input, Buffer.concat(batch));
    closeSync(input);
    const stdin = openSync(casesPath, "r");
    const stdout = openSync(answersPath, "w");
    const { status, signal } = spawnSync(this.recorder, {
      stdio: [stdin, stdout, "inherit"],
      timeout: PATIENCE * 1000,
    });
    closeSync(stdin);
    closeSync(stdout);
    if (status !== 0) throw new Error(`the recorder ended with status ${status}, signal ${signal}`);
    return new Answers(readFileSync(answersPath));
  }
}

/** Name, family, model and stepping. */
export function processorName(): string {
  const text = readFileSync("/proc/cpuinfo", "utf8");
  const field = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, "m").exec(text)?.[1] ?? "?";
  return `${field("model name")}, family ${field("cpu family")} model ${field("model")} stepping ${field("stepping")}`;
}
