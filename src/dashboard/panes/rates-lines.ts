/** Counters as rows: how much in all, how much now, and how it went. For the overview, and what screen 6 shares. */
import { counterTable } from "../../inspect/hypervisor.ts";
import type { Model } from "../model.ts";
import { fitTo, type Line, line, span } from "../text/line.ts";
import { shortCount } from "../text/numbers.ts";
import { sparkline } from "../text/sparkline.ts";
import { DIM } from "../text/style.ts";
import { absence } from "./lists.ts";

/** The most telling ones first. */
const TELLING: readonly string[] = [
  "pf_fixed",
  "pf_guest",
  "mmu_pte_write",
  "tlb_flush",
  "mmu_unsync",
  "mmu_unsync_global",
  "invlpg",
  "sync_skipped_global",
  "sync_pages_cr3",
  "mmu_shadow_zapped",
  "exits",
  "mmu_recycled",
];
const VALUE_WIDTH = 9;

const GAUGES = new Set<string>(counterTable.filter(({ kind }) => kind === "gauge").map(({ name }) => name));

export const isGauge = (name: string): boolean => GAUGES.has(name);

/** What a counter has counted since it was last reset; what a gauge is now. */
export function amountOf({ snapshot, rates }: Model, name: string): number {
  return (snapshot?.counters?.[name] ?? 0) - rates.base(name);
}

/** "68.4 %", or "-" of nothing. */
export const shareText = (part: number, all: number): string =>
  all <= 0 ? "-" : `${((100 * part) / all).toFixed(1)} %`;

/** Now for a gauge, per second for a counter; how it went in the cells that are left. */
export function rateLines(model: Model, width: number, rows: number): Line[] {
  const counters = model.snapshot?.counters ?? null;
  if (counters === null) return [fitTo(line(absence(model), DIM), width)].slice(0, rows);
  const shown = TELLING.slice(0, Math.max(rows, 0));
  const nameWidth = Math.max(...shown.map(({ length }) => length), 0);
  return shown.map((name) => {
    const bars = sparkline(
      model.rates.history(name),
      Math.max(width - nameWidth - VALUE_WIDTH - 1, 0),
      model.glyphs.bars,
    );
    const value = valueText(model, name).padStart(VALUE_WIDTH);
    return fitTo([span(name.padEnd(nameWidth)), span(value), span(` ${bars}`, DIM)], width);
  });
}

/** Until there is a rate, the number in all, which says so. */
function valueText(model: Model, name: string): string {
  const amount = shortCount(amountOf(model, name));
  if (isGauge(name)) return `now ${amount}`;
  const rate = model.rates.rate(name);
  return rate === null ? `all ${amount}` : shortCount(rate);
}
