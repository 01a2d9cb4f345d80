/** The real command in a real terminal. */
import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Tmux, tmuxMissing } from "./tmux.ts";

const missing = tmuxMissing();
if (missing !== null) console.warn(`tests/e2e/dashboard.test.ts is skipped: ${missing}`);

describe.skipIf(missing !== null)("umbra run on a terminal", () => {
  let tmux: Tmux;
  beforeEach(() => {
    tmux = new Tmux(100, 30);
  });
  afterEach(() => tmux.close());

  const start = (command: string): void => tmux.keys(`node bin/umbra.js ${command}; echo status=$?`, "Enter");

  it("shows the guest, answers keys, and leaves the terminal as it was", async () => {
    start("run kmap");
    await tmux.until(/ENDED 0 .*0 overview/);
    // What could run or be typed to is not offered any more.
    expect(tmux.screen()).not.toMatch(/space|i type/);
    tmux.keys("i");
    await tmux.until(/the machine has ended: the guest ended itself with status 0/);
    expect(tmux.value("alternate_on")).toBe("1");
    tmux.keys("3");
    await tmux.until(/3 out of sync\s*$/m);
    tmux.keys("0");
    await tmux.until(/0 overview\s*$/m);
    tmux.keys("q");
    const left = await tmux.until(/status=\d+/);
    expect(left).toMatch(/kmap +exit 0 \(debug-exit\)/);
    expect(left).toMatch(/status=0/);
    expect(tmux.value("alternate_on")).toBe("0");
    // The terminal echoes again: raw mode is off.
    tmux.keys("echo typed-$((40+2))", "Enter");
    await tmux.until(/^typed-42$/m);
  });

  it("stops a guest at a breakpoint, steps, and types to it", async () => {
    start("run play");
    await tmux.until(/play>/);
    tmux.keys("i");
    await tmux.until(/keys go to the guest/);
    tmux.text("map");
    tmux.keys("Enter");
    await tmux.until(/gva 08050000|08050000/);
    tmux.keys("C-]");
    tmux.keys("Space");
    await tmux.until(/PAUSED/);
    tmux.keys("7");
    await tmux.until(/7 cpu\s*$/m);
    tmux.text(":break $eip");
    tmux.keys("Enter");
    await tmux.until(/breakpoint 1 at/);
    tmux.keys("c");
    await tmux.until(/HALTED/);
    tmux.keys("0", "i");
    await tmux.until(/keys go to the guest/);
    tmux.text("map");
    tmux.keys("Enter");
    // The guest wakes up where it slept. The keys are still its own: what was typed on must not be taken for commands.
    await tmux.until(/breakpoint 1 at \w+; \^\] takes the keys back/);
    expect(tmux.screen()).toMatch(/PAUSED.*0 overview/);
    tmux.keys("C-]");
    await tmux.until(/0-9 screen/);
    const before = Number(/icount (\d[\d ]*)/.exec(tmux.screen())?.[1].replaceAll(" ", ""));
    tmux.keys("s");
    await tmux.until(/stepped/);
    expect(Number(/icount (\d[\d ]*)/.exec(tmux.screen())?.[1].replaceAll(" ", ""))).toBe(before + 1);
    tmux.keys("q");
    await tmux.until(/status=0/);
  });

  it("draws anew after each change of size, down to one cell and back", async () => {
    start("run play");
    await tmux.until(/play>/);
    for (const [columns, rows] of [
      [60, 16],
      [20, 5],
      [1, 1],
      [160, 50],
      [80, 24],
    ] as const) {
      tmux.resize(columns, rows);
      await new Promise((done) => setTimeout(done, 200));
    }
    const screen = await tmux.until(/0 overview\s*$/m);
    const lines = screen.split("\n");
    expect(lines.filter((line) => line.includes("0 overview"))).toHaveLength(1);
    expect(lines.every((line) => line.length <= 80)).toBe(true);
    tmux.keys("q");
  });

  it("survives being stopped and continued by the shell", async () => {
    start("run play");
    await tmux.until(/play>/);
    tmux.keys("C-z");
    await tmux.until(/Stopped|suspended/);
    expect(tmux.value("alternate_on")).toBe("0");
    tmux.keys("fg", "Enter");
    await tmux.until(/0 overview\s*$/m);
    expect(tmux.value("alternate_on")).toBe("1");
    tmux.keys("q", "y");
    await tmux.until(/status=|\$ $/);
    expect(tmux.value("alternate_on")).toBe("0");
  });

  it.each([
    ["run play --timeout 2s", [], 124, "--timeout reached"],
    ["run play --max-icount 5000", ["q"], 124, "--max-icount reached"],
    ["run play", ["C-c", "C-c"], 130, "interrupted"],
    ["run play", ["q", "y"], 0, "left by the user"],
    ["run b1", ["q"], 1, "debug-exit"],
  ] as const)("'%s', left with %j: the status is the report's, %i", async (command, keys, status, why) => {
    start(command);
    await tmux.until(/0 overview\s*$/m);
    if (command.includes("max-icount")) await tmux.until(/ENDED .*0 overview/);
    if (command.includes("b1")) await tmux.until(/FAILED 1 .*0 overview/);
    if (keys.length > 0) tmux.keys(...keys);
    const left = await tmux.until(/status=\d+/);
    expect(left).toContain(`exit ${status} (${why})`);
    expect(left).toContain(`status=${status}`);
  });

  it("gives the terminal back when it is killed", async () => {
    start("run play");
    await tmux.until(/play>/);
    const pid = tmux.value("pane_pid");
    const child = spawnSync("pgrep", ["-n", "-P", pid], { encoding: "utf8" }).stdout.trim();
    process.kill(Number(child), "SIGTERM");
    expect(await tmux.until(/status=143/)).toContain("exit 143 (interrupted)");
    expect(tmux.value("alternate_on")).toBe("0");
  });

  it("is readable without colour and without line drawing", async () => {
    tmux.keys("NO_COLOR=1 LC_ALL=C node bin/umbra.js run play; echo status=$?", "Enter");
    const screen = await tmux.until(/play>/);
    expect(screen).toMatch(/^\+ 1 console/m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that nothing else is there is the point
    expect(screen).toMatch(/^[\x0a\x20-\x7e]*$/);
    tmux.keys("q", "y");
  });
});
