import { describe, expect, it } from "vitest";
import { Rtc } from "../../src/devices/rtc-mc146818.ts";
import { rtcCard } from "../../src/inspect/rtc-card.ts";
import { MachineClock } from "../../src/machine/clock.ts";
import { HZ } from "../devices/contract.ts";

function build() {
  const clock = new MachineClock(HZ);
  const start = Date.UTC(2008, 11, 31, 23, 59, 58) / 1000;
  const rtc = new Rtc({ clock, irq: { raise() {}, lower() {} }, start });
  const write = (index: number, value: number) => {
    rtc.portWrite(0, 1, index);
    rtc.portWrite(1, 1, value);
  };
  const card = () => rtcCard(rtc, "ports 070-071", clock);
  const rows = () => Object.fromEntries(card().registers);
  return { clock, rtc, write, card, rows };
}

describe("the card of the clock", () => {
  it("shows the date at power-on, and that nothing interrupts", () => {
    const { card } = build();
    expect(card()).toEqual({
      name: "rtc mc146818",
      where: "ports 070-071",
      irq: "IRQ 8 low",
      deadline: null,
      registers: [
        ["date", "2008-12-31 23:59:58"],
        ["alarm", "00:00:00"],
        ["A", "26 1024 Hz"],
        ["B", "02 24 hours"],
        ["C", "00"],
        ["D", "80 battery good"],
        ["INDEX", "00"],
      ],
    });
  });

  it("goes over the end of the year, and shows flags without clearing them", () => {
    const { clock, write, card, rows, rtc } = build();
    write(0x0b, 0x12);
    clock.advance(2 * HZ);
    for (let i = 0; i < 2; i++) {
      expect(card().irq).toBe("IRQ 8 high");
      expect(rows()).toMatchObject({ date: "2009-01-01 00:00:00", C: "f0 IRQF PF AF UF" });
    }
    rtc.portWrite(0, 1, 0x0c);
    expect(rtc.portRead(1)).toBe(0xf0);
  });

  it("stars what does not matter to the alarm, in each mode", () => {
    const { write, rows } = build();
    write(5, 0xff);
    write(3, 0x30);
    write(1, 0xc0);
    expect(rows().alarm).toBe("**:30:**");
    write(0x0b, 0x04);
    write(5, 0x80 | 11);
    write(1, 59);
    expect(rows()).toMatchObject({ alarm: "11:48:59 PM", B: "04 binary" });
  });

  it.each([
    ["a periodic interrupt", 0x26, 0x42],
    ["an update", 0x26, 0x12],
    ["whichever comes first", 0x2f, 0x72],
    ["nothing, while the date is being set", 0x20, 0x92],
    ["nothing, while the divider is held", 0x66, 0x72],
  ])("the deadline is the clock's: %s", (_, a, b) => {
    const { clock, write, card } = build();
    clock.advance(12_345);
    write(0x0a, a);
    write(0x0b, b);
    const next = clock.nextDeadline;
    expect(card().deadline).toBe(next === Number.POSITIVE_INFINITY ? null : next);
  });

  it("says when the date stands still", () => {
    const { write, rows } = build();
    write(0x8a, 0x66);
    expect(rows()).toMatchObject({
      date: "2008-12-31 23:59:58, stands still",
      A: "66 divider held",
      INDEX: "0a NMI blocked",
    });
  });
});
