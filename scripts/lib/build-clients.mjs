/** Bundles the command line, when a source of it changed. Does not care where it is called from. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fingerprint, readIfThere } from "./fingerprint.mjs";

const sources = ["cli", "sdk", "protocol", "worker", "package.json", "scripts/lib/build-clients.mjs"];

/** @param {string} root The project's folder. */
export async function buildClients(root) {
  const stamp = path.join(root, "dist", "cli.stamp");
  const outfile = path.join(root, "dist", "cli.mjs");
  const isSource = (file) => !/\.test\.tsx?$/.test(file);
  const wanted = fingerprint(
    sources.map((source) => path.join(root, source)),
    isSource,
  );
  if (existsSync(outfile) && readIfThere(stamp) === wanted) return;
  const esbuild = await import("esbuild");
  mkdirSync(path.join(root, "dist"), { recursive: true });
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  // Somebody may be running the one before, or building at the same time.
  const unfinished = `${outfile}.${process.pid}`;
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ["cli/main.ts"],
    outfile: unfinished,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    define: { __VERSION__: JSON.stringify(version) },
    logLevel: "error",
  });
  renameSync(unfinished, outfile);
  writeFileSync(stamp, wanted);
}
