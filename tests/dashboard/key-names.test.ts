/** Keys by name, out of what Ink makes of the bytes that a terminal sends. */
import type { Key } from "ink";
import { describe, expect, it } from "vitest";
import { characterOf, keyNames } from "../../src/dashboard/key-names.ts";

const NO_KEY: Key = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
  super: false,
  hyper: false,
  capsLock: false,
  numLock: false,
};

const names = (text: string, key: Partial<Key> = {}): string[] => keyNames(text, { ...NO_KEY, ...key });

describe("the name of a key", () => {
  it.each([
    ["a letter", "j", {}, "j"],
    ["a capital letter", "G", { shift: true }, "G"],
    ["the blank", " ", {}, "space"],
    ["Ctrl and a letter", "s", { ctrl: true }, "ctrl-s"],
    ["Tab", "", { tab: true }, "tab"],
    ["Shift and Tab", "", { tab: true, shift: true }, "shift-tab"],
    ["Enter, which sends CR", "\r", { return: true }, "enter"],
    ["Ctrl-J, which is LF", "\n", {}, "enter"],
    ["Esc, which Ink calls meta, too", "", { escape: true, meta: true }, "esc"],
    ["an arrow with a modifier", "", { upArrow: true, ctrl: true }, "up"],
    ["Page Down", "", { pageDown: true }, "pgdn"],
    ["Home", "", { home: true }, "home"],
    ["End", "", { end: true }, "end"],
    ["Backspace as Ctrl-H", "", { backspace: true }, "backspace"],
    ["Backspace as DEL, which Ink calls delete", "", { delete: true }, "backspace"],
  ] as const)("%s", (_, text, key, name) => {
    expect(names(text, key)).toEqual([name]);
  });

  it("is one for each character of a text that is pasted", () => {
    expect(names("screen 5\rq")).toEqual([..."screen", "space", "5", "enter", "q"]);
  });

  it("is none for Alt and a letter, which cannot be told from Esc and that letter", () => {
    expect(names("j", { meta: true })).toEqual([]);
  });

  it.each(["[I", "[25~", "[15;2Q", "[<0;3;4M"])(
    "is none for a sequence that Ink does not know: ESC %s",
    (text) => {
      expect(names(text)).toEqual([]);
    },
  );

  it("is the bracket itself where nothing follows it", () => {
    expect(names("[")).toEqual(["["]);
  });

  it("is none for Ctrl-], which only means something to who types to the guest", () => {
    expect(names("\u001d")).toEqual([]);
  });
});

describe("what a key types into a line", () => {
  it.each([
    ["j", "j"],
    ["space", " "],
    ["ü", "ü"],
  ])("%s", (name, character) => {
    expect(characterOf(name)).toBe(character);
  });

  it.each(["enter", "ctrl-s", "漢", "😀", "\u0301", "\ud800", "\u001b"])(
    "nothing, as it is no character of one cell: %j",
    (name) => {
      expect(characterOf(name)).toBeNull();
    },
  );
});
