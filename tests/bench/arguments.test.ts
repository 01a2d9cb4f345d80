import { describe, expect, it } from "vitest";
import { type LoopsCommand, parseCommand, UsageError } from "../../bench/arguments.ts";

const loops = (...args: string[]): LoopsCommand => {
  const command = parseCommand(args);
  if (command.command !== "loops") throw new Error(`that is ${command.command}`);
  return command;
};

describe("the command line of the benchmarks", () => {
  it("runs all rows on umbra with the shadow MMU by default", () => {
    const command = loops();
    expect(command.rows.length).toBeGreaterThan(15);
    expect(command).toMatchObject({ umbra: true, mmu: "shadow", peers: [], effort: { boots: 2, rounds: 3 } });
  });

  it("takes rows and groups, in the table's order", () => {
    expect(loops("cr3", "kmap").rows.map(({ name }) => name)).toEqual(["kmap", "cr3"]);
    expect(loops("call").rows.map(({ name }) => name)).toEqual(["fib", "vcalls", "switchvm"]);
  });

  it("takes several peers, each once", () => {
    expect(loops("--peer", "v86", "--peer", "qemu", "--peer", "v86").peers).toEqual(["v86", "qemu"]);
  });

  it("does less with --quick, unless told how much", () => {
    expect(loops("--quick").effort).toEqual({ boots: 1, rounds: 2 });
    expect(loops("--quick", "--rounds", "5").effort).toEqual({ boots: 1, rounds: 5 });
  });

  it("compares two files", () => {
    expect(parseCommand(["--compare", "a.json", "b.json"])).toEqual({
      command: "compare",
      a: "a.json",
      b: "b.json",
    });
  });

  it.each([
    [["warp"], 'There is no row or group "warp"; --list shows them.'],
    [["--mmu", "none"], '--mmu is one of bare, shadow, not "none".'],
    [["--peer", "bochs"], '--peer is one of v86, qemu, not "bochs".'],
    [["--rounds", "0"], '--rounds is a number from 1 to 16, not "0".'],
    [["--boots", "many"], '--boots is a number from 1 to 16, not "many".'],
    [["--compare", "a.json"], "--compare takes two files, A and B."],
    [["--no-umbra"], "--no-umbra leaves nothing to run; add --peer."],
    [["--fast"], "Unknown option '--fast'."],
  ])("refuses %j in one sentence", (args, sentence) => {
    expect(() => parseCommand(args)).toThrow(new UsageError(sentence));
  });
});

describe("npm run bench -- mmu", () => {
  it("measures every policy, in full, for people, by default", () => {
    expect(parseCommand(["mmu"])).toEqual({
      command: "mmu",
      policies: ["write-protect", "oos", "oos+global", "oos+global-fixed", "modern"],
      quick: false,
      json: null,
    });
  });

  it("takes policies, each once and in the order of the default, --quick and --json", () => {
    const args = [
      "mmu",
      "--policy",
      "modern",
      "--policy",
      "oos",
      "--policy",
      "modern",
      "--quick",
      "--json",
      "f",
    ];
    expect(parseCommand(args)).toEqual({
      command: "mmu",
      policies: ["oos", "modern"],
      quick: true,
      json: "f",
    });
  });

  it("dashboard may be quick", () => {
    expect(parseCommand(["dashboard", "--quick"])).toEqual({ command: "dashboard", quick: true });
  });

  it.each([
    [["mmu", "kmap"], "mmu goes with --policy, --quick and --json only."],
    [["mmu", "--mmu", "bare"], "mmu goes with --policy, --quick and --json only."],
    [
      ["mmu", "--policy", "xen"],
      '--policy is one of write-protect, oos, oos+global, oos+global-fixed, modern, not "xen".',
    ],
    [["kmap", "--policy", "oos"], "--policy goes with mmu only."],
    [["dashboard", "kmap"], "dashboard takes no rows, and of the options only --quick."],
    [["dashboard", "--json", "f"], "dashboard takes no rows, and of the options only --quick."],
  ])("refuses %j in one sentence", (args, sentence) => {
    expect(() => parseCommand(args)).toThrow(new UsageError(sentence));
  });
});
