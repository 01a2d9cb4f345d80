/**
 * The dashboard in a terminal for as long as someone watches: signals, size, suspension, the beat of the frames.
 */
import { writeFileSync } from "node:fs";
import { constants } from "node:os";
import type { mount as mountDashboard } from "../../dashboard/app.tsx";
import { Controller, type DashboardSettings } from "../../dashboard/controller.ts";
import { LineDisplay } from "../../dashboard/line-display.ts";
import type { MachineLink } from "../../dashboard/machine-link.ts";
import type { Leaving } from "../../debug/protocol.ts";
import { problem } from "../files.ts";
import { LONGEST_TIMER } from "../stop-request.ts";
import type { Terminal } from "./terminal.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export class DashboardSession {
  readonly controller: Controller;
  private readonly terminal: Terminal;
  private readonly display: LineDisplay;
  private readonly timeout: number | undefined;
  private readonly over: Promise<Leaving>;
  private end: (leaving: Leaving) => void = () => {};
  private fail: (error: unknown) => void = () => {};
  /** Loaded when the first picture is drawn: Ink and React take their time. */
  private mountApp: typeof mountDashboard | null = null;
  private unmount: (() => void) | null = null;
  private draw: (() => void) | null = null;
  private timer: NodeJS.Timeout | null = null;
  private limit: NodeJS.Timeout | null = null;

  /** @param timeout milliseconds after which the run ends */
  constructor(link: MachineLink, settings: DashboardSettings, terminal: Terminal, timeout?: number) {
    this.terminal = terminal;
    this.display = new LineDisplay(terminal.stdout);
    this.timeout = timeout;
    this.over = new Promise((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    });
    // Until someone waits for it.
    this.over.catch(() => {});
    this.controller = new Controller(link, settings, {
      now: () => performance.now(),
      changed: () => this.draw?.(),
      copy: (text) => terminal.copy(text),
      redraw: () => this.redraw(),
      suspend: () => this.suspend(),
      save,
      quit: () => this.end({ kind: "quit" }),
      interrupt: () => this.onSignal("SIGINT"),
      failed: (error) => this.fail(error),
    });
  }

  /** Resolves when the user leaves, or something makes him, with what that was. */
  async run(): Promise<Leaving> {
    const { terminal, timeout } = this;
    for (const signal of SIGNALS) process.on(signal, this.onSignal);
    process.on("SIGCONT", this.onContinue);
    process.on("SIGTSTP", this.onSuspend);
    process.on("uncaughtException", this.fail);
    terminal.stdout.on("resize", this.onResize);
    terminal.stdin.on("end", this.onHangUp);
    terminal.stdout.on("error", this.onHangUp);
    if (timeout !== undefined) {
      this.limit = setTimeout(() => this.end({ kind: "timeout" }), Math.min(timeout, LONGEST_TIMER));
    }
    terminal.enter();
    this.controller.resize(terminal.size);
    // React chooses its faster half by this when it is loaded.
    process.env.NODE_ENV ??= "production";
    this.mountApp = (await import("../../dashboard/app.tsx")).mount;
    this.mount();
    this.tick();
    return this.over;
  }

  close(): void {
    const { terminal } = this;
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
    process.off("SIGCONT", this.onContinue);
    process.off("SIGTSTP", this.onSuspend);
    process.off("uncaughtException", this.fail);
    terminal.stdout.off("resize", this.onResize);
    terminal.stdin.off("end", this.onHangUp);
    terminal.stdout.off("error", this.onHangUp);
    if (this.timer !== null) clearTimeout(this.timer);
    if (this.limit !== null) clearTimeout(this.limit);
    this.controller.close();
    this.unmountNow();
    terminal.leave();
    terminal.stdin.pause();
  }

  /** Ticks at the rate that the user chose, which may change. */
  private tick(): void {
    this.controller.tick();
    this.timer = setTimeout(() => this.tick(), 1000 / this.controller.fps);
  }

  private mount(): void {
    if (this.mountApp === null || this.unmount !== null) return;
    this.unmount = this.mountApp({
      controller: this.controller,
      onChange: (draw) => {
        this.draw = draw;
      },
      onError: this.fail,
      stdin: this.terminal.stdin,
      display: this.display,
    });
  }

  private unmountNow(): void {
    this.draw = null;
    this.unmount?.();
    this.unmount = null;
  }

  /** Everything anew, whatever the terminal shows now. */
  private redraw(): void {
    this.terminal.clear();
    this.display.forget();
    this.controller.resize(this.terminal.size);
    this.draw?.();
  }

  private suspend(): void {
    this.unmountNow();
    this.terminal.leave();
    // The whole job, as the terminal does it: a script that started us must not wait for one that sleeps.
    process.kill(0, "SIGSTOP");
  }

  private readonly onSuspend = (): void => this.suspend();

  private readonly onContinue = (): void => {
    this.terminal.enter();
    this.redraw();
    this.mount();
  };

  private readonly onResize = (): void => this.redraw();

  private readonly onSignal = (signal: NodeJS.Signals): void => {
    this.end({ kind: "interrupted", signal: constants.signals[signal] });
  };

  private readonly onHangUp = (): void => this.onSignal("SIGHUP");
}

function save(path: string, text: string): string | null {
  try {
    writeFileSync(path, text);
    return null;
  } catch (error) {
    return `${path}: ${problem(error, "written", "the folder it should go to does not exist.")}`;
  }
}
