/** One boot on v86. Ends by the markers: a write to port 0xf4 would make v86 throw. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { V86 } from "v86";
import { MarkerReader, processStamp } from "../markers.ts";
import { childJob, sendRounds } from "./peer.ts";

const job = childJob();
const wasm = createRequire(import.meta.url).resolve("v86/build/v86.wasm");
const image = readFileSync(job.image);

const emulator = new V86({
  wasm_path: wasm,
  memory_size: job.ramMib << 20,
  multiboot: { buffer: new Uint8Array(image).buffer },
  disable_jit: job.settings.jit !== true,
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
  autostart: true,
});

const reader = new MarkerReader(() => processStamp(emulator.get_instruction_counter()));
let ended = false;
emulator.add_listener("serial0-output-byte", (byte) => {
  if (ended || !reader.byte(byte) || reader.rounds.length < job.rounds) return;
  ended = true;
  sendRounds(reader.rounds).then(() => process.exit(0));
});
