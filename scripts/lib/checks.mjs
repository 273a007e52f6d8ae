/**
 * The checks that `npm run check` and `npm test` share. Each one prints what it finds, and adds to a tally;
 * none stops the others.
 */
import { mkdirSync, rmSync } from "node:fs";
import { readIfThere } from "./fingerprint.mjs";
import { tool } from "./project.mjs";
import { run } from "./run.mjs";

/** What passed and failed: a check that is not a test runner counts as one. */
export class Tally {
  passed = 0;
  failed = 0;

  add(passed, failed) {
    this.passed += passed;
    this.failed += failed;
  }

  fail(reason) {
    this.failed += 1;
    console.error(`✖ ${reason}`);
  }

  /** Prints the line that ends every run, and sets the exit code. */
  close() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    process.exitCode = this.failed === 0 && this.passed > 0 ? 0 : 1;
  }
}

export async function checkSources(tally) {
  // Left by an earlier `next dev`: types of pages that may be gone since.
  rmSync(".next/dev/types", { recursive: true, force: true });
  // Each keeps one core busy; what they find names its file.
  const lint = check(tally, "lint", [["eslint", "--max-warnings=0", "."]]);
  await check(tally, "format", [["prettier", "--check", "--log-level=warn", "."]]);
  await check(tally, "types", [
    ["next", "typegen"],
    ["tsc", "--noEmit"],
  ]);
  await lint;
}

export async function runUnitTests(tally) {
  await runTests(
    tally,
    "unit tests",
    ["vitest", "run", "--reporter=default", "--reporter=json"],
    (report) => ({
      passed: report.numPassedTests,
      failed: report.numFailedTests + report.testResults.filter(isBrokenFile).length,
      skipped: report.numPendingTests + report.numTodoTests,
    }),
  );
}

/** A test file that could not even be loaded has no failed test to count. */
const isBrokenFile = ({ status, assertionResults }) =>
  status === "failed" && assertionResults.every((test) => test.status !== "failed");

const JOURNEYS = ["playwright", "test", "--reporter=list,json"];

/** @param {string} chromium The path of the browser. */
export async function runBrowserTests(tally, chromium) {
  const read = ({ stats }) => ({
    passed: stats.expected,
    // A test that passes at its second try is not one to rely on.
    failed: stats.unexpected + stats.flaky,
    skipped: stats.skipped,
  });
  const together = [...JOURNEYS, "--project=together", "--workers=3"];
  await runTests(tally, "browser tests, three at a time", together, read, { TABGRID_CHROMIUM: chromium });
  const alone = [...JOURNEYS, "--project=alone"];
  await runTests(tally, "browser tests, one at a time", alone, read, { TABGRID_CHROMIUM: chromium });
}

async function check(tally, title, commands) {
  console.log(`\n── ${title}`);
  for (const [name, ...parameters] of commands) {
    const { code } = await run(tool(name), parameters);
    if (code !== 0) return tally.fail(`${title} failed`);
  }
  tally.add(1, 0);
}

/** Runs a test runner and counts by its JSON report. A run without a single test, or with skipped ones, fails. */
async function runTests(tally, title, [name, ...parameters], read, environment = {}) {
  console.log(`\n── ${title}`);
  const file = `dist/reports/${name}.json`;
  mkdirSync("dist/reports", { recursive: true });
  rmSync(file, { force: true });
  if (name === "vitest") parameters.push(`--outputFile.json=${file}`);
  const { code } = await run(tool(name), parameters, {
    environment: { ...environment, PLAYWRIGHT_JSON_OUTPUT_NAME: file },
  });
  const report = readIfThere(file);
  if (report === undefined) return tally.fail(`${title} ended with code ${code} and no report`);
  const { passed, failed, skipped } = read(JSON.parse(report));
  tally.add(passed, failed);
  if (passed + failed === 0) tally.fail(`${title}: no test ran`);
  else if (code !== 0 && failed === 0) tally.fail(`${title} ended with code ${code}`);
  if (skipped > 0) tally.fail(`${title}: ${skipped} skipped`);
}
