/** The dashboard in a terminal in memory: what is drawn, what is typed, and that the terminal is given back. */
import { constants } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { DashboardSession } from "../../../src/cli/dashboard/dashboard-session.ts";
import { Terminal } from "../../../src/cli/dashboard/terminal.ts";
import { UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import type { Leaving } from "../../../src/debug/protocol.ts";
import type { Machine } from "../../../src/machine/machine.ts";
import { FakeTty } from "../../support/fake-tty.ts";
import { guestMachine, machineFor } from "../../support/guest-machine.ts";
import { DEAF, print, tinyKernel } from "../../support/tiny-kernel.ts";
import { LocalLink } from "./local-link.ts";

type Boot = (console: (byte: number) => void) => Machine;

const tiny =
  (text: string): Boot =>
  (console) =>
    machineFor("tiny", tinyKernel(text), "", { console });
const kmap: Boot = (console) => guestMachine("kmap", { append: "workload=all", console });

/** Echoes what comes in, for ever. */
const ECHO = `mov dx, 0x3fc\nmov al, 3\nout dx, al\nagain: mov dx, 0x3fd\nin al, dx\ntest al, 1\njz again
  mov dx, 0x3f8\nin al, dx\nout dx, al\njmp again`;

interface LiveOptions {
  readonly columns: number;
  readonly rows: number;
  readonly paused: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

class Live {
  readonly tty: FakeTty;
  readonly link: LocalLink;
  readonly session: DashboardSession;
  /** Resolves when the dashboard is left. */
  readonly over: Promise<Leaving>;

  constructor(boot: Boot, { columns = 80, rows = 24, paused = false, timeout }: Partial<LiveOptions> = {}) {
    this.tty = new FakeTty(columns, rows);
    this.link = new LocalLink(boot, paused);
    const terminal = new Terminal(
      this.tty.stdin,
      this.tty.stdout,
      (text) => void this.tty.stdout.write(text),
    );
    const settings = { image: "tiny", glyphs: UNICODE, colors: true, compare: null, paused };
    this.session = new DashboardSession(this.link, settings, terminal, timeout);
    this.over = this.session.run();
    this.over.catch(() => {});
  }

  shows(text: string | RegExp): Promise<string[]> {
    return this.tty.until((lines) =>
      lines.some((line) => (typeof text === "string" ? line.includes(text) : text.test(line))),
    );
  }

  close(): void {
    this.session.close();
    this.link.close();
    this.tty.close();
  }
}

const opened: Live[] = [];
function open(...args: ConstructorParameters<typeof Live>): Live {
  const live = new Live(...args);
  opened.push(live);
  return live;
}
afterEach(() => {
  for (const live of opened.splice(0)) live.close();
});

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("the picture", () => {
  it("is on the alternate screen, and leaves the last row free", async () => {
    const live = open(tiny(`${print("hello")}\n${DEAF}sti\nhlt`));
    const lines = await live.shows("hello");
    expect(live.tty.alternate).toBe(true);
    expect(lines[0]).toMatch(/^ tiny {2}(RUN|HALTED).*0 overview$/);
    expect(lines[23]).toBe("");
  });

  it("is not drawn again while nothing changes", async () => {
    const live = open(tiny("mov al, 1\nout 0xf4, al"));
    await live.shows("ENDED 3");
    await pause(300);
    const { bytes } = live.tty;
    const { snapshots } = live.link;
    await pause(500);
    expect(live.tty.bytes - bytes).toBe(0);
    expect(live.link.snapshots - snapshots).toBe(0);
  });

  it("is drawn ten times a second at most while the guest runs flat out", async () => {
    const live = open(kmap, { columns: 120, rows: 40 });
    await live.shows("RUN");
    const { writes } = live.tty.display;
    const started = performance.now();
    await pause(1_000);
    const seconds = (performance.now() - started) / 1_000;
    expect((live.tty.display.writes - writes) / seconds).toBeLessThanOrEqual(11);
  });

  it("never clears the screen but when the size changes", async () => {
    const live = open(kmap);
    await live.shows("RUN");
    const before = live.tty.display.written.length;
    await pause(500);
    live.tty.type("3");
    await live.shows("3 out of sync");
    expect(live.tty.display.written.slice(before)).not.toContain("\u001b[2J");
  });

  it("follows the terminal's size, down to nothing and back", async () => {
    const live = open(kmap);
    await live.shows("0 overview");
    for (const [columns, rows] of [
      [120, 40],
      [40, 10],
      [39, 9],
      [1, 1],
      [2, 1],
    ]) {
      live.tty.resize(columns, rows);
      await pause(120);
    }
    live.tty.resize(80, 24);
    const lines = await live.shows("0 overview");
    expect(lines.filter((line) => line.includes("0 overview"))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith("┌ 1 console"))).toHaveLength(1);
  });
});

describe("keys", () => {
  it("are answered while the guest runs flat out", async () => {
    const live = open(kmap);
    await live.shows("RUN");
    live.tty.type("4");
    await live.shows("4 timeline");
    live.tty.type("?");
    await live.shows("help: 4 timeline");
  });

  it("pause, step and continue the guest, exactly", async () => {
    const live = open(kmap);
    await live.shows("RUN");
    live.tty.type(" ");
    await live.shows("PAUSED");
    const { icount } = live.link.target.machine;
    live.tty.type("s");
    await live.shows("stepped");
    expect(live.link.target.machine.icount).toBe(icount + 1);
    live.tty.type("c");
    await live.shows("RUN");
  });

  it("after a colon are a command, and the answer is shown", async () => {
    const live = open(kmap, { paused: true });
    await live.shows("PAUSED");
    live.tty.type(":until 1000\r");
    await live.shows("icount 1000");
    live.tty.type(":info policy\r");
    await live.shows("oos+global");
    live.tty.type("\u001b");
    await pause(200);
    live.tty.type(":frobnicate\r");
    await live.shows("frobnicate");
  });

  it("after a slash filter the events", async () => {
    const live = open(kmap, { paused: true });
    live.tty.type(":until 3000000\r");
    await live.shows("icount 3000000");
    live.tty.type("4/unsync_page\r");
    await live.shows("filter unsync_page");
    live.tty.type("/\u0015gfn=xyz\r");
    await live.shows("'gfn' is compared with a hexadecimal number");
    await live.shows("filter unsync_page");
  });

  it("pasted in one piece are several keys", async () => {
    const live = open(kmap, { paused: true });
    await live.shows("PAUSED");
    live.tty.type("37");
    await live.shows("7 cpu");
  });
});

describe("a guest that sleeps", () => {
  it("is stepped when something wakes it: that is said, with the key that ends the waiting", async () => {
    const live = open(tiny(`${DEAF}sti\nhlt\nnop`), { paused: true });
    await live.shows("PAUSED");
    live.tty.type(":step 4\r");
    await live.shows("stepped 4 instructions");
    live.tty.type("s");
    await live.shows(/^ halted: it runs until an interrupt wakes it; space .* ends the waiting/);
    await live.shows("HALTED");
    live.tty.type(" ");
    await live.shows("PAUSED");
  });
});

describe("answers", () => {
  it("of one line that is longer than the terminal are shown whole", async () => {
    const live = open(kmap, { paused: true });
    await live.shows("PAUSED");
    live.tty.type(":until level1\r");
    const lines = await live.shows("let it drift").catch(() => live.tty.screen());
    const shown = lines.slice(-4).join(" ");
    expect(shown).toMatch(/event \d+: unsync_page sp=/);
    expect(shown).toMatch(/all_global=\d/);
  });
});

describe("a frozen view", () => {
  it("shows a screen that was not asked for before, says as of when, and then stands still, too", async () => {
    const live = open(kmap);
    await live.shows("RUN");
    live.tty.type("6");
    await live.shows(/mmu_cache_miss|pf_fixed/);
    live.tty.type("\u0013");
    await live.shows("FROZEN");
    await pause(200);
    const { snapshots } = live.link;
    live.tty.type("7");
    await live.shows(/eax [0-9a-f]{8}/);
    const told = await live.shows(/not looked at before the view was frozen: this is as of icount [\d ]+\d/);
    const [, as] = /as of icount ([\d ]+\d)/.exec(told.join("\n")) ?? [];
    expect(live.link.snapshots).toBe(snapshots + 1);
    await pause(300);
    live.tty.type("6");
    await live.shows("6 rates");
    live.tty.type("7");
    const again = await live.shows(/eax [0-9a-f]{8}/);
    const eax = (lines: readonly string[]) => /eax ([0-9a-f]{8})/.exec(lines.join("\n"))?.[1];
    expect([eax(again), as === undefined]).toEqual([eax(told), false]);
    expect(live.link.snapshots, "asked once").toBe(snapshots + 1);
    live.tty.type("\u0011");
    await live.tty.until((lines) => !lines.join().includes("FROZEN"));
    await live.tty.until((lines) => eax(lines) !== eax(told));
  });

  it("stays as it is when the guest stops, until it thaws", async () => {
    const live = open(kmap);
    await live.shows("RUN");
    live.tty.type("4");
    await live.shows(/4 timeline {3}(?!0 shown)/);
    live.tty.type("\u0013");
    await live.shows("FROZEN");
    await pause(200);
    const list = async () => (await live.tty.screen()).slice(1, 12);
    const before = await list();
    live.tty.type(" ");
    await live.shows("PAUSED");
    await pause(200);
    expect(await list()).toEqual(before);
    live.tty.type("\u0011");
    await live.tty.until((lines) => lines.slice(1, 12).join() !== before.join());
  });
});

/** A dashboard whose keys go to a guest that runs. */
async function typing(text: string): Promise<Live> {
  const live = open(tiny(text));
  await live.shows(/RUN/);
  live.tty.type("i");
  await live.shows("keys go to the guest");
  return live;
}

describe("typing to the guest", () => {
  it("gives it every key as it is, until ^] takes them back", async () => {
    const live = await typing(ECHO);
    live.tty.type("q3:?");
    await live.shows("q3:?");
    live.tty.type("\u001d");
    await live.shows("0-9 screen");
    live.tty.type("3");
    await live.shows("3 out of sync");
  });

  it("knows where the guest's keys end in one piece of input", async () => {
    const live = await typing(ECHO);
    live.tty.type("abc\u001d7");
    await live.shows("7 cpu");
    live.tty.type("1");
    await live.shows("abc");
  });

  it("takes ctrl-c and arrows, too", async () => {
    const live = await typing(ECHO);
    live.tty.type("\u0003");
    await pause(200);
    expect(live.link.target.running).toBe(true);
  });
});

/** Puts the scan code of each key that goes down on its display, as a character. */
const KEYS_TO_DISPLAY = `mov edi, 0xb8000\nagain: in al, 0x64\ntest al, 1\njz again
  in al, 0x60\ntest al, 0x80\njnz again\nmov ah, 0x0f\nstosw\njmp again`;

describe("a guest that speaks through its display", () => {
  it("is shown and hears the keys, those without a character, too; v goes to its serial port", async () => {
    const live = open(tiny(`mov word [0xb8f9e], 0x0f21\n${KEYS_TO_DISPLAY}`));
    await live.shows("1 console display");
    live.tty.type("i");
    await live.shows("keys go to the guest");
    // Scan codes 24, 25, 26: characters $, %, &; the arrow down is 50, the letter P, behind E0, which has bit 7.
    live.tty.type("jkl");
    await live.shows("$%&");
    live.tty.type("\u001b[B");
    await live.shows("$%&P");
    live.tty.type("\u001d");
    await live.shows("0-9 screen");
    live.tty.type("v");
    await live.shows("1 console COM1");
  });
});

describe("a hostile guest", () => {
  const attack =
    "\\x1b]52;c;aGk=\\x07\\x1b]0;owned\\x07\\x1b[?1049l\\x1bc\\x1b[6n\\x1b]8;;http://x\\x07\\x9b31m\\x1bP+q\\x1b\\\\".replace(
      /\\x(..)|\\\\/g,
      (_, code: string | undefined) =>
        code === undefined ? "\\" : String.fromCharCode(Number.parseInt(code, 16)),
    );

  it("never reaches the user's terminal with its control sequences", async () => {
    const live = open(tiny(`${print(`${attack}end of it`)}\n${DEAF}sti\nhlt`));
    await live.shows("end of it");
    const { written } = live.tty.display;
    expect(written).not.toContain("\u001b]");
    expect(written).not.toContain("\u001bP");
    expect(written).not.toContain("\u001bc");
    expect(written).not.toContain("\u001b[6n");
    expect(written).not.toMatch(/[\u0080-\u009f]/);
    expect(written.split("\u001b[?1049l")).toHaveLength(1);
    expect(live.tty.alternate).toBe(true);
  });
});

describe("leaving", () => {
  it("by q gives the terminal back; a running guest asks first", async () => {
    const live = open(tiny(ECHO));
    await live.shows(/RUN/);
    live.tty.type("q");
    await live.shows("Quit?");
    live.tty.type("n");
    await live.shows("0-9 screen");
    live.tty.type("q");
    await live.shows("Quit?");
    live.tty.type("y");
    expect(await live.over).toEqual({ kind: "quit" });
    live.session.close();
    await live.tty.screen();
    expect([live.tty.alternate, live.tty.keyboard.raw]).toEqual([false, false]);
  });

  it("by ctrl-c twice; once only pauses", async () => {
    const live = open(tiny(ECHO));
    await live.shows(/RUN/);
    live.tty.type("\u0003");
    await live.shows("PAUSED");
    live.tty.type("\u0003");
    expect(await live.over).toEqual({ kind: "interrupted", signal: constants.signals.SIGINT });
  });

  it("by the time that is up, and not before by one that is too long for a timer", async () => {
    const live = open(tiny(ECHO), { timeout: 600 });
    await live.shows(/RUN/);
    expect(await live.over).toEqual({ kind: "timeout" });
    const long = open(tiny(ECHO), { timeout: 2 ** 31 });
    await long.shows(/RUN/);
    expect(await Promise.race([long.over, pause(300).then(() => "still here")])).toBe("still here");
  });

  it("by a failure of the machine's thread says so, with the terminal given back", async () => {
    const live = open(tiny(ECHO));
    await live.shows(/RUN/);
    live.link.failing = new Error("the thread is gone");
    await expect(live.over).rejects.toThrow("the thread is gone");
    live.session.close();
    await live.tty.screen();
    expect([live.tty.alternate, live.tty.keyboard.raw]).toEqual([false, false]);
  });

  it("by a terminal that hangs up ends the run", async () => {
    const live = open(tiny(ECHO));
    await live.shows(/RUN/);
    live.tty.keyboard.push(null);
    expect(await live.over).toEqual({ kind: "interrupted", signal: constants.signals.SIGHUP });
  });
});
