/** One table out of sync, in sentences: who did it, what it does to translations, what will end it. */
import { grouped } from "../../common/grouped.ts";
import { hex8 } from "../../common/hex.ts";
import type { OosRow } from "../../inspect/oos-view.ts";
import type { Model } from "../model.ts";
import { gfnText, spText } from "../text/numbers.ts";
import { ageText } from "./oos-list.ts";
import { parentsText } from "./shadow-page.ts";

/** The most important first. */
export function oosStory(model: Model, row: OosRow): string {
  return [beginning(model, row), nextSync(row), staleness(row), reach(row)].join(" ");
}

function beginning(model: Model, row: OosRow): string {
  const what = `gfn ${gfnText(row.gfn)}, a guest page table shadowed by sp ${spText(row.sp)}, is UNSYNC`;
  if (row.since === null || row.eip === null) {
    return `${what}: the guest writes it without exits. When that began is not known: nobody listened.`;
  }
  const when = `${ageText(model, row)} ago (icount ${grouped(row.since)})`;
  return `${what} since a store by the instruction at ${hex8(row.eip)}, ${when}: the guest now writes it without exits.`;
}

function staleness({ present, stale }: OosRow): string {
  if (present === 0) return "It has no present entries, so nothing in it can be stale.";
  if (stale === 0) return `All ${present} present entries still say what the guest's table says.`;
  const verb = stale === 1 ? "does" : "do";
  return `STALE: ${stale} of ${present} present entries ${verb} not say what the guest's table says now.`;
}

function nextSync({ global, skipped, nextSync: event, reachable }: OosRow): string {
  const lookup = "or when the table is looked up again";
  if (global) {
    const loads = skipped === 1 ? "1 CR3 load has" : `${grouped(skipped)} CR3 loads have`;
    return `G: on oos_global_pages, so a CR3 load keeps it; ${loads} skipped it so far. Next sync: ${event}, ${lookup}.`;
  }
  const which = reachable ? "" : " of a root above it";
  return `Not global. Next sync: ${event}${which}, ${lookup}.`;
}

function reach({ reachable, parents }: OosRow): string {
  const from = parents.length === 0 ? "" : ` (parent ${parentsText(parents)})`;
  if (reachable) return `The loaded roots lead to it${from}: the processor may use its entries now.`;
  if (parents.length === 0)
    return "No table links to it: nothing can use its entries before it is linked again.";
  return `The loaded roots do not lead to it${from}: nothing uses its entries before a root above it is loaded.`;
}
