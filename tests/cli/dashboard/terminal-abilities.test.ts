/** Which face `umbra run` has: decided by options, terminal and environment, in this order. */
import { describe, expect, it } from "vitest";
import { chooseUi, wantsAscii, wantsColors } from "../../../src/cli/dashboard/terminal-abilities.ts";

const XTERM = { TERM: "xterm-256color", LANG: "en_US.UTF-8" };

describe("the face", () => {
  it("is the dashboard on a terminal, and only the guest's console elsewhere", () => {
    expect(chooseUi({}, XTERM, true)).toBe("dashboard");
    expect(chooseUi({}, XTERM, false)).toBe("none");
  });

  it("is what --ui says, whatever the terminal", () => {
    expect(chooseUi({ ui: "console" }, XTERM, true)).toBe("console");
    expect(chooseUi({ ui: "plain" }, {}, false)).toBe("plain");
  });

  it("is none for who reads a document from stdout, and for a dumb terminal", () => {
    expect(chooseUi({ report: "json" }, XTERM, true)).toBe("none");
    expect(chooseUi({ trace: "-" }, XTERM, true)).toBe("none");
    expect(chooseUi({}, { TERM: "dumb" }, true)).toBe("none");
  });

  it("is lines of text for a screen reader", () => {
    expect(chooseUi({}, { ...XTERM, INK_SCREEN_READER: "true" }, true)).toBe("plain");
  });

  it("does not depend on CI", () => {
    expect(chooseUi({}, { ...XTERM, CI: "true" }, true)).toBe("dashboard");
  });
});

describe("colours", () => {
  it("are left out for NO_COLOR with any value but none, for --color never, for a dumb terminal", () => {
    expect(wantsColors({}, XTERM)).toBe(true);
    expect(wantsColors({}, { ...XTERM, NO_COLOR: "" })).toBe(true);
    expect(wantsColors({}, { ...XTERM, NO_COLOR: "0" })).toBe(false);
    expect(wantsColors({ color: "never" }, XTERM)).toBe(false);
    expect(wantsColors({}, { TERM: "dumb" })).toBe(false);
    expect(wantsColors({ color: "always" }, { ...XTERM, NO_COLOR: "1" })).toBe(true);
  });
});

describe("line drawing", () => {
  it("is ASCII where the locale is not UTF-8, LC_ALL first, or by --ascii", () => {
    expect(wantsAscii({}, { LANG: "de_DE.utf8" })).toBe(false);
    expect(wantsAscii({}, { LANG: "C" })).toBe(true);
    expect(wantsAscii({}, {})).toBe(true);
    expect(wantsAscii({}, { LC_ALL: "C", LANG: "en_US.UTF-8" })).toBe(true);
    expect(wantsAscii({ ascii: true }, XTERM)).toBe(true);
  });
});
