/**
 * Programs nonsense into the registers of every device, and says how long it took and how much memory it kept.
 *
 *     npm run fuzz:devices [-- --accesses N] [--device NAME] [--seed N]
 *
 * Status 1 if a device threw, or kept more than 32 MiB.
 */
import { parseArgs } from "node:util";
import { grouped } from "../../../src/common/grouped.ts";
import { buildBoard, deviceNames, Storm } from "./storm.ts";

const MIB = 2 ** 20;
const MOST_GROWTH = 32 * MIB;
const CHUNK = 100_000;

const { values } = parseArgs({
  options: {
    accesses: { type: "string", default: "10000000" },
    device: { type: "string", default: "" },
    seed: { type: "string", default: "1" },
  },
});
const accesses = Number(values.accesses);
const seed = Number(values.seed);
const names = deviceNames(buildBoard()).filter((name) => values.device === "" || name === values.device);
if (names.length === 0) {
  console.error(`There is no device ${values.device}; there are: ${deviceNames(buildBoard()).join(", ")}.`);
  process.exit(2);
}

const heap = (): number => {
  globalThis.gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
};

let failed = 0;
console.log(
  `${"device".padEnd(20)} ${"accesses".padStart(12)} ${"seconds".padStart(8)} ${"MiB kept".padStart(9)}`,
);
for (const name of names) {
  const storm = new Storm(name, seed);
  storm.run(Math.min(CHUNK, accesses));
  const before = heap();
  const started = performance.now();
  let done = Math.min(CHUNK, accesses);
  let problem = "";
  try {
    for (; done < accesses; done += CHUNK) storm.run(CHUNK);
  } catch (error) {
    problem = `   FAILED after ${grouped(done)}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  const seconds = (performance.now() - started) / 1000;
  const growth = heap() - before;
  if (problem === "" && growth > MOST_GROWTH) problem = "   FAILED: it grows";
  if (problem !== "") failed++;
  const figures = `${grouped(done).padStart(12)} ${seconds.toFixed(1).padStart(8)} ${(growth / MIB).toFixed(1).padStart(9)}`;
  console.log(`${name.padEnd(20)} ${figures}${problem}`);
}
console.log(`${names.length} devices, ${failed} failed; seed ${seed}`);
process.exitCode = failed === 0 ? 0 : 1;
