/** Bundles the command line, when a source of it changed. Does not care where it is called from. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fingerprint, readIfThere } from "./fingerprint.mjs";

const sources = [
  ...["cli", "sdk", "protocol", "worker", "core", "server"],
  ...["package.json", "scripts/lib/build-clients.mjs", "scripts/lib/chromium.mjs"],
];

/** @param {string} root The project's folder. */
export async function buildClients(root) {
  const stamp = path.join(root, "dist", "cli.stamp");
  const outfile = path.join(root, "dist", "cli.mjs");
  const isSource = (file) => !/\.test\.tsx?$|server\/store\/generated\//.test(file);
  const wanted = fingerprint(
    sources.map((source) => path.join(root, source)),
    isSource,
  );
  if (existsSync(outfile) && readIfThere(stamp) === wanted) return;
  const esbuild = await import("esbuild");
  mkdirSync(path.join(root, "dist"), { recursive: true });
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const common = {
    absWorkingDir: root,
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
  };
  const { outputFiles: command } = await esbuild.build({
    ...common,
    entryPoints: ["cli/main.ts"],
    outdir: "dist",
    packages: "external",
    define: { __VERSION__: JSON.stringify(version) },
  });
  // As small as in a tab, and without what programs must not find.
  const { outputFiles: thread } = await esbuild.build({
    ...common,
    entryPoints: ["cli/threads/slot-thread.ts"],
    outdir: "dist",
  });
  const { outputFiles: forNode } = await esbuild.build({
    ...common,
    entryPoints: ["sdk/node/tabgrid.ts"],
    outdir: "dist/sdk",
    packages: "external",
  });
  const { outputFiles: forBrowsers } = await esbuild.build({
    ...common,
    entryPoints: ["sdk/tabgrid.ts"],
    outdir: "dist/sdk",
    platform: "browser",
    target: "es2022",
    minify: true,
  });
  mkdirSync(path.join(root, "dist/sdk"), { recursive: true });
  replace(path.join(root, "dist/sdk/node.mjs"), forNode[0].contents);
  replace(path.join(root, "dist/sdk/browser.mjs"), forBrowsers[0].contents);
  replace(path.join(root, "dist/slot-thread.mjs"), thread[0].contents);
  replace(outfile, command[0].contents);
  writeFileSync(stamp, wanted);
}

/** At once: somebody may be running the one before, or building at the same time. */
function replace(file, contents) {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, contents);
  renameSync(unfinished, file);
}
