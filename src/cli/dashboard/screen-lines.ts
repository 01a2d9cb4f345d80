/** `screen N` where there is no dashboard: `umbra exec` and `--ui plain`. */
import { ConsoleTerminal } from "../../dashboard/console-terminal.ts";
import { RingLog } from "../../dashboard/event-log.ts";
import { CounterHistory } from "../../dashboard/rate-history.ts";
import { screenText } from "../../dashboard/screen-text.ts";
import { ASCII, UNICODE } from "../../dashboard/text/glyphs.ts";
import { startUi } from "../../dashboard/ui-start.ts";
import type { Stop } from "../../debug/stop.ts";
import type { Snapshot, SnapshotRequest } from "../../inspect/snapshot.ts";
import type { RingReader } from "../../trace/ring.ts";
import { lastComparison } from "./last-comparison.ts";
import { wantsAscii } from "./terminal-abilities.ts";

export interface ScreenSubject {
  readonly image: string;
  /** The words of a command line that make the same machine again. */
  readonly machine: readonly string[];
  readonly running: boolean;
  readonly stop: Stop | null;
  readonly hz: number;
  /** All that the guest has written to its console. */
  readonly console: readonly Uint8Array[];
  /** From the oldest event on. */
  readonly events: RingReader;
  readonly texts: { textOf(number: number): string };
  /** Words that events must pass; "" for all. */
  readonly filter: string;
  readonly ask: (wish: SnapshotRequest) => Snapshot | Promise<Snapshot>;
}

/** @param which a screen's number or name, which must exist */
export async function screenLines(which: string, subject: ScreenSubject): Promise<readonly string[]> {
  const console = new ConsoleTerminal(() => {});
  for (const bytes of subject.console) console.write(bytes);
  await console.settled();
  const events = new RingLog(subject.events, subject.texts);
  events.setFilter(subject.filter);
  events.reload();
  const { wish, lines } = screenText(which, {
    image: subject.image,
    machine: subject.machine,
    running: subject.running,
    stop: subject.stop,
    mips: 0,
    hz: subject.hz,
    events,
    rates: new CounterHistory(),
    console,
    compare: lastComparison(),
    ui: { ...startUi(), filter: subject.filter },
    glyphs: wantsAscii({}, process.env) ? ASCII : UNICODE,
  });
  return lines(await subject.ask(wish));
}
