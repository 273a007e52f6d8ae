/** Unit tests and database tests: everything named *.test.ts but the browser journeys in e2e/. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    // Of two cores it would leave one to whoever works beside it.
    maxWorkers: 3,
    // Every file has a process of its own: optimising the database's WebAssembly for it never pays.
    execArgv: ["--liftoff-only"],
    // No test waits this long; on a busy machine one may take it.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    include: ["**/*.test.ts"],
    allowOnly: false,
    exclude: ["**/node_modules/**", ".next/**", "dist/**", "e2e/**", "public/**"],
  },
});
