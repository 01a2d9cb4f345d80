/**
 * The thread of a machine that someone watches: runs it in slices of some milliseconds, and listens between them.
 */
import { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import type { FromMachine, Leaving, ToMachine } from "../../debug/protocol.ts";
import { Session } from "../../debug/session.ts";
import { GUEST_HZ } from "../../machine/machine.ts";
import { CommandError } from "../exit-status.ts";
import { catalogGuest } from "../guest-catalog.ts";
import { type PreparedRun, prepare } from "../prepare.ts";
import { jsonReport } from "../report/json.ts";
import { summaryReport } from "../report/summary.ts";
import { type EndReason, type RunResult, statusOf } from "../run-result.ts";
import type { MachineJob } from "./job.ts";
import { Pace } from "./pace.ts";

/** Host milliseconds that a slice should take: messages wait no longer. */
const SLICE_MS = 8;
const FIRST_SLICE = 100_000;
const SHORTEST_SLICE = 1_000;
const LONGEST_SLICE = 10_000_000;
/** Guest time that is slept through at once: the longest that a slice may be while the guest is halted. */
const HALTED_SLICE = GUEST_HZ / 100;

const { image, options, paused } = workerData as MachineJob;

function say(message: FromMachine): void {
  parentPort?.postMessage(message);
}

/** The console's bytes as messages. */
const consoleStream = new Writable({
  write(chunk: Uint8Array, _encoding, done): void {
    say({ kind: "console", bytes: Uint8Array.from(chunk) });
    done();
  },
});

class MachineThread {
  private readonly prepared: PreparedRun;
  private readonly session: Session;
  private readonly pace: Pace;
  /** Milliseconds that the machine ran. */
  private ran = 0;
  private slice = FIRST_SLICE;
  /** Why the run is over, as far as the machine itself does not say; null while it goes on. */
  private leaving: Leaving | null = null;
  private wake: (() => void) | null = null;

  constructor() {
    const guest = catalogGuest(image);
    this.prepared = prepare(image, guest, options, {
      stream: consoleStream,
      control: { input: true },
      shared: true,
    });
    const { debugger: target, machine } = this.prepared;
    if (target === null) throw new Error("a machine was prepared without what controls it");
    target.endAt = options.maxIcount ?? Number.POSITIVE_INFINITY;
    target.whyStopped = () => "the audit found an invariant broken";
    this.session = new Session(target, say);
    this.pace = new Pace(machine.icount, performance.now());
    const { layout, u8 } = machine.linear;
    say({
      kind: "ready",
      memory: u8.buffer as unknown as SharedArrayBuffer,
      ring: layout.ring,
      ringBytes: layout.ringBytes,
      hz: GUEST_HZ,
    });
    parentPort?.on("message", (message: ToMachine) => this.hear(message));
  }

  async run(): Promise<void> {
    if (!paused) this.session.go();
    while (this.leaving === null) {
      if (this.session.busy) await this.runSlice();
      else await this.message();
      if (this.leaving !== null) break;
      await this.rest();
    }
    await this.finish(this.leaving);
  }

  private async runSlice(): Promise<void> {
    const { machine, dirtyLog, console, files } = this.prepared;
    const before = performance.now();
    const limit = this.pace.sliceLimit(machine.cpu.halted ? HALTED_SLICE : LONGEST_SLICE);
    const room = dirtyLog === null ? limit : Math.max(dirtyLog.roundEnd - machine.icount, 1);
    this.session.advance(Math.min(this.slice, limit, room));
    dirtyLog?.advance();
    for (const file of files) file.flush();
    await console.flush();
    const took = performance.now() - before;
    this.ran += took;
    if (took > SLICE_MS * 1.5) this.slice = Math.max(SHORTEST_SLICE, Math.floor(this.slice / 2));
    else if (took < SLICE_MS / 2) this.slice = Math.min(LONGEST_SLICE, this.slice * 2);
  }

  /** One turn of the event loop, or a sleep while the guest is ahead of the time it is given. */
  private async rest(): Promise<void> {
    const { machine, trace } = this.prepared;
    if (trace !== null) await trace.flush();
    await setImmediate();
    if (!this.session.busy) return;
    const wait = this.pace.wait(machine.icount, machine.cpu.halted, performance.now());
    if (wait < 1) return;
    const timer = setTimeout(() => this.wake?.(), wait);
    await this.message();
    clearTimeout(timer);
  }

  private message(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private hear(message: ToMachine): void {
    if (message.kind === "speed") {
      this.pace.setLimit(message.limit, this.prepared.machine.icount, performance.now());
    } else if (message.kind === "quit") this.leaving = message.leaving;
    else this.session.handle(message);
    this.wake?.();
  }

  private async finish(leaving: Leaving): Promise<void> {
    const { machine, success, trace, audit, dirtyLog, console, files, texts } = this.prepared;
    await console.flush();
    for (const file of files) file.close();
    if (trace !== null) await trace.close();
    dirtyLog?.endRound();
    const reason = this.endReason(leaving);
    const signal = leaving.kind === "interrupted" ? leaving.signal : 0;
    const result: RunResult = {
      image,
      machine,
      reason,
      status: statusOf(reason, machine, success, signal),
      guestStatus: machine.exitStatus,
      hostSeconds: this.ran / 1000,
      trace,
      audit,
      dirtyLog,
      isSilent: console.isSilent,
    };
    const violations = audit?.reportText(texts) ?? "";
    const document = options.report === "json" ? `${JSON.stringify(jsonReport(result), null, 2)}\n` : "";
    const words = (options.report ?? "summary") === "summary" ? summaryReport(result) : "";
    say({ kind: "finished", status: result.status, document, words: violations + words });
    parentPort?.close();
  }

  /** What came first: a guest that has ended did so before anyone left. */
  private endReason(leaving: Leaving): EndReason {
    const { audit } = this.prepared;
    if (audit !== null && audit.violations.length > 0) return "audit";
    const { stop } = this.session.target;
    return stop?.kind === "ended" ? stop.reason : leaving.kind;
  }
}

try {
  await new MachineThread().run();
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  say({ kind: "refused", message: error.message, status: error.status });
  parentPort?.close();
}
