/** A machine as the screens of events and counters see it: a real ring with events of the design's mock-up. */
import { RingLog } from "../../../src/dashboard/event-log.ts";
import type { Model, UiState } from "../../../src/dashboard/model.ts";
import { CounterHistory } from "../../../src/dashboard/rate-history.ts";
import { type Glyphs, UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import { startUi } from "../../../src/dashboard/ui-start.ts";
import type { Stop } from "../../../src/debug/stop.ts";
import { counterTable } from "../../../src/inspect/hypervisor.ts";
import type { Snapshot } from "../../../src/inspect/snapshot.ts";
import {
  KVM_CR,
  KVM_EXIT,
  KVM_MMU_SYNC_PAGE,
  KVM_MMU_SYNC_SKIP,
  KVM_MMU_UNSYNC_PAGE,
} from "../../../src/trace/events.ts";
import { CR3_LOAD, EXIT_CR3, EXIT_PF, GLOBAL, LEVEL1_ONE_ROLE } from "../../../src/trace/reasons.ts";
import { RingReader, RingWriter } from "../../../src/trace/ring.ts";
import { HZ, snapshot } from "./mmu-views.ts";

/** Level 1, PAE, rights wu-. Packed as src/mmu/shadow/role.ts does it. */
export const ROLE = 3 | (1 << 4) | (6 << 17);

export interface Written {
  readonly event: number;
  readonly reason: number;
  readonly icount: number;
  readonly fields?: readonly number[];
}

export const exit = (icount: number, reason = EXIT_PF, gva = 0, error = 0): Written => ({
  event: KVM_EXIT,
  reason,
  icount,
  fields: [gva, error],
});

/** A CR3 load that syncs a table and leaves a global one alone, then a fault that lets a table drift. */
export const STORY: readonly Written[] = [
  exit(4_812_330, EXIT_CR3),
  { event: KVM_CR, reason: EXIT_CR3, icount: 4_812_330, fields: [3, 0x5000] },
  {
    event: KVM_MMU_SYNC_PAGE,
    reason: CR3_LOAD,
    icount: 4_812_330,
    fields: [0x3f2, 0x107, ROLE, 0, 512, 3],
  },
  { event: KVM_MMU_SYNC_SKIP, reason: GLOBAL, icount: 4_812_330, fields: [0x2a0, 0x42, ROLE] },
  exit(4_812_402, EXIT_PF, 0xc010_c018 | 0, 3),
  {
    event: KVM_MMU_UNSYNC_PAGE,
    reason: LEVEL1_ONE_ROLE,
    icount: 4_812_402,
    fields: [0x41c, 0x10c, ROLE, 0, 4, 2],
  },
];

export const TEXTS = { textOf: (number: number): string => `text ${number}` };

/** A ring for so many events, and a log that reads it. */
export function ring(records = 256) {
  const bytes = (records + 1) * 64;
  const words = new Int32Array(bytes / 4);
  const writer = new RingWriter(words, 0, bytes);
  const log = new RingLog(new RingReader(words, 0, bytes), TEXTS);
  const write = (written: readonly Written[]): void => {
    for (const { event, reason, icount, fields = [] } of written) {
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = fields;
      writer.write(event | (reason << 16), icount, 0xc010_0000 | 0, 0x5000, a, b, c, d, e, f);
    }
  };
  return { log, write };
}

/** Every counter of the product, 0 where nothing else is said. */
export const counters = (over: Readonly<Record<string, number>> = {}): Record<string, number> => ({
  ...Object.fromEntries(counterTable.map(({ name }) => [name, 0])),
  ...over,
});

export interface Parts {
  readonly events?: readonly Written[];
  readonly filter?: string;
  readonly ui?: Partial<UiState>;
  readonly glyphs?: Glyphs;
  readonly snapshot?: Snapshot | null;
  readonly counters?: Readonly<Record<string, number>>;
  readonly history?: CounterHistory;
  readonly compare?: Model["compare"];
  readonly stop?: Stop | null;
}

/** What screens are drawn from, the guest standing still. */
export function model(parts: Parts = {}): Model {
  const { log, write } = ring(1024);
  write(parts.events ?? STORY);
  log.reload();
  log.setFilter(parts.filter ?? "");
  return {
    image: "toyos.elf",
    snapshot:
      parts.snapshot === undefined ? snapshot({ counters: counters(parts.counters) }) : parts.snapshot,
    previous: null,
    running: false,
    stop: parts.stop ?? null,
    mips: 12.4,
    hz: HZ,
    events: log,
    rates: parts.history ?? new CounterHistory(),
    console: { columns: 80, rows: 25, scrollback: 0, cursor: { column: 0, row: 0 }, lines: () => [] },
    compare: parts.compare ?? null,
    ui: { ...startUi(), filter: parts.filter ?? "", ...parts.ui },
    glyphs: parts.glyphs ?? UNICODE,
  };
}
