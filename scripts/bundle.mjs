// Bundles an entry point and what it imports from this package into plain JavaScript.
//
// This is not about size. V8 cannot treat an imported binding as constant: each use of an imported number or function
// loads a cell and tests it, which costs the interpreter about 15 %. In a bundle the same names are local, and numbers
// are folded in.
import { mkdirSync, readdirSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The sources cannot be bundled here; `message` is a sentence for the user. */
export class BundleError extends Error {}

/** Bundles `entries` (name to source file) into `outdir` as name.js, with shared chunks beside them. */
export async function bundle(entries, outdir) {
  const { build } = await import("esbuild").catch(() => {
    throw new BundleError("esbuild is missing, which a clone needs to build itself; run `npm ci`.");
  });
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: "chunk-[hash]",
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    jsx: "automatic",
    minifySyntax: true,
    keepNames: false,
    sourcemap: true,
    logLevel: "error",
    write: false,
  }).catch(() => {
    throw new BundleError("its sources do not build; see above.");
  });
  // Other processes may be starting from here right now: each file appears whole, and an entry after its chunks,
  // whose names depend on their contents.
  const isEntry = ({ path }) => basename(path).replace(/\.js(\.map)?$/, "") in entries;
  try {
    for (const file of outputFiles.filter((one) => !isEntry(one))) replaceFile(file);
    for (const file of outputFiles.filter(isEntry).reverse()) replaceFile(file);
    removeOldChunks(join(root, outdir), new Set(outputFiles.map(({ path }) => basename(path))));
  } catch (error) {
    const folder = join(root, outdir);
    throw new BundleError(
      `${folder} is out of date and cannot be written (${error.code}); make it writable.`,
    );
  }
}

function replaceFile({ path, contents }) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

const DAY = 24 * 60 * 60 * 1000;

/** Chunks of earlier bundles, once nothing that still runs can want them. */
function removeOldChunks(folder, current) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (current.has(name) || !name.startsWith("chunk-") || Date.now() - statSync(path).mtimeMs < DAY)
      continue;
    unlinkSync(path);
  }
}

/** What the product consists of: the command, and the threads that run guests for `umbra compare` and the dashboard. */
export const PRODUCT = {
  umbra: "src/cli/main.ts",
  "compare-worker": "src/cli/compare/worker.ts",
  "machine-worker": "src/cli/dashboard/machine-worker.ts",
};

/** Bundles only if a source is newer than the last result. Returns the path of the first entry's bundle. */
export async function bundleIfStale(entries, outdir, folders) {
  const result = join(root, outdir, `${Object.keys(entries)[0]}.js`);
  const made = statSync(result, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (folders.some((folder) => newest(join(root, folder)) >= made)) await bundle(entries, outdir);
  return result;
}

function newest(folder) {
  let latest = statSync(folder).mtimeMs;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return latest;
}
