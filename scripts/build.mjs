// npm run build: what the published package runs.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.mjs";

rmSync(fileURLToPath(new URL("../dist", import.meta.url)), { recursive: true, force: true });
await bundle({ umbra: "src/cli/main.ts" }, "dist");
