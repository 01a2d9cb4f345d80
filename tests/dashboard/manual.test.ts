/** The manual's tables are the program's. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { tables, withTables } from "../../scripts/dashboard-manual.ts";
import { screens } from "../../src/dashboard/screens/index.ts";

const page = readFileSync(resolve(import.meta.dirname, "../../docs/dashboard.md"), "utf8");

describe("docs/dashboard.md", () => {
  it("has the keys and commands as they are now: npx tsx scripts/dashboard-manual.ts", () => {
    expect(page).toBe(withTables(page));
    for (const table of Object.values(tables)) expect(page).toContain(table);
  });

  it("shows each screen", () => {
    for (const { number, name } of screens) {
      expect(page).toMatch(new RegExp(`^### ${number} ${name}: `, "m"));
      expect(page).toMatch(new RegExp(` ${number} ${name}$`, "m"));
    }
  });
});
