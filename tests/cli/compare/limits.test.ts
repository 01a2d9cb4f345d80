/** `umbra compare`: runs that are ended from outside, and choices that change what a name means. */
import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { debugExit, folder, image, SPIN, UMBRA, umbra } from "../command.ts";

const FOREVER = image("forever", SPIN);
const DONE = image("done", debugExit(0));
/** Enough for the threads to run, also on a busy computer. */
const MILLISECONDS = 2000;

describe("runs that end from outside", () => {
  it("cannot be compared after --timeout, which stops them at different places: status 124, one sentence", () => {
    const { status, stdout, stderr } = umbra(
      "compare",
      FOREVER,
      "--policy",
      "oos,bare",
      "--timeout",
      "300ms",
    );
    expect([status, stdout]).toEqual([124, ""]);
    expect(stderr).toMatch(
      /^umbra: --timeout stopped oos after [\d ]+ instructions, so states cannot be compared;/,
    );
    expect(stderr).toContain("--max-icount");
  });

  it("are compared if they ended before the time was up", () => {
    expect(umbra("compare", DONE, "--policy", "oos,bare", "--timeout", "1m").status).toBe(0);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "%s ends all threads, with status %i rather than by the signal, and no report",
    async (signal, status) => {
      const args = [UMBRA, "compare", FOREVER, "--policy", "write-protect,oos,bare"];
      const child = spawn(process.execPath, args, { cwd: folder });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
      setTimeout(() => child.kill(signal), MILLISECONDS);
      const end = await new Promise((done) => child.on("close", (...how) => done(how)));
      expect([end, output]).toEqual([[status, null], ""]);
    },
  );
});

describe("choices beside a name", () => {
  const text = (...args: string[]) => umbra("compare", DONE, "--policy", "oos,bare", ...args).stdout;

  it("are said, since the column's head does not show them", () => {
    expect(text("--vendor", "svm")).toContain("\noos is oos; svm\n");
    expect(text("--oos-global", "on")).toContain("\noos is oos+global\n");
  });

  it("are not said where there are none", () => {
    expect(text()).not.toMatch(/^\S+ is /m);
  });
});

it("small costs keep two decimals", () => {
  expect(umbra("compare", DONE, "--policy", "oos,write-protect").stdout).toMatch(
    /^estimated Mcycles +0\.\d\d +0\.\d\d$/m,
  );
});
