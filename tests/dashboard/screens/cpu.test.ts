/** Screen 7: the registers and what they mean, what has changed, the code and the stack. */
import { describe, expect, it } from "vitest";
import type { Model, UiState } from "../../../src/dashboard/model.ts";
import { cpuLines, cpuWish } from "../../../src/dashboard/panes/cpu-lines.ts";
import { cpuScreen } from "../../../src/dashboard/screens/cpu.ts";
import { ASCII, type Glyphs, UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import { textOf } from "../../../src/dashboard/text/line.ts";
import { registerNamed } from "../../../src/inspect/registers.ts";
import { cpu } from "./cpu-views.ts";
import { model, picture, SMALL_BODY, STANDARD_BODY, snapshot, WIDE_BODY, wrongSizes } from "./mmu-views.ts";

interface Parts {
  readonly now?: ReturnType<typeof cpu> | null;
  readonly before?: ReturnType<typeof cpu>;
  readonly ui?: Partial<UiState>;
  readonly glyphs?: Glyphs;
}

const modelOf = ({ now = cpu(), before, ui = {}, glyphs = UNICODE }: Parts = {}): Model => ({
  ...model({ snapshot: snapshot({ cpu: now }), ui: { screen: 7, ...ui }, glyphs }),
  previous: before === undefined ? null : snapshot({ cpu: before }),
});

const wide = (parts?: Parts): string => picture(cpuScreen, modelOf(parts), WIDE_BODY);
const cursor = (pane: number, at: number): Partial<UiState> => ({
  pane,
  cursors: { [`7.${pane}`]: { at, top: 0 } },
});

describe("registers", () => {
  it("all of them stand in a wide terminal, the control registers with the bits that are set", () => {
    const text = wide();
    for (const [name, value] of [...cpu().general, ["eip", cpu().eip] as const]) {
      expect(text).toContain(`${name} ${value.toString(16).padStart(8, "0")}`);
    }
    expect(text).toContain("cr0  80010011  PE ET WP PG");
    expect(text).toContain("efer 00000800  NXE");
    expect(text).toContain("cs   0008 base 00000000 limit ffffffff code32 r-x dpl 0");
    expect(text).toContain("gdtr      base c010a080 limit 002f");
    expect(text).toContain("cpl 0  flags PF IF");
    expect(text).toContain("tlb  1 234 supervisor, 5 user");
  });

  it("what has changed since the last stop has a * and is bold; what has not has neither", () => {
    const general = cpu().general.map(([name, value]) => [name, name === "eax" ? 1 : value] as const);
    const parts = { before: cpu({ general, gdtr: [0, 0] }) };
    expect(wide(parts)).toContain("eax*01f3a067");
    expect(wide(parts)).toContain("gdtr*");
    expect(wide(parts)).toContain("ecx dffbef9c");
    const bold = cpuScreen
      .draw(modelOf(parts), WIDE_BODY)
      .flat()
      .filter(({ style }) => style?.bold === true)
      .map(({ text }) => text);
    expect(bold).toContain("01f3a067");
    expect(bold).not.toContain("dffbef9c");
  });

  it("nothing has changed before there was a stop", () => {
    expect(wide()).not.toContain("*");
  });

  it.each([
    ["HALTED", cpu({ halted: true })],
    ["INTR", cpu({ interruptPending: true })],
    ["INTR, but IF is 0", cpu({ interruptPending: true, flags: [] })],
    ["inhibited", cpu({ inhibited: true })],
  ])("says %s", (word, now) => {
    expect(wide({ now })).toContain(word);
    expect(wide()).not.toContain(word);
    expect(cpuLines(modelOf({ now }), 60, 12).map(textOf).join("\n")).toContain(word);
  });

  it("a long sheet scrolls with the cursor and says so", () => {
    const text = picture(cpuScreen, modelOf({ ui: cursor(0, 24) }), SMALL_BODY);
    expect(text).toContain(">idtr");
    expect(text).toMatch(/7 cpu {3}lines \d+-\d+ of \d+/);
  });
});

describe("what is selected", () => {
  it("every register, by a name that the monitor knows", () => {
    const count = cpuScreen.count(modelOf());
    const names = Array.from({ length: count }, (_, i) => {
      const subject = cpuScreen.subject(modelOf({ ui: cursor(0, i) }));
      return subject?.kind === "register" ? subject.name : "";
    });
    expect(names).toHaveLength(8 + 2 + 5 + 8 + 2);
    expect(names.filter((name) => registerNamed(name) === undefined)).toEqual([]);
    expect(new Set(names).size).toBe(count);
  });

  it("is marked in the margin where it stands", () => {
    expect(wide({ ui: cursor(0, 2) })).toContain(">edx c010c248");
    expect(cpuScreen.subject(modelOf({ ui: cursor(0, 2) }))).toEqual({
      kind: "register",
      name: "edx",
      value: 0xc010_c248,
    });
  });

  it("an instruction's or a stack word's address", () => {
    expect(cpuScreen.subject(modelOf({ ui: cursor(1, 2) }))).toEqual({ kind: "gva", gva: 0xc010_1f2b });
    expect(cpuScreen.subject(modelOf({ ui: cursor(2, 99) }))).toEqual({ kind: "gva", gva: 0xdffb_ef60 });
  });

  it("nothing without an answer", () => {
    for (const pane of [0, 1, 2]) {
      expect(cpuScreen.subject(modelOf({ now: null, ui: { pane } }))).toBeNull();
      expect(cpuScreen.count(modelOf({ now: null, ui: { pane } }))).toBe(0);
    }
  });
});

describe("code and stack", () => {
  it("=> stands at the next instruction, > at the selected one", () => {
    const lines = wide({ ui: cursor(1, 2) }).split("\n");
    expect(lines.find((line) => line.includes("mov [edx], eax"))).toContain(" => c0101f22 8902");
    expect(lines.find((line) => line.includes("invlpg"))).toContain(">   c0101f2b");
  });

  it("long instructions lose bytes, not words", () => {
    expect(wide()).toMatch(/c7420400\.\. +mov dword ptr \[edx\+4\], 0x0/);
  });

  it("the bytes go when there is no room for them", () => {
    const small = picture(cpuScreen, modelOf({ ui: { pane: 1 } }), { columns: 40, rows: 9 });
    expect(small).toContain("=> c0101f22 mov [edx], eax");
    expect(small).not.toContain("8902");
  });

  it("the stack says how far from esp, what changed, and where nothing is mapped", () => {
    const stack = cpu().stack.map((word, i) => (i === 1 ? { ...word, value: 7 } : word));
    const text = wide({ before: cpu({ stack }) });
    expect(text).toContain("dffbef58 +00 c0101f22");
    expect(text).toContain("dffbef5c +04*00000000");
    expect(text).toContain("dffbef60 +08 (not mapped)");
  });

  it("asks for what is in sight only, and for more as the cursor goes down", () => {
    const asked = (ui: Partial<UiState>, size = STANDARD_BODY) =>
      cpuScreen.wish(modelOf({ ui }).ui, size).cpu;
    expect(asked({ pane: 0, zoomed: true })).toEqual({ code: 0, stack: 0 });
    expect(asked({ pane: 1, zoomed: true })).toEqual({ code: 19, stack: 0 });
    expect(asked({ ...cursor(1, 18), zoomed: true })?.code).toBe(37);
    expect(asked({ ...cursor(1, 1e9), zoomed: true })?.code).toBeLessThan(1000);
    expect(asked({})).toEqual({ code: 9, stack: 9 });
  });
});

describe("the overview's cpu", () => {
  it("is the mock-up's: registers, flags, control registers, the next instructions", () => {
    expect(cpuLines(modelOf(), 46, 9).map((line) => textOf(line).trimEnd())).toEqual([
      "eax 01f3a067 ecx dffbef9c edx c010c248",
      "ebx 00000003 esp dffbef58 ebp dffbef88",
      "esi 08049000 edi 00000000 eip c0101f22",
      "efl 00000206 cpl 0  flags PF IF",
      "cr0 80010011 PE ET WP PG  cr2 bfffe004",
      "cr3 00005000  cr4 000000a0 PAE PGE",
      "efer 00000800 NXE",
      "> c0101f22 8902       mov [edx], eax",
      "  c0101f24 c7420400.. mov dword ptr [edx+4], 0",
    ]);
  });

  it("asks for as many instructions as it has lines", () => {
    expect(cpuWish(11)).toEqual({ cpu: { code: 11, stack: 0 } });
  });

  it("fits any width, and says so when there is no answer", () => {
    for (const width of [10, 13, 26, 40, 100]) {
      for (const line of cpuLines(modelOf(), width, 30)) expect(textOf(line)).toHaveLength(width);
    }
    expect(cpuLines(modelOf({ now: null }), 40, 5).map(textOf)).toEqual(["no answer from the machine yet"]);
  });
});

describe("size", () => {
  const long = cpu({
    code: Array.from({ length: 300 }, (_, i) => ({ ...cpu().code[1], gva: i, current: i === 0 })),
    stack: Array.from({ length: 300 }, (_, i) => ({ gva: 4 * i, value: i })),
    flags: [
      "CF",
      "PF",
      "AF",
      "ZF",
      "SF",
      "TF",
      "IF",
      "DF",
      "OF",
      "IOPL3",
      "NT",
      "RF",
      "VM",
      "AC",
      "VIF",
      "VIP",
      "ID",
    ],
    halted: true,
    interruptPending: true,
    inhibited: true,
  });
  const states = [cpu(), long, cpu({ code: [], stack: [] }), null];

  it("is exact in all states, for all panes, zoomed and not", () => {
    for (const now of states) {
      for (const [pane, at] of [
        [0, 0],
        [1, 3],
        [2, 1e9],
        [9, -1],
      ]) {
        for (const zoomed of [false, true]) {
          for (const glyphs of [UNICODE, ASCII]) {
            const ui = { pane, zoomed, cursors: { [`7.${pane}`]: { at, top: 2 } } };
            expect(wrongSizes(cpuScreen, modelOf({ now, before: cpu(), ui, glyphs }))).toEqual([]);
          }
        }
      }
    }
  });

  it("is exact without a snapshot", () => {
    expect(wrongSizes(cpuScreen, { ...modelOf(), snapshot: null })).toEqual([]);
    expect(picture(cpuScreen, { ...modelOf(), snapshot: null }, STANDARD_BODY)).toContain(
      "no answer from the machine yet",
    );
  });
});
