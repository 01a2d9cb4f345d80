import { describe, expect, it } from "vitest";
import { grouped } from "../../../src/common/grouped.ts";
import { digits, hex8 } from "../../../src/common/hex.ts";
import { entryText, gfnText, guestTime, shortCount, spText } from "../../../src/dashboard/text/numbers.ts";

describe("numbers on the screen", () => {
  it("addresses have fixed digits and no sign, whatever half of the 32 bits they are in", () => {
    expect(digits(0x1f, 4)).toBe("001f");
    expect(digits(0x12345, 4)).toBe("12345");
    expect(digits(-1)).toBe("ffffffff");
    expect(hex8(0xc010_0000 | 0)).toBe("c0100000");
    expect(hex8(0)).toBe("00000000");
    expect(spText(0x41c)).toBe("41c");
    expect(spText(7)).toBe("007");
    expect(entryText(0x40)).toBe("040");
  });

  it("a frame has five digits, and no frame is dashes of the same width", () => {
    expect(gfnText(0x10c)).toBe("0010c");
    expect(gfnText(0xfffff)).toBe("fffff");
    expect(gfnText(-1)).toBe("-----");
  });

  it("a count is short and never says more than there is", () => {
    const cases: [number, string][] = [
      [0, "0"],
      [41, "41"],
      [41.9, "41"],
      [999, "999"],
      [1_000, "1.0k"],
      [1_234, "1.2k"],
      [99_999, "99.9k"],
      [999_999, "999k"],
      [31_349_760, "31.3M"],
      [4_294_967_296, "4.2G"],
      [-1_500, "-1.5k"],
    ];
    for (const [count, text] of cases) expect(shortCount(count), String(count)).toBe(text);
  });

  it("a count up to 999T fits five cells", () => {
    for (let count = 1; count < 1e15; count = count * 1.7 + 1) {
      expect(shortCount(count).length, String(count)).toBeLessThanOrEqual(5);
    }
  });

  it("time is instructions by the guest's clock, in the unit that suits it", () => {
    const HZ = 10_000_000;
    expect(guestTime(0, HZ)).toBe("0 us");
    expect(guestTime(200, HZ)).toBe("20 us");
    expect(guestTime(9_999, HZ)).toBe("999 us");
    expect(guestTime(10_000, HZ)).toBe("1 ms");
    expect(guestTime(8_120_000, HZ)).toBe("812 ms");
    expect(guestTime(32_180_000, HZ)).toBe("3.218 s");
    expect(guestTime(10_000_000, HZ)).toBe("1.000 s");
    expect(guestTime(999.9999 * HZ, HZ)).toBe("999.999 s");
    expect(guestTime(1042.7 * HZ, HZ)).toBe("1042 s");
    expect(guestTime(-5, HZ)).toBe("0 us");
  });

  it("long numbers are grouped in threes", () => {
    expect(grouped(0)).toBe("0");
    expect(grouped(999)).toBe("999");
    expect(grouped(1_000)).toBe("1 000");
    expect(grouped(4_812_655)).toBe("4 812 655");
    expect(grouped(-4_812)).toBe("-4 812");
  });
});
