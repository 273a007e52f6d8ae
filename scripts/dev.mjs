/**
 * `npm run dev`: the coordinator with Next.js in development mode. Pages reload by themselves; the workers
 * are bundled again when they change, and a tab gets them by reloading. Restart after changing server/.
 */
import { spawn } from "node:child_process";
import { generate } from "./lib/generate.mjs";
import { install } from "./lib/install.mjs";
import { main, run, runStep } from "./lib/run.mjs";

await main(async () => {
  await install();
  await generate();
  await runStep("Building the workers", process.execPath, ["scripts/build-workers.mjs"]);
  const watcher = spawn(process.execPath, ["scripts/build-workers.mjs", "--watch"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const { code } = await run(process.execPath, ["--import", "tsx", "server/main.ts"], {
    environment: { NODE_ENV: "development" },
  });
  watcher.kill();
  process.exitCode = code;
});
