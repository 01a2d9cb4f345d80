/** Where and at what the machine stops. */
import { digits } from "../../common/hex.ts";
import { registerNamed } from "../../inspect/registers.ts";
import type { Machine } from "../../machine/machine.ts";
import type { DebuggerApi } from "../debugger-api.ts";
import { MonitorError } from "../monitor-error.ts";
import { type Watch, watchText } from "../watch.ts";
import { alone, parseAddress, parseGfn, parseNumber, parseSp } from "./arguments.ts";
import type { Action, Command } from "./command.ts";

const WATCH_USAGE = " gva:ADDRESS[/BYTES] | gfn:GFN | sp:SP | REGISTER";
const USUAL_BYTES = 4;

function list({ breakpoints, watches }: DebuggerApi): string[] {
  const rows = [
    ...breakpoints.map(({ id, gva, hits }) => ({ id, hits, what: `breakpoint at ${digits(gva, 8)}` })),
    ...watches.map(({ id, watch, hits }) => ({ id, hits, what: `watch ${watchText(watch)}` })),
  ].sort((a, b) => a.id - b.id);
  if (rows.length === 0) return ["no breakpoints, no watchpoints"];
  return rows.map(
    ({ id, what, hits }) =>
      `${String(id).padStart(3)}  ${what}, hit ${hits === 1 ? "once" : `${hits} times`}`,
  );
}

function breakAt(argument: string): Action {
  if (argument === "") return list;
  const address = parseAddress(argument);
  return (target) => {
    const gva = address(target.machine);
    return [`breakpoint ${target.addBreakpoint(gva)} at ${digits(gva, 8)}`];
  };
}

function watch(argument: string): Action {
  if (argument === "") return list;
  const subject = parseWatch(argument);
  return (target) => {
    const wanted = subject(target.machine);
    return [`watch ${target.addWatch(wanted)}: ${watchText(wanted)}`];
  };
}

function parseWatch(argument: string): (machine: Machine) => Watch {
  const match = /^(gva|gfn|sp):\s*(.*)$/.exec(argument);
  if (match === null) {
    const name = argument.replace(/^\$/, "").toLowerCase();
    const register = registerNamed(name);
    if (register !== undefined) return () => ({ kind: "register", name: register.name });
    throw new MonitorError(`'${argument}' cannot be watched: write watch${WATCH_USAGE}`);
  }
  const [, kind, rest] = match;
  if (kind === "gfn") {
    const gfn = parseGfn(rest);
    return () => ({ kind, gfn });
  }
  if (kind === "sp") {
    const sp = parseSp(rest);
    return () => ({ kind, sp });
  }
  const [text, size = String(USUAL_BYTES), ...more] = rest.split("/");
  const bytes = sizeOf([size, ...more].join("/").trim());
  const address = parseAddress(text.trim());
  return (machine) => ({ kind: "gva", gva: address(machine), bytes });
}

function sizeOf(text: string): 1 | 2 | 4 {
  if (text === "1") return 1;
  if (text === "2") return 2;
  if (text === "4") return 4;
  throw new MonitorError(`'${text}' is no size to watch; there are 1, 2 and 4 bytes`);
}

function remove(argument: string): Action {
  if (argument === "") throw new MonitorError("delete what? `info breakpoints` has the numbers");
  const id = parseNumber(argument, "breakpoint");
  return (target) => {
    if (target.remove(id)) return [`${id} is gone`];
    throw new MonitorError(`there is no breakpoint or watchpoint ${id}; \`info breakpoints\` lists them`);
  };
}

export const pointCommands: readonly Command[] = [
  {
    name: "info breakpoints",
    aliases: ["watchpoints"],
    usage: "",
    sentence: "breakpoints and watchpoints, and how often they were hit",
    parse: alone(list),
  },
  {
    name: "break",
    aliases: ["b"],
    usage: " [ADDRESS]",
    sentence: "stop before the instruction there runs; without an address, the list",
    parse: breakAt,
  },
  {
    name: "watch",
    aliases: ["w"],
    usage: WATCH_USAGE,
    sentence: "stop after a store there, an event about the page, a change of the register",
    parse: watch,
  },
  {
    name: "delete",
    aliases: ["d"],
    usage: " ID",
    sentence: "remove a breakpoint or watchpoint",
    parse: remove,
  },
];
