/**
 * `npm test`: everything, from a fresh clone, in one command. Goes on after a failure so that one run tells
 * all; the last line is `N passed, N failed`.
 */
import { build } from "./lib/build.mjs";
import { checkSources, runBrowserTests, runUnitTests, Tally } from "./lib/checks.mjs";
import { ensureChromium } from "./lib/chromium.mjs";
import { generate } from "./lib/generate.mjs";
import { ensurePython } from "./lib/python.mjs";
import { install } from "./lib/install.mjs";
import { startSwift } from "./lib/swift.mjs";
import { main, StepFailed } from "./lib/run.mjs";

await main(async () => {
  await install();
  await generate();
  const chromium = await ensureChromium();
  await ensurePython();
  const tally = new Tally();
  const isBuilt = await succeeds(build, tally);
  const swift = await startSwift();
  if (swift) Object.assign(process.env, swift.environment);
  else
    console.log(
      "No S3 server can be had here: the tests that need one are left out. On Debian, as root, Swift is installed.",
    );
  await checkSources(tally);
  await runUnitTests(tally);
  if (isBuilt) await runBrowserTests(tally, chromium);
  else tally.fail("browser tests: nothing was built to test");
  swift?.close();
  tally.close();
});

async function succeeds(step, tally) {
  try {
    await step();
    return true;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    tally.fail(error.message);
    return false;
  }
}
