/**
 * The vector files: what the recorded processor made of the cases of a group of forms. A file is compressed (brotli):
 *
 *     u32        bytes of the header
 *     header     JSON: `Header`
 *     outcomes   for each form of the header, for each of its cases in order
 *
 * An outcome says only what is not as `expected` below has it:
 *
 *     10 bytes   a bit for each word of the state (`machine-state.ts`)
 *     u32 ...    those words, in order
 *     u8         count of runs of memory bytes that changed; for each
 *     u16 u16    its place (`runPlace`) and length, then the bytes
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { hashWords } from "../support/random.ts";
import type { Form } from "./forms.ts";
import { DATA, DATA_BYTES, STACK } from "./layout.ts";
import { type Case, EIP, type Outcome, type Patch, STATE_WORDS, VECTOR } from "./machine-state.ts";

const VEC_BP = 3;
const MAP_BYTES = Math.ceil(STATE_WORDS / 8);
const DIRECTORY = new URL("./vectors/", import.meta.url);

export interface RecordedForm {
  readonly id: string;
  readonly cases: number;
  /** Of the cases, so that vectors are never compared with what they were not recorded from. */
  readonly checksum: number;
  /** Length of its outcomes. */
  readonly bytes: number;
}

export interface Header {
  /** Name, family, model and stepping of the processor. */
  readonly processor: string;
  readonly system: string;
  readonly forms: readonly RecordedForm[];
}

/** After an instruction that only goes on to the INT3 behind it. */
function expected({ before, at, code }: Case): Int32Array {
  const after = before.slice();
  after[EIP] = at + code.length + 1;
  after[VECTOR] = VEC_BP;
  return after;
}

/** FNV of everything a case begins with. */
export function addToChecksum(checksum: number, { code, at, before, patches }: Case): number {
  let hash = hashWords(hashWords(hashWords(checksum, [at, code.length]), code), before);
  for (const { address, bytes } of patches) hash = hashWords(hashWords(hash, [address, bytes.length]), bytes);
  return hash;
}

const runPlace = (address: number): number =>
  address >= STACK ? address - STACK + DATA_BYTES : address - DATA;
const placeAddress = (place: number): number =>
  place >= DATA_BYTES ? place - DATA_BYTES + STACK : place + DATA;

export function encodeOutcome(from: Case, { after, changed }: Outcome): Uint8Array {
  const usual = expected(from);
  const map = new Uint8Array(MAP_BYTES);
  const words: number[] = [];
  for (let word = 0; word < STATE_WORDS; word++) {
    if (after[word] === usual[word]) continue;
    map[word >> 3] |= 1 << (word & 7);
    words.push(after[word]);
  }
  const runs = changed.map(({ address, bytes }) => {
    const head = Uint16Array.of(runPlace(address), bytes.length);
    return Buffer.concat([new Uint8Array(head.buffer), bytes]);
  });
  if (runs.length > 255) throw new Error("an instruction that changes memory in more than 255 places");
  return Buffer.concat([
    map,
    new Uint8Array(Int32Array.from(words).buffer),
    Uint8Array.of(runs.length),
    ...runs,
  ]);
}

/** Reads outcomes one after the other. */
export class OutcomeReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = at;
  }

  next(from: Case): Outcome {
    const { bytes, view } = this;
    const after = expected(from);
    const map = this.at;
    this.at += MAP_BYTES;
    for (let word = 0; word < STATE_WORDS; word++) {
      if (((bytes[map + (word >> 3)] >> (word & 7)) & 1) === 0) continue;
      after[word] = view.getInt32(this.at, true);
      this.at += 4;
    }
    const changed: Patch[] = [];
    for (let runs = bytes[this.at++]; runs > 0; runs--) {
      const address = placeAddress(view.getUint16(this.at, true));
      const length = view.getUint16(this.at + 2, true);
      changed.push({ address, bytes: bytes.subarray(this.at + 4, this.at + 4 + length) });
      this.at += 4 + length;
    }
    return { after, changed };
  }
}

export interface VectorFile {
  readonly header: Header;
  /** Outcomes of a form, or null if it was not recorded. */
  outcomesOf(form: Form): { readonly recorded: RecordedForm; readonly reader: OutcomeReader } | null;
}

const pathOf = (group: string): URL => new URL(`${group}.br`, DIRECTORY);

/** The vectors of a group; null if there are none. */
export function readVectors(group: string): VectorFile | null {
  const path = pathOf(group);
  if (!existsSync(path)) return null;
  const bytes = brotliDecompressSync(readFileSync(path));
  const length = bytes.readUInt32LE(0);
  const header = JSON.parse(bytes.toString("utf8", 4, 4 + length)) as Header;
  const places = new Map<string, { recorded: RecordedForm; at: number }>();
  let at = 4 + length;
  for (const recorded of header.forms) {
    places.set(recorded.id, { recorded, at });
    at += recorded.bytes;
  }
  return {
    header,
    outcomesOf: ({ id }) => {
      const place = places.get(id);
      if (place === undefined) return null;
      return { recorded: place.recorded, reader: new OutcomeReader(bytes, place.at) };
    },
  };
}

/** Returns the size of the file. */
export function writeVectors(group: string, header: Header, outcomes: readonly Uint8Array[]): number {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const raw = Buffer.concat([length, json, ...outcomes]);
  const bytes = brotliCompressSync(raw, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: Number(process.env.BROTLI_QUALITY ?? constants.BROTLI_MAX_QUALITY),
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
    },
  });
  writeFileSync(pathOf(group), bytes);
  return bytes.length;
}
