/** Names of exception vectors. SDM: volume 3, table 6-1. */

// biome-ignore format: one table
const MNEMONICS: readonly string[] = [
  "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "vector 9", "#TS", "#NP", "#SS", "#GP", "#PF",
  "vector 15", "#MF", "#AC", "#MC", "#XM",
];

export const vectorName = (vector: number): string => MNEMONICS[vector] ?? `vector ${vector}`;
