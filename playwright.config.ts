/**
 * The browser journeys in e2e/. There is no shared server: every test starts a coordinator of its own.
 *
 * One worker and no retries: the journeys measure time and kill processes, and a flaky test is a failing one.
 */
import { defineConfig } from "@playwright/test";
import { findChromium } from "./scripts/lib/chromium.mjs";

const executablePath = await findChromium();

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  workers: 1,
  retries: 0,
  timeout: 90_000,
  forbidOnly: true,
  reporter: "list",
  use: {
    headless: true,
    screenshot: "only-on-failure",
    launchOptions: {
      ...(executablePath !== undefined && { executablePath }),
      args: [
        // Containers let root run no sandboxed browser; the pages under test are our own.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-quic",
        "--no-first-run",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
