import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.{ts,tsx}"],
    env: { CI: "false" },
    testTimeout: 60_000,
    pool: "forks",
  },
});
