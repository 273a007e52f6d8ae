/**
 * `npm start`: from a fresh clone to a running coordinator. What is already done is skipped, so the second
 * start takes a second. The server runs in this process, which therefore ends as the server does. `npm start` keeps the
 * engine from collecting everything whenever there is little to do: that took a third of a second of two cores at the beginning of each job.
 */
import { pathToFileURL } from "node:url";
import { build } from "./lib/build.mjs";
import { generate } from "./lib/generate.mjs";
import { install } from "./lib/install.mjs";
import { main } from "./lib/run.mjs";

await main(async () => {
  await install();
  await generate();
  await build();
});

process.env.NODE_ENV = "production";
process.setSourceMapsEnabled(true);
await import(pathToFileURL("dist/server.mjs").href);
