/** `npm run simulate -- …`: installs what is missing, then runs the simulator. `testing/simulate/main.ts` has its options. */
import { install } from "./lib/install.mjs";
import { main, run } from "./lib/run.mjs";
import "./lib/project.mjs";

const parameters = process.argv.slice(2);
// With --json, standard output is for the object alone.
if (parameters.includes("--json")) process.stdout.write = process.stderr.write.bind(process.stderr);

await main(async () => {
  await install();
  const { code } = await run(process.execPath, [
    "--import",
    "tsx",
    "testing/simulate/main.ts",
    ...parameters,
  ]);
  process.exitCode = code;
});
