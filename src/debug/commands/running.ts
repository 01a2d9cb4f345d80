/** Starting and stopping the machine. */
import { FilterError, parseFilter } from "../../trace/event-filter.ts";
import type { DebuggerApi } from "../debugger-api.ts";
import type { Goal } from "../goal.ts";
import { MonitorError } from "../monitor-error.ts";
import { stopText } from "../stop.ts";
import { alone, countOf, parseCount } from "./arguments.ts";
import type { Action, Command } from "./command.ts";

function starting(goal: Goal): Action {
  return (target) => {
    target.start(goal);
    return [];
  };
}

const ASLEEP = "halted: it runs until an interrupt wakes it; space (or `stop`) ends the waiting";

/** A goal that is about instructions: a halted processor runs none until something wakes it, which may take long. */
function stepping(goal: Goal): Action {
  const start = starting(goal);
  return (target) => {
    const { cpu, interruptible } = target.machine;
    const sleeps = cpu.halted && interruptible && !cpu.interruptLine;
    const lines = start(target);
    return sleeps ? [...lines, ASLEEP] : lines;
  };
}

function step(argument: string): Action {
  return stepping({ kind: "step", count: argument === "" ? 1 : parseCount(argument) });
}

/** What `until` is about: a number is an icount, all else words of an event filter. Throws a MonitorError. */
export function parseUntil(text: string): Goal {
  const words = text.trim();
  if (words === "") throw new MonitorError("until when? Give an icount, or an event such as reason=cr3_load");
  if (/^[\d_]+[kMG]?$/.test(words)) {
    const icount = countOf(words);
    if (icount === null) {
      throw new MonitorError(`'${words}' is no icount; give a positive whole number, such as 1000000 or 1M`);
    }
    return { kind: "until", icount };
  }
  try {
    parseFilter(words);
  } catch (error) {
    if (error instanceof FilterError) throw new MonitorError(error.message);
    throw error;
  }
  return { kind: "event", filter: words };
}

function stop(target: DebuggerApi): string[] {
  if (target.running) return [stopText(target.pause())];
  return [
    target.stop === null ? "it has not started yet" : `it stands still already: ${stopText(target.stop)}`,
  ];
}

export const runCommands: readonly Command[] = [
  { name: "stop", usage: "", sentence: "stop the machine where it is", parse: alone(stop) },
  {
    name: "cont",
    aliases: ["c", "continue"],
    usage: "",
    sentence: "run until something stops it",
    starts: true,
    parse: alone(starting({ kind: "continue" })),
  },
  {
    name: "step",
    aliases: ["s", "si", "stepi"],
    usage: " [N]",
    sentence: "run one instruction, or so many; a delivered interrupt counts as one",
    starts: true,
    parse: step,
  },
  {
    name: "next",
    aliases: ["ni", "nexti"],
    usage: "",
    sentence: "run one instruction of this procedure: calls run whole",
    starts: true,
    parse: alone(stepping({ kind: "next" })),
  },
  {
    name: "finish",
    usage: "",
    sentence: "run until this procedure has returned",
    starts: true,
    parse: alone(stepping({ kind: "finish" })),
  },
  {
    name: "until",
    usage: " ICOUNT | FILTER",
    sentence: "run to that icount, or to an event that passes the filter: until reason=cr3_load",
    starts: true,
    parse: (argument) => starting(parseUntil(argument)),
  },
];
