/**
 * `npm run fuzz:cpu -- [--seconds N] [--shard I/N] [--seed N] [--stream K]`: random and mutated instruction streams in
 * random modes. Each runs twice from the same state, the second time in other slices; both must end alike, without a host
 * exception and with every invariant of the state block intact. A stream that takes ten seconds counts as a hang.
 */
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { Random } from "../../support/random.ts";
import { MODES, makeScene, type Scene } from "./scene.ts";
import { type Ending, Subject } from "./subject.ts";

const USAGE =
  "fuzz:cpu takes --seconds N, --shard I/N (1/2 and 2/2 share the streams), --seed N and --stream K.";

interface Options {
  readonly seconds: number;
  readonly shard: number;
  readonly shards: number;
  readonly seed: number;
  readonly stream: number | null;
}

function fail(sentence: string): never {
  process.stderr.write(`fuzz:cpu: ${sentence} ${USAGE}\n`);
  process.exit(2);
}

function parse(): Options {
  let values: Record<string, string | undefined>;
  try {
    ({ values } = parseArgs({
      options: {
        seconds: { type: "string", default: "60" },
        shard: { type: "string", default: "1/1" },
        seed: { type: "string", default: "1" },
        stream: { type: "string" },
      },
    }) as { values: Record<string, string | undefined> });
  } catch (error) {
    fail(`${(error as Error).message}.`);
  }
  const whole = (name: string): number => {
    const text = values[name] ?? "";
    if (!/^\d+$/.test(text)) fail(`--${name} ${text} is not a whole number.`);
    return Number(text);
  };
  const [, i, n] = /^(\d+)\/(\d+)$/.exec(values.shard ?? "") ?? fail(`--shard ${values.shard} is not I/N.`);
  const shard = Number(i);
  const shards = Number(n);
  if (shard < 1 || shard > shards) fail(`--shard ${values.shard}: I goes from 1 to N.`);
  return {
    seconds: whole("seconds"),
    shard,
    shards,
    seed: whole("seed"),
    stream: values.stream === undefined ? null : whole("stream"),
  };
}

// --- A stream ----------------------------------------------------------------------------------------------------------

const subjects = new Map<string, Subject>();

function subjectFor({ model, shadow }: Scene): Subject {
  const key = `${model} ${shadow}`;
  let subject = subjects.get(key);
  if (subject === undefined) {
    subject = new Subject(model, shadow);
    subjects.set(key, subject);
  }
  return subject;
}

const firstRam = new Uint8Array(1 << 17);

/** The first difference of two endings, or null. */
function difference(first: Ending, second: Ending): string | null {
  const { words: a, ...restA } = first.cpu;
  const { words: b, ...restB } = second.cpu;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i])
      return `state word ${i}: ${(a[i] >>> 0).toString(16)} and then ${(b[i] >>> 0).toString(16)}`;
  }
  const [textA, textB] = [JSON.stringify(restA), JSON.stringify(restB)];
  if (textA !== textB) return `${textA} and then ${textB}`;
  if (Buffer.compare(firstRam, second.ram) !== 0) {
    const at = firstRam.findIndex((byte, i) => byte !== second.ram[i]);
    return `memory at ${at.toString(16)}: ${firstRam[at].toString(16)} and then ${second.ram[at].toString(16)}`;
  }
  return null;
}

/** Runs one stream. Returns the scene, and what is wrong, or null. */
function attempt(seed: number, stream: number): { scene: Scene; problem: string | null } {
  const random = new Random(Math.imul(seed, 0x0100_0193) ^ stream);
  const scene = makeScene(stream, random);
  const subject = subjectFor(scene);
  try {
    const first = subject.run(scene, 1 << 20);
    firstRam.set(first.ram);
    const second = subject.run(scene, 1 + random.below(9));
    return { scene, problem: difference(first, second) };
  } catch (error) {
    subjects.clear();
    return { scene, problem: (error as Error).stack ?? String(error) };
  }
}

// --- The campaign ------------------------------------------------------------------------------------------------------

/** Ends the process if the number in the shared word stands still. */
const WATCHDOG = `
  const { workerData } = require("node:worker_threads");
  const { writeSync } = require("node:fs");
  const word = new Float64Array(workerData);
  let last = -1;
  setInterval(() => {
    if (word[0] === last) {
      writeSync(2, "fuzz:cpu: stream " + last + " hangs\\n");
      process.kill(process.pid, "SIGKILL");
    }
    last = word[0];
  }, 10000);
`;

const LIMIT_OF_FAILURES = 100;

function campaign({ seconds, shard, shards, seed }: Options): number {
  const shared = new SharedArrayBuffer(8);
  const word = new Float64Array(shared);
  new Worker(WATCHDOG, { eval: true, workerData: shared }).unref();
  const end = performance.now() + seconds * 1000;
  const perMode: Record<string, number> = Object.fromEntries(MODES.map((mode) => [mode, 0]));
  let streams = 0;
  let failures = 0;
  for (let stream = shard - 1; performance.now() < end; stream += shards) {
    word[0] = stream;
    const { scene, problem } = attempt(seed, stream);
    streams++;
    perMode[scene.mode]++;
    if (problem === null) continue;
    failures++;
    process.stdout.write(
      `FAIL --seed ${seed} --stream ${stream} (${scene.mode}, ${scene.model}): ${problem}\n`,
    );
    if (failures === LIMIT_OF_FAILURES) break;
  }
  const modes = Object.entries(perMode).map(([mode, count]) => `${mode} ${count}`);
  process.stdout.write(
    `${streams} streams, ${failures} failed; seed ${seed}, shard ${shard}/${shards}\n${modes.join(", ")}\n`,
  );
  return failures === 0 ? 0 : 1;
}

const options = parse();
if (options.stream !== null) {
  const { scene, problem } = attempt(options.seed, options.stream);
  const code = [...scene.ram.subarray(0x1000, 0x1040)].map((byte) => byte.toString(16).padStart(2, "0"));
  process.stdout.write(
    `stream ${options.stream}: ${scene.mode}, ${scene.model}, ${scene.shadow ? "shadow" : "bare"}\n`,
  );
  process.stdout.write(`code ${code.join(" ")}\n${problem ?? "ends alike both times"}\n`);
  process.exitCode = problem === null ? 0 : 1;
} else {
  process.exitCode = campaign(options);
}
