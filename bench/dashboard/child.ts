/**
 * One measurement for `npm run bench -- dashboard`, in a process of its own: kmap in its thread, with the dashboard in a
 * terminal in memory or without. Prints one line of JSON.
 */
import { DashboardSession } from "../../src/cli/dashboard/dashboard-session.ts";
import { MachineThread } from "../../src/cli/dashboard/machine-thread.ts";
import { Terminal } from "../../src/cli/dashboard/terminal.ts";
import { tuneV8 } from "../../src/cli/tune-v8.ts";
import type { MachineListener } from "../../src/dashboard/machine-link.ts";
import { UNICODE } from "../../src/dashboard/text/glyphs.ts";
import { FakeTty } from "../../tests/support/fake-tty.ts";
import type { Measurement } from "./measurement.ts";

const RUNNING_TOO = 100;
const KEY_EVERY_MS = 130;

const [, , mode, columns = "80", rows = "24"] = process.argv;

/** Resolves when the guest has ended, with the seconds from "running" to "stopped". */
function timed(thread: MachineThread): Promise<number> {
  const tell = thread.listen.bind(thread);
  return new Promise((resolve) => {
    let started = performance.now();
    const note = (next: MachineListener | null): MachineListener => ({
      console: (bytes) => next?.console(bytes),
      running: () => {
        started = performance.now();
        next?.running();
      },
      stopped: (stop) => {
        resolve((performance.now() - started) / 1000);
        next?.stopped(stop);
      },
    });
    thread.listen = (listener) => tell(note(listener));
    if (mode === "headless") tell(note(null));
  });
}

async function measure(): Promise<Measurement> {
  const options = { append: "workload=all rounds=40" };
  const thread = await MachineThread.start({ image: "kmap", options, paused: true });
  const seconds = timed(thread);
  if (mode === "headless") {
    await thread.command("cont");
    const result = await seconds;
    await thread.quit();
    return { seconds: result, frames: 0, bytes: 0, keys: [], idleBytes: 0 };
  }
  const tty = new FakeTty(Number(columns), Number(rows));
  const terminal = new Terminal(tty.stdin, tty.stdout, (text) => void tty.stdout.write(text));
  const settings = { image: "kmap", glyphs: UNICODE, colors: true, compare: null, paused: true };
  const session = new DashboardSession(thread, settings, terminal);
  const over = session.run();
  await tty.until((lines) => lines.some((line) => line.includes("PAUSED")));
  const before = { bytes: tty.bytes, frames: tty.display.writes };
  await thread.command("cont");
  const keys = mode === "keys" ? pressKeys(tty, seconds) : Promise.resolve([]);
  const result = await seconds;
  const busy = { bytes: tty.bytes - before.bytes, frames: tty.display.writes - before.frames };
  const answered = await keys;
  await sleep(500);
  const idle = tty.bytes;
  await sleep(1000);
  const idleBytes = tty.bytes - idle;
  session.close();
  void over;
  await thread.quit();
  tty.close();
  return { seconds: result, ...busy, keys: answered, idleBytes };
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Goes from screen to screen while the guest runs; for each key the milliseconds until the screen has its name. */
async function pressKeys(tty: FakeTty, end: Promise<number>): Promise<number[]> {
  const names = ["console", "shadow", "out of sync", "timeline", "translate", "rates", "cpu", "devices"];
  const times: number[] = [];
  let over = false;
  void end.then(() => {
    over = true;
  });
  for (let i = 0; !over && times.length < RUNNING_TOO; i++) {
    const number = 1 + (i % names.length);
    const started = performance.now();
    tty.type(String(number));
    await tty.until(([status]) => status.endsWith(`${number} ${names[number - 1]}`));
    times.push(performance.now() - started);
    await sleep(KEY_EVERY_MS);
  }
  return times;
}

tuneV8();
const result = await measure();
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
