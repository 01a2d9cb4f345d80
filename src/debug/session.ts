/**
 * The machine's half of the dashboard: answers what the other thread asks, and runs the machine in pieces while a goal
 * is pursued. It knows neither threads nor time; whoever owns it brings messages and says how far to run.
 */
import { snapshotOf } from "../inspect/snapshot.ts";
import { TypedInput } from "../machine/typed-input.ts";
import type { Debugger } from "./debugger.ts";
import { monitor } from "./monitor.ts";
import { MonitorError } from "./monitor-error.ts";
import type { FromMachine, ToMachine } from "./protocol.ts";
import type { Stop } from "./stop.ts";

/** Messages that are about the machine itself. */
export type SessionMessage = Exclude<ToMachine, { kind: "speed" | "quit" }>;

/** Instructions between two characters, or FIFOs full of them, while the guest reads its input. */
const READING_STEP = 2_000;

export class Session {
  readonly target: Debugger;
  private readonly say: (message: FromMachine) => void;
  private readonly input: TypedInput;
  private textsSaid = 0;
  private wasRunning = false;
  /** Something was typed since the guest was last asked whether it takes it. */
  private news = false;
  private saidStop: Stop | null = null;

  constructor(target: Debugger, say: (message: FromMachine) => void) {
    this.target = target;
    this.say = say;
    this.input = new TypedInput(target.machine.board);
  }

  /** A goal is pursued, and there is something to do for it. */
  get busy(): boolean {
    return this.target.running && (!this.target.idle || this.news);
  }

  handle(message: SessionMessage): void {
    switch (message.kind) {
      case "snapshot": {
        const snapshot = snapshotOf(this.target.machine, this.target, message.wish);
        this.sayTexts();
        this.say({ kind: "snapshot", id: message.id, snapshot });
        break;
      }
      case "command": {
        const answer = this.answer(message.text);
        // Who hears the answer knows whether the machine runs now.
        this.sayState();
        this.say({ kind: "answer", id: message.id, ...answer });
        break;
      }
      case "input":
        this.input.add(message.bytes);
        this.news = true;
        break;
      case "keys":
        this.target.machine.board.keyboardController.typeSent(message.sent);
        this.news = true;
    }
  }

  /** Starts the machine: to run on, or to stop at an icount. */
  go(icount?: number): void {
    this.target.start(icount === undefined ? { kind: "continue" } : { kind: "until", icount });
    this.sayState();
  }

  /** Runs for at most so many instructions; fewer at a time while the guest reads what was typed. */
  advance(instructions: number): void {
    const { target } = this;
    const end = target.machine.icount + instructions;
    let step = this.input.waiting > 0 ? READING_STEP : instructions;
    while (target.running) {
      const taken = this.input.offer(target.machine.icount);
      if (taken > 0) step = READING_STEP;
      // A guest that sleeps, and does not take what there is, will not change its mind by itself.
      else if (target.idle) break;
      target.run(Math.min(step, end - target.machine.icount));
      step *= 2;
      if (target.machine.icount >= end) break;
    }
    this.news = false;
    this.sayTexts();
    this.sayState();
  }

  private answer(text: string): { lines: readonly string[]; failed: boolean } {
    try {
      return { lines: monitor(this.target, text).lines, failed: false };
    } catch (error) {
      if (!(error instanceof MonitorError)) throw error;
      return { lines: [`${error.message}.`], failed: true };
    }
  }

  /** Says whether the machine runs, when that has changed. */
  private sayState(): void {
    const { running, stop } = this.target;
    if (running && !this.wasRunning) this.say({ kind: "running" });
    if (stop !== null && stop !== this.saidStop) this.say({ kind: "stopped", stop });
    this.wasRunning = running;
    this.saidStop = stop;
  }

  /** Events carry numbers for texts: the texts that are new. */
  private sayTexts(): void {
    const { texts } = this.target.tap;
    if (texts.count === this.textsSaid) return;
    this.say({ kind: "texts", first: this.textsSaid, texts: texts.from(this.textsSaid) });
    this.textsSaid = texts.count;
  }
}
