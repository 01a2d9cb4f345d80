/** The interrupt controllers as cards. Datasheet: Intel 8259A; Intel 82371SB (PIIX3), ELCR1 and ELCR2. */
import type { Pic8259, Pic8259State } from "../devices/pic8259.ts";
import type { Machine } from "../machine/machine.ts";
import type { DeviceCard } from "./device-cards.ts";
import { hex2, placeOf, withBits, withWords } from "./device-text.ts";

const INPUTS = 8;
const CASCADE = 2;

const ICW1_SNGL = 0x02;
const ICW1_LTIM = 0x08;
const ICW4_BITS = [
  [0x01, "8086"],
  [0x02, "AEOI"],
  [0x08, "BUF"],
  [0x10, "SFNM"],
] as const;
/** Bits of a vector that ICW2 gives; the others are the input's number. */
const VECTOR_BASE = 0xf8;

/** What the chip waits for, by the state's `step`. */
const STEPS: Readonly<Record<number, string>> = {
  0: "not initialised",
  2: "waits for ICW2",
  3: "waits for ICW3",
  4: "waits for ICW4",
  5: "ready",
};

export function picCards({ board }: Machine): DeviceCard[] {
  const { pic, apic, bus } = board;
  const { primary, secondary } = pic.save();
  const elcr = placeOf(bus, pic.elcr);
  const place = (chip: Pic8259): string => `${placeOf(bus, chip)}; ELCR ${elcr}`;
  return [
    {
      name: "pic 8259 master",
      where: place(pic.primary),
      irq: `INT ${levelWord(apic.lint0)}`,
      deadline: null,
      registers: registersOf(primary, pic.primary.IRR, 0),
    },
    {
      name: "pic 8259 slave",
      where: place(pic.secondary),
      irq: wireText(primary, CASCADE, CASCADE),
      deadline: null,
      registers: registersOf(secondary, pic.secondary.IRR, INPUTS),
    },
  ];
}

/** @param irr the register follows the pins, so it is no part of the saved state */
function registersOf(state: Pic8259State, irr: number, firstIrq: number): DeviceCard["registers"] {
  const { ISR, IMR, ICW1, ICW2, ICW3, ICW4, ELCR } = state;
  const base = ICW2 & VECTOR_BASE;
  const always = (ICW1 & ICW1_LTIM) !== 0;
  const modes = [
    ...(state.rotateInAeoi ? ["rotates in AEOI"] : []),
    ...(state.specialMask ? ["special mask"] : []),
    ...(state.poll ? ["polled"] : []),
  ];
  return [
    ["IRR", withWords(irr, irqsOf(irr, firstIrq))],
    ["ISR", withWords(ISR, irqsOf(ISR, firstIrq))],
    ["IMR", hex2(IMR)],
    ["ICW1", withWords(ICW1, (ICW1 & ICW1_SNGL) !== 0 ? ["single"] : [])],
    ["ICW2", withWords(ICW2, [`vectors ${hex2(base)}-${hex2(base + INPUTS - 1)}`])],
    ["ICW3", withWords(ICW3, [firstIrq === 0 ? slaves(ICW3) : `slave ${ICW3 & 7}`])],
    ["ICW4", withBits(ICW4, ICW4_BITS)],
    ["ELCR", withWords(ELCR, always ? ["all level (LTIM)"] : ELCR === 0 ? ["edge"] : levels(ELCR, firstIrq))],
    ["state", [STEPS[state.step] ?? `step ${state.step}`, ...modes].join(", ")],
    ["reads", state.readIsr ? "ISR" : "IRR"],
    ["lowest", `IRQ ${firstIrq + state.lowestPriority}`],
  ];
}

const numbersIn = (bits: number, first: number): string[] =>
  Array.from({ length: INPUTS }, (_, i) => i)
    .filter((i) => (bits & (1 << i)) !== 0)
    .map((i) => String(first + i));

const irqsOf = (bits: number, first: number): string[] =>
  (bits & 0xff) === 0 ? [] : ["IRQ", ...numbersIn(bits, first)];
const levels = (bits: number, first: number): string[] => ["level", ...irqsOf(bits, first)];
const slaves = (bits: number): string =>
  bits === 0 ? "no slaves" : `slaves on ${numbersIn(bits, 0).join(" ")}`;

const levelWord = (high: boolean): string => (high ? "high" : "low");

/** The level of a wire to an input, as one of the chips sees it: "IRQ 4 low". */
export function wireText({ owners }: Pic8259State, input: number, irq: number): string {
  return `IRQ ${irq} ${levelWord(owners[input] !== 0)}`;
}
