#!/usr/bin/env node
// The launcher. In a clone it bundles the sources when they have changed; an installed package brings the bundle.
import { existsSync } from "node:fs";

const bundler = new URL("../scripts/bundle.mjs", import.meta.url);
if (existsSync(bundler)) {
  const { bundleIfStale } = await import(bundler.href);
  await bundleIfStale("umbra", "src/cli/main.ts", "dist", ["src"]);
}
await import(new URL("../dist/umbra.js", import.meta.url).href);
