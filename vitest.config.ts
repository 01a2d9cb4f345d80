import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.{ts,tsx}"],
    // What commands keep for the next one must not be the user's own.
    env: { CI: "false", XDG_STATE_HOME: join(tmpdir(), `umbra-tests-${process.pid}`) },
    setupFiles: ["tests/coverage/isa-recorder.ts"],
    testTimeout: 60_000,
    pool: "forks",
  },
});
