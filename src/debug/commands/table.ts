/** All commands of the monitor, in the order of the help text, and how the words of a line choose one. */
import { examineCommands } from "../examine.ts";
import { MonitorError } from "../monitor-error.ts";
import { addressCommands } from "./addresses.ts";
import type { Command } from "./command.ts";
import { eventCommands } from "./event-commands.ts";
import { cpuCommands } from "./info-cpu.ts";
import { deviceCommands } from "./info-devices.ts";
import { mmuCommands } from "./info-mmu.ts";
import { pointCommands } from "./points.ts";
import { runCommands } from "./running.ts";

const INFO = "info";
const OTHER_NAMES: Readonly<Record<string, string>> = { "?": "help", i: INFO, h: "help" };

const helpCommand: Command = {
  name: "help",
  usage: " [COMMAND]",
  sentence: "all commands, or one of them",
  parse: (argument) => {
    const lines = helpLines(argument);
    return () => lines;
  },
};

/** Questions first, then what changes something. */
export const commands: readonly Command[] = [
  ...[cpuCommands, mmuCommands, deviceCommands, pointCommands, eventCommands]
    .flat()
    .filter(({ name }) => name.startsWith(`${INFO} `)),
  ...[
    addressCommands,
    examineCommands,
    pointCommands,
    runCommands,
    eventCommands,
    mmuCommands,
    deviceCommands,
  ]
    .flat()
    .filter(({ name }) => !name.startsWith(`${INFO} `)),
  helpCommand,
];

/** The command that a line's first words mean, and what follows them. Throws a MonitorError. */
export function chooseCommand(line: string): { readonly command: Command; readonly argument: string } {
  const words = line.trim().replace(/\s+/g, " ");
  const [, first, afterFirst] = /^(\?|[a-z0-9_]*)(.*)$/i.exec(words) ?? ["", "", words];
  const known = [...new Set(commands.map(({ name }) => name.split(" ")[0]))];
  if (first === "") throw new MonitorError(`'${words}' is no command; \`help\` lists them`);
  const name = chosen(first, known, known, OTHER_NAMES[first] ?? aliasOf(first, false), "command");
  if (name !== INFO) return { command: commandNamed(name), argument: afterFirst.trim() };
  const [, second, afterSecond] = /^(\S*)(.*)$/.exec(afterFirst.trim()) ?? ["", "", ""];
  const topics = commands.filter((one) => one.name.startsWith(`${INFO} `)).map((one) => one.name.slice(5));
  if (second === "") throw new MonitorError(`info about what? There are ${topics.join(", ")}`);
  const topic = chosen(second, topics, topics, aliasOf(second, true), "thing to ask about");
  return { command: commandNamed(`${INFO} ${topic}`), argument: afterSecond.trim() };
}

function commandNamed(name: string): Command {
  const command = commands.find((one) => one.name === name);
  if (command === undefined) throw new Error(`no row of the table is called ${name}`);
  return command;
}

function aliasOf(word: string, info: boolean): string | undefined {
  const row = commands.find(
    ({ name, aliases = [] }) => name.startsWith(`${INFO} `) === info && aliases.includes(word),
  );
  return info ? row?.name.slice(INFO.length + 1) : row?.name;
}

/** The one of `known` that a word means: itself, by another name, or as the start of no other. */
function chosen(
  word: string,
  known: readonly string[],
  listed: readonly string[],
  other: string | undefined,
  what: string,
): string {
  if (known.includes(word)) return word;
  if (other !== undefined) return other;
  const fits = known.filter((name) => name.startsWith(word));
  if (fits.length === 1) return fits[0];
  if (fits.length > 1) throw new MonitorError(`'${word}' may be ${fits.join(" or ")}`);
  throw new MonitorError(`'${word}' is no ${what}; there are ${listed.join(", ")}`);
}

const HEAD_WIDTH = 21;
/** Leaves room for an indent of two in a terminal of 80 columns. */
const HELP_WIDTH = 78;

/** A command's words, and its sentence beside them or below. */
function helpOf({ name, usage, sentence }: Command): string[] {
  const head = name + usage;
  const lines = [head.length < HEAD_WIDTH - 1 ? head.padEnd(HEAD_WIDTH - 1) : head];
  if (lines[0] === head) lines.push(" ".repeat(HEAD_WIDTH - 1));
  for (const word of sentence.split(" ")) {
    const last = lines[lines.length - 1];
    if (last.length + 1 + word.length <= HELP_WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${" ".repeat(HEAD_WIDTH)}${word}`);
  }
  return lines;
}

/** Every command, or one of them, with its sentence. */
export function helpLines(about = ""): string[] {
  const lines = (rows: readonly Command[]): string[] => rows.flatMap(helpOf);
  if (about === "") return lines(commands);
  if (about === INFO || OTHER_NAMES[about] === INFO) {
    return lines(commands.filter(({ name }) => name.startsWith(`${INFO} `)));
  }
  const { command } = chooseCommand(about);
  const prefix = command.name.startsWith(`${INFO} `) ? `${INFO} ` : "";
  const also = (command.aliases ?? []).map((alias) => prefix + alias);
  return [...lines([command]), ...(also.length === 0 ? [] : [`also: ${also.join(", ")}`])];
}
