#!/usr/bin/env node
// The launcher. In a clone it bundles the sources when they have changed; an installed package brings the bundle.
import { existsSync } from "node:fs";

async function bundleSources() {
  const bundler = new URL("../scripts/bundle.mjs", import.meta.url);
  if (!existsSync(bundler)) return true;
  const { BundleError, bundleIfStale, PRODUCT } = await import(bundler.href);
  try {
    await bundleIfStale(PRODUCT, "dist", ["src"]);
    return true;
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    process.stderr.write(`umbra: ${error.message}\n`);
    process.exitCode = 1;
    return false;
  }
}

if (await bundleSources()) await import(new URL("../dist/umbra.js", import.meta.url).href);
