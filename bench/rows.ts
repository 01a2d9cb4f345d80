/**
 * What is measured: one guest image per row. `guests/bench/README.md` says what each does.
 */

export const GROUPS = ["integer", "memory", "call", "paging", "float"] as const;
export type Group = (typeof GROUPS)[number];

export interface Row {
  readonly name: string;
  readonly group: Group;
  /** Instructions of one round, an iteration of a repeated string instruction counting as one. */
  readonly instructions: number;
  /** What each round must return: a peer that returns something else computed something else. */
  readonly check: number;
  /** Events in a round, for rows about one kind of event. */
  readonly events: number | null;
}

const row = (
  name: string,
  group: Group,
  instructions: number,
  check: number,
  events: number | null = null,
): Row => ({
  name,
  group,
  instructions,
  check,
  events,
});

// biome-ignore format: a table
export const ROWS: readonly Row[] = [
  row("alu",         "integer",  35_999_470, 0xd45c_0eb3),
  row("alu-c",       "integer",  29_951_163, 0x9095_1490),
  row("sieve",       "memory",   25_818_207, 0x0000_59d8),
  row("copy",        "memory",   25_165_869, 0x8a80_42ca),
  row("chase",       "memory",   28_000_025, 0xb890_28ef, 4_000_000),
  row("movsd-large", "memory",  268_437_521, 0xe817_864f),
  row("movsd-small", "memory",   54_000_017, 0x6a54_5800),
  row("movsb-300",   "memory",  311_000_017, 0xe2bc_b284),
  row("stosd-large", "memory",  268_437_521, 0x0000_0001),
  row("stosd-small", "memory",   54_000_017, 0x0000_0001),
  row("fib",         "call",     39_041_799, 0x000c_b228),
  row("vcalls",      "call",     20_361_378, 0x8a83_e530),
  row("switchvm",    "call",     49_082_006, 0x7619_01e3),
  row("kmap",        "paging",   27_000_017, 0x4012_bcc8, 1_500_000),
  row("cr3",         "paging",    8_000_018, 0x39bd_6f6d, 200_000),
  row("kmapcr3",     "paging",    1_140_018, 0xdfa7_22b4, 60_000),
  row("pf",          "paging",   17_932_618, 0xf870_45a5, 716_800),
  row("cow",         "paging",   18_000_017, 0x5689_b676, 500_000),
  row("int80",       "paging",   10_000_030, 0xa977_e6c0, 2_000_000),
  row("x87",         "float",     4_800_026, 0x5152_3ef0, 2_400_000),
  row("sse2",        "float",     6_000_032, 0x9424_57bf, 2_800_000),
];

export const imagePath = (name: string): string =>
  new URL(`../guests/images/bench-${name}.elf`, import.meta.url).pathname;

export const isGroup = (word: string): boolean => (GROUPS as readonly string[]).includes(word);

/** The rows that words name, by row or by group, in the table's order; all if there are no words. */
export function selectRows(words: readonly string[]): readonly Row[] {
  if (words.length === 0) return ROWS;
  return ROWS.filter(({ name, group }) => words.includes(name) || words.includes(group));
}
