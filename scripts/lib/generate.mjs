/** Writes the Prisma client when the models or Prisma's version changed. */
import { existsSync, writeFileSync } from "node:fs";
import { fingerprint, readIfThere } from "./fingerprint.mjs";
import { tool } from "./project.mjs";
import { runStep } from "./run.mjs";

const folder = "server/store/generated";
const stamp = `${folder}/.stamp`;

export async function generate() {
  const wanted = fingerprint([
    "prisma/schema.prisma",
    "prisma.config.ts",
    "node_modules/prisma/package.json",
  ]);
  if (existsSync(`${folder}/client.ts`) && readIfThere(stamp) === wanted) return;
  // Any path in this variable keeps Prisma from downloading an engine, which generating does not use.
  await runStep("Generating the database client", tool("prisma"), ["generate"], {
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  });
  writeFileSync(stamp, wanted);
}
