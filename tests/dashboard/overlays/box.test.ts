/** What lies over a screen: where it is, and how it is scrolled. */
import { describe, expect, it } from "vitest";
import { lastTop, overlay } from "../../../src/dashboard/overlays/box.ts";
import { UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import { line, textOf } from "../../../src/dashboard/text/line.ts";

const WIDTH = 30;
const BODY = Array.from({ length: 9 }, (_, i) => line(`body ${i}`.padEnd(WIDTH)));
const lines = (count: number) => Array.from({ length: count }, (_, i) => line(`line ${i}`));
const texts = (count: number, top: number): string[] =>
  overlay(BODY, { title: "box", foot: "", lines: lines(count), top }, WIDTH, UNICODE).map(textOf);

describe("a box over a body", () => {
  it("is as high as its lines, in the middle", () => {
    const drawn = texts(3, 0);
    expect(drawn).toHaveLength(9);
    expect(drawn[1]).toBe("body 1".padEnd(WIDTH));
    expect(drawn.slice(2, 7).map((text) => text.slice(0, 8))).toEqual([
      "┌ box ──",
      "│line 0 ",
      "│line 1 ",
      "│line 2 ",
      "└───────",
    ]);
    expect(drawn[7]).toBe("body 7".padEnd(WIDTH));
  });

  it("fills the body where it has more lines, and says which are in sight", () => {
    const drawn = texts(20, 5);
    expect(drawn[0]).toContain("6-12 of 20");
    expect(drawn[1]).toContain("line 5");
    expect(drawn[7]).toContain("line 11");
  });

  it("shows its end at the latest", () => {
    expect(texts(20, 1_000)[7]).toContain("line 19");
    expect(lastTop(20, 9)).toBe(13);
    expect(lastTop(3, 9)).toBe(0);
  });

  it("without lines leaves the body", () => {
    expect(texts(0, 0)).toEqual(BODY.map(textOf));
  });
});
