/**
 * The tables of docs/dashboard.md, from the tables of the program: keys, commands of the picture, commands of the
 * monitor. `npx tsx scripts/dashboard-manual.ts` prints them; a test compares.
 */
import { pathToFileURL } from "node:url";
import { bindings, keysText } from "../src/dashboard/keymap.ts";
import { uiCommands } from "../src/dashboard/ui-commands.ts";
import { commands } from "../src/debug/commands/table.ts";

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

/** The page with its tables as they are now. */
export function withTables(page: string): string {
  return page.replace(
    /(<!-- table: (\w+) -->\n)[\s\S]*?(\n<!-- end -->)/g,
    (_, start: string, name: string, end: string) => `${start}\n${tables[name]}\n${end}`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { readFileSync, writeFileSync } = await import("node:fs");
  const path = new URL("../docs/dashboard.md", import.meta.url);
  writeFileSync(path, withTables(readFileSync(path, "utf8")));
}
