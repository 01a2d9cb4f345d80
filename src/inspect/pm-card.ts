/**
 * Power management as a card: which events have come, which the guest wants to hear of, and how it sleeps.
 * Datasheet: ACPI 6.4, 4.8.3 "Fixed hardware registers"; Intel 82371AB (PIIX4), chapter 7.
 */
import { digits } from "../common/hex.ts";
import type { Clock } from "../devices/device.ts";
import { type Piix4Pm, type Piix4PmState, PM_TIMER_HZ } from "../devices/pci/piix4-pm.ts";
import { Ticks } from "../devices/ticks.ts";
import type { DeviceCard } from "./device-cards.ts";
import { hex2, hex4, type NamedBit } from "./device-text.ts";
import { withBits16 } from "./pci-card.ts";

const SCI_IRQ = 9;
/** The timer reports a change of its highest bit. */
const TIMER_TURN = 2 ** 23;
const TIMER_DIGITS = 6;
const PM1_TMR = 1 << 0;
const CNT_SCI_EN = 1 << 0;

const EVENTS: readonly NamedBit[] = [
  [PM1_TMR, "TMR"],
  [0x0020, "GBL"],
  [0x0100, "PWRBTN"],
  [0x0400, "RTC"],
  [0x8000, "WAK"],
];
const CONTROLS: readonly NamedBit[] = [
  [CNT_SCI_EN, "SCI_EN"],
  [0x0002, "BM_RLD"],
];

const PMBASE = 0x40;
const PMREGMISC = 0x80;
const SMBBASE = 0x90;
const SMBHSTCFG = 0xd2;
const PORTS_ENABLE = 1;

/** The clock is the device's own. */
export function pmCard(power: Piix4Pm, where: string, clock: Clock): DeviceCard {
  const state = power.save();
  const { PM1_STS, PM1_EN, PM1_CNT, GPE0_STS, GPE0_EN, SMBHSTSTS, config } = state;
  const acpi = (PM1_CNT & CNT_SCI_EN) !== 0;
  const due = (PM1_STS & PM1_EN) !== 0 || (GPE0_STS & GPE0_EN) !== 0;
  return {
    name: "power management",
    where,
    irq: `IRQ ${SCI_IRQ} ${acpi && due ? "high" : "low"}`,
    deadline: nextTurn(state, clock),
    registers: [
      ["mode", acpi ? "ACPI, events interrupt" : "legacy, events wait"],
      ["PMBASE", portsText(config, PMBASE, PMREGMISC, 0xffc0)],
      ["PM1_STS", withBits16(PM1_STS, EVENTS)],
      ["PM1_EN", withBits16(PM1_EN, EVENTS)],
      ["PM1_CNT", `${withBits16(PM1_CNT, CONTROLS)} sleep type ${(PM1_CNT >>> 10) & 7}`],
      ["PM_TMR", `${digits(power.timer, TIMER_DIGITS)} at 3.58 MHz`],
      ["GPE0_STS", hex4(GPE0_STS)],
      ["GPE0_EN", hex4(GPE0_EN)],
      ["SMBBASE", portsText(config, SMBBASE, SMBHSTCFG, 0xfff0)],
      ["SMBHSTSTS", `${hex2(SMBHSTSTS)}${(SMBHSTSTS & 4) !== 0 ? " nobody answered" : ""}`],
    ],
  };
}

/** Where a block of registers is, by the configuration bytes of its base and of its enable bit. */
function portsText(config: readonly number[], base: number, enable: number, mask: number): string {
  const place = (config[base] | (config[base + 1] << 8)) & mask;
  return `${hex4(place)}${(config[enable] & PORTS_ENABLE) !== 0 ? "" : " off"}`;
}

/** The timer interrupts only a guest that wants it to. */
function nextTurn({ PM1_STS, PM1_EN, PM1_CNT }: Piix4PmState, clock: Clock): number | null {
  if ((PM1_EN & ~PM1_STS & PM1_TMR) === 0 || (PM1_CNT & CNT_SCI_EN) === 0) return null;
  const ticks = new Ticks(clock.hz, PM_TIMER_HZ);
  return ticks.icountAt((Math.floor(ticks.ticksAt(clock.now) / TIMER_TURN) + 1) * TIMER_TURN);
}
