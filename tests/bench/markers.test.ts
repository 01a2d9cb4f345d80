import { describe, expect, it } from "vitest";
import { MarkerReader, type Stamp } from "../../bench/markers.ts";

/** A reader whose clocks move by one at each look, fed with `text`; what it answered to each byte comes back too. */
function read(text: string) {
  let looks = 0;
  const stamp = (): Stamp => {
    looks++;
    return { wallMs: looks, cpuMs: looks * 10, instructions: looks * 100 };
  };
  const reader = new MarkerReader(stamp);
  const answers = [...text].map((char) => reader.byte(char.charCodeAt(0)));
  return { rounds: reader.rounds, completed: answers.filter(Boolean).length, looks };
}

describe("the markers of a benchmark guest", () => {
  it("give a round from < to >, with what the guest returned", () => {
    const { rounds, completed } = read("<>d45c0eb3\n");
    expect(rounds).toEqual([{ wallMs: 1, cpuMs: 10, instructions: 100, check: 0xd45c_0eb3 }]);
    expect(completed).toBe(1);
  });

  it("are looked at twice a round, however many digits follow", () => {
    expect(read("<>00000001\n<>00000002\n.").looks).toBe(4);
  });

  it("complete nothing before the newline", () => {
    expect(read("<>d45c0eb3").rounds).toEqual([]);
  });

  it("are ignored when garbled", () => {
    expect(read(">00000001\n<00000001\n<>xyz\n<>1\n").rounds).toEqual([]);
  });

  it("start over at a second <", () => {
    expect(read("<<>00000007\n").rounds).toEqual([{ wallMs: 1, cpuMs: 10, instructions: 100, check: 7 }]);
  });

  it("leave clocks out that are not there", () => {
    const reader = new MarkerReader(() => ({ wallMs: 5, cpuMs: null, instructions: null }));
    for (const char of "<>00000000\n") reader.byte(char.charCodeAt(0));
    expect(reader.rounds).toEqual([{ wallMs: 0, cpuMs: null, instructions: null, check: 0 }]);
  });
});
