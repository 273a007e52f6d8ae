/** `npm run bench [-- NAME …] [--json]`: sets up and builds what the benchmarks need, then runs those named, or all. */
import { build } from "./lib/build.mjs";
import { ensureChromium } from "./lib/chromium.mjs";
import { generate } from "./lib/generate.mjs";
import { install } from "./lib/install.mjs";
import { main, run } from "./lib/run.mjs";
import "./lib/project.mjs";

const parameters = process.argv.slice(2);
// With --json, standard output is for the objects alone.
if (parameters.includes("--json")) process.stdout.write = process.stderr.write.bind(process.stderr);

await main(async () => {
  await install();
  await generate();
  await build();
  const environment = { TABGRID_CHROMIUM: await ensureChromium() };
  const { code } = await run(process.execPath, ["--import", "tsx", "bench/main.ts", ...parameters], {
    environment,
  });
  process.exitCode = code;
});
