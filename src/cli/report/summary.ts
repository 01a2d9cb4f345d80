/** The report for a person: a few lines of at most 80 columns, no control characters. */
import { basename } from "node:path";
import { grouped } from "../../common/grouped.ts";
import { syncedPages } from "../../inspect/cost-model.ts";
import { displayView } from "../../inspect/display-view.ts";
import { GUEST_HZ, type Machine } from "../../machine/machine.ts";
import type { Stats } from "../../mmu/shadow/stats.ts";
import type { AuditRun } from "../audit-run.ts";
import type { DirtyLog } from "../dirty-log.ts";
import { policyLabel } from "../policy-options.ts";
import type { EndReason, RunResult } from "../run-result.ts";
import { STDOUT, type TraceFile } from "../trace-file.ts";
import { wrapped } from "../wrapped.ts";

const COLUMNS = 80;
const LABEL_WIDTH = 11;
/** Leaves room for the longest reason and count beside the name. */
const LONGEST_NAME = 19;

const WHY: Record<EndReason, string> = {
  "debug-exit": "debug-exit",
  "power-off": "powered off",
  reset: "reset by the guest",
  halted: "halted, nothing left to wake it",
  "triple-fault": "triple fault",
  icount: "--max-icount reached",
  timeout: "--timeout reached",
  stopped: "stopped",
  break: "stopped by the debugger",
  interrupted: "interrupted",
  closed: "output closed",
  audit: "an invariant is broken",
  quit: "left by the user",
};

/** The file's name without its folder, cut if it is long, and safe to print. */
function shortName(path: string): string {
  const name = basename(path).replace(/\p{Cc}/gu, "?");
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 3)}...`;
}

export function summaryReport(result: RunResult): string {
  const { machine } = result;
  const guestSeconds = (machine.icount / GUEST_HZ).toFixed(2);
  const rows: [string, string][] = [
    [
      shortName(result.image),
      `exit ${result.status} (${WHY[result.reason]})   ${grouped(machine.instructions)} instructions`,
    ],
    ["time", `${guestSeconds} s guest   ${result.hostSeconds.toFixed(2)} s host`],
    ...labelled("mmu", mmuLabel(machine)),
  ];
  if (machine.shadow !== null) rows.push(...shadowRows(machine.shadow.stats));
  if (machine.faultChain !== null) rows.push(["fault", machine.faultChain]);
  if (machine.guestErrors > 0)
    rows.push(["guest", `${grouped(machine.guestErrors)} accesses that nothing answers, or the like`]);
  if (result.isSilent && hasDisplayText(machine)) rows.push(...labelled("display", DISPLAY_HINT));
  if (result.audit !== null) rows.push(...labelled("audit", auditText(result.audit)));
  if (result.dirtyLog !== null) rows.push(...labelled("dirty log", dirtyLogText(result.dirtyLog)));
  if (result.trace !== null) rows.push(...labelled("trace", traceText(result.trace)));
  return `${rows.map(([label, text]) => `${label.padEnd(LABEL_WIDTH - 1)} ${text}`).join("\n")}\n`;
}

/** A guest that only wrote to its display would seem to have said nothing. */
const DISPLAY_HINT = "has text, and COM1 sent nothing: the dashboard shows it, 'info vga' prints it";

function hasDisplayText({ board }: Machine): boolean {
  const display = displayView(board.vga);
  return display.kind === "text" && !display.isBlank;
}

/** The same label for each line that a text takes, once shown. */
function labelled(label: string, text: string): [string, string][] {
  return wrapped(text, COLUMNS - LABEL_WIDTH).map((line, i) => [i === 0 ? label : "", line]);
}

function mmuLabel({ options }: Machine): string {
  return options.mmu === "bare" ? "bare" : `shadow, ${policyLabel(options)}`;
}

function auditText({ entries, audits, violations }: AuditRun): string {
  const share = audits === entries ? "each" : grouped(audits);
  const count = violations.length;
  const verdict = count === 0 ? "all invariants held" : `${count} violation${count === 1 ? "" : "s"}`;
  return `${verdict}; checked before ${share} of ${grouped(entries)} guest entries`;
}

function dirtyLogText({ rounds, total }: DirtyLog): string {
  if (rounds.length === 1) return `${grouped(total)} frames stored to`;
  const least = grouped(Math.min(...rounds));
  const most = grouped(Math.max(...rounds));
  return `${grouped(total)} frames stored to; ${rounds.length} rounds of ${least} to ${most}`;
}

function traceText({ path, seen, written }: TraceFile): string {
  const share = written === seen ? "" : `${grouped(written)} of `;
  const where = path === STDOUT ? "standard output" : path.replace(/\p{Cc}/gu, "?");
  return `${share}${grouped(seen)} events to ${where}`;
}

function shadowRows(stats: Stats): [string, string][] {
  return [
    [
      "exits",
      `${grouped(stats.exits)}: page faults ${grouped(stats.exits_pf)}, cr3 ${grouped(stats.exits_cr3)}, ` +
        `invlpg ${grouped(stats.exits_invlpg)}, io ${grouped(stats.io_exits)}`,
    ],
    [
      "pte writes",
      `${grouped(stats.mmu_pte_write)} emulated stores; ${grouped(stats.pf_fixed)} faults fixed`,
    ],
    [
      "sync",
      `${grouped(syncedPages(stats))} pages, ${grouped(stats.sptes_examined)} sptes examined, ` +
        `${grouped(stats.sptes_changed)} changed`,
    ],
    [
      "at cr3",
      `${grouped(stats.sptes_examined_cr3)} sptes examined; ` +
        `${grouped(stats.sync_skipped_global)} pages skipped because global`,
    ],
    [
      "unsync now",
      `non-global ${stats.mmu_unsync - stats.mmu_unsync_global}, global ${stats.mmu_unsync_global}`,
    ],
  ];
}
