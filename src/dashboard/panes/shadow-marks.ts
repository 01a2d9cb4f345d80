/** How the state of a shadow page and of an entry is marked. */
import { type Line, span } from "../text/line.ts";
import { DIM, GLOBAL, STALE, UNSYNC } from "../text/style.ts";

/** What is known of a page's state: "sync", "UNSYNC", "direct", each with "G" if it is global. */
export function stateSpans(page: {
  readonly level: number;
  readonly direct: boolean;
  readonly unsync: boolean;
  readonly global: boolean;
}): Line {
  const state = page.unsync ? span("UNSYNC", UNSYNC) : span(page.direct ? "direct" : "sync");
  return page.global ? [state, span(" "), span("G", GLOBAL)] : [state];
}

/** "stale 2", loud unless there is none. */
export const staleSpan = (stale: number, digits = 0): Line => [
  span(`stale ${String(stale).padStart(digits)}`, stale > 0 ? STALE : DIM),
];

/** Bits of an entry that are no frame: flags below, execute-disable above. SDM: volume 3, table 4-11. */
const FLAG_BITS = 0xfff;
const NX_HI = 0x8000_0000;
/** Frame bits of the low half. */
const LOW_FRAME_BITS = 20;

/**
 * A shadow entry as the guest would write it: with the frame of the guest's memory in place of the host's, so that it
 * can be compared with the guest's entry.
 * @param gfn the frame it maps; -1 if it maps none, which leaves the entry as it is
 */
export function guestForm(lo: number, hi: number, gfn: number): readonly [lo: number, hi: number] {
  if (gfn < 0) return [lo, hi];
  return [(gfn << 12) | (lo & FLAG_BITS), (hi & NX_HI) | (gfn >>> LOW_FRAME_BITS)];
}
