/** `npm run simulate -- …`: installs what is missing, then runs the simulator. `testing/simulate/main.ts` has its options. */
import { rmSync } from "node:fs";
import { install } from "./lib/install.mjs";
import { main, run } from "./lib/run.mjs";
import "./lib/project.mjs";

const parameters = process.argv.slice(2);
// With --json, standard output is for the object alone.
if (parameters.includes("--json")) process.stdout.write = process.stderr.write.bind(process.stderr);

await main(async () => {
  await install();
  const file = await bundle();
  try {
    const { code } = await run(process.execPath, [file, ...parameters]);
    process.exitCode = code;
  } finally {
    rmSync(file);
  }
});

/** @returns The simulator as one file of this process alone: tsx gives every function a name when it is made, which costs memory by the volunteer. */
async function bundle() {
  // Only now: it may just have been installed.
  const esbuild = await import("esbuild");
  const outfile = `dist/simulate/${process.pid}.mjs`;
  await esbuild.build({
    entryPoints: ["testing/simulate/main.ts"],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
  });
  return outfile;
}
