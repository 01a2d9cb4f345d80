// node scripts/run-bundled.mjs ENTRY.ts [arguments]: runs a TypeScript program of this repository as a bundle.
import { basename, dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleIfStale } from "./bundle.mjs";

const [entry] = process.argv.splice(2, 1);
const folders = ["src", dirname(entry)];
const path = await bundleIfStale(
  { [basename(entry, ".ts")]: entry },
  `node_modules/.cache/umbra/${dirname(entry)}`,
  folders,
);
await import(pathToFileURL(path).href);
