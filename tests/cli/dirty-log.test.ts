/** `umbra run --dirty-log`: which frames the guest stores to, round by round. */
import { describe, expect, it } from "vitest";
import { umbra } from "./command.ts";

interface Report {
  readonly dirtyLog: { readonly rounds: readonly number[]; readonly frames: number };
  readonly instructions: number;
  readonly stateHash: string;
}

const report = (...options: string[]): Report =>
  JSON.parse(
    umbra("run", "kmap", "--append", "workload=copy", "--report", "json", ...options).stdout,
  ) as Report;

describe("--dirty-log", () => {
  const rounds = report("--dirty-log=1M");

  it("starts a round at each multiple of so many instructions, the same in every run", () => {
    expect(rounds.dirtyLog.rounds.length).toBe(Math.floor(rounds.instructions / 1e6) + 1);
    expect(report("--dirty-log=1M").dirtyLog).toEqual(rounds.dirtyLog);
  });

  it("has as many different frames however long the rounds are", () => {
    const one = report("--dirty-log").dirtyLog;
    expect(one.rounds).toEqual([one.frames]);
    expect(rounds.dirtyLog.frames).toBe(one.frames);
    expect(Math.max(...rounds.dirtyLog.rounds)).toBeLessThan(one.frames);
  });

  it("logs the same frames under every policy, and the guest cannot tell", () => {
    const { dirtyLog, stateHash } = report("--dirty-log=1M", "--policy", "write-protect");
    expect(stateHash).toBe(rounds.stateHash);
    expect(report("--policy", "bare").stateHash).toBe(stateHash);
    expect(dirtyLog.frames).toBe(rounds.dirtyLog.frames);
  });

  it("is refused without a hypervisor", () => {
    const { status, stderr } = umbra("run", "kmap", "--mmu", "bare", "--dirty-log");
    expect(status).toBe(2);
    expect(stderr).toContain("--dirty-log and a bare machine contradict each other");
  });

  it("takes a positive number of instructions", () => {
    expect(umbra("run", "kmap", "--dirty-log=0").status).toBe(2);
    expect(umbra("run", "kmap", "--dirty-log=soon").stderr).toContain("Give a positive whole number");
  });
});
