/** `umbra run --ui dashboard`: a machine in its thread, the dashboard in the terminal, the report when it is gone. */
import { basename } from "node:path";
import { ASCII, UNICODE } from "../../dashboard/text/glyphs.ts";
import type { Leaving } from "../../debug/protocol.ts";
import type { RunOptions } from "../commands/run.ts";
import { machineWords } from "../machine-words.ts";
import { tuneV8 } from "../tune-v8.ts";
import { DashboardSession } from "./dashboard-session.ts";
import { lastComparison } from "./last-comparison.ts";
import { MachineThread } from "./machine-thread.ts";
import { Terminal } from "./terminal.ts";
import { wantsAscii, wantsColors } from "./terminal-abilities.ts";
import { viewFilter, withoutViewFilter } from "./view-filter.ts";

export async function runDashboard(image: string, options: RunOptions): Promise<number> {
  tuneV8();
  const paused = options.paused === true;
  const filter = viewFilter(options);
  const thread = await MachineThread.start({ image, options: withoutViewFilter(options), paused });
  const settings = {
    image: basename(image),
    machine: machineWords(image, options),
    glyphs: wantsAscii(options, process.env) ? ASCII : UNICODE,
    colors: wantsColors(options, process.env),
    compare: lastComparison(),
    paused,
    filter,
    ...(options.fps === undefined ? {} : { fps: options.fps }),
  };
  const session = new DashboardSession(thread, settings, new Terminal(), options.timeout);
  let leaving: Leaving;
  try {
    leaving = await Promise.race([session.run(), thread.death]);
  } finally {
    session.close();
  }
  const { document, words, status } = await thread.quit(leaving);
  process.stderr.write(thread.errorText + words);
  process.stdout.write(document);
  return status;
}
