/** The monitor's questions, put to the b1 guest when it has ended: two address spaces, three small tables. */
import { describe, expect, it } from "vitest";
import { monitorHelp } from "../../src/debug/monitor.ts";
import { policies } from "../../src/mmu/shadow/policy.ts";
import { ask as askOf, b1, debugged } from "./target.ts";

const shadow = b1();
const bare = b1("bare");
const ask = (text: string, target = shadow): readonly string[] => askOf(target, text);
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
    const shown = /^gfn 0*(\w+), mapped (once|\d+ times)$/.exec(lines[3])?.[1];
    const now = frameOf(ask("gva2gpa 0x200000"));
    expect(shown).toBeDefined();
    expect(shown).not.toBe(now);
  });

  it("translate has both side by side, and calls the disagreement what it is", () => {
    const lines = ask("translate 0x200000 read supervisor");
    expect(lines[0]).toBe("gva 00200000, supervisor read");
    expect(lines).toContain("the guest's tables, in RAM:");
    expect(lines).toContain("the shadow tables, which the processor walks: UNSYNC");
    const frames = lines.filter((line) => /^ {2}gfn \w{5}, allowed$/.test(line));
    expect(new Set(frames).size).toBe(2);
    expect(lines.join("\n")).toMatch(/^They differ.*\nreverse map of gfn \w{5}:\n {2}sp \w+ entry 000/m);
  });

  it("translate: the access may be named in any order; the guest's own privilege is the default", () => {
    expect(ask("translate 0x200000 user write")[0]).toBe("gva 00200000, user write");
    expect(ask("translate 0x200000 fetch")[0]).toBe("gva 00200000, supervisor fetch");
    expect(ask("translate 0x200000 user").join("\n")).toMatch(/supervisor only/);
  });

  it("info rmap has the entries that map a frame, in hexadecimal", () => {
    const frame = /^gfn (\w+),/.exec(ask("gva2spte 0x200000").at(-1) ?? "")?.[1] ?? "";
    expect(ask(`info rmap ${frame}`).join("\n")).toMatch(
      /^sp \w+ entry 000 {2}[0-9a-f]{16} {2}[-XGSDACTUWP]{10} {2}l1 of gfn \w{5} {2}unsync {2}G$/m,
    );
    expect(ask("info rmap 3ff")).toEqual(["gfn 003ff is mapped nowhere"]);
  });

  it("are sums of numbers and registers, modulo 2^32", () => {
    const there = ask("gva2gpa 0x200010");
    expect(ask("gva2gpa 0x200000+16")).toEqual(there);
    expect(ask("gva2gpa 0x200020 - 0x10")).toEqual(there);
    expect(ask("gva2gpa 0xffffffff+0x200011")).toEqual(there);
    const eip = /eip=(\w{8})/.exec(ask("info registers").join("\n"))?.[1];
    expect(ask("gva2gpa $eip")).toEqual(ask(`gva2gpa 0x${eip}`));
    expect(ask("gva2gpa $PC")).toEqual(ask(`gva2gpa 0x${eip}`));
    expect(ask("gva2gpa 0x200010+$cpl-$cpl")).toEqual(there);
    expect(ask("gva2gpa $cs.base+0x200010")).toEqual(there);
  });
});

describe("what the guest maps", () => {
  it("info tlb has a line for each page, a large one or a small one", () => {
    const lines = ask("info tlb");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^00000000: 000000000 -GSDA---WP$/);
    expect(lines[1]).toMatch(/^00200000: 000\w{3}000 -G-DA---WP$/);
    expect(lines[1].slice(10, 19)).toBe(`000${frameOf(ask("gva2gpa 0x200000"))}000`);
  });

  it("info mem joins neighbours with equal rights, and has execute permission and G", () => {
    expect(ask("info mem")).toEqual([expect.stringMatching(/^00000000-00201000 00201000 -rwx G$/)]);
  });

  it("both start where they are told, stop after so many lines, and say how to go on", () => {
    expect(ask("info tlb 0x200000")[0]).toMatch(/^00200000: /);
    expect(ask("info tlb 0 1")).toEqual([expect.stringMatching(/^00000000/), "more: info tlb 0x00200000 1"]);
    expect(ask("info tlb 0x40000000")).toEqual(["nothing is mapped there or above"]);
    expect(ask("info mem 0x200000")[0]).toMatch(/^00200000-/);
  });

  it("while paging is off there is nothing to list", () => {
    const start = debugged("b1", 1, { ramBytes: 4 << 20 });
    for (const question of ["info mem", "info tlb"]) {
      expect(ask(question, start)).toEqual(["paging is off: linear addresses are physical ones"]);
    }
    expect(ask("info mmu", start)[0]).toBe("paging     off");
  });

  it("a 32-bit guest or a bare machine has the same questions", () => {
    expect(ask("info tlb", bare)).toEqual(ask("info tlb"));
    expect(ask("info mem", bare)).toEqual(ask("info mem"));
  });
});

describe("memory", () => {
  it("x goes through the guest's tables, xp does not", () => {
    expect(ask("x/c 0x200000")).toEqual(["00200000: 'n'"]);
    expect(ask(`xp/1xb 0x${frameOf(ask("gva2gpa 0x200000"))}000`)[0]).toMatch(/: 6e$/);
    expect(ask("x/xw 0x40000000")).toEqual(["40000000: ????????"]);
  });

  const { memory } = shadow.machine;
  const magic = [...Array(64).keys()]
    .map((i) => 0x10_0000 + i * 4)
    .find((at) => memory.read32(at >>> 12, at & 0xfff) === 0x1bad_b002);
  const at = `0x${(magic ?? 0).toString(16)}`;

  it.each([
    ["xp/xw", "1badb002"],
    ["xp/wx", "1badb002"],
    ["xp", "1badb002"],
    ["xp/2xh", "b002 1bad"],
    ["xp/uw", "464367618"],
    ["xp/2dh", "-20478 7085"],
    ["xp/2c", "'\\x02' '\\xb0'"],
    ["xp/ob", "02"],
    ["xp/xg", "000000001badb002"],
    ["xp/dg", "464367618"],
  ])("formats and sizes are gdb's: %s of the multiboot magic", (question, shown) => {
    expect(magic).toBeDefined();
    expect(ask(`${question} ${at}`)[0].slice(10)).toBe(shown);
  });

  it("sixteen bytes make a line", () => {
    expect(ask("xp/6xw 0x100000").map((line) => line.split(" ").length)).toEqual([5, 3]);
    expect(ask("xp/6xw 0x100000")[1].slice(0, 9)).toBe("00100010:");
  });

  it("the last address is followed by the first", () => {
    expect(ask("xp/2xb 0xffffffff")[0]).toMatch(/^ffffffff: \?\? \w\w$/);
  });

  it("x/i shows instructions, and marks the next to run", () => {
    const start = debugged("b1", 1, { ramBytes: 4 << 20 });
    const [current, next] = ask("x/2i $eip", start);
    expect(current).toMatch(/^> 001\w{5} {2}c705[0-9a-f]{16} +mov dword ptr \[0x\w+\], 0x\w+$/);
    expect(next).toMatch(/^ {2}001\w{5} {2}c705/);
    expect(ask("x/2i $eip+10", start)[0]).toBe(next);
  });
});

describe("the hypervisor", () => {
  it("info oos has the table whose INVLPG was lost: its stale entry, since when, and what ends it", () => {
    const lines = ask("info oos");
    expect(lines[0]).toBe("not global, synced by the CR3 load that reaches them: 0");
    expect(lines[1]).toBe("global, synced by writes to CR4 and CR0: 1");
    const row =
      /^ +(\w+) {2}(\w{5}) +1 +1 +(\d+) +(\S+ [mun]?s) +(\w{8}) {2}CR4\/CR0 write +\d+ +\w+:001$/.exec(
        lines[3],
      );
    expect(row, lines[3]).not.toBeNull();
    const [, sp, , age, time, eip] = row ?? [];
    const unsync = shadow
      .events()
      .find(
        ({ fields, icount }) =>
          fields[0] === Number.parseInt(sp, 16) && icount === shadow.machine.icount - Number(age),
      );
    expect(unsync?.eip.toString(16).padStart(8, "0")).toBe(eip);
    expect(time).toBe(`${Number(age) / 100} us`);
    expect(lines.at(-1)).toMatch(/^since power-on: roots loaded \d+ times, .* skipped because global \d+$/);
  });

  it("info shadow has the tree; with a number one page, entry by entry", () => {
    const line = ask("info shadow").find((row) => row.includes("unsync  G"));
    expect(line).toMatch(/^00200000 {4}sp/);
    const sp = /sp +(\w+)/.exec(line ?? "")?.[1];
    const page = ask(`info shadow ${sp}`);
    expect(page[1]).toBe("gva      00200000-003fffff");
    expect(page.join("\n")).toMatch(/^000 {2}0{8}001\w\w163 {2}0{8}\w{8} {2}\w{5} {2}STALE/m);
    expect(page.join("\n")).toMatch(/^unsync {3}since icount \d+, /m);
  });

  it("info mmu: mode, roots, quota, lists, host TLB", () => {
    const text = ask("info mmu").join("\n");
    expect(text).toContain("paging     PAE, pages of 4 KiB and 2 MiB");
    expect(text).toMatch(/^host TLB {3}\d+ translations for supervisor accesses, 0 for user accesses$/m);
    expect(text).toMatch(/^ {2}root 0 {3}sp \w+ {2}gfn \w{5}$/m);
    expect(text).toMatch(/^pool {7}\d+ of \d+ shadow pages in use$/m);
    expect(text).toContain("unsync     0 not global, 1 on oos_global_pages");
    expect(ask("info mmu", bare).at(-1)).toBe("bare: the processor walks the guest's own tables");
  });

  it("info stats, info policy and audit", () => {
    expect(ask("info stats").find((line) => line.startsWith("mmu_unsync_global "))).toMatch(/ 1 {2}now$/);
    expect(ask("info policy")[0]).toBe("oos+global");
    expect(ask("audit")).toEqual(["all invariants hold"]);
  });

  it("policy: oos may change under way, all other choices name the option of umbra run", () => {
    const target = debugged("b1", 10, { ramBytes: 4 << 20, policy: { ...policies["oos+global"].policy } });
    expect(ask("policy", target)).toEqual(ask("info policy", target));
    expect(ask("policy oos=off", target)).toContain("  oos               false");
    expect(target.machine.shadow?.kvm.policy.oos).toBe(false);
    ask("cont", target);
    while (target.run(1000) === null);
    expect(target.machine.shadow?.stats.mmu_unsync).toBe(0);
    expect(target.machine.exitStatus).toBeNull();
    expect(ask("policy oos = on", target)[0]).toBe("oos+global");
    expect(() => ask("policy oos-global=off", target)).toThrow(
      "oosGlobal is fixed for a run: start `umbra run` with --oos-global",
    );
    expect(() => ask("policy shadowPages=64", target)).toThrow("--shadow-pages");
  });

  it("a bare machine has none, but registers and guest tables", () => {
    for (const question of [
      "info oos",
      "info shadow",
      "info shadow 1",
      "info stats",
      "gva2spte 0x0",
      "audit",
      "info rmap 1",
      "policy oos=off",
      "watch sp:1",
    ]) {
      expect(() => ask(question, bare), question).toThrow("there is no shadow MMU: the machine is bare");
    }
    expect(ask("info policy", bare)).toEqual(["bare: no hypervisor"]);
    expect(frameOf(ask("gva2gpa 0x200000", bare))).toBe(frameOf(ask("gva2gpa 0x200000")));
    expect(ask("translate 0x200000", bare).join("\n")).not.toContain("shadow tables");
  });
});

describe("processor and devices", () => {
  it("info registers has each register once, and control registers decoded", () => {
    const text = ask("info registers").join("\n");
    expect(text).toMatch(/^cr0=80010011 {2}PE ET WP PG$/m);
    expect(text).toMatch(/^cr4=000000a0 +PAE PGE$/m);
    expect(text).toMatch(/^cs +0008 base=00000000 limit=ffffffff .*code32/m);
    for (const name of ["eax", "esp", "eip", "cr2", "efer", "dr6", "dr7", "sysenter_eip", "tsc_offset"]) {
      expect(text.match(new RegExp(`\\b${name}=\\w{8}`, "g")), name).toHaveLength(1);
    }
    expect(ask("info registers", bare)).toContain("cr0=80010011  PE ET WP PG");
  });

  it("info pic, info pit and info devices: cards with datasheet names", () => {
    expect(ask("info pic").join("\n")).toMatch(/^pic.*\n[\s\S]*IMR/);
    expect(ask("info pit").join("\n")).toMatch(/^pit/);
    const all = ask("info devices");
    for (const line of [...ask("info pic"), ...ask("info pit")]) expect(all).toContain(line);
    expect(all.length).toBeGreaterThan(ask("info pic").length + ask("info pit").length);
  });
});

describe("events", () => {
  it("info events has the last ones, oldest first", () => {
    const lines = ask("info events 3");
    expect(lines).toHaveLength(3);
    const numbers = lines.map((line) => Number(line.slice(0, 8)));
    expect(numbers[1] - numbers[0]).toBe(1);
    expect(numbers[2]).toBe(shadow.events().at(-1)?.seq);
    expect(ask("info events").length).toBeLessThanOrEqual(20);
  });

  it("why explains an event: the reason's sentence, who decides it, each field, the exit it belongs to", () => {
    const unsync = ask("info events 1000").find((line) => line.includes("unsync_page"));
    const [seq] = /\d+/.exec(unsync ?? "") ?? [];
    const text = ask(`why ${seq}`).join("\n");
    expect(text).toContain("why: level1_one_role: level 1, one role: let it drift");
    expect(text).toContain("decided by: kvm_unsync_page");
    expect(text).toMatch(/^ {2}sp=\w+ +number of the shadow page in the pool$/m);
    expect(text).toMatch(
      /^trigger: event \d+, exit gva=\w{8} error=\S+ \(the shadow tables do not allow the access\)$/m,
    );
  });

  it("an exit is its own trigger; what is not kept says what is", () => {
    const exit = ask("info events 1000").find((line) => / exit /.test(line));
    const [seq] = /\d+/.exec(exit ?? "") ?? [];
    expect(ask(`why ${seq}`)).toContain("trigger: it is one itself, an exit");
    expect(() => ask("why 999999999")).toThrow(
      /^event 999999999 is not in the ring; those from 0 to \d+ are$/,
    );
  });

  it("trace says what the ring keeps from now on", () => {
    const target = debugged("b1", 10, { ramBytes: 4 << 20 });
    expect(ask("trace", target)).toEqual([expect.stringMatching(/^the ring keeps all \d+ kinds of events$/)]);
    expect(ask("trace mmu off", target)[1]).toContain("kvm_mmu_unsync_page");
    const [, off] = ask("trace kvm_mmu_sync_* on", target);
    expect(off).not.toContain("kvm_mmu_sync_skip");
    ask("cont", target);
    while (target.run(1000) === null);
    const names = ask("info events 1000", target).join("\n");
    expect(names).toContain("sync_skip");
    expect(names).not.toContain("unsync_page");
  });
});

describe("help", () => {
  it("fits 80 columns where it is indented by two", () => {
    for (const line of monitorHelp) expect(line.length, line).toBeLessThanOrEqual(78);
  });

  it("help COMMAND is about that one, with its other names", () => {
    expect(ask("help cont")).toEqual([expect.stringMatching(/^cont {2,}\S/), "also: c, continue"]);
    expect(ask("help i oos")[0]).toMatch(/^info oos {2,}\S/);
    expect(ask("help info").length).toBeGreaterThan(10);
    expect(ask("help")).toEqual(monitorHelp);
    expect(() => ask("help everything")).toThrow("'everything' is no command");
  });
});
