/** Counters as rows: how much in all, how much now, and how it went. */
import { counterTable } from "../../inspect/hypervisor.ts";
import type { Model } from "../model.ts";
import { fitTo, type Line, line, span } from "../text/line.ts";
import { shortCount } from "../text/numbers.ts";
import { sparkline } from "../text/sparkline.ts";
import { DIM } from "../text/style.ts";
import { absence } from "./shadow-marks.ts";

/** The most telling ones first. */
const TELLING = [
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
const NAME_WIDTH = 20;
const VALUE_WIDTH = 8;

export const isGauge = (name: string): boolean =>
  counterTable.some((counter) => counter.name === name && counter.kind === "gauge");

/** Now for a gauge, per second for a counter; how it went in the cells that are left. */
export function rateLines(model: Model, width: number, rows: number): Line[] {
  const counters = model.snapshot?.counters ?? null;
  if (counters === null) return [line(absence(model), DIM)];
  return TELLING.slice(0, rows).map((name) => {
    const rate = model.rates.rate(name);
    const value = isGauge(name)
      ? `now ${shortCount(counters[name])}`
      : rate === null
        ? `all ${shortCount(counters[name] - model.rates.base(name))}`
        : shortCount(rate);
    const bars = sparkline(
      model.rates.history(name),
      Math.max(width - NAME_WIDTH - VALUE_WIDTH - 2, 0),
      model.glyphs.bars,
    );
    return fitTo([span(name.padEnd(NAME_WIDTH)), span(value.padStart(VALUE_WIDTH)), span(` ${bars}`)], width);
  });
}
