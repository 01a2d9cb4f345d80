/** The manual's tables and pictures are the program's. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { PAGES, pictures, tables, upToDate } from "../../scripts/dashboard-manual.ts";
import { screens } from "../../src/dashboard/screens/index.ts";

const read = (name: string): string => readFileSync(resolve(import.meta.dirname, "../..", name), "utf8");
const page = read("docs/dashboard.md");

describe("docs/dashboard.md", () => {
  it("has the keys, commands and screens as they are now, as README has: npx tsx scripts/dashboard-manual.ts", () => {
    const shown = pictures();
    expect([...shown.keys()]).toHaveLength(10);
    for (const name of PAGES) expect(read(name)).toBe(upToDate(read(name), shown));
    for (const table of Object.values(tables)) expect(page).toContain(table);
  });

  it("shows each screen", () => {
    for (const { number, name } of screens) {
      expect(page).toMatch(new RegExp(`^### ${number} ${name}: `, "m"));
      expect(page).toMatch(new RegExp(` ${number} ${name}$`, "m"));
    }
  });
});
