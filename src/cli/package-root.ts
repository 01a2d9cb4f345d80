/** Where the package is installed: the nearest folder above with our package.json. The code itself may be bundled. */
import { existsSync, readFileSync } from "node:fs";

const PACKAGE = "umbra86";

function findRoot(): URL {
  for (let folder = new URL(".", import.meta.url); ; folder = new URL("..", folder)) {
    const file = new URL("package.json", folder);
    if (existsSync(file) && (JSON.parse(readFileSync(file, "utf8")) as { name: string }).name === PACKAGE)
      return folder;
    if (folder.pathname === "/")
      throw new Error(`the package ${PACKAGE} is not complete: its package.json is missing`);
  }
}

export const packageRoot = findRoot();

/** The version in package.json, which is the only place that states it. */
export function packageVersion(): string {
  const text = readFileSync(new URL("package.json", packageRoot), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
