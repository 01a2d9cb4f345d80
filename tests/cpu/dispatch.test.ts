/** The list of hot handlers and the switch that calls them by name are the same list. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { HOT, NOT_HOT, setHandler } from "../../src/cpu/dispatch.ts";
import { Insn } from "../../src/cpu/insn.ts";

const source = readFileSync(new URL("../../src/cpu/dispatch.ts", import.meta.url), "utf8");

describe("dispatch", () => {
  it("has a case for each hot handler, at its place, and no other case", () => {
    const cases = [...source.matchAll(/case (\d+): (\w+)\(cpu(?:, insn)?\); break;/g)];
    expect(cases.map(([, index, name]) => `${index} ${name}`)).toEqual(
      HOT.map((handler, index) => `${index} ${handler.name}`),
    );
    expect(source.match(/\bcase\b \d/g)).toHaveLength(HOT.length);
  });

  it("lists no handler twice", () => {
    expect(new Set(HOT).size).toBe(HOT.length);
  });

  it("gives every other handler no case", () => {
    const insn = new Insn(HOT[0]);
    setHandler(insn, HOT[3]);
    expect(insn.hot).toBe(3);
    setHandler(insn, () => {});
    expect(insn.hot).toBe(NOT_HOT);
  });
});
