/** One table of keys: what dispatch, footer and help rely on. */
import { describe, expect, it } from "vitest";
import { bindingOf, bindings, bindingsOf, keysText } from "../../src/dashboard/keymap.ts";
import { helpBox } from "../../src/dashboard/overlays/help.ts";
import { screens } from "../../src/dashboard/screens/index.ts";
import { textOf } from "../../src/dashboard/text/line.ts";

describe("the table of keys", () => {
  it("has a key and a sentence for every verb, and each verb once", () => {
    for (const { keys, verb, sentence } of bindings) {
      expect(keys, verb).not.toEqual([]);
      expect(sentence, verb).toMatch(/^[a-z].*[^.]$/);
    }
    const verbs = bindings.map(({ verb }) => verb);
    expect(verbs.filter((verb, i) => verbs.indexOf(verb) !== i)).toEqual([]);
  });

  it.each(screens)("has no key twice on screen $number, $name", ({ number }) => {
    const keys = bindingsOf(number).flatMap((binding) => binding.keys);
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  });

  it.each(screens)(
    "is in the help of screen $number, $name, as far as it means something there",
    ({ number }) => {
      const help = helpBox(number, 0, 80).lines.map(textOf);
      for (const binding of bindingsOf(number)) {
        const line = help.find((text) => text.startsWith(` ${keysText(binding)} `));
        expect(line, binding.verb).toContain(binding.sentence);
      }
    },
  );

  it("has no function key, no chord and no mouse: Ink sees none of them", () => {
    const keys = bindings.flatMap((binding) => binding.keys);
    expect(keys.filter((key) => /^f\d|mouse|meta|alt|esc-/.test(key))).toEqual([]);
  });

  it.each([
    ["0", "screen"],
    ["9", "screen"],
    ["space", "pause"],
    ["j", "down"],
    ["up", "up"],
    ["g", "first"],
    ["G", "last"],
    ["ctrl-c", "interrupt"],
    ["ctrl-s", "freeze"],
    [":", "command"],
  ] as const)("has the design's meaning for %s: %s", (key, verb) => {
    for (const { number } of screens) expect(bindingOf(key, number)?.verb).toBe(verb);
  });

  it("knows keys that mean something on some screens only", () => {
    expect(bindingOf("a", 5)?.verb).toBe("access");
    expect(bindingOf("a", 3)).toBeUndefined();
  });

  it("offers a sort order just where there is one", () => {
    for (const { number, sorts } of screens) {
      expect(bindingOf("o", number) !== undefined, `screen ${number}`).toBe(sorts.length > 0);
    }
  });
});

describe("screens", () => {
  it("stand at the place of their number", () => {
    expect(screens.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("have names of their own, and at least one pane each", () => {
    expect(new Set(screens.map(({ name }) => name)).size).toBe(screens.length);
    for (const { panes, name } of screens) expect(panes.length, name).toBeGreaterThan(0);
  });
});
