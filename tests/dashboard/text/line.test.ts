/** Lines of styled text: exact widths, whatever is put in. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  beside,
  block,
  fitTo,
  type Line,
  line,
  lineWidth,
  render,
  restyle,
  span,
  spread,
  textOf,
  wrap,
} from "../../../src/dashboard/text/line.ts";
import { BOLD, CYAN, RED, RGB, SELECTED, type Style, sgrOf } from "../../../src/dashboard/text/style.ts";

const lines = fc.array(
  fc.record({ text: fc.string({ maxLength: 12 }), style: fc.constantFrom<Style>({}, BOLD, SELECTED) }),
) as fc.Arbitrary<Line>;

describe("a line", () => {
  it("can be made exactly as wide as wanted", () => {
    fc.assert(
      fc.property(lines, fc.integer({ min: 0, max: 60 }), (spans, width) => {
        expect(lineWidth(fitTo(spans, width))).toBe(width);
      }),
    );
  });

  it("keeps its beginning when it is cut, and gets blanks when it is short", () => {
    expect(textOf(fitTo([span("sp 41c "), span("UNSYNC", BOLD)], 9))).toBe("sp 41c UN");
    expect(textOf(fitTo(line("sp"), 4))).toBe("sp  ");
  });

  it("never shows half of a wide character", () => {
    const wide: Line = [span("a"), { text: "漢", width: 2 }, span("b")];
    expect(textOf(fitTo(wide, 2))).toBe("a ");
    expect(textOf(fitTo(wide, 3))).toBe("a漢");
  });

  it("with two ends gives the right one the room it needs", () => {
    expect(textOf(spread(line("kmap.elf RUN"), line("0 overview"), 20))).toBe("kmap.elf R0 overview");
    expect(textOf(spread(line("ab"), line("cd"), 6))).toBe("ab  cd");
  });
});

describe("blocks", () => {
  it("are as high as wanted and stand beside each other line by line", () => {
    const left = block([line("a")], 2, 2);
    const right = block([line("b"), line("c"), line("lost")], 2, 2);
    expect(beside(left, right).map(textOf)).toEqual(["a b ", "  c "]);
  });
});

describe("words", () => {
  it("are wrapped at blanks, never past the width", () => {
    expect(wrap("a CR3 load keeps global translations", 12)).toEqual([
      "a CR3 load",
      "keeps global",
      "translations",
    ]);
  });

  it("that are longer than a line go on in the next", () => {
    expect(wrap(`see ${"x".repeat(12)} now`, 10)).toEqual(["see", "x".repeat(10), "xx now"]);
  });
});

describe("escape sequences", () => {
  it("are left out where there is no colour", () => {
    expect(render([span("a", BOLD), span("b")], false)).toBe("ab");
  });

  it("begin and end with each styled piece", () => {
    expect(render([span("G", { color: CYAN }), span(" ok")], true)).toBe("\u001b[36mG\u001b[0m ok");
  });

  it.each<[Style, string]>([
    [{}, ""],
    [{ color: RED, bold: true }, "1;31"],
    [{ color: 12 }, "94"],
    [{ color: 200, background: 3 }, "38;5;200;43"],
    [{ background: RGB | 0x102030 }, "48;2;16;32;48"],
    [{ inverse: true, underline: true, dim: true }, "2;4;7"],
  ])("of %j are %s", (style, sgr) => {
    expect(sgrOf(style)).toBe(sgr);
  });

  it("of a style on top of another have both", () => {
    expect(render(restyle([span("x", { color: RED })], SELECTED), true)).toBe("\u001b[7;31mx\u001b[0m");
  });
});
