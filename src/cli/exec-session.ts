/** One run for `umbra exec`: to a point, then the commands in turn, each to its end. */
import { basename } from "node:path";
import { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { filterProblem } from "../dashboard/filter-problem.ts";
import { isScreen, screenNames } from "../dashboard/screen-text.ts";
import { parseUntil } from "../debug/commands/running.ts";
import type { Debugger } from "../debug/debugger.ts";
import type { Goal } from "../debug/goal.ts";
import { parseQuestion, type Question } from "../debug/monitor.ts";
import { MonitorError } from "../debug/monitor-error.ts";
import { type Stop, stopText } from "../debug/stop.ts";
import { snapshotOf } from "../inspect/snapshot.ts";
import { GUEST_HZ } from "../machine/machine.ts";
import { RingReader } from "../trace/ring.ts";
import type { ExecOptions } from "./commands/exec.ts";
import { screenLines } from "./dashboard/screen-lines.ts";
import {
  CommandError,
  STATUS_BROKEN_PIPE,
  STATUS_LIMIT,
  STATUS_OK,
  STATUS_SIGNAL,
  STATUS_USAGE,
} from "./exit-status.ts";
import { catalogGuest } from "./guest-catalog.ts";
import { machineWords } from "./machine-words.ts";
import { choosePolicy } from "./policy-options.ts";
import { type PreparedRun, prepare } from "./prepare.ts";
import { standardOutputFailed } from "./standard-output.ts";
import { StopRequest } from "./stop-request.ts";
import { tuneV8 } from "./tune-v8.ts";

/** Instructions between two turns of the event loop: some tens of milliseconds. */
const SLICE = 1_000_000;
const BARE = "there is no shadow MMU: the machine is bare";

/** A question of the monitor, a screen of the dashboard, or the filter of the events that screens show. */
type Asked = { readonly text: string } & (
  | Question
  | { readonly screen: string }
  | { readonly filter: string }
);

export async function execCommand(
  image: string,
  texts: readonly string[],
  options: ExecOptions,
): Promise<number> {
  tuneV8();
  const { until, ...machineOptions } = options;
  const choice = choosePolicy(machineOptions);
  const goal: Goal =
    until === undefined ? { kind: "continue" } : understood("--until", () => parseUntil(until));
  const questions = texts.map((text): Asked => {
    const screen = screenAsked(text);
    if (screen !== null) return { text, screen };
    const filter = filterAsked(text);
    if (filter !== null) return { text, filter };
    const question = understood("", () => parseQuestion(text));
    if (question.needsShadow && choice.mmu !== "shadow") throw unusable(`'${text}': ${BARE}`);
    return { ...question, text };
  });
  const guest = catalogGuest(image);
  const console = new KeptConsole();
  const prepared = prepare(image, guest, machineOptions, {
    choice,
    stream: console,
    control: { input: false },
  });
  const { debugger: target } = prepared;
  if (target === null) throw new Error("the machine is not under control");
  const session = new ExecSession(image, prepared, target, console, machineOptions);
  try {
    return await session.run(goal, until, questions);
  } finally {
    await session.close();
  }
}

/** The guest's console on standard error, and all of it for `screen`. */
class KeptConsole extends Writable {
  readonly chunks: Uint8Array[] = [];

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.chunks.push(Uint8Array.from(chunk));
    process.stderr.write(chunk, () => done());
  }
}

/** The screen that `screen N` names; null if that is no such command. Throws for a screen that does not exist. */
function screenAsked(text: string): string | null {
  const match = /^\s*screen(?:\s+(.*))?$/.exec(text);
  if (match === null) return null;
  const which = (match[1] ?? "").trim();
  if (!isScreen(which)) throw unusable(`there is no screen '${which}'; there are ${screenNames()}`);
  return which;
}

/** The words after `filter`; null if that is no such command. Throws for words that are no filter. */
function filterAsked(text: string): string | null {
  const match = /^\s*filter(?:\s+(.*))?$/.exec(text);
  if (match === null) return null;
  const words = (match[1] ?? "").trim();
  const problem = filterProblem(words);
  if (problem !== null) throw new CommandError(`'${text.trim()}': ${problem}`, STATUS_USAGE);
  return words;
}

const unusable = (sentence: string): CommandError => new CommandError(`${sentence}.`, STATUS_USAGE);

/** What a MonitorError says becomes the command's own sentence. */
function understood<T>(option: string, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof MonitorError)) throw error;
    throw unusable(option === "" ? error.message : `${option}: ${error.message}`);
  }
}

/** What kept a goal from its end: the status that this process ends with, and why in words. */
interface Cut {
  readonly status: number;
  readonly why: string;
  /** Nobody wants to hear more. */
  readonly final: boolean;
}

class ExecSession {
  private readonly image: string;
  private readonly options: Omit<ExecOptions, "until">;
  private readonly prepared: PreparedRun;
  private readonly target: Debugger;
  private readonly console: KeptConsole;
  private readonly limit: number;
  private readonly stop: StopRequest;
  /** Words that events must pass on screens. */
  private filter = "";

  constructor(
    image: string,
    prepared: PreparedRun,
    target: Debugger,
    console: KeptConsole,
    options: Omit<ExecOptions, "until">,
  ) {
    const { maxIcount, timeout } = options;
    this.options = options;
    this.image = image;
    this.prepared = prepared;
    this.target = target;
    this.console = console;
    this.limit = maxIcount ?? Number.POSITIVE_INFINITY;
    this.stop = new StopRequest(timeout);
  }

  async run(goal: Goal, until: string | undefined, questions: readonly Asked[]): Promise<number> {
    const { machine } = this.prepared;
    let status = STATUS_OK;
    this.target.start(goal);
    const end = await this.drive();
    if ("why" in end && end.final) return end.status;
    if (until !== undefined) {
      if ("why" in end) {
        status = end.status;
        this.say(`${end.why} ended the run at instruction ${machine.icount}, before --until ${until}`);
      } else if (end.kind === "ended") {
        this.say(`the guest ended at instruction ${machine.icount}, before --until ${until}`);
      } else if (end.kind === "event") {
        this.say(`stopped at instruction ${machine.icount} by ${stopText(end)}`);
      }
    }
    for (const asked of questions) {
      const title = questions.length > 1 ? [`(${asked.text})`] : [];
      if ("filter" in asked) {
        this.filter = asked.filter;
        continue;
      }
      if ("screen" in asked) {
        await this.stop.wait(this.prepared.console.flush());
        this.answer([...title, ...(await this.screen(asked.screen))]);
        continue;
      }
      const { lines, started } = understood("", () => asked.answer(this.target));
      this.answer([...title, ...lines]);
      if (!started) continue;
      const stop = await this.drive();
      if ("why" in stop) {
        status = stop.status;
        if (stop.final) return status;
        this.answer([`${stop.why} ended the run at instruction ${machine.icount}`]);
      } else this.answer([stopText(stop)]);
    }
    return standardOutputFailed() ? STATUS_BROKEN_PIPE : status;
  }

  /** What the dashboard's screen would show now. */
  private async screen(which: string): Promise<readonly string[]> {
    const { machine } = this.prepared;
    const { target, console, image } = this;
    const { i32, layout } = machine.linear;
    return screenLines(which, {
      image: basename(image),
      machine: machineWords(image, this.options),
      running: false,
      stop: target.stop,
      hz: GUEST_HZ,
      console: console.chunks,
      events: new RingReader(i32, layout.ring, layout.ringBytes, true),
      texts: target.tap.texts,
      filter: this.filter,
      ask: (wish) => snapshotOf(machine, target, wish),
    });
  }

  /** Whatever happened: what the guest has printed comes out. */
  async close(): Promise<void> {
    const { console, files } = this.prepared;
    await this.stop.wait(console.flush());
    this.stop.close();
    for (const file of files) file.close();
  }

  /** Runs the goal that was taken up to its end, or until something outside ends it. */
  private async drive(): Promise<Stop | Cut> {
    const { machine, console, files } = this.prepared;
    const { target, stop } = this;
    for (;;) {
      const room = this.limit - machine.icount;
      if (room <= 0) return this.cut({ status: STATUS_LIMIT, why: "--max-icount", final: false });
      const end = target.run(Math.min(SLICE, room));
      for (const file of files) file.flush();
      await stop.wait(console.flush());
      if (end !== null) return end;
      await stop.wait(setImmediate());
      if (standardOutputFailed()) return this.cut({ status: STATUS_BROKEN_PIPE, why: "", final: true });
      if (stop.reason === "timeout") {
        return this.cut({ status: STATUS_LIMIT, why: "--timeout", final: false });
      }
      if (stop.reason === "interrupted") {
        return this.cut({ status: STATUS_SIGNAL + stop.signal, why: "", final: true });
      }
    }
  }

  private cut(cut: Cut): Cut {
    this.target.pause();
    return cut;
  }

  private say(sentence: string): void {
    process.stderr.write(`umbra: ${sentence}.\n`);
  }

  private answer(lines: readonly string[]): void {
    if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
  }
}
