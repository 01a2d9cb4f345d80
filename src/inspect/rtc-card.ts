/**
 * The real-time clock as a card: the date, the alarm, and what interrupts. Register C is looked at without being read,
 * which would clear it. Datasheet: Motorola MC146818A, "Register description".
 */
import type { Clock } from "../devices/device.ts";
import type { Rtc, RtcState } from "../devices/rtc-mc146818.ts";
import { dateOf } from "../devices/rtc-time.ts";
import { Ticks } from "../devices/ticks.ts";
import type { DeviceCard } from "./device-cards.ts";
import { hex2, type NamedBit, withBits, withWords } from "./device-text.ts";

const RTC_IRQ = 8;
const CRYSTAL_HZ = 32_768;
const DAY_SECONDS = 86_400;
const [ALARM_SECONDS, ALARM_MINUTES, ALARM_HOURS] = [1, 3, 5];
const [REG_A, REG_B, REG_C, REG_D] = [0x0a, 0x0b, 0x0c, 0x0d];

const A_UIP = 0x80;
const A_DIVIDER = 0x70;
const DIVIDER_RUNS = 0x20;
const A_RATE = 0x0f;
const B_SET = 0x80;
const B_PIE = 0x40;
const B_AIE = 0x20;
const B_UIE = 0x10;
const B_BINARY = 0x04;
const B_24_HOURS = 0x02;
const C_IRQF = 0x80;
const D_VRT = 0x80;
const PM = 0x80;
/** An alarm byte of 11xxxxxx matches always. */
const ANY = 0xc0;

const B_BITS: readonly NamedBit[] = [
  [B_SET, "SET"],
  [B_PIE, "PIE"],
  [B_AIE, "AIE"],
  [B_UIE, "UIE"],
  [0x08, "SQWE"],
  [B_BINARY, "binary"],
  [B_24_HOURS, "24 hours"],
  [0x01, "DSE"],
];
const C_BITS: readonly NamedBit[] = [
  [C_IRQF, "IRQF"],
  [0x40, "PF"],
  [0x20, "AF"],
  [0x10, "UF"],
];

/** The clock is the device's own. */
export function rtcCard(rtc: Rtc, where: string, clock: Clock): DeviceCard {
  const state = rtc.save();
  const { cmos, index, nmiOff } = state;
  const c = rtc.register(REG_C);
  return {
    name: "rtc mc146818",
    where,
    irq: `IRQ ${RTC_IRQ} ${(c & C_IRQF) !== 0 ? "high" : "low"}`,
    deadline: nextInterrupt(state, clock),
    registers: [
      ["date", `${dateText(state.seconds)}${isRunning(state) ? "" : ", stands still"}`],
      ["alarm", alarmText(state)],
      ["A", withWords(rtc.register(REG_A), rateWords(rtc.register(REG_A)))],
      ["B", withBits(cmos[REG_B], B_BITS)],
      ["C", withBits(c, C_BITS)],
      ["D", withBits(rtc.register(REG_D), [[D_VRT, "battery good"]])],
      ["INDEX", `${hex2(index)}${nmiOff ? " NMI blocked" : ""}`],
    ],
  };
}

const two = (value: number): string => String(value).padStart(2, "0");

function dateText(seconds: number): string {
  const { year, month, day } = dateOf(seconds);
  const rest = seconds - Math.floor(seconds / DAY_SECONDS) * DAY_SECONDS;
  const time = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60].map(two).join(":");
  return `${year}-${two(month)}-${two(day)} ${time}`;
}

/** "08:30:**": what does not matter is starred. */
function alarmText({ cmos }: RtcState): string {
  const binary = (cmos[REG_B] & B_BINARY) !== 0;
  const number = (value: number): string => (binary ? two(value) : hex2(value));
  const part = (value: number): string => ((value & ANY) === ANY ? "**" : number(value));
  const hours = cmos[ALARM_HOURS];
  const halves = (cmos[REG_B] & B_24_HOURS) === 0 && (hours & ANY) !== ANY;
  return [
    `${halves ? number(hours & ~PM) : part(hours)}:${part(cmos[ALARM_MINUTES])}:${part(cmos[ALARM_SECONDS])}`,
    ...(halves ? [(hours & PM) !== 0 ? "PM" : "AM"] : []),
  ].join(" ");
}

const dividerRuns = (a: number): boolean => (a & A_DIVIDER) === DIVIDER_RUNS;

function isRunning({ cmos }: RtcState): boolean {
  return (cmos[REG_B] & B_SET) === 0 && dividerRuns(cmos[REG_A]);
}

/** Crystal ticks between two periodic interrupts; 0 for none. Rates 1 and 2 are those of 8 and 9. */
function periodOf(a: number): number {
  const rate = a & A_RATE;
  return rate === 0 || !dividerRuns(a) ? 0 : 1 << ((rate < 3 ? rate + 7 : rate) - 1);
}

function rateWords(a: number): string[] {
  const period = periodOf(a);
  return [
    ...((a & A_UIP) !== 0 ? ["UIP"] : []),
    dividerRuns(a) ? (period === 0 ? "no periodic rate" : `${CRYSTAL_HZ / period} Hz`) : "divider held",
  ];
}

/** The end of the next update, or of the next period, if the guest wants to hear of it. */
function nextInterrupt(state: RtcState, clock: Clock): number | null {
  const ticks = new Ticks(clock.hz, CRYSTAL_HZ);
  const [a, b] = [state.cmos[REG_A], state.cmos[REG_B]];
  const due: number[] = [];
  if (isRunning(state) && (b & (B_UIE | B_AIE)) !== 0) due.push(state.secondBegan + CRYSTAL_HZ);
  const period = periodOf(a);
  if (period !== 0 && (b & B_PIE) !== 0) due.push((Math.floor(state.periodicSeen / period) + 1) * period);
  return due.length === 0 ? null : ticks.icountAt(Math.min(...due));
}
