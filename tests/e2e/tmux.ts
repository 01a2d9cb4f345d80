/** A real terminal for tests: tmux, with keys to send and a screen to look at. */
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");

/** Why there can be no such test here; null if there can. */
export function tmuxMissing(): string | null {
  const { status, stdout } = spawnSync("tmux", ["-V"], { encoding: "utf8" });
  return status === 0 && stdout.startsWith("tmux") ? null : "tmux is not installed";
}

export class Tmux {
  private readonly socket: string;

  /** Starts a shell of that size. */
  constructor(columns: number, rows: number) {
    this.socket = join(mkdtempSync(join(tmpdir(), "umbra-tmux-")), "socket");
    const env = { ...process.env, LC_ALL: "C.UTF-8", PS1: "$ ", CI: "true", NO_COLOR: "" };
    const size = ["-x", String(columns), "-y", String(rows)];
    const command = `cd ${ROOT} && exec sh`;
    spawnSync("tmux", ["-S", this.socket, "-f", "/dev/null", "new-session", "-d", ...size, command], { env });
    this.run("set", "-g", "remain-on-exit", "on");
  }

  /** Keys by tmux's names: words such as Enter, C-c, Escape, or text. */
  keys(...keys: string[]): void {
    this.run("send-keys", ...keys);
  }

  /** Text as it is. */
  text(text: string): void {
    this.run("send-keys", "-l", text);
  }

  resize(columns: number, rows: number): void {
    this.run("resize-window", "-x", String(columns), "-y", String(rows));
  }

  screen(): string {
    return this.run("capture-pane", "-p");
  }

  /** What tmux knows of the pane, such as alternate_on. */
  value(name: string): string {
    return this.run("display-message", "-p", `#{${name}}`).trim();
  }

  /** The screen as soon as it matches. Throws with the last one if it does not in time. */
  async until(wanted: RegExp, milliseconds = 15_000): Promise<string> {
    const end = Date.now() + milliseconds;
    for (;;) {
      const screen = this.screen();
      if (wanted.test(screen)) return screen;
      if (Date.now() > end) throw new Error(`the screen never matched ${wanted}:\n${screen}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  close(): void {
    this.run("kill-server");
  }

  private run(...args: string[]): string {
    const { stdout, stderr, status } = spawnSync("tmux", ["-S", this.socket, ...args], { encoding: "utf8" });
    if (status !== 0 && args[0] !== "kill-server") throw new Error(`tmux ${args[0]}: ${stderr}`);
    return stdout;
  }
}
