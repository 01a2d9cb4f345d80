// npm run build: what the published package runs.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundle, PRODUCT } from "./bundle.mjs";

rmSync(fileURLToPath(new URL("../dist", import.meta.url)), { recursive: true, force: true });
await bundle(PRODUCT, "dist");
