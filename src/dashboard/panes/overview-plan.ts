/** Which parts of the overview are in sight, and where: bands from top to bottom, parts beside one another in each. */
import { arrangementOf, FRAME_LINES, share } from "../layout.ts";
import type { Size, UiState } from "../model.ts";
import { BORDER } from "../text/pane.ts";
import { CONSOLE, CPU, OOS, type Part, partAt, RATES, SHADOW, TIMELINE } from "./overview-parts.ts";

export interface Place extends Size {
  /** With a border and a title. */
  readonly boxed: boolean;
}

export interface PlacedPart {
  readonly part: Part;
  readonly place: Place;
}

/** Parts of one band are equally high, and together as wide as the screen. */
export type Band = readonly PlacedPart[];

/** Lines about events that end the stacked form; without a border, since each has its number and its words. */
const EVENT_ROWS = 4;
/** With so many rows, they can have a border. */
const ROOM_FOR_BORDER = 30;
/** Console, and what is below it: a guest's last words take more than a list that is cut short. */
const STACKED = [10, 7] as const;
const LISTS = [2, 3] as const;

/** From this size on, three columns. */
const THREE_COLUMNS: Size = { columns: 160, rows: 50 - FRAME_LINES };

/** Rows of bands, and columns in each, in the design's proportions. */
const TWO_COLUMN_ROWS = [13, 12, 12] as const;
const TWO_COLUMN_BANDS: readonly Weighed[] = [
  [
    [CONSOLE, 3],
    [CPU, 2],
  ],
  [
    [SHADOW, 29],
    [OOS, 31],
  ],
  [
    [TIMELINE, 74],
    [RATES, 46],
  ],
];
const THREE_COLUMN_ROWS = [1, 1] as const;
const THREE_COLUMN_BANDS: readonly Weighed[] = [
  [
    [CONSOLE, 5],
    [TIMELINE, 5],
    [CPU, 4],
  ],
  [
    [SHADOW, 5],
    [OOS, 5],
    [RATES, 4],
  ],
];

type Weighed = readonly (readonly [part: Part, weight: number])[];

export function planOf(ui: UiState, size: Size): readonly Band[] {
  const arrangement = arrangementOf(size);
  if (ui.zoomed || arrangement === "one")
    return [[{ part: partAt(ui.pane), place: { ...size, boxed: true } }]];
  if (arrangement === "stacked") return stacked(ui, size);
  const isWide = size.columns >= THREE_COLUMNS.columns && size.rows >= THREE_COLUMNS.rows;
  return isWide
    ? grid(size, THREE_COLUMN_ROWS, THREE_COLUMN_BANDS)
    : grid(size, TWO_COLUMN_ROWS, TWO_COLUMN_BANDS);
}

/** Console above, lists beside each other, the last events below. What is focused and not there takes a list's place. */
function stacked({ pane }: UiState, size: Size): readonly Band[] {
  const focused = partAt(pane);
  const boxed = focused === TIMELINE || size.rows >= ROOM_FOR_BORDER;
  const events = EVENT_ROWS + (boxed ? BORDER : 0);
  const [upper, lower] = share(size.rows - events, STACKED);
  const left = focused === SHADOW ? SHADOW : OOS;
  const right = focused === CPU ? CPU : RATES;
  return [
    band(size.columns, upper, [[CONSOLE, 1]]),
    band(size.columns, lower, [
      [left, LISTS[0]],
      [right, LISTS[1]],
    ]),
    [{ part: TIMELINE, place: { columns: size.columns, rows: events, boxed } }],
  ];
}

function grid(size: Size, weights: readonly number[], bands: readonly Weighed[]): readonly Band[] {
  const heights = share(size.rows, weights);
  return bands.map((parts, i) => band(size.columns, heights[i], parts));
}

function band(columns: number, rows: number, parts: Weighed): Band {
  const widths = share(
    columns,
    parts.map(([, weight]) => weight),
  );
  return parts.map(([part], i) => ({ part, place: { columns: widths[i], rows, boxed: true } }));
}
