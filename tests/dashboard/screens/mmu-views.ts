/** A machine as the screens of the MMU see it, made by hand: two roots, drifting tables, one that is global. */
import type { Model, Screen, Size, UiState } from "../../../src/dashboard/model.ts";
import { ASCII, type Glyphs, UNICODE } from "../../../src/dashboard/text/glyphs.ts";
import { type Line, lineWidth, textOf } from "../../../src/dashboard/text/line.ts";
import type { OosRow, OosView } from "../../../src/inspect/oos-view.ts";
import type { EntryView, PageView } from "../../../src/inspect/page-view.ts";
import type { ShadowPageView } from "../../../src/inspect/shadow-tree.ts";
import type { ShadowRow, ShadowView } from "../../../src/inspect/shadow-view.ts";
import type { Snapshot } from "../../../src/inspect/snapshot.ts";
import type { TranslateView, WalkEnd } from "../../../src/inspect/translate-view.ts";
import type { RmapLeaf, WalkStep } from "../../../src/inspect/translation.ts";
import type { TraceRecord } from "../../../src/trace/trace-record.ts";

export const HZ = 10_000_000;
export const NOW = 32_186_550;

export const shadowPage = (over: Partial<ShadowPageView> = {}): ShadowPageView => ({
  sp: 0x41c,
  gfn: 0x10c,
  level: 1,
  access: "wu-",
  direct: false,
  unsync: false,
  global: false,
  present: 19,
  stale: 0,
  ...over,
});

type PageRow = Extract<ShadowRow, { kind: "page" }>;

export const pageRow = (over: Partial<Omit<PageRow, "page">>, page: Partial<ShadowPageView>): PageRow => ({
  kind: "page",
  depth: 1,
  slot: 0,
  entry: 0x40,
  last: false,
  rootCount: 0,
  unsyncChildren: 0,
  ...over,
  page: shadowPage(page),
});

/** What the design's mock-up of screen 2 shows. */
export const TREE: readonly ShadowRow[] = [
  pageRow(
    { depth: 0, entry: null, rootCount: 1, unsyncChildren: 2 },
    { sp: 0x3a1, gfn: 0x106, level: 2, access: "wux" },
  ),
  pageRow({ entry: 0 }, { sp: 0x3f2, gfn: 0x107, present: 212 }),
  pageRow({ entry: 0x40 }, { unsync: true, stale: 2 }),
  pageRow({ entry: 0xc8, last: true }, { sp: 0x41f, gfn: 0xa000, direct: true, present: 512 }),
  { kind: "no-root", slot: 1 },
  { kind: "no-root", slot: 2 },
  pageRow(
    { depth: 0, slot: 3, entry: null, rootCount: 1, last: true },
    { sp: 0x288, gfn: 0x40, level: 2, access: "wux" },
  ),
  pageRow(
    { slot: 3, entry: 0, last: true },
    { sp: 0x2a0, gfn: 0x42, unsync: true, global: true, present: 512, stale: 31 },
  ),
  { kind: "title", text: "other roots, kept for reuse" },
  pageRow({ depth: 0, slot: null, entry: null, unsyncChildren: 1 }, { sp: 0x31b, gfn: 0x203, level: 2 }),
];

export const shadowView = (over: Partial<ShadowView> = {}): ShadowView => ({
  total: TREE.length,
  first: 0,
  rows: TREE,
  used: 214,
  quota: 1024,
  rootHpa: 0x1f000,
  longestChain: 3,
  recycled: 0,
  flooded: 0,
  ...over,
});

export const entry = (over: Partial<EntryView> = {}): EntryView => ({
  index: 0x49,
  gpteLo: 0x1f3a067,
  gpteHi: 0,
  // Host frame 0x2b2f backs guest frame 0x1e2f.
  spteLo: 0x2b2f065,
  spteHi: 0,
  gfn: 0x1e2f,
  state: "stale",
  text: "STALE gfn",
  ...over,
});

export const pageView = (over: Partial<PageView> = {}): PageView => {
  const entries = over.entries ?? [
    entry({ index: 0, state: "same", text: "same", gpteLo: 0x1e2f065 }),
    entry(),
    entry({ index: 0x4b, state: "unused", text: "not used yet", spteLo: 0, gfn: -1 }),
  ];
  return {
    page: shadowPage({ unsync: true, stale: 2 }),
    gva: [0x0800_0000, 0x081f_ffff],
    rootCount: 0,
    unsyncChildren: 0,
    parents: [{ sp: 0x3a1, entry: 0x40 }],
    since: { icount: NOW - 200, eip: 0xc010_1f22 },
    total: entries.length,
    first: 0,
    ...over,
    entries,
  };
};

export const oosRow = (over: Partial<OosRow> = {}): OosRow => ({
  sp: 0x41c,
  gfn: 0x10c,
  global: false,
  present: 19,
  stale: 2,
  parents: [{ sp: 0x3a1, entry: 0x40 }],
  reachable: true,
  since: NOW - 200,
  eip: 0xc010_1f22,
  skipped: 0,
  nextSync: over.global === true ? "CR4/CR0 write" : "CR3 load",
  ...over,
});

export const GLOBAL_ROW = oosRow({
  sp: 0x2a0,
  gfn: 0x42,
  global: true,
  present: 512,
  stale: 31,
  since: NOW - 8_120_000,
  skipped: 118,
});

export const oosView = (over: Partial<OosView> = {}): OosView => ({
  nonGlobal: [oosRow(), oosRow({ sp: 0x433, gfn: 0x10f, stale: 0, reachable: false })],
  global: [GLOBAL_ROW],
  rootLoads: 118,
  syncedByCr3: 402,
  skipped: 236,
  ...over,
});

export const step = (over: Partial<WalkStep>): WalkStep => ({
  level: 1,
  table: 0x10c,
  index: 0x49,
  lo: 0x1f3a067,
  hi: 0,
  kind: "present",
  ...over,
});

const GUEST: WalkEnd = {
  steps: [
    step({ level: 3, table: 5, index: 0, lo: 0x106001 }),
    step({ level: 2, table: 0x106, index: 0x40, lo: 0x10c067 }),
    step({}),
  ],
  gfn: 0x1f3a,
  verdict: "allowed",
  allowed: true,
};

const SHADOW: WalkEnd = {
  steps: [
    step({ level: 3, table: 0, index: 0 }),
    step({ level: 2, table: 0x3a1, index: 0x40 }),
    step({ table: 0x41c, lo: 0x2b2f065 }),
  ],
  gfn: 0x1e2f,
  verdict: "allowed",
  allowed: true,
};

export const leaf = (over: Partial<RmapLeaf> = {}): RmapLeaf => ({
  sp: 0x41c,
  entry: 0x49,
  lo: 0x2b2f065,
  hi: 0,
  table: 0x10c,
  level: 1,
  unsync: true,
  global: false,
  ...over,
});

/** The legal disagreement of the design's mock-up. */
export const translateView = (over: Partial<TranslateView> = {}): TranslateView => ({
  gva: 0x0804_9ffc,
  access: "read",
  user: true,
  guest: GUEST,
  shadow: SHADOW,
  unsync: true,
  explanation:
    "They differ, and that is legal: the guest changed PTE [049] and has not yet run INVLPG, loaded CR3 or written CR4.",
  rmapGfn: 0x1e2f,
  rmap: [leaf(), leaf({ sp: 0x2b1, entry: 0x2f, unsync: false, global: true, table: 0x44 })],
  ...over,
});

export const snapshot = (over: Partial<Snapshot> = {}): Snapshot => ({
  status: {
    icount: NOW,
    instructions: NOW,
    ramBytes: 64 << 20,
    eip: 0xc010_1f22,
    cr3: 0x5000,
    cpl: 0,
    modes: ["PG", "WP", "PAE", "PGE"],
    policy: "oos+global",
    halted: false,
    exitStatus: null,
    faultChain: null,
    faultErrors: [],
    guestErrors: 0,
  },
  counters: { mmu_unsync: 3, mmu_unsync_global: 1 },
  cpu: null,
  devices: null,
  display: null,
  oos: oosView(),
  shadow: shadowView(),
  page: pageView(),
  translate: translateView(),
  ...over,
});

/** A machine without a hypervisor. */
export const BARE: Snapshot = snapshot({
  counters: null,
  oos: null,
  shadow: null,
  page: null,
  translate: translateView({ shadow: null, unsync: false, rmapGfn: 0x1f3a, rmap: [] }),
});

export const EMPTY_LISTS: Snapshot = snapshot({
  oos: oosView({ nonGlobal: [], global: [] }),
  shadow: shadowView({ rows: [], total: 0, used: 0 }),
  page: pageView({ entries: [], parents: [], gva: null, since: null }),
  translate: translateView({
    guest: { steps: [], gfn: -1, verdict: "no frame", allowed: false },
    shadow: { steps: [], gfn: -1, verdict: "no entry", allowed: false },
    rmapGfn: -1,
    rmap: [],
  }),
});

/** Every part null, as before the first answer about it. */
export const UNANSWERED: Snapshot = snapshot({ oos: null, shadow: null, page: null, translate: null });

/** More of everything than any screen holds. */
export const LONG: Snapshot = snapshot({
  oos: oosView({
    nonGlobal: Array.from({ length: 300 }, (_, i) => oosRow({ sp: i + 1, gfn: i })),
    global: Array.from({ length: 200 }, (_, i) =>
      oosRow({ sp: i + 301, gfn: 0xfffff - i, global: true, skipped: 123_456 }),
    ),
    rootLoads: 12_345_678,
  }),
  shadow: shadowView({
    total: 1000,
    rows: Array.from({ length: 1000 }, (_, i) =>
      pageRow(
        { entry: i % 512 },
        { sp: i + 1, gfn: i, unsync: true, global: true, present: 512, stale: 512 },
      ),
    ),
  }),
  page: pageView({
    entries: Array.from({ length: 512 }, (_, index) =>
      entry({ index, text: `-> sp ${index}, a text that is longer than its column` }),
    ),
  }),
  translate: translateView({
    explanation: "A sentence of many words that goes on and on, over more lines than there are. ".repeat(12),
    rmap: Array.from({ length: 400 }, (_, i) => leaf({ sp: i + 1 })),
  }),
});

export const ui = (over: Partial<UiState> = {}): UiState =>
  ({
    screen: 2,
    pane: 0,
    zoomed: false,
    cursors: {},
    sorts: {},
    overlay: null,
    filter: "",
    frozen: false,
    typing: false,
    source: null,
    follow: true,
    translate: { gva: 0x0804_9ffc, access: "read", user: true },
    page: null,
    raw: false,
    message: null,
    yanked: "",
    fps: 10,
    speed: null,
    ...over,
  }) as UiState;

const HISTORIES: Readonly<Record<string, readonly number[]>> = {
  mmu_unsync: [3, 5, 9, 4],
  mmu_unsync_global: [1, 1, 3, 1],
};

export interface Parts {
  readonly snapshot?: Snapshot | null;
  readonly ui?: Partial<UiState>;
  readonly events?: readonly TraceRecord[];
  readonly glyphs?: Glyphs;
  readonly image?: string;
}

export const model = (parts: Parts = {}): Model => ({
  image: parts.image ?? "toyos.elf",
  snapshot: parts.snapshot === undefined ? snapshot() : parts.snapshot,
  previous: null,
  running: false,
  stop: null,
  mips: 12.4,
  hz: HZ,
  events: {
    rows: (parts.events ?? []).map((record) => ({ record, place: "alone" })),
    unseen: 0,
    texts: { textOf: String },
    records: parts.events ?? [],
    find: () => null,
  },
  rates: {
    rate: () => null,
    history: (name) => HISTORIES[name] ?? [],
    peak: () => 0,
    base: () => 0,
  },
  console: {} as Model["console"],
  compare: null,
  ui: ui(parts.ui),
  glyphs: parts.glyphs ?? UNICODE,
});

export const texts = (lines: readonly Line[]): string[] => lines.map(textOf);
export const picture = (screen: Screen, of: Model, size: Size): string =>
  texts(screen.draw(of, size)).join("\n");

/** The body of an 80x24 and of a 120x40 terminal, and of small ones. */
export const STANDARD_BODY: Size = { columns: 80, rows: 21 };
export const WIDE_BODY: Size = { columns: 120, rows: 37 };
export const SMALL_BODY: Size = { columns: 60, rows: 13 };

const SWEEP_COLUMNS = [40, 41, 47, 53, 60, 69, 79, 80, 81, 97, 119, 120, 133, 160, 200];
const SWEEP_ROWS = [7, 8, 9, 13, 20, 21, 22, 30, 36, 37, 45, 57];

/** What is wrong with the sizes of what a screen draws, for all sizes that a terminal may have; "" if nothing is. */
export function wrongSizes(screen: Screen, of: Model): string[] {
  const wrong: string[] = [];
  for (const columns of SWEEP_COLUMNS) {
    for (const rows of SWEEP_ROWS) {
      const lines = screen.draw(of, { columns, rows });
      const at = `${columns}x${rows} pane ${of.ui.pane}`;
      if (lines.length !== rows) wrong.push(`${at}: ${lines.length} lines`);
      for (const one of lines) {
        if (lineWidth(one) !== columns) wrong.push(`${at}: ${lineWidth(one)} cells in '${textOf(one)}'`);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
        if (/[\u0000-\u001f\u007f]/.test(textOf(one))) wrong.push(`${at}: control characters`);
        if (of.glyphs === ASCII && /[^\x20-\x7e]/.test(textOf(one)))
          wrong.push(`${at}: not ASCII '${textOf(one)}'`);
      }
    }
  }
  return wrong;
}

/** All the states of a machine that a screen has to survive, by name. */
export const SITUATIONS: readonly (readonly [name: string, snapshot: Snapshot | null])[] = [
  ["usual", snapshot()],
  ["empty lists", EMPTY_LISTS],
  ["long lists", LONG],
  ["no hypervisor", BARE],
  ["parts unanswered", UNANSWERED],
  ["no snapshot", null],
];
