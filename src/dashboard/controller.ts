/**
 * The dashboard between the machine and the terminal: asks for what is visible, keeps what a screen is drawn from,
 * turns keys into deeds. It owns no timer and no terminal; `tick` is called by who does.
 */
import { grouped } from "../common/grouped.ts";
import { type Stop, stopText } from "../debug/stop.ts";
import type { Snapshot, SnapshotRequest } from "../inspect/snapshot.ts";
import { ConsoleTerminal } from "./console-terminal.ts";
import type { Effect, Outcome } from "./effect.ts";
import { RingLog } from "./event-log.ts";
import { MOST_MESSAGE_LINES, messageHeight } from "./footer.ts";
import { drawFrame, wishOf } from "./frame.ts";
import { FrozenViews } from "./frozen-views.ts";
import type { MachineLink } from "./machine-link.ts";
import type { CompareReport, Model, Size, UiState } from "./model.ts";
import { press } from "./perform.ts";
import { CounterHistory } from "./rate-history.ts";
import { sourceOf } from "./shown-console.ts";
import type { Glyphs } from "./text/glyphs.ts";
import { render, textOf } from "./text/line.ts";
import { startUi } from "./ui-start.ts";

/** What the dashboard asks of the world around it. */
export interface Surroundings {
  /** Milliseconds of the host. */
  now(): number;
  /** The picture has changed. */
  changed(): void;
  copy(text: string): void;
  redraw(): void;
  suspend(): void;
  /** Writes a file; the sentence that says what went wrong, or null. */
  save(path: string, text: string): string | null;
  quit(): void;
  /** As `quit`, by Ctrl-C. */
  interrupt(): void;
  /** Something of ours failed. */
  failed(error: unknown): void;
}

export interface DashboardSettings {
  readonly image: string;
  /** The words of a command line that make the same machine again. */
  readonly machine?: readonly string[];
  readonly glyphs: Glyphs;
  readonly colors: boolean;
  readonly compare: CompareReport | null;
  /** The machine waits to be started. */
  readonly paused: boolean;
  /** Words that events must pass, to begin with. */
  readonly filter?: string;
  /** Frames a second, to begin with. */
  readonly fps?: number;
}

/** Events looked at in a tick. */
const EVENTS_A_TICK = 2_048;
/** Milliseconds between two samples of the counters. */
const SAMPLE_MS = 250;
/** `^]`, which takes the keys back from the guest. */
const GROUP_SEPARATOR = 0x1d;

export class Controller {
  private readonly link: MachineLink;
  private readonly settings: DashboardSettings;
  private readonly around: Surroundings;
  private readonly events: RingLog;
  private readonly rates = new CounterHistory();
  private readonly console: ConsoleTerminal;
  private ui: UiState;
  private size: Size = { columns: 80, rows: 24 };
  private snapshot: Snapshot | null = null;
  private previous: Snapshot | null = null;
  private running: boolean;
  private stop: Stop | null = null;
  private mips = 0;
  /** An answer is on its way. */
  private asking = false;
  /** What the last answer was about. */
  private answered = "";
  /** While the view is frozen: what it is made of. */
  private readonly frozen = new FrozenViews();
  /** Something happened that a new answer would show. */
  private stale = true;
  private sampledAt: number;
  private sampledInstructions = 0;
  private consoleVersion = -1;
  private over = false;

  constructor(link: MachineLink, settings: DashboardSettings, around: Surroundings) {
    this.link = link;
    this.settings = settings;
    this.around = around;
    this.events = new RingLog(link.events, link.texts);
    this.console = new ConsoleTerminal((bytes) => link.input(bytes));
    this.running = !settings.paused;
    const start = startUi();
    this.ui = { ...start, filter: settings.filter ?? "", fps: settings.fps ?? start.fps };
    this.events.setFilter(this.ui.filter);
    this.sampledAt = around.now();
    link.listen({
      console: (bytes) => this.console.write(bytes),
      running: () => this.started(),
      stopped: (stop) => this.stopped(stop),
    });
  }

  /** Keys go to the guest. */
  get typing(): boolean {
    return this.ui.typing;
  }

  /** Frames a second. */
  get fps(): number {
    return this.ui.fps;
  }

  get model(): Model {
    return {
      image: this.settings.image,
      machine: this.settings.machine ?? [this.settings.image],
      snapshot: this.snapshot,
      previous: this.previous,
      running: this.running,
      stop: this.stop,
      mips: this.mips,
      hz: this.link.hz,
      events: this.events,
      rates: this.rates,
      console: this.console,
      compare: this.settings.compare,
      ui: this.ui,
      glyphs: this.settings.glyphs,
    };
  }

  /** The picture as lines with escape sequences: one for each row of the terminal but the last. */
  frame(): string[] {
    return drawFrame(this.model, this.size).map((spans) => render(spans, this.settings.colors));
  }

  resize(size: Size): void {
    this.size = size;
    this.refresh();
  }

  /** Regular work, `fps` times a second: look at events and counters, ask for what is visible. */
  tick(): void {
    if (this.over || this.ui.frozen) return;
    if (this.running) {
      this.events.poll(EVENTS_A_TICK);
      this.stale = true;
    }
    this.refresh();
  }

  /** A key by its name. */
  key(name: string): void {
    this.carryOut(press(name, this.model, this.around.now(), this.size));
  }

  /** Bytes from the keyboard while the guest has the keys. What follows `^]` is returned: it is for us. */
  type(bytes: Uint8Array): Uint8Array {
    const end = bytes.indexOf(GROUP_SEPARATOR);
    const typed = end < 0 ? bytes : bytes.subarray(0, end);
    if (typed.length > 0 && sourceOf(this.model) === "display") this.link.keys(Buffer.from(typed).toString());
    else if (typed.length > 0) this.link.input(typed);
    if (end < 0) return new Uint8Array(0);
    this.setUi({ ...this.ui, typing: false, message: null });
    return bytes.subarray(end + 1);
  }

  close(): void {
    this.over = true;
  }

  private started(): void {
    this.running = true;
    // Rates are about the time that the guest runs.
    this.sampledAt = this.around.now();
    this.sampledInstructions = this.snapshot?.status.instructions ?? 0;
    // What was said of the last stop is over.
    this.ui = { ...this.ui, message: null };
    this.previous = this.snapshot;
    this.around.changed();
  }

  private stopped(stop: Stop): void {
    this.running = false;
    this.stop = stop;
    this.stale = true;
    this.mips = 0;
    // Now that nothing new comes, all that the ring still has; a frozen view gets it when it thaws.
    if (!this.ui.frozen) this.events.reload();
    // Who stopped it by a key knows; else it is news. Keys that are the guest's stay so: they are on their way.
    if (stop.kind !== "paused") {
      const leave = this.ui.typing ? "; ^] takes the keys back" : "";
      this.ui = { ...this.ui, message: { text: stopText(stop) + leave, failed: false } };
    }
    if (stop.kind === "ended" && stop.reason === "triple-fault" && this.ui.overlay === null) {
      this.ui = { ...this.ui, overlay: { kind: "fault" } };
    }
    this.refresh();
    this.around.changed();
  }

  private carryOut({ ui, effects }: Outcome): void {
    this.setUi(ui);
    for (const effect of effects) this.perform(effect);
  }

  private setUi(ui: UiState): void {
    const { filter, frozen } = this.ui;
    this.ui = ui;
    if (ui.filter !== filter) this.events.setFilter(ui.filter);
    if (ui.frozen && !frozen) this.frozen.begin(this.answered, this.snapshot);
    if (frozen && !ui.frozen) this.thaw();
    this.refresh();
    this.around.changed();
  }

  private thaw(): void {
    this.stale = true;
    if (!this.running) this.events.reload();
  }

  private perform(effect: Effect): void {
    const { around, link } = this;
    switch (effect.kind) {
      case "monitor":
        link.command(effect.text).then(
          ({ lines, failed }) => this.answer(effect.text, lines, failed),
          (error) => around.failed(error),
        );
        break;
      case "quit":
        around.quit();
        break;
      case "interrupt":
        around.interrupt();
        break;
      case "copy":
        around.copy(effect.text);
        break;
      case "redraw":
        around.redraw();
        break;
      case "suspend":
        around.suspend();
        break;
      case "speed":
        link.speed(effect.limit);
        break;
      case "reset-counters":
        this.rates.reset(this.snapshot?.counters ?? undefined);
        break;
      case "save":
        this.save(effect.path);
    }
  }

  private answer(title: string, lines: readonly string[], failed: boolean): void {
    this.stale = true;
    const isLong = lines.length > 1 || messageHeight(lines[0] ?? "", this.size.columns) > MOST_MESSAGE_LINES;
    const ui = isLong
      ? { ...this.ui, overlay: { kind: "answer", title, lines, top: 0 } as const, message: null }
      : { ...this.ui, message: lines.length === 0 ? null : { text: lines[0], failed } };
    this.setUi(ui);
  }

  private save(path: string): void {
    const text = drawFrame(this.model, this.size)
      .map((spans) => textOf(spans).trimEnd())
      .join("\n");
    const problem = this.around.save(path, `${text}\n`);
    const message = problem === null ? `saved ${path}` : problem;
    this.setUi({ ...this.ui, message: { text: message, failed: problem !== null } });
  }

  /** Asks for what is visible, unless an answer is on its way or the last one still holds. */
  private refresh(): void {
    if (this.over || this.asking) return;
    const wish = wishOf(this.model, this.size);
    const key = JSON.stringify(wish);
    if (this.ui.frozen) {
      this.refreshFrozen(wish, key);
      return;
    }
    if (!this.stale && key === this.answered) {
      this.noteConsole();
      return;
    }
    this.stale = false;
    this.ask(wish, key);
  }

  /** A frozen view is asked about only once, and only where it has not been looked at. */
  private refreshFrozen(wish: SnapshotRequest, key: string): void {
    const known = this.frozen.viewFor(wish, key, this.answered);
    if (known === null) {
      this.ask(wish, key);
      return;
    }
    this.answered = known.key;
    if (this.snapshot === known.snapshot) return;
    this.snapshot = known.snapshot;
    this.around.changed();
  }

  private ask(wish: SnapshotRequest, key: string): void {
    const { frozen } = this.ui;
    this.asking = true;
    this.link.snapshot(wish).then(
      (snapshot) => this.receive(snapshot, key, frozen),
      (error) => this.around.failed(error),
    );
  }

  /** @param late asked by a frozen view */
  private receive(snapshot: Snapshot, key: string, late: boolean): void {
    this.asking = false;
    this.answered = key;
    if (this.over) return;
    this.snapshot = snapshot;
    if (!this.ui.frozen) this.sample(snapshot);
    else if (late) this.receiveLate(snapshot, key);
    else this.frozen.begin(key, snapshot);
    this.consoleVersion = this.console.version;
    this.around.changed();
    // Meanwhile the person may have gone elsewhere.
    if (!this.running || this.ui.frozen) this.refresh();
  }

  private receiveLate(snapshot: Snapshot, key: string): void {
    this.frozen.add(key, snapshot);
    const text = `not looked at before the view was frozen: this is as of icount ${grouped(snapshot.status.icount)}`;
    this.ui = { ...this.ui, message: { text, failed: false } };
  }

  /** While nothing else changes, the guest's terminal may: what it was given is drawn a little later. */
  private noteConsole(): void {
    if (this.console.version === this.consoleVersion) return;
    this.consoleVersion = this.console.version;
    this.around.changed();
  }

  private sample({ status, counters }: Snapshot): void {
    const now = this.around.now();
    const elapsed = now - this.sampledAt;
    if (elapsed < SAMPLE_MS || !this.running) return;
    if (counters !== null) this.rates.sample(counters, elapsed / 1000);
    this.mips = (status.instructions - this.sampledInstructions) / elapsed / 1000;
    this.sampledInstructions = status.instructions;
    this.sampledAt = now;
  }
}
