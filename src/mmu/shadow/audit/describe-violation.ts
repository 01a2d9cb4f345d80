/** A violation for a person: the page and the entries that it is about, as they are now. */
import { digits } from "../../../common/hex.ts";
import { describeRole } from "../../../trace/describe.ts";
import type { Kvm } from "../kvm.ts";
import { isDirect, roleLevel } from "../role.ts";
import type { ShadowPage } from "../shadow-page.ts";
import type { Violation } from "./invariant.ts";
import { gpteAt, gpteHiAt, isPresentAt } from "./view.ts";

const entryHex = (lo: number, hi: number): string => `${digits(hi, 8)}_${digits(lo, 8)}`;

/** Lines of no particular length: the rule, what was found, and where. */
export function describeViolation(kvm: Kvm, violation: Violation): string[] {
  const { invariant, sentence, sp: index, entry, detail } = violation;
  const lines = [`${invariant} is broken: ${sentence}`, `found: ${detail}`];
  const sp = index === 0 ? undefined : kvm.pages[index];
  if (sp === undefined) return lines;
  lines.push(`page: ${pageText(sp)}`);
  if (entry >= 0 && sp.live) lines.push(`entry: ${entryText(kvm, sp, entry)}`);
  return lines;
}

/** GS, NS, GU or NU for level-1 tables: global or not, in sync or not. */
export function stateOf(sp: ShadowPage): string {
  return `${sp.global ? "G" : "N"}${sp.unsync ? "U" : "S"}`;
}

function pageText(sp: ShadowPage): string {
  const role = describeRole(sp.role).map(({ key, kind, number, text }) => {
    if (kind === "flag") return number === 0 ? "" : `, ${key}`;
    return `, ${key} ${text}`;
  });
  const state = roleLevel(sp.role) === 1 && !isDirect(sp.role) ? `, state ${stateOf(sp)}` : "";
  const life = sp.live ? "" : ", not in use";
  return `sp ${sp.index.toString(16)}, gfn ${digits(sp.gfn, 5)}${role.join("")}${state}${life}`;
}

function entryText(kvm: Kvm, sp: ShadowPage, entry: number): string {
  const sptep = sp.index * 512 + entry;
  const lo = kvm.spt[sptep * 2];
  const hi = kvm.spt[sptep * 2 + 1];
  const maps =
    roleLevel(sp.role) === 1 && isPresentAt(kvm, sptep) ? ` maps gfn ${digits(kvm.gfns[sptep], 5)}` : "";
  const spte = `${entry}: spte ${entryHex(lo, hi)} (${kindOf(kvm, lo, hi)})${maps}`;
  if (isDirect(sp.role) || kvm.memory.pfn(sp.gfn) < 0) return spte;
  const at = gpteAt(kvm, sp, entry);
  return `${spte}, gpte ${entryHex(kvm.memory.linear.i32[at], gpteHiAt(kvm, sp, at))}`;
}

function kindOf(kvm: Kvm, lo: number, hi: number): string {
  if (kvm.bypass && lo === 0 && hi === 0) return "notrap";
  if (lo === kvm.trapLo && hi === kvm.trapHi) return "trap";
  return "present";
}
