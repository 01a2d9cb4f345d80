/**
 * What README.md and docs/dashboard.md take from the program: its tables of keys, commands of the picture and commands of the
 * monitor, and its screens. `npx tsx scripts/dashboard-manual.ts` writes them; a test compares.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bindings, keysText } from "../src/dashboard/keymap.ts";
import { uiCommands } from "../src/dashboard/ui-commands.ts";
import { commands } from "../src/debug/commands/table.ts";

/** The screen that is about something else than this guest. */
const COMPARE = 9;

const cell = (text: string): string => text.replaceAll("|", "\\|");

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");

const code = (text: string): string => `\`${text}\``;

/** By the name of their place in the page. */
export const tables: Readonly<Record<string, string>> = {
  keys: table(
    ["key", "what it does", "where"],
    bindings.map((binding) => [
      binding.verb === "screen"
        ? `${code("0")} to ${code("9")}`
        : keysText(binding).split(" ").map(code).join(" "),
      binding.sentence,
      binding.screens === undefined ? "" : `screen ${binding.screens.join(", ")}`,
    ]),
  ),
  picture: table(
    ["command", "what it does"],
    uiCommands.map(({ name, usage, sentence }) => [code(name + usage), sentence]),
  ),
  monitor: table(
    ["command", "what it does"],
    commands.map(({ name, usage, sentence }) => [code(name + usage), sentence]),
  ),
};

/** What the pages show of the `kmap` guest at instruction 20 000 000, as `umbra exec` prints it. */
export function pictures(): ReadonlyMap<string, string> {
  const screens = Array.from({ length: COMPARE }, (_, number) => `screen ${number}`);
  const args = [fileURLToPath(new URL("../bin/umbra.js", import.meta.url)), "exec", "kmap", "--until", "20M"];
  const { stdout } = spawnSync(process.execPath, [...args, ...screens], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C.UTF-8" },
  });
  const answers = stdout.split(/^\(screen \d\)\n/m).slice(1);
  // `umbra exec` has 80 columns; wider is what the tests have recorded.
  const wide = readFileSync(
    new URL("../tests/dashboard/golden/120x40/screen-0.txt", import.meta.url),
    "utf8",
  );
  return new Map([
    ...answers.map((answer, number) => [`screen-${number}`, trimmed(answer)] as const),
    ["wide-0", trimmed(wide)],
  ]);
}

const trimmed = (text: string): string => text.replace(/ +$/gm, "").trimEnd();

/** The page with its tables and pictures as they are now. */
export function upToDate(page: string, shown: ReadonlyMap<string, string>): string {
  return page
    .replace(
      /(<!-- table: (\w+) -->\n)[\s\S]*?(\n<!-- end -->)/g,
      (_, start: string, name: string, end: string) => `${start}\n${tables[name]}\n${end}`,
    )
    .replace(
      /(<!-- picture: ([\w-]+) -->\n)[\s\S]*?(\n<!-- end -->)/g,
      (_, start: string, name: string, end: string) => `${start}\`\`\`\n${shown.get(name)}\n\`\`\`${end}`,
    );
}

/** The pages that have some of them. */
export const PAGES: readonly string[] = ["README.md", "docs/dashboard.md"];

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const shown = pictures();
  for (const name of PAGES) {
    const path = new URL(`../${name}`, import.meta.url);
    writeFileSync(path, upToDate(readFileSync(path, "utf8"), shown));
  }
}
