/**
 * Every key in one table: what it does, on which screens, and the words that the footer, the help and the manual have
 * for it. The same key is the same verb wherever it means something.
 */
import type { ScreenNumber } from "./model.ts";

export type Verb =
  | "screen"
  | "next-pane"
  | "previous-pane"
  | "zoom"
  | "up"
  | "down"
  | "page-up"
  | "page-down"
  | "first"
  | "last"
  | "open"
  | "back"
  | "pause"
  | "freeze"
  | "thaw"
  | "step"
  | "next"
  | "finish"
  | "continue"
  | "until"
  | "slower"
  | "faster"
  | "break"
  | "breakpoints"
  | "watch"
  | "translate"
  | "rmap"
  | "access"
  | "raw"
  | "sort"
  | "more-frames"
  | "fewer-frames"
  | "reset"
  | "follow"
  | "filter"
  | "command"
  | "type"
  | "source"
  | "yank"
  | "save"
  | "help"
  | "quit"
  | "interrupt"
  | "redraw"
  | "suspend";

export interface Binding {
  readonly keys: readonly string[];
  readonly verb: Verb;
  readonly sentence: string;
  /** For the footer: a word, and how soon it goes where there is no room: the highest rank first. */
  readonly short?: { readonly word: string; readonly rank: number };
  /** It is about a guest that runs or can: the footer does not offer it once the machine has ended. */
  readonly alive?: true;
  /** The screens on which it means something; all without. */
  readonly screens?: readonly ScreenNumber[];
}

export const bindings: readonly Binding[] = [
  {
    keys: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    verb: "screen",
    sentence: "go to a screen",
    short: { word: "screen", rank: 0 },
  },
  { keys: ["tab"], verb: "next-pane", sentence: "next pane", short: { word: "pane", rank: 4 } },
  { keys: ["shift-tab"], verb: "previous-pane", sentence: "previous pane" },
  {
    keys: ["space"],
    verb: "pause",
    alive: true,
    sentence: "pause the guest, or let it run",
    short: { word: "pause", rank: 0 },
  },
  { keys: ["s"], verb: "step", alive: true, sentence: "one instruction", short: { word: "step", rank: 5 } },
  {
    keys: ["n"],
    verb: "next",
    alive: true,
    sentence: "one instruction, calls run whole",
    short: { word: "next", rank: 6 },
  },
  { keys: ["f"], verb: "finish", alive: true, sentence: "until this procedure returns" },
  {
    keys: ["c"],
    verb: "continue",
    alive: true,
    sentence: "let the guest run",
    short: { word: "continue", rank: 7 },
  },
  { keys: ["e"], verb: "until", alive: true, sentence: "until the next event that passes the filter" },
  { keys: ["<"], verb: "slower", alive: true, sentence: "slower guest" },
  { keys: [">"], verb: "faster", alive: true, sentence: "faster guest" },
  {
    keys: ["b"],
    verb: "break",
    alive: true,
    sentence: "breakpoint at what is selected, or at eip",
    short: { word: "break", rank: 8 },
  },
  { keys: ["B"], verb: "breakpoints", sentence: "list breakpoints and watchpoints" },
  { keys: ["w"], verb: "watch", alive: true, sentence: "stop when what is selected changes" },
  { keys: ["/"], verb: "filter", sentence: "filter events", short: { word: "filter", rank: 3 } },
  { keys: [":"], verb: "command", sentence: "type a command", short: { word: "command", rank: 2 } },
  { keys: ["?"], verb: "help", sentence: "this help", short: { word: "help", rank: 0 } },
  { keys: ["q"], verb: "quit", sentence: "back; on the overview: quit", short: { word: "quit", rank: 1 } },
  { keys: ["k", "up"], verb: "up", sentence: "up" },
  { keys: ["j", "down"], verb: "down", sentence: "down" },
  { keys: ["pgup", "ctrl-b"], verb: "page-up", sentence: "a page up" },
  { keys: ["pgdn", "ctrl-f"], verb: "page-down", sentence: "a page down" },
  { keys: ["home", "g"], verb: "first", sentence: "to the beginning" },
  { keys: ["end", "G"], verb: "last", sentence: "to the end" },
  { keys: ["enter"], verb: "open", sentence: "open what is selected: the page, the address, why" },
  { keys: ["esc"], verb: "back", sentence: "back" },
  { keys: ["z"], verb: "zoom", sentence: "the pane on the whole screen, again to leave" },
  { keys: ["t"], verb: "translate", sentence: "translate the selected address" },
  { keys: ["r"], verb: "rmap", sentence: "who maps the selected frame" },
  { keys: ["a"], verb: "access", sentence: "other kind of access", screens: [5] },
  { keys: ["p"], verb: "raw", sentence: "shadow entries with host frames, or guest frames", screens: [2, 5] },
  { keys: ["o"], verb: "sort", sentence: "next sort order", screens: [2, 3, 6] },
  { keys: ["F"], verb: "follow", sentence: "stay at the newest event", screens: [0, 4] },
  { keys: ["R"], verb: "reset", sentence: "count from 0 again", screens: [0, 6] },
  { keys: ["i"], verb: "type", alive: true, sentence: "keys go to the guest; ^] takes them back" },
  { keys: ["v"], verb: "source", screens: [0, 1], sentence: "the serial port or the display" },
  { keys: ["y"], verb: "yank", sentence: "copy what is selected" },
  { keys: ["S"], verb: "save", sentence: "save this screen as text" },
  { keys: ["+"], verb: "more-frames", sentence: "more frames a second" },
  { keys: ["-"], verb: "fewer-frames", sentence: "fewer frames a second" },
  { keys: ["ctrl-s"], verb: "freeze", sentence: "freeze the view, the guest runs on" },
  { keys: ["ctrl-q"], verb: "thaw", sentence: "thaw the view" },
  { keys: ["ctrl-c"], verb: "interrupt", sentence: "pause; twice within a second: quit" },
  { keys: ["ctrl-l"], verb: "redraw", sentence: "draw everything anew" },
  { keys: ["ctrl-z"], verb: "suspend", sentence: "back to the shell; fg returns" },
];

/** The bindings that mean something on a screen. */
export const bindingsOf = (screen: ScreenNumber): readonly Binding[] =>
  bindings.filter(({ screens }) => screens?.includes(screen) ?? true);

/** What a key means on a screen; undefined for nothing. */
export function bindingOf(key: string, screen: ScreenNumber): Binding | undefined {
  return bindingsOf(screen).find(({ keys }) => keys.includes(key));
}

/** A binding's keys as people write them. */
export const keysText = ({ keys, verb }: Binding): string =>
  verb === "screen" ? "0-9" : keys.map((key) => key.replace(/^ctrl-/, "^")).join(" ");
