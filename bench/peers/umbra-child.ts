/** One boot on this emulator. */
import { readFileSync } from "node:fs";
import { tuneV8 } from "../../src/cli/tune-v8.ts";
import { loadMultiboot } from "../../src/machine/image/multiboot.ts";
import { Machine } from "../../src/machine/machine.ts";
import { defaultPolicy, defaultShadowPages } from "../../src/mmu/shadow/policy.ts";
import { MarkerReader, processStamp } from "../markers.ts";
import { childJob, sendRounds } from "./peer.ts";

tuneV8();
const job = childJob();
const ramBytes = job.ramMib << 20;
const reader = new MarkerReader(() => processStamp(machine.instructions));
const machine = new Machine({
  ramBytes,
  mmu: job.settings.mmu === "bare" ? "bare" : "shadow",
  policy: { ...defaultPolicy, shadowPages: defaultShadowPages(ramBytes) },
  console: (byte) => {
    if (reader.byte(byte) && reader.rounds.length === job.rounds) machine.stop();
  },
});

machine.load(
  loadMultiboot(
    { name: job.image, bytes: new Uint8Array(readFileSync(job.image)) },
    { memBytes: ramBytes, commandLine: "", modules: [], bootLoaderName: "umbra bench" },
  ),
);
const outcome = machine.run();
if (reader.rounds.length < job.rounds) {
  console.error(`Error: the guest ended by ${outcome.reason} after ${reader.rounds.length} rounds`);
  process.exitCode = 1;
} else {
  await sendRounds(reader.rounds);
}
process.disconnect?.();
