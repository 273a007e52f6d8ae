/**
 * The browser journeys in e2e/. There is no shared server: every test starts a coordinator of its own.
 *
 * No retries: a flaky test is a failing one. Those of `alone` kill processes at given moments or look at how much of
 * its time a tab computes, and have the machine to themselves; `npm test` runs the others three at a time: half of the time they wait for something.
 */
import { defineConfig } from "@playwright/test";
import { findChromium } from "./scripts/lib/chromium.mjs";

const executablePath = await findChromium();

const ALONE = /(faults|prefetch)\.spec\.ts$/;

export default defineConfig({
  testDir: "e2e",
  projects: [
    { name: "together", testIgnore: ALONE },
    { name: "alone", testMatch: ALONE },
  ],
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
