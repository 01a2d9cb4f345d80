import { describe, expect, it } from "vitest";
import type { PortDevice } from "../../src/devices/device.ts";
import { ACPI_ENABLE, Piix4Pm } from "../../src/devices/pci/piix4-pm.ts";
import { pmCard } from "../../src/inspect/pm-card.ts";
import { MachineClock } from "../../src/machine/clock.ts";
import { HZ } from "../devices/contract.ts";

const EN = 2;
const CNT = 4;

function build() {
  const clock = new MachineClock(HZ);
  const mapped = new Map<number, PortDevice>();
  const power = new Piix4Pm({
    clock,
    sci: { raise() {}, lower() {} },
    sleep: () => {},
    mapPorts: (base, _count, device) => mapped.set(base, device).size > 0,
    unmapPorts: (base) => mapped.delete(base),
    guestError: () => {},
  });
  const write = (offset: number, value: number) => mapped.get(0x600)?.portWrite(offset, 2, value);
  const place = () => {
    power.write(0x40, 4, 0x600);
    power.write(0x80, 1, 1);
  };
  const card = () => pmCard(power, "PCI 00:01.3", clock);
  return { clock, power, write, place, card };
}

describe("the card of power management", () => {
  it("at power-on is off and in legacy mode", () => {
    const { card } = build();
    expect(card()).toMatchObject({ where: "PCI 00:01.3", irq: "IRQ 9 low", deadline: null });
    expect(Object.fromEntries(card().registers)).toMatchObject({
      mode: "legacy, events wait",
      PMBASE: "0000 off",
      PM1_STS: "0000",
      PM_TMR: "000000 at 3.58 MHz",
    });
  });

  it("names the events that came and those that are wanted", () => {
    const { power, write, place, card, clock } = build();
    place();
    power.command(ACPI_ENABLE);
    write(EN, 0x0101);
    write(CNT, 0x1401);
    power.pressPowerButton();
    clock.advance(HZ);
    expect(card().irq).toBe("IRQ 9 high");
    expect(Object.fromEntries(card().registers)).toMatchObject({
      mode: "ACPI, events interrupt",
      PMBASE: "0600",
      PM1_STS: "0100 PWRBTN",
      PM1_EN: "0101 TMR PWRBTN",
      PM1_CNT: "1401 SCI_EN sleep type 5",
      // 3579545 ticks in a second.
      PM_TMR: "369e99 at 3.58 MHz",
    });
  });

  it("tells when the timer turns over, as the clock has it, and looking changes nothing", () => {
    const { power, write, place, card, clock } = build();
    place();
    power.command(ACPI_ENABLE);
    write(EN, 0x0001);
    const before = power.save();
    const { deadline } = card();
    expect(deadline).toBe(clock.nextDeadline);
    expect(power.save()).toEqual(before);
    expect(clock.nextDeadline).toBe(deadline);
    clock.advance(clock.nextDeadline);
    expect(card()).toMatchObject({ irq: "IRQ 9 high", deadline: null });
  });
});
