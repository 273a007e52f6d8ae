/**
 * `npm run simulate -- …` and `npm run simulate:tables -- …`: installs what is missing, then runs the simulator.
 * `testing/simulate/main.ts` and `testing/simulate/tables.ts` have the options.
 */
import { rmSync } from "node:fs";
import { install } from "./lib/install.mjs";
import { main, run } from "./lib/run.mjs";
import "./lib/project.mjs";

const MIB = 2 ** 20;

const [entry, ...parameters] = process.argv.slice(2);
// Then standard output is for the object, or the tables, alone.
if (entry === "tables" || parameters.includes("--json"))
  process.stdout.write = process.stderr.write.bind(process.stderr);

await main(async () => {
  await install();
  const file = await bundle();
  try {
    const { code } = await run(process.execPath, [...memoryFlags(parameters), file, ...parameters]);
    process.exitCode = code;
  } finally {
    rmSync(file);
  }
});

/**
 * Left to itself, the engine lets garbage grow to several times what is in use. What is in use at most is known here:
 * about 4 KiB a volunteer, simulator and scheduler together, and 11 bytes a task beside what lies outside of the heap.
 */
function memoryFlags(parameters) {
  const [volunteers, tasks] = ["--volunteers", "--tasks"].map((name) => numberAfter(parameters, name));
  const heapMib = 320 + (volunteers * 5_000 + tasks * 16) / MIB;
  return [`--max-old-space-size=${Math.ceil(heapMib)}`, "--max-semi-space-size=64"];
}

function numberAfter(parameters, name) {
  const value = Number(parameters[parameters.indexOf(name) + 1]);
  return parameters.includes(name) && value > 0 ? value : 100_000;
}

/** @returns The simulator as one file of this process alone: tsx gives every function a name when it is made, which costs memory by the volunteer. */
async function bundle() {
  // Only now: it may just have been installed.
  const esbuild = await import("esbuild");
  const outfile = `dist/simulate/${process.pid}.mjs`;
  await esbuild.build({
    entryPoints: [`testing/simulate/${entry}.ts`],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
  });
  return outfile;
}
