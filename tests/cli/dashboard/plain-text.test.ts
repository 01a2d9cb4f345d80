/** A guest's console as lines: whatever the guest prints, what comes out is text. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlainLines } from "../../../src/cli/dashboard/plain-text.ts";

const linesOf = (text: string): string[] => new PlainLines().add(Buffer.from(text));

describe("lines", () => {
  it("end with a line feed, with a carriage return before it or not", () => {
    expect(linesOf("one\r\ntwo\nthree")).toEqual(["one", "two"]);
  });

  it("come whole, in whatever pieces they arrive", () => {
    const lines = new PlainLines();
    const bytes = Buffer.from("grün\n");
    expect([...bytes].flatMap((byte) => lines.add(Uint8Array.of(byte)))).toEqual(["grün"]);
  });

  it("that have no end are given when nothing more has come for a while: a prompt", () => {
    const lines = new PlainLines();
    lines.add(Buffer.from("login: "));
    expect([lines.take(), lines.take(), lines.take()]).toEqual(["", "login: ", ""]);
  });

  it("are not split where the guest only takes its time", () => {
    const lines = new PlainLines();
    lines.add(Buffer.from("a"));
    expect(lines.take()).toBe("");
    lines.add(Buffer.from("b"));
    expect([lines.take(), lines.add(Buffer.from("c\n"))]).toEqual(["", ["abc"]]);
  });

  it("without end are cut before they fill the memory", () => {
    expect(linesOf("x".repeat(2_500)).map(({ length }) => length)).toEqual([1_000, 1_000]);
  });
});

describe("control characters", () => {
  it.each([
    ["colours", "\u001b[31mred\u001b[0m", "red"],
    ["a title", "\u001b]0;owned\u0007text", "text"],
    ["the clipboard", "\u001b]52;c;aGk=\u001b\\text", "text"],
    ["the alternate screen", "\u001b[?1049htext", "text"],
    ["a reset", "\u001bctext", "text"],
    ["a bell and a backspace", "a\u0007b\u0008c", "abc"],
    ["C1 controls", "a\u009b31mb", "a31mb"],
    ["a line that is written over", "10 %\r20 %", "20 %"],
  ])("%s leave the text alone", (_what, printed, text) => {
    expect(linesOf(`${printed}\n`)).toEqual([text]);
  });

  it("never come out, whatever goes in", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "\u001b[",
        "\u001b]52;c;",
        "\u0007",
        "\u009d",
        "\u001bP",
        "\u001b\\",
        "\n",
        "\r",
        "m",
        "7",
      ),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        for (const line of linesOf(`${pieces.join("")}\n`)) expect(line).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});
