/** What the hypervisor keeps: roots, shadow pages, lists of what is out of sync, counters, policy. */
import { digits } from "../../common/hex.ts";
import { cpuView } from "../../inspect/cpu-view.ts";
import { auditNow, counters, policyView } from "../../inspect/hypervisor.ts";
import { mmuSummary } from "../../inspect/mmu-summary.ts";
import { type OosRow, oosView } from "../../inspect/oos-view.ts";
import { type PageView, pageView } from "../../inspect/page-view.ts";
import { type ShadowRow, shadowView } from "../../inspect/shadow-view.ts";
import { rmapOf } from "../../inspect/translation.ts";
import { GUEST_HZ } from "../../machine/machine.ts";
import type { DebuggerApi } from "../debugger-api.ts";
import { MonitorError } from "../monitor-error.ts";
import { entryHex, gfnText, pageColumns, rmapLine, spText, timeText } from "../monitor-text.ts";
import { alone, parseGfn, parseSp, shadowOf } from "./arguments.ts";
import type { Action, Command } from "./command.ts";

const ALL = Number.MAX_SAFE_INTEGER;
const ENTRIES = 512;

function infoMmu({ machine }: DebuggerApi): string[] {
  const { paging, shadow } = mmuSummary(machine);
  const { tlb } = cpuView(machine, { code: 0, stack: 0 });
  const lines = [
    `paging     ${paging}`,
    `host TLB   ${tlb.supervisor} translations for supervisor accesses, ${tlb.user} for user accesses`,
  ];
  if (shadow === null) return [...lines, "bare: the processor walks the guest's own tables"];
  const { rootHpa, roots, used, quota, unsync, unsyncGlobal } = shadow;
  return [
    ...lines,
    `pae_root   hpa ${digits(rootHpa, 8)}${roots.length === 0 ? ", no roots are loaded" : ""}`,
    ...roots.map(({ slot, sp, gfn }) => `  root ${slot}   sp ${spText(sp)}  gfn ${gfnText(gfn)}`),
    `pool       ${used} of ${quota} shadow pages in use`,
    `unsync     ${unsync - unsyncGlobal} not global, ${unsyncGlobal} on oos_global_pages`,
  ];
}

function infoPolicy({ machine }: DebuggerApi): string[] {
  const view = policyView(machine);
  if (view === null) return ["bare: no hypervisor"];
  return [view.name, ...view.choices.map(([name, value]) => `  ${name.padEnd(18)}${value}`)];
}

/** `oos` alone may change under a running guest: all that is out of sync then is synced as it would have been. */
const FLYING_KNOB = "oos";

function policy(argument: string): Action {
  if (argument === "") return infoPolicy;
  const match = /^([a-z][a-z-]*)\s*=\s*(\S+)$/i.exec(argument);
  if (match === null) throw new MonitorError(`'${argument}' is no choice; write policy ${FLYING_KNOB}=off`);
  const [, name, value] = match;
  if (name === FLYING_KNOB && value !== "on" && value !== "off") {
    throw new MonitorError(`${FLYING_KNOB} is on or off, not '${value}'`);
  }
  return (target) => {
    const { machine } = target;
    const { kvm } = shadowOf(machine);
    const known = Object.keys(kvm.policy);
    const knob = known.find((key) => key.toLowerCase() === name.replaceAll("-", "").toLowerCase());
    if (knob === undefined) {
      throw new MonitorError(`the policy has no choice '${name}'; there are ${known.join(", ")}`);
    }
    if (knob !== FLYING_KNOB) {
      const option = knob.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      throw new MonitorError(`${knob} is fixed for a run: start \`umbra run\` with --${option}`);
    }
    kvm.policy.oos = value === "on";
    return infoPolicy(target);
  };
}

function infoStats({ machine }: DebuggerApi): string[] {
  return counters(shadowOf(machine)).map(
    ({ name, value, gauge }) => `${name.padEnd(22)}${String(value).padStart(12)}${gauge ? "  now" : ""}`,
  );
}

function infoOos(target: DebuggerApi): string[] {
  const { machine } = target;
  shadowOf(machine);
  const view = oosView(machine, target);
  if (view === null) throw new MonitorError("there is no shadow MMU: the machine is bare");
  const { nonGlobal, global, rootLoads, syncedByCr3, skipped } = view;
  const row = (last: (row: OosRow) => string) => (one: OosRow) =>
    `${oosColumns(one, machine.icount)}${last(one)}`;
  return [
    `not global, synced by the CR3 load that reaches them: ${nonGlobal.length}`,
    ...(nonGlobal.length === 0 ? [] : [`${OOS_TITLES}next sync      parents`]),
    ...nonGlobal.map(row((one) => `${one.nextSync.padEnd(15)}${parentsText(one)}`)),
    `global, synced by writes to CR4 and CR0: ${global.length}`,
    ...(global.length === 0 ? [] : [`${OOS_TITLES}next sync      skipped  parents`]),
    ...global.map(
      row((one) => `${one.nextSync.padEnd(15)}${String(one.skipped).padStart(7)}  ${parentsText(one)}`),
    ),
    `since power-on: roots loaded ${rootLoads} times, pages synced by CR3 loads ${syncedByCr3}, skipped because global ${skipped}`,
  ];
}

const OOS_TITLES = "    sp  gfn    present  stale          age     time  since eip  ";

function oosColumns({ sp, gfn, present, stale, since, eip }: OosRow, now: number): string {
  const age = since === null ? "-" : String(now - since);
  const time = since === null ? "-" : timeText((now - since) / GUEST_HZ);
  return [
    `  ${spText(sp).padStart(4)}`,
    gfnText(gfn),
    String(present).padStart(7),
    String(stale).padStart(5),
    age.padStart(11),
    time.padStart(7),
    (eip === null ? "-" : digits(eip, 8)).padStart(9),
    "",
  ].join("  ");
}

function parentsText({ parents, reachable }: Pick<OosRow, "parents" | "reachable">): string {
  if (parents.length === 0) return "none";
  const links = parents.map(({ sp, entry }) => `${spText(sp)}:${digits(entry, 3)}`).join(" ");
  return reachable ? links : `${links}, not under the loaded roots`;
}

function infoShadow(argument: string): Action {
  if (argument !== "") {
    const sp = parseSp(argument);
    return (target) => {
      shadowOf(target.machine);
      const view = pageView(target.machine, { sp, first: 0, count: ENTRIES }, target);
      if (view === null) {
        throw new MonitorError(`there is no shadow page ${spText(sp)} now; \`info shadow\` lists them`);
      }
      return pageLines(view, target.machine.icount);
    };
  }
  return ({ machine }) => {
    shadowOf(machine);
    const view = shadowView(machine, { first: 0, count: ALL, sort: "tree" });
    if (view === null) throw new MonitorError("there is no shadow MMU: the machine is bare");
    const lines = view.rows.map(shadowRow);
    return [
      ...(lines.length === 0 ? ["no roots are loaded"] : lines),
      `${view.used} of ${view.quota} pages in use, longest hash chain ${view.longestChain}, ` +
        `recycled ${view.recycled}, flooded ${view.flooded}`,
    ];
  };
}

/** Linear address of what an entry of a loaded root stands for, or blanks. */
function shadowRow(row: ShadowRow): string {
  if (row.kind === "title") return row.text;
  if (row.kind === "no-root") return `${digits(row.slot << 30, 8)}  no directory`;
  const { slot, entry, depth, page } = row;
  const start = slot === null ? "        " : digits((slot << 30) | ((entry ?? 0) << 21), 8);
  const more = depth === 0 ? `  root ${row.rootCount}  unsync children ${row.unsyncChildren}` : "";
  return `${start}  ${"  ".repeat(depth)}${pageColumns(page)}${more}`;
}

function pageLines(view: PageView, now: number): string[] {
  const { page, gva, rootCount, unsyncChildren, parents, since, total, entries } = view;
  const links = parents.map(({ sp, entry }) => `sp ${spText(sp)} [${digits(entry, 3)}]`).join(", ");
  return [
    pageColumns(page),
    `gva      ${gva === null ? "not under the loaded roots" : `${digits(gva[0], 8)}-${digits(gva[1], 8)}`}`,
    `parents  ${links === "" ? "none" : links}`,
    `root     in ${rootCount} slots of pae_root${page.level > 1 ? `; ${unsyncChildren} unsync children` : ""}`,
    ...(since === null
      ? []
      : [
          `unsync   since icount ${since.icount}, ${timeText((now - since.icount) / GUEST_HZ)} ago, by ${digits(since.eip, 8)}`,
        ]),
    `entries  ${total} of ${ENTRIES} are not empty`,
    ...(entries.length === 0 ? [] : ["idx  gpte              spte              gfn"]),
    ...entries.map(({ index, gpteLo, gpteHi, spteLo, spteHi, gfn, text }) =>
      [
        digits(index, 3),
        page.direct ? "-".padEnd(16) : entryHex(gpteLo, gpteHi),
        entryHex(spteLo, spteHi),
        gfn < 0 ? "-----" : gfnText(gfn),
        text,
      ].join("  "),
    ),
  ];
}

function infoRmap(argument: string): Action {
  const gfn = parseGfn(argument);
  return ({ machine }) => {
    const links = rmapOf(shadowOf(machine).kvm, gfn);
    if (links.length === 0) return [`gfn ${gfnText(gfn)} is mapped nowhere`];
    return links.map(rmapLine);
  };
}

function audit({ machine }: DebuggerApi): string[] {
  const lines = auditNow(shadowOf(machine));
  return lines.length === 0 ? ["all invariants hold"] : lines;
}

export const mmuCommands: readonly Command[] = [
  {
    name: "info mmu",
    usage: "",
    sentence: "paging mode, host TLB, roots, quota, what is out of sync",
    parse: alone(infoMmu),
  },
  {
    name: "info oos",
    usage: "",
    sentence: "what is out of sync, in its two lists: age, stale entries, what ends it",
    shadow: true,
    parse: alone(infoOos),
  },
  {
    name: "info shadow",
    usage: " [SP]",
    sentence: "the shadow pages, or one of them entry by entry",
    shadow: true,
    parse: infoShadow,
  },
  {
    name: "info rmap",
    usage: " GFN",
    sentence: "the shadow entries that map a frame",
    shadow: true,
    parse: infoRmap,
  },
  {
    name: "info policy",
    usage: "",
    sentence: "the policy of the shadow MMU and all its choices",
    parse: alone(infoPolicy),
  },
  {
    name: "info stats",
    usage: "",
    sentence: "all counters of the shadow MMU",
    shadow: true,
    parse: alone(infoStats),
  },
  {
    name: "policy",
    usage: " [oos=on|off]",
    sentence: "the same as info policy; oos may change while the guest runs",
    parse: policy,
  },
  {
    name: "audit",
    usage: "",
    sentence: "check all invariants of the shadow MMU now",
    shadow: true,
    parse: alone(audit),
  },
];
