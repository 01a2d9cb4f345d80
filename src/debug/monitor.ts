/**
 * The monitor: questions about a stopped machine, as words, and lines of text for an answer. QEMU's names where QEMU
 * has the question.
 */

import { auditNow, counters, policyView } from "../inspect/hypervisor.ts";
import { registersOf } from "../inspect/registers.ts";
import { oosLists } from "../inspect/oos-lists.ts";
import { shadowTree } from "../inspect/shadow-tree.ts";
import { guestWalk, rmapOf, shadowWalk, type WalkStep } from "../inspect/translation.ts";
import type { Machine } from "../machine/machine.ts";
import { examine } from "./examine.ts";
import { MonitorError } from "./monitor-error.ts";
import { digits, entryFlags, entryHex, gfnText, pageColumns, spText } from "./monitor-text.ts";

interface Command {
  readonly usage: string;
  readonly sentence: string;
  /** @param argument what follows the command's words, "" for nothing */
  readonly run: (machine: Machine, argument: string) => string[];
}

type Shadow = NonNullable<Machine["shadow"]>;

function shadowOf({ shadow }: Machine): Shadow {
  if (shadow === null) throw new MonitorError("there is no shadow MMU: the machine is bare");
  return shadow;
}

function address(text: string): number {
  const value = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 0xffff_ffff)) {
    throw new MonitorError(`'${text}' is no address; give one such as 0xc0101000`);
  }
  return value;
}

function nothing(argument: string): void {
  if (argument !== "") throw new MonitorError(`'${argument}' is too much here`);
}

function infoRegisters(machine: Machine, argument: string): string[] {
  nothing(argument);
  const words = registersOf(machine).map(([name, value]) => `${name}=${digits(value, 8)}`);
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > 80) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function infoPolicy(machine: Machine, argument: string): string[] {
  nothing(argument);
  const view = policyView(machine);
  if (view === null) return ["bare: no hypervisor"];
  return [view.name, ...view.choices.map(([name, value]) => `  ${name.padEnd(18)}${value}`)];
}

function infoStats(machine: Machine, argument: string): string[] {
  nothing(argument);
  return counters(shadowOf(machine)).map(
    ({ name, value, gauge }) => `${name.padEnd(22)}${String(value).padStart(12)}${gauge ? "  now" : ""}`,
  );
}

function infoOos(machine: Machine, argument: string): string[] {
  nothing(argument);
  const { nonGlobal, global } = oosLists(shadowOf(machine).kvm);
  const section = (title: string, pages: typeof global): string[] => [
    `${title}: ${pages.length}`,
    ...pages.map(({ sp, gfn, present, stale, parents, reachable }) => {
      const from = parents.map((link) => `${spText(link.sp)}:${digits(link.entry, 3)}`).join(" ");
      const where = reachable ? "under the loaded roots" : parents.length === 0 ? "orphan" : "other roots";
      return `  sp ${spText(sp).padStart(4)}  gfn ${gfnText(gfn)}  present ${String(present).padStart(3)}  stale ${String(stale).padStart(3)}  ${where}${from === "" ? "" : `, from ${from}`}`;
    }),
  ];
  return [
    ...section("not global, synced by the CR3 load that reaches them", nonGlobal),
    ...section("global, synced by writes to CR4 and CR0", global),
  ];
}

function infoShadow(machine: Machine, argument: string): string[] {
  nothing(argument);
  const lines: string[] = [];
  for (const root of shadowTree(shadowOf(machine).kvm)) {
    lines.push(`${digits(root.slot << 30, 8)}  ${pageColumns(root)}`);
    for (const child of root.children) {
      lines.push(`${digits((root.slot << 30) | (child.entry << 21), 8)}    ${pageColumns(child)}`);
    }
  }
  return lines.length === 0 ? ["no roots are loaded"] : lines;
}

function infoRmap(machine: Machine, argument: string): string[] {
  const kvm = shadowOf(machine).kvm;
  const gfn = Number.parseInt(argument.replace(/^0x/i, ""), 16);
  if (!/^(0x)?[0-9a-f]{1,6}$/i.test(argument)) {
    throw new MonitorError(`'${argument}' is no frame; give its number in hexadecimal, such as 150`);
  }
  const links = rmapOf(kvm, gfn);
  if (links.length === 0) return [`gfn ${gfnText(gfn)} is mapped nowhere`];
  return links.map(
    ({ sp, entry, lo, hi }) =>
      `sp ${spText(sp)} entry ${digits(entry, 3)}  ${entryHex(lo, hi)}  ${entryFlags(lo, hi)}`,
  );
}

function gva2gpa(machine: Machine, argument: string): string[] {
  const gva = address(argument);
  const { steps, gpa } = guestWalk(machine, gva);
  const line = ({ level, table, index, lo, hi }: WalkStep): string =>
    `level ${level}  gfn ${gfnText(table)}[${digits(index, 3)}]  ${entryHex(lo, hi)}  ${entryFlags(lo, hi)}`;
  return [...steps.map(line), gpa < 0 ? "unmapped" : `gpa: 0x${gpa.toString(16)}`];
}

function gva2spte(machine: Machine, argument: string): string[] {
  const gva = address(argument);
  const kvm = shadowOf(machine).kvm;
  const { steps, gfn, rmap } = shadowWalk(kvm, gva);
  const line = ({ level, table, index, lo, hi, kind }: WalkStep): string => {
    const where = level === 3 ? "pae_root" : `sp ${spText(table)}`;
    const what = kind === "present" ? entryFlags(lo, hi) : kind;
    return `level ${level}  ${where}[${digits(index, 3)}]  ${entryHex(lo, hi)}  ${what}`;
  };
  const result =
    gfn < 0
      ? "no shadow entry: the access exits, or faults into the guest"
      : `gfn ${gfnText(gfn)}, mapped ${rmap.length} times`;
  return [...steps.map(line), result];
}

function audit(machine: Machine, argument: string): string[] {
  nothing(argument);
  const lines = auditNow(shadowOf(machine));
  return lines.length === 0 ? ["all invariants hold"] : lines;
}

const commands: Readonly<Record<string, Command>> = {
  "info registers": { usage: "", sentence: "all registers of the processor", run: infoRegisters },
  "info policy": { usage: "", sentence: "the policy of the shadow MMU and all its choices", run: infoPolicy },
  "info stats": { usage: "", sentence: "all counters of the shadow MMU", run: infoStats },
  "info oos": { usage: "", sentence: "what is out of sync, in its two lists", run: infoOos },
  "info shadow": { usage: "", sentence: "the shadow pages under the loaded roots", run: infoShadow },
  "info rmap": { usage: " GFN", sentence: "the shadow entries that map a frame", run: infoRmap },
  gva2gpa: { usage: " ADDRESS", sentence: "an address through the guest's own tables", run: gva2gpa },
  gva2spte: { usage: " ADDRESS", sentence: "an address through the shadow tables", run: gva2spte },
  x: {
    usage: "/FMT ADDRESS",
    sentence: "memory at a linear address, such as x/8xw 0xc0100000",
    run: examine(true),
  },
  xp: { usage: "/FMT ADDRESS", sentence: "memory at a physical address", run: examine(false) },
  audit: { usage: "", sentence: "check all invariants of the shadow MMU now", run: audit },
};

/** Every question, for help texts. */
export const monitorHelp: readonly string[] = Object.entries(commands).map(
  ([name, { usage, sentence }]) => `${(name + usage).padEnd(20)}${sentence}`,
);

/** Answers one question. Throws a MonitorError. */
export function monitor(machine: Machine, text: string): string[] {
  const words = text.trim().replace(/\s+/g, " ");
  const name = Object.keys(commands)
    .filter((known) => words === known || words.startsWith(`${known} `) || words.startsWith(`${known}/`))
    .sort((a, b) => b.length - a.length)
    .at(0);
  if (name === undefined) {
    throw new MonitorError(`'${words}' is no question; there are ${Object.keys(commands).join(", ")}`);
  }
  return commands[name].run(machine, words.slice(name.length).trim());
}
