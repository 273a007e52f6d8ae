/** `npm run check`: format, lint, types and unit tests. */
import { checkSources, runUnitTests, Tally } from "./lib/checks.mjs";
import { generate } from "./lib/generate.mjs";
import { install } from "./lib/install.mjs";
import { main } from "./lib/run.mjs";

await main(async () => {
  await install();
  await generate();
  const tally = new Tally();
  await checkSources(tally);
  await runUnitTests(tally);
  tally.close();
});
