/** Unit tests and database tests: everything named *.test.ts but the browser journeys in e2e/. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    include: ["**/*.test.ts"],
    allowOnly: false,
    exclude: ["**/node_modules/**", ".next/**", "dist/**", "e2e/**", "public/**"],
  },
});
