/** `umbra check` as users start it. */
import { describe, expect, it } from "vitest";
import { umbra } from "./command.ts";

const B1 = "T0[0]=F0:P,G; read 0x0; T0[0]=0; cr3 R1; invlpg 0x0; cr3 R0; read 0x0";

describe("a story that goes wrong", () => {
  const outcome = umbra("check", "--replay", B1);

  it("is told step by step, with what should have been and why, and exit status 4", () => {
    expect(outcome).toMatchObject({ status: 4, stderr: "" });
    expect(outcome.stdout).toContain(`  1. T0[0] := F0, present, global
  2. read 0x0: got F0
  3. T0[0] := 0
  4. CR3 := R1
  5. INVLPG 0x0
  6. CR3 := R0
  7. read 0x0: got F0
     Allowed: #PF (not present) (the tables say so now).
     F0: its tables last led there after step 2; INVLPG of step 5 had to drop
     it.`);
    expect(outcome.stdout).toContain("This breaks inv36: ");
  });

  it("fits 80 columns and has no control characters", () => {
    for (const line of outcome.stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(outcome.stdout).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it("is none under a policy that has no global list", () => {
    const sound = umbra("check", "--policy", "oos", "--replay", B1);
    expect(sound).toMatchObject({ status: 0, stderr: "" });
    expect(sound.stdout).toContain("  7. read 0x0: got #PF (not present)\n\nNothing is wrong.\n");
  });

  it("comes as JSON with the command that tells it again", () => {
    const { status, stdout } = umbra("check", "--replay", B1, "--report", "json");
    const report = JSON.parse(stdout);
    expect(status).toBe(4);
    expect(report).toMatchObject({ policy: "oos+global", mode: "pae" });
    expect(report.failures).toMatchObject([{ story: B1.split("; "), invariant: "inv36", got: "F0" }]);
    expect(report.failures[0].replay).toBe(`umbra check --replay "${B1}"`);
  });
});

describe("a search", () => {
  it("finds nothing on a bare machine: exit status 0", () => {
    const outcome = umbra("check", "--policy", "bare", "--runs", "1000", "--ops", "10");
    expect(outcome).toEqual({
      status: 0,
      stdout: "bare, pae: 1 000 stories of 10 steps, seed 1\nNo story went wrong.\n",
      stderr: "",
    });
  });

  it("finds what is wrong, and shows how to see it again", () => {
    const outcome = umbra("check", "--global-without-pge", "on", "--seed", "4", "--runs", "5k");
    expect(outcome).toMatchObject({ status: 4, stderr: "" });
    const command = /^umbra (check .* --replay) "(.*)"$/m.exec(outcome.stdout);
    const again = umbra(...(command?.[1] ?? "").split(" "), command?.[2] ?? "");
    expect(again.status).toBe(4);
    expect(again.stdout).toContain("This breaks inv36");
  });

  it("by shards counts up to the whole", () => {
    const runs = (shard: string) => {
      const { stdout } = umbra(
        "check",
        "--policy",
        "oos",
        "--runs",
        "2500",
        "--shard",
        shard,
        "--report",
        "json",
      );
      return JSON.parse(stdout);
    };
    expect([runs("1/2").runs, runs("2/2").runs]).toEqual([1500, 1000]);
    expect(runs("1/2")).toMatchObject({ shard: "1/2", seed: 1, ops: 36_000, failures: [] });
  });
});

describe("bad input is one sentence and exit status 2", () => {
  it.each<[string[], RegExp]>([
    [["--mode", "64bit"], /--mode.*Allowed choices are pae, 32bit, mixed/],
    [["--shard", "3/2"], /--shard.*Give I\/N with I from 1 to N/],
    [["--shard", "half"], /--shard.*Give I\/N/],
    [["--ops", "0"], /--ops.*Give a number from 1 to 1000/],
    [["--runs", "none"], /--runs.*Give a positive whole number/],
    [["--seed", "-1"], /--seed.*Give a whole number below/],
    [["--policy", "best"], /--policy.*The policies are/],
    [["--replay", "cr3 R9"], /--replay: "cr3 R9": there is no frame R9; the frames are R0, R1, .*\.$/m],
    [["--replay", ""], /--replay: the story has no steps/],
    [["--replay", "read 0x0", "--runs", "5"], /--replay tells one story.*--runs/],
    [["--policy", "bare", "--audit"], /--audit looks at shadow structures/],
    [["--policy", "bare", "--oos", "off"], /contradict each other/],
    [["story"], /too many arguments/],
  ])("%j", (words, sentence) => {
    const outcome = umbra("check", ...words);
    expect(outcome).toMatchObject({ status: 2, stdout: "" });
    expect(outcome.stderr).toMatch(sentence);
  });
});
