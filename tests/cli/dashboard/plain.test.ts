/** `umbra run --ui plain`: the dashboard as lines, through a pipe; and what happens where no dashboard can be. */
import { describe, expect, it } from "vitest";
import { image, SPIN, umbraDuring, umbraReading } from "../command.ts";

const plain = (input: string, ...options: string[]) =>
  umbraReading(input, "run", "kmap", "--ui", "plain", "--report", "none", ...options);

describe("lines", () => {
  it("of the guest begin with guest:, and the end is told", () => {
    const { stdout, status } = plain("");
    const lines = stdout.split("\n");
    expect(lines).toContain("guest: PASS windows");
    expect(lines).toContain(
      "umbra: stopped: the guest ended itself with status 0 (debug-exit 1 means success)",
    );
    expect(status).toBe(0);
  });

  it("of a script are commands, each done before the next begins", () => {
    const { stdout, status } = plain("until 1000000\ninfo registers\nstep 2\nfrobnicate\nquit\n", "--paused");
    expect(stdout).toMatch(
      /stopped: icount 1000000\neax=[\s\S]*umbra: running\numbra: stopped: stepped 2 instructions\n/,
    );
    expect(stdout).toMatch(/^'frobnicate' is no command; there are /m);
    expect(status).toBe(0);
  });

  it("of events are those that pass the filter, with their reasons", () => {
    const { stdout } = plain("filter unsync_page\nuntil 3000000\nquit\n", "--paused");
    expect(stdout).toMatch(
      /^event: \d+ \d+ unsync_page .*level1_one_role: level 1, one role: let it drift$/m,
    );
    expect(stdout).not.toMatch(/^event: .*set_spte/m);
  });

  it("can be a screen of the dashboard", () => {
    const { stdout } = plain("until 3000000\nscreen 3\nscreen 42\nquit\n", "--paused");
    expect(stdout).toMatch(/^ kmap {2}PAUSED .* 3 out of sync$/m);
    expect(stdout).toMatch(/^there is no screen '42'; there are 0 overview, /m);
  });

  it("never hold a control character", () => {
    const { stdout } = umbraReading(
      "",
      "run",
      "play",
      "--ui",
      "plain",
      "--report",
      "none",
      "--append",
      "script=hostile,exit",
    );
    expect(stdout).toContain("guest: ");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  });
});

describe("the status is the one that the report says", () => {
  const spin = image("spin-plain.bin", SPIN);
  const args = ["run", spin, "--ui", "plain"];

  it("of the time limit", () => {
    const { status, stderr } = umbraReading("", ...args, "--timeout", "500ms");
    expect(stderr).toContain("exit 124 (--timeout reached)");
    expect(status).toBe(124);
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("of %s", async (signal, expected) => {
    const { status, stderr } = await umbraDuring(args, (child) => child.kill(signal));
    expect(stderr).toContain(`exit ${expected} (interrupted)`);
    expect(status).toBe(expected);
  });

  it("of --max-icount, which ends the machine: nothing runs on", () => {
    const { status, stdout, stderr } = umbraReading("cont\n", ...args, "--max-icount", "5000", "--paused");
    expect(stdout).toContain("stopped: the icount that --max-icount allows is reached");
    expect(stderr).toContain("exit 124 (--max-icount reached)");
    expect(stderr).toContain("5 000 instructions");
    expect(status).toBe(124);
    // A busy computer may hear of the second command before the first has ended the machine.
    const again = umbraReading("cont\nstep\n", ...args, "--max-icount", "5000", "--paused");
    expect(again.stdout).toMatch(/the machine has ended|the machine is running/);
    expect(again.stderr).toContain("5 000 instructions");
  });

  it("of a guest that has ended before anyone left: its own, failed or well", () => {
    expect(umbraReading("", "run", "b1", "--ui", "plain").status).toBe(1);
    const well = umbraReading("", "run", "b1", "--ui", "plain", "--success", "1");
    expect([well.status, well.stdout.includes("with status 0 (debug-exit 1 means success)")]).toEqual([
      0,
      true,
    ]);
  });

  it("of quit: 0", () => {
    const { status, stderr } = umbraReading("quit\n", ...args);
    expect([status, /exit 0 \(left by the user\)/.test(stderr)]).toEqual([0, true]);
  });
});

describe("what cannot be is refused in one sentence", () => {
  it.each([
    [["run", "kmap", "--ui", "dashboard"], "--ui dashboard needs a terminal on standard input and output"],
    [["run", "kmap", "--paused"], "--paused needs --ui dashboard or plain"],
    [["run", "missing.elf", "--ui", "plain"], "missing.elf: there is no such file"],
    [["run", "kmap", "--ui", "plain", "--filter", "gfn=xyz"], "'gfn' is compared with a hexadecimal number"],
  ])("%j", (args, sentence) => {
    const { stderr, status } = umbraReading("", ...args);
    expect(stderr).toMatch(/^umbra: [^\n]*\.\n$/);
    expect(stderr).toContain(sentence);
    expect(status).toBe(2);
  });

  it("a rate of frames that is none", () => {
    const { stderr, status } = umbraReading("", "run", "kmap", "--fps", "99");
    expect(stderr).toContain("Give a whole number from 1 to 15.");
    expect(status).toBe(2);
  });
});
