/**
 * Registers of the local APIC by their number, which is their offset divided by 16, and the bits in them.
 *
 * SDM: volume 3, 11.4.1 "The local APIC block diagram", table 11-1.
 */

export const ID = 0x02;
export const VERSION = 0x03;
export const TPR = 0x08;
export const APR = 0x09;
export const PPR = 0x0a;
export const EOI = 0x0b;
export const RRD = 0x0c;
export const LDR = 0x0d;
export const DFR = 0x0e;
export const SVR = 0x0f;
export const ISR = 0x10;
export const TMR = 0x18;
export const IRR = 0x20;
export const ESR = 0x28;
export const ICR_LOW = 0x30;
export const ICR_HIGH = 0x31;
export const LVT = 0x32;
export const TICR = 0x38;
export const TCCR = 0x39;
export const TDCR = 0x3e;
/** Words in each of ISR, TMR and IRR. */
export const VECTOR_WORDS = 8;

export const SVR_ENABLE = 1 << 8;
export const SVR_FOCUS_OFF = 1 << 9;

export const ESR_SEND_ILLEGAL_VECTOR = 1 << 5;
export const ESR_RECEIVED_ILLEGAL_VECTOR = 1 << 6;
export const ESR_ILLEGAL_REGISTER = 1 << 7;

/*  ICR   19 18       15       14      12               11           10 9 8         7 … 0
 *        shorthand   trigger  assert  delivery status  destination  delivery mode  vector
 */
export const ICR_ASSERT = 1 << 14;
export const ICR_LEVEL = 1 << 15;
export const ICR_LOGICAL = 1 << 11;
/** Bits 19 and 18: as the destination says, or the sender, all, all others. */
export const SHORTHAND_NONE = 0;
export const SHORTHAND_OTHERS = 3;

/*  Local vector table   18 17       16    15       14          13          12               10 9 8         7 … 0
 *                       timer mode  mask  trigger  remote IRR  active low  delivery status  delivery mode  vector
 */
export const LVT_ACTIVE_LOW = 1 << 13;
export const LVT_REMOTE_IRR = 1 << 14;
export const LVT_LEVEL = 1 << 15;
export const LVT_MASK = 1 << 16;
/** Of the timer's entry. */
export const LVT_PERIODIC = 1 << 17;
export const LVT_TIMER = 0;
export const LVT_THERMAL = 1;
export const LVT_PERFORMANCE = 2;
export const LVT_LINT0 = 3;
export const LVT_LINT1 = 4;
export const LVT_ERROR = 5;
export const LVT_ENTRIES = 6;

const NAMES = new Map<number, string>([
  [ID, "ID"],
  [VERSION, "VERSION"],
  [TPR, "TPR"],
  [APR, "APR"],
  [PPR, "PPR"],
  [EOI, "EOI"],
  [RRD, "RRD"],
  [LDR, "LDR"],
  [DFR, "DFR"],
  [SVR, "SVR"],
  [ESR, "ESR"],
  [ICR_LOW, "ICR_LOW"],
  [ICR_HIGH, "ICR_HIGH"],
  [LVT + LVT_TIMER, "LVT_TIMER"],
  [LVT + LVT_THERMAL, "LVT_THERMAL"],
  [LVT + LVT_PERFORMANCE, "LVT_PERFORMANCE"],
  [LVT + LVT_LINT0, "LVT_LINT0"],
  [LVT + LVT_LINT1, "LVT_LINT1"],
  [LVT + LVT_ERROR, "LVT_ERROR"],
  [TICR, "TICR"],
  [TCCR, "TCCR"],
  [TDCR, "TDCR"],
]);

export const RESERVED = "RESERVED";

export function registerName(register: number): string {
  for (const [first, name] of [
    [ISR, "ISR"],
    [TMR, "TMR"],
    [IRR, "IRR"],
  ] as const) {
    if (register >= first && register < first + VECTOR_WORDS) return `${name}${register - first}`;
  }
  return NAMES.get(register) ?? RESERVED;
}
