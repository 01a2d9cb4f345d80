/**
 * The date in the registers of the clock chip, binary or BCD, of 24 or 12 hours, and as seconds since 1970.
 *
 * Datasheet: Motorola MC146818A, table 3 "Time, calendar, and alarm data modes".
 */
const SECONDS = 0;
const MINUTES = 2;
const HOURS = 4;
const WEEKDAY = 6;
const DAY = 7;
const MONTH = 8;
const YEAR = 9;
const REG_B = 0x0b;
/** Where PC firmware keeps the century. */
export const CENTURY = 0x32;

const B_BINARY = 0x04;
const B_24_HOURS = 0x02;
const PM = 0x80;

const DAY_SECONDS = 86_400;

/** Days from 1970-01-01 to the first of a month (1 to 12, or beyond) of the Gregorian calendar. */
function daysBefore(year: number, month: number): number {
  const years = month > 2 ? year : year - 1;
  const fromMarch = month > 2 ? month - 3 : month + 9;
  const leapDays = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
  return years * 365 + leapDays + Math.floor((153 * fromMarch + 2) / 5) - 719_468;
}

export interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export function dateOf(seconds: number): CalendarDate {
  const days = Math.floor(seconds / DAY_SECONDS);
  let year = 1970 + Math.floor(days / 366);
  // Before 1970 the estimate is late, after it early.
  while (daysBefore(year, 1) > days) year--;
  while (daysBefore(year + 1, 1) <= days) year++;
  let month = 1;
  while (month < 12 && daysBefore(year, month + 1) <= days) month++;
  return { year, month, day: days - daysBefore(year, month) + 1 };
}

/** Fills the time registers from seconds since 1970, in the modes that register B says. */
export function writeTime(cmos: Uint8Array, seconds: number): void {
  const put = (index: number, value: number): void => {
    cmos[index] = encode(cmos, value);
  };
  const rest = seconds - Math.floor(seconds / DAY_SECONDS) * DAY_SECONDS;
  const { year, month, day } = dateOf(seconds);
  put(SECONDS, rest % 60);
  put(MINUTES, Math.floor(rest / 60) % 60);
  const hour = Math.floor(rest / 3600);
  if ((cmos[REG_B] & B_24_HOURS) !== 0) put(HOURS, hour);
  else cmos[HOURS] = encode(cmos, hour % 12 === 0 ? 12 : hour % 12) | (hour >= 12 ? PM : 0);
  // 1970-01-01 was a Thursday, and Sunday is 1.
  put(WEEKDAY, ((Math.floor(seconds / DAY_SECONDS) + 4) % 7) + 1);
  put(DAY, day);
  put(MONTH, month);
  put(YEAR, year % 100);
  cmos[CENTURY] = bcd(Math.floor(year / 100));
}

/** Seconds since 1970 of what the registers hold, digits that are none counting as what they add up to. */
export function secondsOf(cmos: Uint8Array): number {
  const get = (index: number): number => decode(cmos, cmos[index]);
  const year = get(YEAR) + 100 * fromBcd(cmos[CENTURY]);
  const days = daysBefore(year, Math.min(Math.max(get(MONTH), 1), 12)) + get(DAY) - 1;
  return days * DAY_SECONDS + hourOf(cmos) * 3600 + get(MINUTES) * 60 + get(SECONDS);
}

function hourOf(cmos: Uint8Array): number {
  const hours = cmos[HOURS];
  if ((cmos[REG_B] & B_24_HOURS) !== 0) return decode(cmos, hours);
  return (decode(cmos, hours & ~PM) % 12) + ((hours & PM) !== 0 ? 12 : 0);
}

const bcd = (value: number): number => (Math.floor(value / 10) << 4) | (value % 10);
const fromBcd = (value: number): number => (value >>> 4) * 10 + (value & 15);

function encode(cmos: Uint8Array, value: number): number {
  return (cmos[REG_B] & B_BINARY) !== 0 ? value : bcd(value);
}
function decode(cmos: Uint8Array, value: number): number {
  return (cmos[REG_B] & B_BINARY) !== 0 ? value : fromBcd(value);
}
