/** The processor, and what the guest's own page tables map for it. */
import { digits } from "../../common/hex.ts";
import { cpuView } from "../../inspect/cpu-view.ts";
import { guestMappings, guestRanges, pagingIsOn } from "../../inspect/guest-mappings.ts";
import { registersOf } from "../../inspect/registers.ts";
import type { DebuggerApi } from "../debugger-api.ts";
import { entryFlags } from "../monitor-text.ts";
import { type Address, alone, parseCount, takeAddress } from "./arguments.ts";
import type { Action, Command } from "./command.ts";

/** Lines of an answer that nobody asked to be longer. */
const USUAL_LINES = 256;
const MOST_LINES = 65_536;
const WIDTH = 80;

/** Registers that the groups above show already. */
const SHOWN = /^(e..|eip|eflags|cpl|cr[0-4]|efer|.*\.(selector|base|limit|attributes))$/;

function infoRegisters({ machine }: DebuggerApi): string[] {
  const view = cpuView(machine, { code: 0, stack: 0 });
  const pair = ([name, value]: readonly [string, number]): string => `${name}=${digits(value, 8)}`;
  const states = [
    ...(view.halted ? ["halted"] : []),
    ...(view.interruptPending ? ["INTR is high"] : []),
    ...(view.inhibited ? ["no interrupt before the next instruction has run"] : []),
  ];
  const table = (name: string, [base, limit]: readonly [number, number]): string =>
    `${name.padEnd(5)}base=${digits(base, 8)} limit=${digits(limit, 4)}`;
  return [
    view.general.slice(0, 4).map(pair).join(" "),
    view.general.slice(4).map(pair).join(" "),
    `eip=${digits(view.eip, 8)} eflags=${digits(view.eflags, 8)} cpl=${view.cpl}  ${view.flags.join(" ")}`,
    ...(states.length === 0 ? [] : [states.join(", ")]),
    ...view.segments.map(
      ({ name, selector, base, limit, kind }) =>
        `${name.padEnd(5)}${digits(selector, 4)} base=${digits(base, 8)} limit=${digits(limit, 8)} ${kind}`,
    ),
    table("gdtr", view.gdtr),
    table("idtr", view.idtr),
    ...view.control.map(([name, value, bits]) =>
      `${name}=${digits(value, 8)}${" ".repeat(5 - name.length)}${bits.join(" ")}`.trimEnd(),
    ),
    ...filled(
      registersOf(machine)
        .filter(([name]) => !SHOWN.test(name))
        .map(pair),
    ),
  ];
}

/** Words in lines that are as long as a terminal. */
function filled(words: readonly string[]): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

interface Window {
  readonly from: Address;
  readonly count: number;
}

/** `[ADDRESS [COUNT]]`. */
function parseWindow(argument: string): Window {
  if (argument === "") return { from: () => 0, count: USUAL_LINES };
  const { address, rest } = takeAddress(argument);
  return { from: address, count: rest === "" ? USUAL_LINES : parseCount(rest, MOST_LINES) };
}

interface Row {
  readonly start: number;
  readonly line: string;
}

/** At most so many rows, and how to ask for the others. */
function windowed(rows: Iterator<Row>, count: number, question: string): string[] {
  const lines: string[] = [];
  for (let next = rows.next(); next.done !== true; next = rows.next()) {
    if (lines.length === count)
      return [...lines, `more: ${question} 0x${digits(next.value.start, 8)} ${count}`];
    lines.push(next.value.line);
  }
  return lines.length === 0 ? ["nothing is mapped there or above"] : lines;
}

function overMappings(
  question: string,
  rows: (machine: DebuggerApi["machine"], from: number) => Iterator<Row>,
): (argument: string) => Action {
  return (argument) => {
    const { from, count } = parseWindow(argument);
    return ({ machine }) => {
      if (!pagingIsOn(machine)) return ["paging is off: linear addresses are physical ones"];
      return windowed(rows(machine, from(machine)), count, question);
    };
  };
}

function* memRows(machine: DebuggerApi["machine"], from: number): Generator<Row> {
  for (const { start, end, rights, global } of guestRanges(machine, from)) {
    const range = `${digits(start, 8)}-${digits(end, 8)}`;
    const size = digits(end - start, 8);
    yield { start, line: `${range} ${size} ${rights}${global ? " G" : ""}` };
  }
}

function* tlbRows(machine: DebuggerApi["machine"], from: number): Generator<Row> {
  for (const { gva, gfn, lo, hi } of guestMappings(machine, from)) {
    const gpa = digits(gfn * 4096, 9);
    yield { start: gva, line: `${digits(gva, 8)}: ${gpa} ${entryFlags(lo, hi)}` };
  }
}

export const cpuCommands: readonly Command[] = [
  {
    name: "info registers",
    aliases: ["r"],
    usage: "",
    sentence: "all registers of the processor, decoded",
    parse: alone(infoRegisters),
  },
  {
    name: "info mem",
    usage: " [ADDRESS [COUNT]]",
    sentence: "what the guest's tables map, in ranges of equal rights: urwx, G",
    parse: overMappings("info mem", memRows),
  },
  {
    name: "info tlb",
    aliases: ["t"],
    usage: " [ADDRESS [COUNT]]",
    sentence: "the same page by page: gva, gpa and the entry's flags XGSDACTUWP",
    parse: overMappings("info tlb", tlbRows),
  },
];
