/** `umbra compare`: what it refuses, and what it says when something goes wrong on our side. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { debugExit, folder, image, type Outcome, shell, UMBRA_QUOTED, umbra } from "../command.ts";

const compare = (...args: string[]): Outcome => umbra("compare", ...args);

image("hello", debugExit(0));

describe("what cannot be done is one sentence, and status 2", () => {
  it.each<[string[], string]>([
    [["nosuch"], "nosuch: there is no such file, nor a built-in guest of that name"],
    [[""], "the name of the image is empty"],
    [["b1", "--policy", "oos,oos"], "--policy names oos twice"],
    [["b1", "--policy", "oos"], "--policy has one name; a comparison needs two"],
    [["b1", "--policy", "oos,nosuch"], "The policies are write-protect, oos, oos+global"],
    [["b1", "--policy", ""], "The policies are"],
    [["b1", "--assert", "oos.exits"], "--assert 'oos.exits', column 10: a comparison"],
    [["b1", "--assert", "modern.exits < 1"], "where the policies are write-protect, oos+global, oos."],
    [["b1", "--assert", "oos.nosuch < 1"], "there is no counter 'nosuch'"],
    [["b1", "--cost", "nosuch=1"], "--cost nosuch: there is no such price; there are exit, "],
    [["b1", "--cost", "exit"], "Give prices in cycles"],
    [["b1", "--cost", "exit=-1"], "Give prices in cycles"],
    [["b1", "--debugcon", "0x402=log"], "all runs would write that file"],
    [["b1", "--com3", "log"], "--com3 log: all runs would write that file"],
    [["b1", "--hda", "disk.img", "--writable"], "--writable: all runs would write the same disks"],
    [
      ["b1", "--policy", "oos,bare", "--invlpg-prefill", "on", "--invlpg-rederive", "on"],
      "contradict each other",
    ],
    [["b1", "--initrd", "nosuch"], "nosuch: there is no such file; --initrd takes"],
  ])("%j", (args, sentence) => {
    const { status, stdout, stderr } = compare(...args);
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
    expect([status, stdout]).toEqual([2, ""]);
  });
});

describe("what goes wrong on our side", () => {
  it("a thread that dies ends the comparison with status 1", () => {
    // Loaded into every thread before its program.
    writeFileSync(
      join(folder, "dying.cjs"),
      'if (!require("node:worker_threads").isMainThread) process.exit(7);',
    );
    const outcome = shell(
      `cd "${folder}" && NODE_OPTIONS='--require ./dying.cjs' ${UMBRA_QUOTED} compare hello --policy oos,bare`,
    );
    expect(outcome.stderr).toContain("a run's thread ended with status 7 before it had a result");
    expect([outcome.status, outcome.stdout]).toEqual([1, ""]);
  });

  it("standard output that cannot be written is said", () => {
    const full = shell(`${UMBRA_QUOTED} compare "${join(folder, "hello")}" --policy oos,bare > /dev/full`);
    expect(full.status).toBe(1);
    expect(full.stderr).toContain("standard output cannot be written");
  });
});
