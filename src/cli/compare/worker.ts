/** The thread that runs one guest under one policy, and then answers questions about its memory. */
import { Writable } from "node:stream";
import { parentPort, workerData } from "node:worker_threads";
import { machineDigest } from "../../inspect/machine-digest.ts";
import { stateHash } from "../../inspect/state-hash.ts";
import type { Machine } from "../../machine/machine.ts";
import { CommandError } from "../exit-status.ts";
import { catalogGuest } from "../guest-catalog.ts";
import { prepare } from "../prepare.ts";
import { RunSession } from "../run-session.ts";
import type { FromWorker, Job } from "./job.ts";

const PAGE_BYTES = 4096;

/** Keeps what is written. */
class Capture extends Writable {
  private readonly chunks: Uint8Array[] = [];

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.chunks.push(chunk);
    done();
  }

  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.chunks));
  }
}

function say(message: FromWorker): void {
  parentPort?.postMessage(message);
}

async function runJob({ image, options, choice }: Job): Promise<Machine> {
  const guest = catalogGuest(image);
  const console = new Capture();
  const prepared = prepare(image, guest, options, { choice, stream: console });
  const result = await new RunSession(image, prepared, options).run();
  const { machine, reason, status, hostSeconds } = result;
  say({
    kind: "finished",
    reason,
    status,
    instructions: machine.instructions,
    icount: machine.icount,
    console: console.bytes,
    stats: machine.shadow === null ? null : { ...machine.shadow.stats },
    stateHash: stateHash(machine),
    digest: machineDigest(machine),
    hostSeconds,
  });
  return machine;
}

try {
  const { linear } = await runJob(workerData as Job);
  parentPort?.on("message", (frame: number) => {
    const at = linear.layout.ram + frame * PAGE_BYTES;
    say({ kind: "page", bytes: linear.u8.slice(at, at + PAGE_BYTES) });
  });
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  say({ kind: "refused", message: error.message, status: error.status });
}
