/** What the user's terminal can show, and which face `umbra run` therefore has. */
import type { RunOptions } from "../commands/run.ts";

export type Ui = "dashboard" | "console" | "plain" | "none";
type Environment = Readonly<Record<string, string | undefined>>;

/** `--ui`, or what fits: the dashboard where someone sits at a terminal, else nothing but the guest's console. */
export function chooseUi(options: RunOptions, env: Environment, terminal: boolean): Ui {
  if (options.ui !== undefined) return options.ui;
  // A report for a program, or a trace on stdout, is asked for by someone who does not watch.
  if (!terminal || options.report === "json" || options.trace === "-") return "none";
  if (env.INK_SCREEN_READER === "true") return "plain";
  return env.TERM === "dumb" ? "none" : "dashboard";
}

/** https://no-color.org: any value that is not empty. */
export function wantsColors({ color }: RunOptions, env: Environment): boolean {
  if (color === "always") return true;
  if (color === "never") return false;
  return (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
}

/** `--ascii`, or a locale whose characters are not UTF-8. POSIX: LC_ALL before LC_CTYPE before LANG. */
export function wantsAscii({ ascii }: RunOptions, env: Environment): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((name) => name !== undefined && name !== "");
  return ascii === true || !/utf-?8/i.test(locale ?? "");
}
