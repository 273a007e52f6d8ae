/**
 * Bundles what runs in volunteers' tabs, and copies the sample programs to where the pages find them.
 *
 *   worker/agent/entry.ts ─────▶ public/workers/agent.js   at a fixed URL, so that a browser has one agent
 *   worker/sandbox/harness.ts ─▶ text ─▶ __HARNESS__ in
 *   worker/sandbox/boot.ts ────▶ dist/sandbox-boot.js      inlined in /sandbox; the server allows it by its hash
 *   worker/sandbox/runtimes/*-entry.ts, Pyodide ──▶ dist/runtimes/, by digest and compressed; the list of them in
 *                              public/workers/runtimes.json
 *   examples/ ─────────────────▶ public/examples/, with index.json: all the example.json files in one list
 *
 * `--watch` does it again whenever worker/, protocol/ or examples/ change.
 */
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from "node:fs";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import "./lib/project.mjs";

const watching = process.argv.includes("--watch");

/** The bundle of one entry point; by default as text that runs in a classic script or worker. */
async function bundle(entryPoint, define = {}, format = "iife") {
  const { outputFiles } = await esbuild.build({
    entryPoints: [entryPoint],
    bundle: true,
    write: false,
    format,
    target: "es2022",
    minify: true,
    legalComments: "none",
    logLevel: "error",
    define: { "process.env.NODE_ENV": '"production"', ...define },
  });
  return outputFiles[0].text;
}

async function buildWorkers() {
  write("public/workers", "agent.js", await bundle("worker/agent/entry.ts"));
  const harness = await bundle("worker/sandbox/harness.ts");
  const boot = await bundle("worker/sandbox/boot.ts", { __HARNESS__: JSON.stringify(harness) });
  // The text goes into a <script> element, which these would end or confuse; esbuild avoids them.
  if (/<\/script|<!--/i.test(boot)) throw new Error("The sandbox's script contains </script or <!--");
  write("dist", "sandbox-boot.js", boot);
}

const PYODIDE = [
  ...["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"],
  ...["python_stdlib.zip", "pyodide-lock.json"],
];

/** What slots are given to run other languages. The coordinator serves these files as blocks. */
async function buildRuntimes() {
  const index = {};
  for (const name of ["python", "scripts", "parquet"]) {
    const text = await bundle(`worker/sandbox/runtimes/${name}-entry.ts`, {}, "esm");
    index[`${name}.js`] = shelve(Buffer.from(text));
  }
  for (const name of PYODIDE) index[name] = shelve(readFileSync(`node_modules/pyodide/${name}`));
  for (const file of readdirSync(SHELF)) {
    if (!Object.values(index).includes(file.slice(0, 64))) rmSync(`${SHELF}/${file}`);
  }
  write("public/workers", "runtimes.json", JSON.stringify(index));
}

const SHELF = "dist/runtimes";

/** Kept from one build to the next: to compress Pyodide takes a second. */
function shelve(bytes) {
  const digest = createHash("sha256").update(bytes).digest("hex");
  mkdirSync(SHELF, { recursive: true });
  if (!existsSync(`${SHELF}/${digest}.gz`)) {
    writeFileSync(`${SHELF}/${digest}`, bytes);
    writeFileSync(`${SHELF}/${digest}.gz`, gzipSync(bytes));
  }
  return digest;
}

function copyExamples() {
  const target = "public/examples";
  rmSync(target, { recursive: true, force: true });
  cpSync("examples", target, { recursive: true });
  // Others, such as clients in other languages, are no programs.
  const files = readdirSync("examples")
    .map((name) => `examples/${name}/example.json`)
    .filter(existsSync);
  const examples = files.map((file) => JSON.parse(readFileSync(file, "utf8")));
  write(target, "index.json", JSON.stringify(examples));
}

function write(folder, name, text) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${name}`, text);
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  const bytes = Buffer.from(text);
  console.log(`${folder}/${name}  ${kilobytes(bytes.length)}, ${kilobytes(gzipSync(bytes).length)} gzip`);
}

async function buildAll() {
  await buildWorkers();
  await buildRuntimes();
  copyExamples();
}

await buildAll();

if (watching) {
  let timer;
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(() => buildAll().catch((error) => console.error(error.message)), 100);
  };
  for (const folder of ["worker", "protocol", "examples"]) watch(folder, { recursive: true }, again);
}
