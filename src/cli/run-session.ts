/**
 * One run of a machine on behalf of the command line: console out, keys in, limits kept, report at the end.
 *
 * The machine runs in slices with a turn of the event loop between them, so that signals, a closed pipe and
 * typed keys are noticed. Slices end at exact instruction counts and so change nothing in the guest.
 */
import { setImmediate, setTimeout } from "node:timers/promises";
import { GUEST_HZ, type Machine, type RunOutcome } from "../machine/machine.ts";
import type { RunOptions } from "./commands/run.ts";
import { catalogGuest } from "./guest-catalog.ts";
import { Keyboard } from "./keyboard.ts";
import { type PreparedRun, prepare } from "./prepare.ts";
import { jsonReport } from "./report/json.ts";
import { summaryReport } from "./report/summary.ts";
import { type EndReason, type RunResult, statusOf } from "./run-result.ts";
import { standardOutputFailed } from "./standard-output.ts";
import { StopRequest } from "./stop-request.ts";
import { STDOUT, type TraceFile } from "./trace-file.ts";
import { tuneV8 } from "./tune-v8.ts";

/** Instructions between two turns of the event loop: some tens of milliseconds. */
const SLICE = 1_000_000;
/** The same while the trace gathers for standard output. */
const TRACED_SLICE = 100_000;
/** Instructions between two characters, or FIFOs full of them, while the guest reads its input. */
const READING_STEP = 2_000;
/** The longest sleep in milliseconds while guest time waits for real time. */
const LONGEST_SLEEP = 50;

export async function runCommand(name: string, options: RunOptions): Promise<number> {
  tuneV8();
  const guest = catalogGuest(name);
  const prepared = prepare(name, guest, options);
  const result = await new RunSession(name, prepared, options).run();
  if (result.reason === "closed") return result.status;
  const violations = prepared.audit?.reportText(prepared.texts) ?? "";
  if (violations !== "") process.stderr.write(gapFor(prepared, result) + violations);
  const report = options.report ?? "summary";
  if (report === "json") process.stdout.write(`${JSON.stringify(jsonReport(result), null, 2)}\n`);
  if (report === "summary") {
    process.stderr.write((violations === "" ? gapFor(prepared, result) : "") + summaryReport(result));
  }
  return result.status;
}

/** A line break where the cursor of a terminal is not at the start of a line. */
function gapFor({ console }: PreparedRun, { reason }: RunResult): string {
  // A terminal shows Ctrl-C as ^C where the cursor is.
  const echoed = reason === "interrupted" && process.stdin.isTTY;
  return process.stderr.isTTY && (console.isMidLine || echoed) ? "\n" : "";
}

export class RunSession {
  private readonly name: string;
  private readonly prepared: PreparedRun;
  private readonly machine: Machine;
  private readonly options: RunOptions;
  private readonly stop: StopRequest;
  private readonly keyboard: Keyboard | null;
  private readonly started = performance.now();

  constructor(name: string, prepared: PreparedRun, options: RunOptions) {
    const { machine } = prepared;
    const stop = new StopRequest(options.timeout);
    const quit = () => stop.ask("interrupted");
    this.name = name;
    this.prepared = prepared;
    this.machine = machine;
    this.options = options;
    this.stop = stop;
    this.keyboard = options.ui === "console" ? new Keyboard(machine.board, quit) : null;
  }

  async run(): Promise<RunResult> {
    const { console, files, trace, audit, dirtyLog } = this.prepared;
    let reason: EndReason;
    try {
      reason = await this.loop();
    } finally {
      // Whatever happened, also a defect of ours: what the guest has printed comes out first.
      this.keyboard?.close();
      await this.stop.wait(console.flush());
      this.stop.close();
      for (const file of files) file.close();
      if (trace !== null) await this.closeTrace(trace);
    }
    if (standardOutputFailed()) reason = "closed";
    dirtyLog?.endRound();
    return {
      image: this.name,
      machine: this.machine,
      reason,
      status: statusOf(reason, this.machine, this.prepared.success, this.stop.signal),
      guestStatus: this.machine.exitStatus,
      hostSeconds: (performance.now() - this.started) / 1000,
      trace,
      audit,
      dirtyLog,
      isSilent: console.isSilent,
    };
  }

  /** A reader of standard output that has stopped reading must not keep us. */
  private closeTrace(trace: TraceFile): Promise<void> {
    return this.stop.wait(trace.close());
  }

  private async loop(): Promise<EndReason> {
    const { machine, stop, keyboard } = this;
    const { trace, audit, dirtyLog } = this.prepared;
    const limit = this.options.maxIcount ?? Number.POSITIVE_INFINITY;
    for (;;) {
      const reason = this.runSlice(limit);
      dirtyLog?.advance();
      for (const file of this.prepared.files) file.flush();
      if (trace !== null) await stop.wait(trace.flush());
      await stop.wait(this.prepared.console.flush());
      if (standardOutputFailed()) return "closed";
      if (audit !== null && audit.violations.length > 0) return "audit";
      if (reason === "halted") {
        if (keyboard === null || keyboard.ended || !machine.interruptible) return "halted";
        await stop.wait(keyboard.arrival());
      } else if (reason !== "icount") return reason;
      if (machine.icount >= limit) return "icount";
      await stop.wait(this.turn());
      if (stop.reason !== null) return stop.reason;
    }
  }

  /** Runs for a slice at most; in steps that are small while the guest reads its input. */
  private runSlice(limit: number): RunOutcome["reason"] {
    const { machine, keyboard } = this;
    const { dirtyLog } = this.prepared;
    const slice = this.prepared.trace?.path === STDOUT ? TRACED_SLICE : SLICE;
    const end = Math.min(machine.icount + slice, limit, dirtyLog?.roundEnd ?? limit);
    let step = keyboard === null ? slice : READING_STEP;
    let reason: RunOutcome["reason"] = "icount";
    for (;;) {
      const taken = keyboard?.offer(machine.icount) ?? 0;
      if (reason === "halted" && taken === 0) return "halted";
      if (machine.icount >= end) return "icount";
      if (taken > 0) step = READING_STEP;
      ({ reason } = machine.run(Math.min(machine.icount + step, end)));
      step *= 2;
      if (reason !== "icount" && reason !== "halted") return reason;
    }
  }

  /** Lets the event loop run; while someone may type, also keeps guest time from running ahead. */
  private turn(): Promise<void> {
    const guest = (this.machine.icount / GUEST_HZ) * 1000;
    const mayType = this.keyboard !== null && !this.keyboard.ended;
    const ahead = mayType ? guest - (performance.now() - this.started) : 0;
    return ahead > 1 ? setTimeout(Math.min(ahead, LONGEST_SLEEP)) : setImmediate();
  }
}
