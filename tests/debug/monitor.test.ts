/** The monitor's questions, put to the b1 guest when it has ended: two address spaces, three small tables. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { monitor, monitorHelp } from "../../src/debug/monitor.ts";
import { MonitorError } from "../../src/debug/monitor-error.ts";
import { loadMultiboot } from "../../src/machine/image/multiboot.ts";
import { Machine } from "../../src/machine/machine.ts";
import { defaultPolicy } from "../../src/mmu/shadow/policy.ts";

function boot(mmu: "bare" | "shadow"): Machine {
  const bytes = readFileSync(resolve(import.meta.dirname, "../../guests/images/b1.elf"));
  const machine = new Machine({ ramBytes: 4 << 20, mmu, policy: defaultPolicy, console: () => {} });
  machine.load(
    loadMultiboot(
      { name: "b1", bytes },
      { memBytes: 4 << 20, commandLine: "", modules: [], bootLoaderName: "test" },
    ),
  );
  machine.run(10_000);
  return machine;
}

const shadow = boot("shadow");
const bare = boot("bare");
const ask = (text: string, machine = shadow): string[] => monitor(machine, text);
/** The frame that the last line of gva2gpa names. */
const frameOf = (lines: readonly string[]): string => (lines.at(-1) ?? "").replace(/^gpa: 0x|...$/g, "");

describe("addresses", () => {
  it("gva2gpa shows each level of the guest's tables, and where they lead", () => {
    const lines = ask("gva2gpa 0x200123");
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(/^level 2 {2}gfn 001\w\w\[001\] {2}0{8}001\w\w023 {2}----A---WP$/);
    expect(lines[2]).toMatch(/^level 1 {2}gfn \w{5}\[000\] {2}0{8}001\w\w163 {2}-G-DA---WP$/);
    expect(lines[3]).toMatch(/^gpa: 0x1\w\w123$/);
  });

  it("a large page ends the walk at level 2; what is not mapped says so", () => {
    expect(ask("gva2gpa 0x1000").map((line) => line.slice(0, 7))).toEqual(["level 3", "level 2", "gpa: 0x"]);
    expect(ask("gva2gpa 0x201000").at(-1)).toBe("unmapped");
    expect(ask("gva2gpa 0x40000000")).toHaveLength(2);
  });

  it("gva2spte shows what the hypervisor made of it: here it is stale, that is what b1 is about", () => {
    const lines = ask("gva2spte 0x200000");
    expect(lines.map((line) => line.slice(0, 7)).slice(0, 3)).toEqual(["level 3", "level 2", "level 1"]);
    const shown = /^gfn 0*(\w+), mapped \d+ times$/.exec(lines[3])?.[1];
    const now = frameOf(ask("gva2gpa 0x200000"));
    expect(shown).toBeDefined();
    expect(shown).not.toBe(now);
  });

  it("info rmap has the entries that map a frame, in hexadecimal", () => {
    const frame = /^gfn (\w+),/.exec(ask("gva2spte 0x200000").at(-1) ?? "")?.[1] ?? "";
    expect(ask(`info rmap ${frame}`)[0]).toMatch(/^sp \w+ entry 000 {2}[0-9a-f]{16} {2}----A|^sp/);
    expect(ask("info rmap 3ff")).toEqual(["gfn 003ff is mapped nowhere"]);
  });
});

describe("memory", () => {
  it("x goes through the guest's tables, xp does not", () => {
    expect(ask("x/c 0x200000")).toEqual(["00200000: 'n'"]);
    expect(ask(`xp/1xb 0x${frameOf(ask("gva2gpa 0x200000"))}000`)[0]).toMatch(/: 6e$/);
    expect(ask("x/xw 0x40000000")).toEqual(["40000000: ????????"]);
  });

  it("formats and sizes are gdb's: the multiboot magic in four ways", () => {
    const gpa = [0x10_0000, 0x10_0040, 0x10_0060, 0x10_0080, 0x10_0054, 0x10_0034].find(
      (at) => shadow.memory.read32(at >>> 12, at & 0xfff) === 0x1bad_b002,
    );
    expect(gpa).toBeDefined();
    const at = `0x${(gpa ?? 0).toString(16)}`;
    expect(ask(`xp/xw ${at}`)[0].slice(10)).toBe("1badb002");
    expect(ask(`xp/2xh ${at}`)[0].slice(10)).toBe("b002 1bad");
    expect(ask(`xp/uw ${at}`)[0].slice(10)).toBe("464367618");
    expect(ask(`xp/2dh ${at}`)[0].slice(10)).toBe("-20478 7085");
  });

  it("sixteen bytes make a line", () => {
    expect(ask("xp/6xw 0x100000").map((line) => line.split(" ").length)).toEqual([5, 3]);
  });
});

describe("the hypervisor", () => {
  it("info oos has the table whose INVLPG was lost, with its stale entry", () => {
    const lines = ask("info oos");
    expect(lines[0]).toBe("not global, synced by the CR3 load that reaches them: 0");
    expect(lines[1]).toBe("global, synced by writes to CR4 and CR0: 1");
    expect(lines[2]).toMatch(/present {3}1 {2}stale {3}1 {2}under the loaded roots, from \w+:001$/);
  });

  it("info shadow, info stats, info policy and audit", () => {
    expect(ask("info shadow").some((line) => line.includes("unsync  G"))).toBe(true);
    expect(ask("info stats")).toContain("mmu_unsync_global                1  now".replace("  now", "  now"));
    expect(ask("info policy")[0]).toBe("oos+global");
    expect(ask("audit")).toEqual(["all invariants hold"]);
  });

  it("a bare machine has none, but registers and guest tables", () => {
    for (const question of [
      "info oos",
      "info shadow",
      "info stats",
      "gva2spte 0x0",
      "audit",
      "info rmap 1",
    ]) {
      expect(() => ask(question, bare)).toThrow("there is no shadow MMU: the machine is bare");
    }
    expect(ask("info policy", bare)).toEqual(["bare: no hypervisor"]);
    expect(frameOf(ask("gva2gpa 0x200000", bare))).toBe(frameOf(ask("gva2gpa 0x200000")));
    expect(ask("info registers", bare).join(" ")).toContain("cr0=80010011");
  });
});

describe("questions that are none", () => {
  it.each([
    ["info foo", "'info foo' is no question; there are info registers"],
    ["", "'' is no question"],
    ["gva2gpa", "'' is no address"],
    ["gva2gpa 0x100000000", "is no address"],
    ["info rmap xyz", "'xyz' is no frame"],
    ["info oos now", "'now' is too much here"],
    ["x/9q 0x0", "'/9q' is no format"],
    ["x/0xw 0x0", "is no format"],
    ["x/8xw", "'/8xw' has no address"],
  ])("%s", (question, sentence) => {
    expect(() => ask(question)).toThrow(MonitorError);
    expect(() => ask(question)).toThrow(sentence);
  });

  it("every question has a sentence in the help", () => {
    expect(monitorHelp.length).toBeGreaterThan(9);
    for (const line of monitorHelp) expect(line).toMatch(/^\S.{18,} \S|^\S.* {2}\S/);
  });
});
