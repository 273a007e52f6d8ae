/** `npm run bench [-- NAME …]`: runs bench/*.bench.ts, or those named, one after the other. */
import { existsSync, readdirSync } from "node:fs";
import { build } from "./lib/build.mjs";
import { generate } from "./lib/generate.mjs";
import { install } from "./lib/install.mjs";
import { main, run, StepFailed } from "./lib/run.mjs";
import "./lib/project.mjs";

const wanted = process.argv.slice(2);

await main(async () => {
  await install();
  await generate();
  await build();
  const all = (existsSync("bench") ? readdirSync("bench") : []).filter((file) => file.endsWith(".bench.ts"));
  const files = all.filter((file) => wanted.length === 0 || wanted.includes(file.replace(".bench.ts", "")));
  if (files.length === 0)
    throw new StepFailed(`No benchmark to run; bench/ has ${all.join(", ") || "none"}.`);
  for (const file of files) {
    console.log(`\n── ${file}`);
    const { code } = await run(process.execPath, ["--import", "tsx", `bench/${file}`]);
    if (code !== 0) process.exitCode = 1;
  }
});
