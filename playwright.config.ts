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

/** The browser takes only the last list that it is given: this is Playwright's, and what fills an address bar that nobody sees, in two further processes for each window. */
const WITHOUT = [
  "AvoidCorsURLLoaderRestartOnRedirect",
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsFirstBalancedModeAutoEnable",
  "HttpsUpgrades",
  "LensOverlay",
  "MediaRouter",
  "NetworkTimeServiceQuerying",
  "OptimizationHints",
  "PaintHolding",
  "PreconnectToSearch",
  "ThirdPartyStoragePartitioning",
  "WebUIOmniboxAimPopup",
  "WebUIOmniboxPopup",
];

export default defineConfig({
  testDir: "e2e",
  projects: [
    { name: "together", testIgnore: ALONE },
    { name: "alone", testMatch: ALONE },
  ],
  outputDir: "test-results",
  workers: 1,
  retries: 0,
  // Nothing takes as long; on a busy machine it may.
  timeout: 180_000,
  expect: { timeout: 20_000 },
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
        `--disable-features=${WITHOUT.join(",")}`,
      ],
    },
  },
});
