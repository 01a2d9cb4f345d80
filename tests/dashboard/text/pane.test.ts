/** Panes and tables: their edges, what goes first when there is no room. */
import { describe, expect, it } from "vitest";
import { type Column, columnsFor, headLine, rowLine } from "../../../src/dashboard/text/columns.ts";
import { ASCII, UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import { line, lineWidth, span, textOf } from "../../../src/dashboard/text/line.ts";
import { drawPane, scrollTo } from "../../../src/dashboard/text/pane.ts";
import { sparkline } from "../../../src/dashboard/text/sparkline.ts";

const pane = { title: "3 out of sync", foot: "enter open", lines: [line("gfn 0010c")] };

describe("a pane", () => {
  it("has its title in the upper edge and its keys in the lower", () => {
    expect(drawPane(pane, 24, 4, UNICODE).map(textOf)).toEqual([
      "┌ 3 out of sync ───────┐",
      "│gfn 0010c             │",
      "│                      │",
      "└───────── enter open ─┘",
    ]);
  });

  it("can be drawn with ASCII", () => {
    expect(drawPane(pane, 24, 3, ASCII).map(textOf)).toEqual([
      "+ 3 out of sync -------+",
      "|gfn 0010c             |",
      "+--------- enter open -+",
    ]);
  });

  it("is exact at every size, and leaves out a title that does not fit", () => {
    for (let width = 1; width < 40; width++) {
      for (let rows = 0; rows < 6; rows++) {
        const drawn = drawPane(pane, width, rows, UNICODE);
        expect(drawn.length).toBe(rows);
        for (const spans of drawn) expect(lineWidth(spans), `${width}x${rows}`).toBe(width);
      }
    }
    expect(textOf(drawPane(pane, 10, 3, UNICODE)[0])).toBe("┌────────┐");
  });
});

describe("scrolling", () => {
  it("moves only as far as it must", () => {
    expect(scrollTo(5, 0, 10, 100)).toBe(0);
    expect(scrollTo(10, 0, 10, 100)).toBe(1);
    expect(scrollTo(3, 8, 10, 100)).toBe(3);
  });

  it("never leaves rows empty that could be filled, nor the list", () => {
    expect(scrollTo(99, 95, 10, 100)).toBe(90);
    expect(scrollTo(0, 50, 10, 5)).toBe(0);
  });
});

describe("columns", () => {
  interface Row {
    readonly gfn: string;
    readonly stale: number;
  }
  const columns: readonly Column<Row>[] = [
    { head: "gfn", width: 5, drop: 0, cell: ({ gfn }) => span(gfn) },
    { head: "age", width: 6, drop: 2, cell: () => span("20 us") },
    { head: "stale", width: 5, right: true, drop: 1, cell: ({ stale }) => [span(String(stale))] },
  ];

  it("go in the order of their importance", () => {
    const heads = (width: number): string =>
      columnsFor(columns, width)
        .map(({ head }) => head)
        .join(" ");
    expect([heads(18), heads(17), heads(10), heads(3)]).toEqual(["gfn age stale", "gfn stale", "gfn", "gfn"]);
  });

  it("stand under their heads, numbers on the right", () => {
    expect(textOf(headLine(columns, 20))).toBe("gfn   age    stale  ");
    expect(textOf(rowLine(columns, { gfn: "0010c", stale: 31 }, 20))).toBe("0010c 20 us     31  ");
  });
});

describe("a history", () => {
  it("is drawn up to its highest sample; only nothing is the lowest bar", () => {
    expect(sparkline([0, 1, 50, 100], 10, UNICODE.bars)).toBe("▁▂▅█");
    expect(sparkline([0, 0], 10, UNICODE.bars)).toBe("▁▁");
    expect(sparkline([1, 2, 3], 2, ASCII.bars)).toBe("+#");
  });
});
