/** `umbra exec`: run to a point, answer, end. */
import { describe, expect, it } from "vitest";
import { umbra } from "./command.ts";

describe("umbra exec", () => {
  it("answers at exactly the instruction asked for, the same every time", () => {
    const ask = (...options: string[]) =>
      umbra("exec", "kmap", "--until", "3000000", "info registers", ...options);
    const { status, stdout } = ask();
    expect(status).toBe(0);
    expect(stdout).toContain("cr3=");
    expect(ask("--policy", "modern").stdout).toBe(stdout);
    expect(ask("--mmu", "bare").stdout).toBe(stdout);
    expect(umbra("exec", "kmap", "--until", "3000001", "info registers").stdout).not.toBe(stdout);
  });

  it("answers several questions, each under its own words; one stands alone", () => {
    const { stdout } = umbra("exec", "b1", "info policy", "audit");
    expect(stdout).toMatch(/^\(info policy\)\noos\+global\n[\s\S]*\(audit\)\nall invariants hold\n$/);
    expect(umbra("exec", "b1", "audit").stdout).toBe("all invariants hold\n");
  });

  it("keeps stdout for answers: the guest's console is on stderr", () => {
    const { stdout, stderr } = umbra("exec", "b1", "audit");
    expect(stdout).not.toContain("b1:");
    expect(stderr).toContain("b1: old page");
  });

  it("says so if the guest ended before", () => {
    const { status, stderr } = umbra("exec", "b1", "--until", "1M", "audit");
    expect(status).toBe(0);
    expect(stderr).toMatch(/umbra: the guest ended at instruction \d+, before --until 1000000\.\n$/);
  });

  it("refuses what is no question, in one sentence", () => {
    const { status, stderr } = umbra("exec", "b1", "info everything");
    expect(status).toBe(2);
    expect(stderr).toContain("umbra: 'info everything' is no question; there are info registers,");
    expect(umbra("exec", "b1").status).toBe(2);
    expect(umbra("exec", "nope", "audit").status).toBe(2);
  });
});
