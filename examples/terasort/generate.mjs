/**
 * Writes records of 100 bytes to standard output: the same that the program makes of numbers, as data that is there.
 *
 *   node examples/terasort/generate.mjs 200000 [seed] | tabgrid dataset put /ada/records - --format bytes --record-bytes 100
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { recordOf } from "./program.js";

const RECORDS_AT_ONCE = 10_000;

/** @yields {Buffer} Some records, one after the other. */
export function* recordsOf(count, seed) {
  for (let first = 0; first < count; first += RECORDS_AT_ONCE) {
    let text = "";
    for (let number = first; number < Math.min(count, first + RECORDS_AT_ONCE); number++) {
      const { key, value } = recordOf(number, seed);
      text += key + value;
    }
    yield Buffer.from(text, "latin1");
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [count, seed = "1"] = process.argv.slice(2).map(Number);
  if (!Number.isSafeInteger(count) || count < 0) {
    console.error("usage: node examples/terasort/generate.mjs COUNT [SEED]");
    process.exit(2);
  }
  await pipeline(Readable.from(recordsOf(count, Number(seed))), process.stdout);
}
