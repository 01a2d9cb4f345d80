/** Makes recording.json: runs kmap to a moment with much to see, and keeps what the screens ask for. */
import { writeFileSync } from "node:fs";
import { RingLog } from "../../../src/dashboard/event-log.ts";
import { wishOf } from "../../../src/dashboard/frame.ts";
import type { Model } from "../../../src/dashboard/model.ts";
import { UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import { Debugger } from "../../../src/debug/debugger.ts";
import { type Snapshot, snapshotOf } from "../../../src/inspect/snapshot.ts";
import { GUEST_HZ } from "../../../src/machine/machine.ts";
import { RingReader } from "../../../src/trace/ring.ts";
import { guestMachine, machineFor } from "../../support/guest-machine.ts";
import { tinyKernel } from "../../support/tiny-kernel.ts";
import { overlayCases, RECORDING, type Recording, SIZES, screenCases, sourceOf, uiOf } from "./recording.ts";

const MOMENT = 20_000_000;
const SAMPLES = 20;
const EVENTS = 120;

const bytes: number[] = [];
const machine = guestMachine("kmap", { append: "workload=all", console: (byte) => void bytes.push(byte) });
const target = new Debugger(machine);
const samples: Record<string, number>[] = [];
let stop = target.stop;
for (let sample = 1; sample <= SAMPLES; sample++) {
  target.start({ kind: "until", icount: (MOMENT / SAMPLES) * sample });
  do stop = target.run(1_000_000);
  while (stop === null);
  samples.push({ ...machine.shadow?.stats });
}
if (stop === null) throw new Error("kmap did not get that far");

/** A kernel without an IDT that touches what is not there. */
function tripleFault(): Recording["fault"] {
  const victim = new Debugger(machineFor("tiny", tinyKernel("mov esp, 0x90000\nud2")));
  victim.start({ kind: "continue" });
  const end = victim.run(1_000);
  if (end === null) throw new Error("the guest that was to die lives");
  const wish = wishOf({ ...source, ui: uiOf(overlayCases(0)[4]), snapshot: null }, SIZES[0]);
  return { stop: end, snapshot: snapshotOf(victim.machine, victim, wish) };
}

const { i32, layout } = machine.linear;
const log = new RingLog(new RingReader(i32, layout.ring, layout.ringBytes, true), target.tap.texts);
log.reload();
const draft: Omit<Recording, "fault"> = {
  hz: GUEST_HZ,
  stop,
  snapshots: {},
  rows: log.rows.slice(-EVENTS),
  samples,
  console: Buffer.from(bytes).toString("base64"),
};
const source = await sourceOf(draft, UNICODE);
const snapshots: Record<string, Snapshot> = {};
for (const one of [...screenCases, ...overlayCases(0)]) {
  for (const size of SIZES) {
    const model: Model = { ...source, ui: uiOf(one), snapshot: null };
    const wish = wishOf(model, size);
    snapshots[JSON.stringify(wish)] ??= snapshotOf(machine, target, wish);
  }
}
const recording: Recording = { ...draft, snapshots, fault: tripleFault() };
writeFileSync(RECORDING, `${JSON.stringify(recording)}\n`);
