/** Builds everything `dist/server.mjs` serves, when a source changed since the last complete build. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { buildClients } from "./build-clients.mjs";
import { fingerprint, readIfThere } from "./fingerprint.mjs";
import { root, tool } from "./project.mjs";
import { runStep } from "./run.mjs";

const stamp = "dist/build.stamp";
const outputs = [
  ".next/BUILD_ID",
  "dist/server.mjs",
  "dist/sandbox-boot.js",
  "public/workers/agent.js",
  "public/workers/runtimes.json",
];
const sources = [
  ...["app", "core", "examples", "prisma/schema.prisma", "protocol", "public", "sdk", "server", "worker"],
  ...["next.config.js", "package-lock.json", "postcss.config.mjs", "tsconfig.json"],
  ...["scripts/build-workers.mjs", "scripts/lib"],
];
const made = ["public/workers/", "public/examples/", "server/store/generated/"];
const isSource = (file) => !/\.test\.tsx?$/.test(file) && !made.some((folder) => file.startsWith(folder));

export async function build() {
  await buildClients(root);
  const wanted = fingerprint(sources, isSource);
  if (readIfThere(stamp) === wanted && outputs.every((output) => existsSync(output))) return;
  rmSync(stamp, { force: true });
  const environment = { NODE_ENV: "production" };
  const workers = [process.execPath, ["scripts/build-workers.mjs"], environment];
  console.log((await runStep("Building the workers", ...workers)).trimEnd().replaceAll(/^/gm, "  "));
  await runStep("Building the pages", tool("next"), ["build"], environment);
  // What few grids use, such as buckets, is in parts of its own that are read when they are asked for.
  rmSync("dist/server-parts", { recursive: true, force: true });
  await runStep("Building the server", tool("esbuild"), [
    "server=server/main.ts",
    ...[
      "--bundle",
      "--platform=node",
      "--format=esm",
      "--target=node20",
      "--packages=external",
      "--sourcemap",
    ],
    ...[
      "--splitting",
      "--outdir=dist",
      "--out-extension:.js=.mjs",
      "--chunk-names=server-parts/[name]-[hash]",
    ],
  ]);
  mkdirSync("dist", { recursive: true });
  writeFileSync(stamp, wanted);
}
