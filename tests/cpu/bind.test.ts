import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decode } from "../../src/cpu/decode.ts";
import { candidates, handlerFor, missingHandlers, unboundHandlers } from "../../src/cpu/exec/bind.ts";
import { Insn } from "../../src/cpu/insn.ts";
import { MODE_CODE32 } from "../../src/cpu/mode.ts";
import { type Row, rows } from "../../src/cpu/opcodes.ts";

const EXEC = new URL("../../src/cpu/exec/", import.meta.url);

const rowOf = (key: string): Row => rows.find((row) => row.key === key) ?? rows[0];
const names = (key: string, operand32: boolean, memory: boolean): string[] => [
  ...candidates(rowOf(key), { operand32, memory }),
];

function boundName(...bytes: number[]): string {
  const insn = new Insn(() => {});
  decode(insn, Uint8Array.from(bytes), 0, bytes.length, MODE_CODE32);
  return handlerFor(insn).name;
}

describe("names of handlers", () => {
  test("go from form and width to neither", () => {
    expect(names("01", true, false)).toEqual([
      "add_Rd_Gd",
      "add_Ed_Gd",
      "add_Rv_Gv",
      "add_Ev_Gv",
      "add_Ev_Gv",
      "add",
    ]);
    expect(names("01", false, true).slice(0, 4)).toEqual([
      "add_Mw_Gw",
      "add_Ew_Gw",
      "add_Mv_Gv",
      "add_Ev_Gv",
    ]);
  });

  test.each([
    ["04", "add_Rb_Ib"],
    ["05", "add_Rd_Id"],
    ["40+r", "inc_Rd"],
    ["50+r", "push_Rd"],
    ["68", "push_Id"],
    ["6a", "push_Id"],
    ["83/0", "add_Rd_Id"],
    ["b0+r", "mov_Rb_Ib"],
    ["91", "xchg_Rd_eAX"],
    ["eb", "jmp_Jd"],
    ["e8", "call_Jd"],
    ["0f 20", "mov_Rd_Cd"],
    ["e5", "in_eAX_Ib"],
    ["99", "cdq"],
    ["c3", "retd"],
  ])("%s begins with %s", (key, name) => {
    expect(names(key, true, false)[0]).toBe(name);
  });

  test("of memory at a fixed offset are those of a register and memory", () => {
    expect(names("a1", true, true)[0]).toBe("mov_Gd_Md");
    expect(names("a2", true, true)[0]).toBe("mov_Mb_Gb");
  });

  test("conditional instructions fall back to their family", () => {
    expect(names("74", false, false)).toContain("jcc_Jw");
    expect(names("0f 94", true, true)).toContain("setcc_Eb");
    expect(names("0f 44", true, true)).toContain("cmovcc_Gv_Ev");
  });

  test("decoded instructions get the most specific handler", () => {
    expect(boundName(0x01, 0xc8)).toBe("add_Rd_Gd");
    expect(boundName(0x01, 0x08)).toBe("add_Md_Gd");
    expect(boundName(0x66, 0x01, 0x08)).toBe("add_Ew_Gw");
    expect(boundName(0x04, 0x08)).toBe("add_Rb_Ib");
    expect(boundName(0x0f, 0x0b)).toBe("undefinedOpcode");
  });
});

describe("every handler module", () => {
  test("is collected", () => {
    const index = readFileSync(new URL("index.ts", EXEC), "utf8");
    const modules = readdirSync(EXEC).filter(
      (file) => !/^(?:index|bind|.*operands|.*-helpers)\.ts$/.test(file),
    );
    expect(modules.filter((file) => !index.includes(`"./${file}"`))).toEqual([]);
  });

  test("exports only handlers that some row binds", () => {
    expect(unboundHandlers()).toEqual([]);
  });
});

test("every row of the opcode table has handlers", () => {
  expect(missingHandlers()).toEqual([]);
});
