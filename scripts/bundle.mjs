// Bundles an entry point and what it imports from this package into plain JavaScript.
//
// This is not about size. V8 cannot treat an imported binding as constant: each use of an imported number or function
// loads a cell and tests it, which costs the interpreter about 15 %. In a bundle the same names are local, and numbers
// are folded in.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Bundles `entries` (name to source file) into `outdir` as name.js, with shared chunks beside them. */
export async function bundle(entries, outdir) {
  const { build } = await import("esbuild");
  await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir,
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    jsx: "automatic",
    minifySyntax: true,
    keepNames: false,
    sourcemap: true,
    logLevel: "error",
  });
}

/** Bundles only if a source is newer than the last result. Returns the path of the bundled entry. */
export async function bundleIfStale(name, source, outdir, folders) {
  const result = join(root, outdir, `${name}.js`);
  const made = statSync(result, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (folders.some((folder) => newest(join(root, folder)) >= made)) await bundle({ [name]: source }, outdir);
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
