/**
 * `umbra run --ui plain`: the dashboard as lines of text, for screen readers, simple terminals and pipes. Nothing is
 * ever drawn over. Lines of the guest begin with `guest:`, events that pass the filter with `event:`; what is typed are
 * commands.
 */
import { basename } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { filterProblem } from "../../dashboard/filter-problem.ts";
import { isScreen, screenNames } from "../../dashboard/screen-text.ts";
import type { Leaving } from "../../debug/protocol.ts";
import type { Stop } from "../../debug/stop.ts";
import { stopText } from "../../debug/stop.ts";
import { eventText, reasonText } from "../../trace/describe.ts";
import { parseFilter, type RecordTest } from "../../trace/event-filter.ts";
import type { RunOptions } from "../commands/run.ts";
import { machineWords } from "../machine-words.ts";
import { standardOutputFailed } from "../standard-output.ts";
import { StopRequest } from "../stop-request.ts";
import { tuneV8 } from "../tune-v8.ts";
import { MachineThread } from "./machine-thread.ts";
import { PlainLines } from "./plain-text.ts";
import { screenLines } from "./screen-lines.ts";
import { viewFilter, withoutViewFilter } from "./view-filter.ts";

/** Milliseconds between two looks at events and at lines that have not ended. */
const LOOK_MS = 100;
/** Events looked at each time. */
const EVENTS_A_LOOK = 2_048;

/** Commands after which a guest runs without an end of its own. */
const GOES_ON = /^c(o(n(t(i(n(u(e)?)?)?)?)?)?)?$/;

const HELP = [
  "Commands of the monitor (`help` lists them all), and:",
  "  type TEXT      TEXT and Enter for the guest",
  "  filter WORDS   print the events that pass; alone: no more",
  "  screen N       what the dashboard's screen N shows",
  "  quit           end",
];

export async function runPlain(image: string, options: RunOptions): Promise<number> {
  tuneV8();
  const filter = viewFilter(options);
  const thread = await MachineThread.start({
    image,
    options: withoutViewFilter(options),
    paused: options.paused === true,
  });
  const session = new PlainSession(thread, image, options, filter);
  const stop = new StopRequest(options.timeout);
  try {
    await stop.wait(Promise.race([session.run(), thread.death]));
  } finally {
    stop.close();
    session.close();
  }
  const { reason, signal } = stop;
  const leaving: Leaving = reason === "interrupted" ? { kind: reason, signal } : { kind: reason ?? "quit" };
  const { document, words, status } = await thread.quit(leaving);
  process.stderr.write(thread.errorText + words);
  process.stdout.write(document);
  return status;
}

class PlainSession {
  private readonly thread: MachineThread;
  private readonly image: string;
  private readonly machine: readonly string[];
  private readonly console = new PlainLines();
  private readonly commands: Interface;
  private readonly timer: NodeJS.Timeout;
  private filter: string;
  private test: RecordTest | null;
  /** All that the guest wrote, for `screen`. */
  private readonly written: Uint8Array[] = [];
  private lastStop: Stop | null = null;
  private ended = false;
  private stopped = false;
  private inputOver = false;
  private finish: () => void = () => {};
  private onStop: () => void = () => {};

  constructor(thread: MachineThread, image: string, options: RunOptions, filter: string) {
    this.thread = thread;
    this.image = basename(image);
    this.machine = machineWords(image, options);
    this.stopped = options.paused === true;
    this.filter = filter;
    this.test = filter === "" ? null : parseFilter(filter);
    this.commands = createInterface({ input: process.stdin, terminal: false });
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** Resolves when the user leaves, or the guest has ended and nobody can type. */
  async run(): Promise<void> {
    const over = new Promise<void>((resolve) => {
      this.finish = resolve;
    });
    this.print(`umbra: ${this.image}; 'help' lists the commands, 'quit' ends`);
    this.thread.listen({
      console: (bytes) => {
        this.written.push(bytes);
        for (const line of this.console.add(bytes)) this.print(`guest: ${line}`);
      },
      running: () => {
        this.stopped = false;
        this.print("umbra: running");
      },
      stopped: (stop) => this.stop(stop),
    });
    void this.obey();
    await over;
  }

  close(): void {
    clearInterval(this.timer);
    this.commands.close();
  }

  /** One command after the other, each when the one before has been answered. */
  private async obey(): Promise<void> {
    for await (const text of this.commands) {
      if (text.trim() === "") continue;
      if (/^q(uit)?$/.test(text.trim())) {
        this.finish();
        return;
      }
      for (const line of await this.answer(text.trim())) this.print(line);
    }
    this.inputOver = true;
    if (this.ended || this.stopped) this.finish();
  }

  private async answer(text: string): Promise<readonly string[]> {
    const [, verb, rest] = /^(\S+)\s*(.*)$/.exec(text) ?? ["", "", ""];
    if (verb === "type") {
      if (this.ended) return ["the machine has ended: nobody reads that."];
      this.thread.input(Buffer.from(`${rest}\r`));
      return [];
    }
    if (verb === "filter") return this.setFilter(rest);
    if (verb === "screen") return this.screen(rest);
    const stood = this.stopped;
    const { lines } = await this.thread.command(text);
    // A script means its commands one after the other; who types may want to stop what runs.
    if (stood && !this.stopped && !GOES_ON.test(verb) && process.stdin.isTTY !== true) await this.nextStop();
    return verb === "help" && rest === "" ? [...HELP, ...lines] : lines;
  }

  private nextStop(): Promise<void> {
    return new Promise((resolve) => {
      this.onStop = resolve;
    });
  }

  private async screen(which: string): Promise<readonly string[]> {
    if (!isScreen(which)) return [`there is no screen '${which}'; there are ${screenNames()}.`];
    const { thread, image, machine, written } = this;
    return screenLines(which, {
      image,
      machine,
      running: !this.stopped,
      stop: this.lastStop,
      hz: thread.hz,
      console: written,
      events: thread.eventsFromStart(),
      texts: thread.texts,
      filter: this.filter,
      ask: (wish) => thread.snapshot(wish),
    });
  }

  private setFilter(words: string): readonly string[] {
    const problem = filterProblem(words);
    if (problem !== null) return [problem];
    this.filter = words;
    this.test = words === "" ? null : parseFilter(words);
    // From now on, not what happened before.
    this.thread.events.keepNewest(0);
    return [];
  }

  private stop(stop: Stop): void {
    this.look();
    this.stopped = true;
    this.lastStop = stop;
    this.print(`umbra: stopped: ${stopText(stop)}`);
    if (stop.kind === "ended") this.ended = true;
    if (this.inputOver) this.finish();
    this.onStop();
  }

  /** Events that have come, and the beginning of a line, such as a prompt. */
  private look(): void {
    if (standardOutputFailed()) this.finish();
    const prompt = this.console.take();
    if (prompt !== "") this.print(`guest: ${prompt}`);
    const { events, texts } = this.thread;
    const { test } = this;
    if (test === null) return;
    const before = events.dropped;
    events.keepNewest(EVENTS_A_LOOK);
    const records = events.read();
    for (const record of records) {
      if (!test(record, texts)) continue;
      this.print(`event: ${record.seq} ${record.icount} ${eventText(record, texts)}; ${reasonText(record)}`);
    }
    if (events.dropped > before) this.print(`event: ${events.dropped - before} went by unseen`);
  }

  private print(line: string): void {
    process.stdout.write(`${line}\n`);
  }
}
