/**
 * The timer and port 61 as cards. The counters are computed when someone looks, and a look settles a load that is due;
 * so the questions go to copies. Datasheet: Intel 8254; Intel 82371SB (PIIX3), NMI status and control.
 */
import type { Alarm, Clock } from "../devices/device.ts";
import { PIT_HZ } from "../devices/pit8254.ts";
import { PitChannel, type PitChannelState } from "../devices/pit8254-channel.ts";
import { SystemControl } from "../devices/system-control.ts";
import { Ticks } from "../devices/ticks.ts";
import type { Machine } from "../machine/machine.ts";
import type { DeviceCard } from "./device-cards.ts";
import { hex2, hex4, placeOf, withBits } from "./device-text.ts";
import { wireText } from "./pic-card.ts";

const TIMER_IRQ = 0;
const SPEAKER_COUNTER = 2;

const MODES = [
  "interrupt on terminal count",
  "one-shot",
  "rate generator",
  "square wave",
  "software strobe",
  "hardware strobe",
];
/** The modes that repeat, so that a count means a rate. */
const PERIODIC = [2, 3];
const ACCESS = ["latch", "LSB", "MSB", "LSB MSB"];
const CW_BCD = 0x01;

const NMI_SC_BITS = [
  [0x01, "GATE2"],
  [0x02, "SPEAKER"],
  [0x04, "SERR# off"],
  [0x08, "IOCHK# off"],
  [0x10, "REFRESH"],
  [0x20, "OUT2"],
] as const;

/** A clock that stands still, for copies of devices. */
export function stoppedClock({ now, hz }: Clock): Clock {
  const alarm: Alarm = { at: () => {}, cancel: () => {}, when: Number.POSITIVE_INFINITY };
  return { now, hz, alarm: () => alarm };
}

function copyOf(state: PitChannelState): PitChannel {
  const copy = new PitChannel(state.gate);
  copy.restore(state);
  return copy;
}

export function pitCard({ board }: Machine): DeviceCard {
  const { pit, bus, clock, pic } = board;
  const { counter0, counter1, counter2 } = pit.save();
  const ticks = new Ticks(clock.hz, PIT_HZ);
  const now = ticks.ticksAt(clock.now);
  const next = copyOf(counter0).nextChange(now);
  return {
    name: "pit 8254",
    where: placeOf(bus, pit),
    irq: wireText(pic.primary.save(), TIMER_IRQ, TIMER_IRQ),
    deadline: next === Number.POSITIVE_INFINITY ? null : ticks.icountAt(next),
    registers: [counter0, counter1, counter2].flatMap((state, i) => counterRows(i, state, now)),
  };
}

function counterRows(number: number, state: PitChannelState, now: number): [string, string][] {
  const channel = copyOf(state);
  const { mode, divisor, gate } = channel;
  const out = channel.out(now);
  const bcd = (state.control & CW_BCD) !== 0;
  const rate = PERIODIC.includes(mode) ? `, ${(PIT_HZ / divisor).toFixed(1)} Hz` : "";
  return [
    [`${number} mode`, `${mode} ${MODES[mode]}, ${ACCESS[state.control >> 4]}${bcd ? ", BCD" : ""}`],
    [
      `${number} count`,
      state.hasCount ? `${hex4(state.CR)}, now ${hex4(valueNow(state, now))}${rate}` : "none written",
    ],
    [`${number} pins`, `GATE ${gate ? "high" : "low"}, OUT ${out ? "high" : "low"}`],
  ];
}

/** What software would read, whatever it has latched. */
function valueNow(state: PitChannelState, now: number): number {
  const copy = copyOf({ ...state, countLatched: false });
  copy.latchCount(now);
  return copy.save().OL;
}

export function systemControlCard({ board }: Machine): DeviceCard {
  const { systemControl, pit, bus, clock } = board;
  const still = stoppedClock(clock);
  const now = new Ticks(clock.hz, PIT_HZ).ticksAt(clock.now);
  const counter2 = copyOf(pit.save().counter2);
  const copy = new SystemControl({
    clock: still,
    pit: { setGate: () => {}, out: (counter) => counter === SPEAKER_COUNTER && counter2.out(now) },
  });
  copy.restore(systemControl.save());
  const value = copy.portRead(0, 1);
  return {
    name: "system control",
    where: placeOf(bus, systemControl),
    irq: "",
    deadline: null,
    registers: [
      ["NMI_SC", withBits(value, NMI_SC_BITS)],
      ["speaker", copy.speaker ? "pushed" : "at rest"],
    ],
  };
}

/** The code that firmware and kernels leave on port 80. */
export function postCard({ board }: Machine): DeviceCard {
  const { post, bus } = board;
  return {
    name: "post",
    where: placeOf(bus, post),
    irq: "",
    deadline: null,
    registers: [
      ["POST", hex2(post.code)],
      ["before", hex2(post.previous)],
    ],
  };
}
