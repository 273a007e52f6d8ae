#!/usr/bin/env node
/**
 * The command `tabgrid`. Runs dist/cli.mjs; in a clone that has its sources, builds it first when they have changed,
 * which takes half a second.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = path.resolve(import.meta.dirname, "..");
const built = path.join(root, "dist", "cli.mjs");

if (existsSync(path.join(root, "cli", "main.ts"))) {
  try {
    const { buildClients } = await import("../scripts/lib/build-clients.mjs");
    await buildClients(root);
  } catch (error) {
    // A package that is on the PATH may lie where nobody may write; what was built before is good enough.
    if (!existsSync(built)) {
      const reason = error?.code === "ERR_MODULE_NOT_FOUND" ? "packages are missing" : error.message;
      console.error(
        `tabgrid: cannot build the command line: ${reason}.\nIn ${root}, run: npm ci && npm run build`,
      );
      process.exit(70);
    }
  }
}
await import(pathToFileURL(built).href);
