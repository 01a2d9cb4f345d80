import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { imagePath, ROWS } from "../../bench/rows.ts";
import { loadMultiboot } from "../../src/machine/image/multiboot.ts";

describe("the benchmark guests", () => {
  it.each(ROWS.map(({ name }) => name))("%s is an image that the loader takes", (name) => {
    const file = { name, bytes: readFileSync(imagePath(name)) };
    const options = { memBytes: 64 << 20, commandLine: "", modules: [], bootLoaderName: "test" };
    expect(loadMultiboot(file, options).warnings).toEqual([]);
  });

  it("have names of their own", () => {
    expect(new Set(ROWS.map(({ name }) => name)).size).toBe(ROWS.length);
  });
});
