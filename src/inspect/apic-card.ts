/** The APICs as cards. SDM: volume 3, chapter 11; Datasheet: Intel 82093AA. */
import { hex8 } from "../common/hex.ts";
import {
  DELIVER_EXTINT,
  DELIVER_FIXED,
  DELIVER_INIT,
  DELIVER_LOWEST_PRIORITY,
  DELIVER_NMI,
  DELIVER_SMI,
} from "../devices/apic/apic-message.ts";
import {
  LVT_ACTIVE_LOW,
  LVT_ERROR,
  LVT_LEVEL,
  LVT_LINT0,
  LVT_LINT1,
  LVT_MASK,
  LVT_PERIODIC,
  LVT_REMOTE_IRR,
  LVT_TIMER,
  PPR,
  SVR_ENABLE,
  TCCR,
} from "../devices/apic/apic-registers.ts";
import { IO_APIC_PINS, type IoApic } from "../devices/apic/io-apic.ts";
import type { LocalApic, LocalApicState } from "../devices/apic/local-apic.ts";
import type { DeviceCard } from "./device-cards.ts";
import { hex2, hex4 } from "./device-text.ts";

const MODES: Readonly<Record<number, string>> = {
  [DELIVER_FIXED]: "",
  [DELIVER_LOWEST_PRIORITY]: "lowest priority",
  [DELIVER_SMI]: "SMI",
  [DELIVER_NMI]: "NMI",
  [DELIVER_INIT]: "INIT",
  [DELIVER_EXTINT]: "ExtINT",
};
const LOGICAL = 1 << 11;
const PENDING = 1 << 12;
const WORDS_SHOWN = 8;

const levelWord = (high: boolean): string => (high ? "high" : "low");

/** The numbers of the bits that are set: "30 ef", and how many more there are. */
function vectors(words: readonly number[]): string {
  const all = words.flatMap((word, index) =>
    Array.from({ length: 32 }, (_, bit) => bit)
      .filter((bit) => ((word >>> bit) & 1) !== 0)
      .map((bit) => hex2(index * 32 + bit)),
  );
  if (all.length === 0) return "none";
  const more = all.length - WORDS_SHOWN;
  return [...all.slice(0, WORDS_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join(" ");
}

/** What an entry of either table does: "vector 30", "NMI, masked". The bits lie alike in both. */
function entryText(entry: number, ...more: readonly string[]): string {
  const mode = (entry >> 8) & 7;
  const name = MODES[mode] ?? `mode ${mode}`;
  const hasVector = mode === DELIVER_FIXED || mode === DELIVER_LOWEST_PRIORITY;
  const words = [
    [name, hasVector ? `vector ${hex2(entry)}` : ""].filter((word) => word !== "").join(" "),
    ...more,
    (entry & LVT_LEVEL) !== 0 ? "level" : "",
    (entry & LVT_ACTIVE_LOW) !== 0 ? "active low" : "",
    (entry & LVT_REMOTE_IRR) !== 0 ? "in service" : "",
    (entry & LVT_MASK) !== 0 ? "masked" : "",
  ];
  return words.filter((word) => word !== "").join(", ");
}

export function localApicCard(apic: LocalApic, where: string): DeviceCard {
  const state = apic.save();
  const { due } = apic.timer;
  const on = !apic.isEnabled ? "off" : (state.SVR & SVR_ENABLE) === 0 ? "disabled by SVR" : "enabled";
  return {
    name: "local apic",
    where,
    irq: `LINT0 ${levelWord((state.lintPins & 1) !== 0)}, LINT1 ${levelWord((state.lintPins & 2) !== 0)}`,
    deadline: due === Number.POSITIVE_INFINITY ? null : due,
    registers: [
      ["state", on],
      ["ID", hex2(state.ID)],
      ["IRR", vectors(state.IRR)],
      ["ISR", vectors(state.ISR)],
      ["TPR PPR", `${hex2(state.TPR)} ${hex2(apic.register(PPR))}`],
      ["SVR", `${hex4(state.SVR)} spurious vector ${hex2(state.SVR)}`],
      ["logical", `ID ${hex2(state.LDR)}, ${state.DFR >> 4 === 0 ? "cluster" : "flat"} model`],
      ["LVT timer", timerText(apic, state)],
      ["LVT LINT0", entryText(state.LVT[LVT_LINT0])],
      ["LVT LINT1", entryText(state.LVT[LVT_LINT1])],
      ["LVT error", entryText(state.LVT[LVT_ERROR])],
      ["ESR", `${hex2(state.ESR)}, since then ${hex2(state.errors)}`],
      ["ICR", `${hex2(state.ICR_HIGH)}:${hex8(state.ICR_LOW)}`],
    ],
  };
}

function timerText(apic: LocalApic, state: LocalApicState): string {
  const entry = state.LVT[LVT_TIMER];
  const how = (entry & LVT_PERIODIC) !== 0 ? "periodic" : "one-shot";
  const count =
    state.TICR === 0 ? "no count" : `${apic.register(TCCR)} of ${state.TICR}, clock / ${apic.timer.divisor}`;
  return entryText(entry, how, count);
}

/** Only the pins that software has set up: the others are masked. */
export function ioApicCard(ioApic: IoApic, where: string): DeviceCard {
  const { ID, IOREGSEL, entries, destinations, owners } = ioApic.save();
  const pins = Array.from({ length: IO_APIC_PINS }, (_, pin) => pin);
  const asserted = pins.filter((pin) => owners[pin] !== 0);
  return {
    name: "io apic 82093AA",
    where,
    irq: asserted.length === 0 ? "all pins low" : `high: pin ${asserted.join(" ")}`,
    deadline: null,
    registers: [
      ["ID", hex2(ID)],
      ["IOREGSEL", hex2(IOREGSEL)],
      ...pins
        .filter((pin) => (entries[pin] & LVT_MASK) === 0 || (entries[pin] & LVT_REMOTE_IRR) !== 0)
        .map((pin): [string, string] => {
          const entry = entries[pin];
          const to = `to ${(entry & LOGICAL) !== 0 ? "logical " : ""}${hex2(destinations[pin])}`;
          return [`pin ${pin}`, entryText(entry, to, (entry & PENDING) !== 0 ? "nobody takes it" : "")];
        }),
    ],
  };
}
