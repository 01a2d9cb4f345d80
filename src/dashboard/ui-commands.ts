/**
 * Commands about the picture. All others are for the machine's monitor, which answers, or says that there is no such
 * command.
 */
import { isUserNow, parseTranslate } from "../debug/commands/addresses.ts";
import { countOf } from "../debug/commands/arguments.ts";
import { MonitorError } from "../debug/monitor-error.ts";
import type { Outcome } from "./effect.ts";
import { filterProblem } from "./filter-problem.ts";
import type { Model, UiState } from "./model.ts";
import { screens } from "./screens/index.ts";
import {
  done,
  goTo,
  monitor,
  openPage,
  refused,
  resetCounters,
  setFps,
  setSpeed,
  startTyping,
} from "./ui-changes.ts";

interface UiCommand {
  readonly name: string;
  readonly usage: string;
  readonly sentence: string;
  /** @param words what follows the name, without blanks around it */
  readonly run: (words: string, model: Model) => Outcome;
}

/** A command that takes nothing. */
const plain =
  (name: string, act: (ui: UiState, model: Model) => Outcome): UiCommand["run"] =>
  (words, model) =>
    words === "" ? act(model.ui, model) : refused(model.ui, `${name} takes nothing; '${words}' is too much`);

export const uiCommands: readonly UiCommand[] = [
  { name: "screen", usage: " N", sentence: "go to a screen, by number or name", run: toScreen },
  {
    name: "filter",
    usage: " WORDS",
    sentence: "show the events that pass; alone: all",
    run: filter,
  },
  {
    name: "translate",
    usage: " ADDRESS [read|write|fetch] [user|supervisor]",
    sentence: "an address through both kinds of tables, screen 5",
    run: translate,
  },
  { name: "page", usage: " SP", sentence: "a shadow page in detail, screen 2", run: page },
  { name: "sort", usage: " ORDER", sentence: "order of the screen's list", run: sort },
  {
    name: "follow",
    usage: "",
    sentence: "stay at the newest event, or no more",
    run: plain("follow", (ui) => done({ ...ui, follow: !ui.follow })),
  },
  {
    name: "zoom",
    usage: "",
    sentence: "the pane on the whole screen, or no more",
    run: plain("zoom", (ui) => done({ ...ui, zoomed: !ui.zoomed })),
  },
  {
    name: "raw",
    usage: "",
    sentence: "shadow entries with host frames, or guest frames",
    run: plain("raw", (ui) => done({ ...ui, raw: !ui.raw })),
  },
  {
    name: "freeze",
    usage: "",
    sentence: "the view stands still, the guest runs on",
    run: plain("freeze", (ui) => done({ ...ui, frozen: true })),
  },
  {
    name: "thaw",
    usage: "",
    sentence: "the view moves again",
    run: plain("thaw", (ui) => done({ ...ui, frozen: false })),
  },
  { name: "speed", usage: " N|full", sentence: "instructions a second that the guest may run", run: speed },
  { name: "fps", usage: " N", sentence: "frames a second, 1 to 15", run: fps },
  {
    name: "type",
    usage: "",
    sentence: "keys go to the guest; ^] takes them back",
    run: plain("type", (_ui, model) => startTyping(model)),
  },
  {
    name: "reset",
    usage: "",
    sentence: "count from 0 again",
    run: plain("reset", resetCounters),
  },
  {
    name: "yank",
    usage: "",
    sentence: "what was copied last",
    run: plain("yank", (ui) =>
      done({ ...ui, message: { text: ui.yanked === "" ? "nothing was copied" : ui.yanked, failed: false } }),
    ),
  },
  {
    name: "save",
    usage: " FILE",
    sentence: "this screen as text into a file",
    run: (words, { ui }) =>
      words === "" ? refused(ui, "save needs the name of a file") : done(ui, { kind: "save", path: words }),
  },
  {
    name: "redraw",
    usage: "",
    sentence: "draw everything anew",
    run: plain("redraw", (ui) => done(ui, { kind: "redraw" })),
  },
  {
    name: "fault",
    usage: "",
    sentence: "the card that says how the machine ended",
    run: plain("fault", (ui, { stop }) =>
      stop?.kind === "ended"
        ? done({ ...ui, overlay: { kind: "fault", top: 0 } })
        : refused(ui, "the machine has not ended"),
    ),
  },
  {
    name: "keys",
    usage: "",
    sentence: "what the keys do",
    run: plain("keys", (ui) => done({ ...ui, overlay: { kind: "help", top: 0 } })),
  },
  {
    name: "quit",
    usage: "",
    sentence: "leave, and end the machine",
    run: plain("quit", (ui) => done(ui, { kind: "quit" })),
  },
];

/** Short names that people type. */
export const COMMAND_ALIASES: Readonly<Record<string, string | undefined>> = {
  q: "quit",
  "q!": "quit",
  w: "save",
};

/** The line after the colon. */
export function runCommand(text: string, model: Model): Outcome {
  const [, verb, words] = /^(\S+)\s*(.*)$/s.exec(text.trim()) ?? ["", "", ""];
  const name = COMMAND_ALIASES[verb] ?? verb;
  const command = uiCommands.find((one) => one.name === name);
  if (command !== undefined) return command.run(words.trim(), model);
  return monitor(model.ui, text.trim());
}

function toScreen(words: string, { ui }: Model): Outcome {
  const found = screens.find(({ number, name }) => String(number) === words || name === words.toLowerCase());
  if (found !== undefined) return done(goTo(ui, found.number));
  const names = screens.map(({ number, name }) => `${number} ${name}`).join(", ");
  return refused(ui, `there is no screen '${words}'; there are ${names}`);
}

function filter(words: string, { ui }: Model): Outcome {
  const problem = filterProblem(words);
  return problem === null ? done({ ...ui, filter: words }) : refused(ui, problem);
}

/** A number in hexadecimal, with 0x or without; NaN for anything else. */
function hexadecimal(text: string): number {
  return /^(0x)?[0-9a-f]{1,8}$/i.test(text) ? Number.parseInt(text.replace(/^0x/i, ""), 16) : Number.NaN;
}

function translate(words: string, model: Model): Outcome {
  const { ui, snapshot } = model;
  try {
    const { constant, access, user } = parseTranslate(words);
    // Registers are known to the machine: it answers in words.
    if (constant === null) return monitor(ui, `translate ${words}`);
    const wish = { gva: constant, access, user: user ?? isUserNow(snapshot?.status.cpl) };
    return done({ ...goTo(ui, 5), translate: wish });
  } catch (error) {
    if (error instanceof MonitorError) return refused(ui, `${error.message}.`);
    throw error;
  }
}

function page(words: string, { ui }: Model): Outcome {
  const sp = hexadecimal(words);
  if (Number.isNaN(sp)) return refused(ui, `'${words}' is no shadow page; give its number, such as 41c`);
  return done(openPage(ui, sp));
}

function sort(words: string, { ui }: Model): Outcome {
  const { sorts, number, name } = screens[ui.screen];
  if (sorts.length === 0) return refused(ui, `screen ${number}, ${name}, has no order to choose`);
  const at = sorts.indexOf(words);
  if (at < 0) return refused(ui, `there is no order '${words}' here; there are ${sorts.join(", ")}`);
  return done({ ...ui, sorts: { ...ui.sorts, [number]: at } });
}

function speed(words: string, { ui }: Model): Outcome {
  if (words === "full") return setSpeed(ui, null);
  const limit = countOf(words);
  if (limit === null) return refused(ui, `'${words}' is no speed; write speed 100k, or speed full`);
  return setSpeed(ui, limit);
}

function fps(words: string, { ui }: Model): Outcome {
  const wanted = /^\d+$/.test(words) ? Number(words) : Number.NaN;
  if (Number.isNaN(wanted)) return refused(ui, `'${words}' is no number of frames; write fps 5`);
  return setFps(ui, wanted);
}
