/** Screen 8: a card for each device, as many beside one another as fit. */
import { describe, expect, it } from "vitest";
import type { Model, UiState } from "../../../src/dashboard/model.ts";
import { cardColumns, waitText } from "../../../src/dashboard/panes/devices-cards.ts";
import { devicesScreen } from "../../../src/dashboard/screens/devices.ts";
import { ASCII, type Glyphs, UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import type { DeviceCard } from "../../../src/inspect/device-cards.ts";
import { model, NOW, picture, STANDARD_BODY, snapshot, WIDE_BODY, wrongSizes } from "./mmu-views.ts";

const card = (over: Partial<DeviceCard> = {}): DeviceCard => ({
  name: "pit 8254",
  where: "ports 040-043",
  irq: "IRQ 0 high",
  deadline: NOW + 12_345,
  registers: [
    ["mode", "2 rate generator"],
    ["count", "2e9c"],
    ["gate", "high"],
  ],
  ...over,
});

/** So many cards with so many registers each, all of which have names of their own. */
const cards = (count: number, registers: number): DeviceCard[] =>
  Array.from({ length: count }, (_, c) =>
    card({
      name: `device ${c}`,
      registers: Array.from({ length: registers }, (_, r) => [`R${c}.${r}`, "value of some length"]),
    }),
  );

interface Parts {
  readonly now?: readonly DeviceCard[] | null;
  readonly before?: readonly DeviceCard[];
  readonly at?: number;
  readonly glyphs?: Glyphs;
}

const modelOf = ({ now = [card()], before, at, glyphs = UNICODE }: Parts = {}): Model => {
  const ui: Partial<UiState> =
    at === undefined ? { screen: 8 } : { screen: 8, cursors: { "8.0": { at, top: 0 } } };
  return {
    ...model({ snapshot: snapshot({ devices: now }), ui, glyphs }),
    previous: before === undefined ? null : snapshot({ devices: before }),
  };
};

const standard = (parts?: Parts): string => picture(devicesScreen, modelOf(parts), STANDARD_BODY);

describe("a card", () => {
  it("has name, place, wire, deadline and registers", () => {
    const text = standard();
    expect(text).toContain("8 devices");
    expect(text).toContain("pit 8254  ports 040-043");
    expect(text).toContain("IRQ 0 high");
    expect(text).toContain("next at 32 198 895, in 1.2 ms");
    expect(text).toContain("gate high");
    expect(text).toMatch(/mode 2 rate generator +count 2e9c/);
  });

  it.each([
    [null, "waits for the guest"],
    [NOW, "due now"],
    [NOW - 1, "due now"],
    [NOW + 1, "in 0 us"],
  ])("deadline %s", (deadline, text) => {
    expect(standard({ now: [card({ deadline })] })).toContain(text);
  });

  it("has no line for a wire that is not there, and may have no registers", () => {
    const text = standard({ now: [card({ irq: "", registers: [] })] });
    expect(text).not.toContain("IRQ");
    expect(text.split("\n").filter((line) => /[a-z]/.test(line))).toHaveLength(3);
  });

  it("long values and places flow over several lines; nothing is cut", () => {
    const words = Array.from({ length: 20 }, (_, i) => `word${i}`);
    const text = standard({
      now: [card({ registers: [["long", words.join(" ")]] }), card({ where: words.join(" ") })],
    });
    for (const word of words) expect(text.split(word).length - 1).toBeGreaterThanOrEqual(2);
  });

  it("marks a register that is not what it was at the last stop", () => {
    const text = standard({
      before: [
        card({
          registers: [
            ["count", "ffff"],
            ["gate", "high"],
          ],
        }),
      ],
    });
    expect(text).toContain("count*2e9c");
    expect(text).toContain("gate high");
    expect(text).not.toContain("gate*");
  });
});

describe("guest time until the deadline", () => {
  it.each([
    [200, "20 us"],
    [9_999, "999 us"],
    [12_345, "1.2 ms"],
    [999_999, "99.9 ms"],
    [8_120_000, "812 ms"],
    [32_180_000, "3.218 s"],
  ])("%i instructions at 10 MHz: %s", (instructions, text) => {
    expect(waitText(instructions, 10_000_000)).toBe(text);
  });
});

describe("the cards", () => {
  it("stand in as many columns as have room", () => {
    expect([38, 73, 74, 78, 112, 118, 198].map(cardColumns)).toEqual([1, 1, 2, 2, 3, 3, 5]);
    const text = picture(devicesScreen, modelOf({ now: cards(3, 2) }), WIDE_BODY);
    expect(text).toMatch(/device 0 .*device 1 .*device 2 /);
  });

  it("scroll by whole rows of cards, and the title says which are in sight", () => {
    const now = cards(8, 6);
    expect(standard({ now })).toContain("8 devices   1-4 of 8");
    const below = standard({ now, at: 4 * 6 });
    expect(below).toContain(">device 4");
    expect(below.split("\n")[1]).toContain("device 2");
  });

  it("every register can be reached at every size, and is marked", () => {
    const now = cards(5, 9);
    const total = devicesScreen.count(modelOf({ now }));
    expect(total).toBe(45);
    for (const size of [{ columns: 40, rows: 7 }, STANDARD_BODY, WIDE_BODY]) {
      for (let at = 0; at < total; at++) {
        const name = `>R${Math.floor(at / 9)}.${at % 9} `;
        expect(picture(devicesScreen, modelOf({ now, at }), size)).toContain(name);
      }
    }
  });

  it("nothing is selected that the monitor could be asked about", () => {
    expect(devicesScreen.subject(modelOf())).toBeNull();
  });
});

describe("size", () => {
  it("is exact in all states", () => {
    for (const now of [[card()], cards(9, 12), cards(1, 200), [card({ registers: [] })], [], null]) {
      for (const at of [0, 30, 1e9, -3]) {
        for (const glyphs of [UNICODE, ASCII]) {
          expect(wrongSizes(devicesScreen, modelOf({ now, before: [card()], at, glyphs }))).toEqual([]);
        }
      }
    }
  });

  it("says why there is nothing to see", () => {
    expect(standard({ now: null })).toContain("no answer from the machine yet");
    expect(standard({ now: [] })).toContain("this machine has no devices");
    const none = { ...modelOf(), snapshot: null };
    expect(wrongSizes(devicesScreen, none)).toEqual([]);
    expect(devicesScreen.count(none)).toBe(0);
  });
});
