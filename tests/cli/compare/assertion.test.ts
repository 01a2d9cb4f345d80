/** Assertions: what can be said, what it means, and what is answered to what cannot be said. */
import { describe, expect, it } from "vitest";
import { AssertionSyntaxError, parseAssertion } from "../../../src/cli/compare/assertion.ts";

const POLICIES = ["oos", "oos+global", "oos+global-fixed", "write-protect", "bare"];
const COUNTERS = ["exits", "exits_pf", "sync_pages", "cost"];
const VALUES: Record<string, number> = {
  "oos.exits": 100,
  "oos+global.exits": 90,
  "oos+global-fixed.exits": 80,
  "write-protect.exits": 1000,
  "bare.exits": 0,
  "oos.exits_pf": 60,
  "oos.sync_pages": 7,
};

function parse(text: string) {
  return parseAssertion(text, POLICIES, COUNTERS);
}

function evaluate(text: string) {
  return parse(text).evaluate((policy, counter) => VALUES[`${policy}.${counter}`]);
}

/** The value of an expression. */
const worth = (text: string): number => evaluate(`${text} == 0`).left;

function complaint(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof AssertionSyntaxError) return error.message;
    throw error;
  }
  return "no complaint";
}

describe("comparisons", () => {
  it.each([
    ["1 < 2", true],
    ["2 < 2", false],
    ["2 <= 2", true],
    ["3 <= 2", false],
    ["2 > 1", true],
    ["2 > 2", false],
    ["2 >= 2", true],
    ["1 >= 2", false],
    ["2 == 2", true],
    ["1 == 2", false],
    ["1 != 2", true],
    ["2 != 2", false],
  ])("%s is %s", (text, holds) => {
    expect(evaluate(text).holds).toBe(holds);
  });

  it("come back with the text and both values", () => {
    const text = "oos+global.exits < 0.5 * oos.exits";
    expect(evaluate(text)).toEqual({ text, left: 90, right: 50, holds: false });
  });

  it("a ratio over nothing is no number, and nothing is true of it but being different", () => {
    expect(evaluate("bare.exits / bare.exits == bare.exits / bare.exits").holds).toBe(false);
    expect(evaluate("bare.exits / bare.exits < 1").holds).toBe(false);
    expect(evaluate("bare.exits / bare.exits >= 1").holds).toBe(false);
  });
});

describe("expressions", () => {
  it.each([
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["10 - 3 - 2", 5],
    ["24 / 4 / 2", 3],
    ["2 * 3 - 4 / 2", 4],
    ["-3 + 5", 2],
    ["--3", 3],
    ["2 * -3", -6],
    ["-(1 + 2)", -3],
    ["12_345.5", 12_345.5],
    ["0.95 * oos.exits", 95],
    ["((oos.exits))", 100],
    ["1+2", 3],
    ["  1  +  2  ", 3],
  ])("%s is %d", (text, value) => {
    expect(worth(text)).toBe(value);
  });
});

describe("names of policies, which have + and - in them", () => {
  it.each([
    ["oos+global.exits", 90],
    ["oos+global-fixed.exits", 80],
    ["write-protect.exits", 1000],
    ["oos.exits+oos+global.exits", 190],
    ["oos.exits-oos+global-fixed.exits", 20],
    ["oos.exits-write-protect.exits", -900],
    ["oos.exits+-oos.exits_pf", 40],
  ])("%s is %d: the longest name with a dot after it counts", (text, value) => {
    expect(worth(text)).toBe(value);
  });

  it("a counter's name may begin like another one's", () => {
    expect(worth("oos.exits_pf")).toBe(60);
  });

  it("the order in which policies are given does not matter", () => {
    for (const order of [POLICIES, [...POLICIES].reverse()]) {
      const { left } = parseAssertion("oos+global.exits == 0", order, COUNTERS).evaluate(
        (policy, counter) => VALUES[`${policy}.${counter}`],
      );
      expect(left).toBe(90);
    }
  });
});

describe("what cannot be understood is answered with the column", () => {
  it.each([
    ["", 1, "expected a number or POLICY.COUNTER"],
    ["oos.exits", 10, "a comparison (< <= > >= == !=) is missing"],
    ["oos.exits =< 3", 11, "a comparison (< <= > >= == !=) is missing"],
    ["oos.exits = 3", 11, "a comparison"],
    ["oos.exits <", 12, "expected a number or POLICY.COUNTER"],
    ["oos.exits < 3 < 4", 15, "nothing may follow the second side"],
    ["oos.exits < 3 4", 15, "nothing may follow the second side"],
    ["< 3", 1, "expected a number"],
    ["(oos.exits < 3", 12, "a ) is missing"],
    ["oos.exits) < 3", 10, "a comparison"],
    ["1 + * 2 < 3", 5, "expected a number"],
    ["oos.exitz < 3", 1, "there is no counter 'exitz'"],
    ["1 < oos. + 3", 5, "there is no counter ''"],
    ["1 < oos.constructor", 5, "there is no counter 'constructor'"],
    ["1 < modern.exits", 5, "where the policies are"],
    ["1 < oos", 5, "expected a number or POLICY.COUNTER"],
    ["1 < exits", 5, "expected a number or POLICY.COUNTER"],
    ["1e3 < 5", 2, "a comparison"],
  ])("'%s': column %i", (text, column, why) => {
    expect(complaint(text)).toMatch(`'${text}', column ${column}: `);
    expect(complaint(text)).toContain(why);
  });

  it("policies that are not compared are not known, and those that are get listed", () => {
    for (const name of POLICIES) expect(complaint("foo.exits < 1")).toContain(name);
  });
});
