/**
 * Checks a result of TeraSort as NDJSON, of any size, in constant memory: keys in order from the first line to the last, as many records
 * as went in, and a checksum over all of them equal to the input's.
 *
 *   curl -s http://localhost:3000/api/v1/jobs/$ID/result | node examples/terasort/validate.mjs 200000 [seed]
 */
import { pathToFileURL } from "node:url";
import { crc32 } from "node:zlib";
import { recordOf } from "./program.js";

/** The sum of the CRC-32 of all records: the same in any order, and another when one is missing, doubled or changed. */
export function checksumOfInput(count, seed) {
  let sum = 0n;
  let part = 0;
  for (let number = 0; number < count; number++) {
    const { key, value } = recordOf(number, seed);
    part += crc32(key + value);
    if (number % 100_000 === 0) [sum, part] = [sum + BigInt(part), 0];
  }
  return sum + BigInt(part);
}

/** @param lines An iterable of lines. @returns What was found. @throws {Error} At the first key out of order. */
export async function checkSorted(lines) {
  let [records, sum, part, last] = [0, 0n, 0, ""];
  for await (const line of lines) {
    const { key, value } = JSON.parse(line);
    if (key < last)
      throw new Error(`Record ${records} has the key ${JSON.stringify(key)} after ${JSON.stringify(last)}`);
    last = key;
    part += crc32(key + value);
    records += 1;
    if (records % 100_000 === 0) [sum, part] = [sum + BigInt(part), 0];
  }
  return { records, checksum: sum + BigInt(part) };
}

/** Cuts bytes into lines; quicker than node:readline. */
export async function* linesOf(chunks) {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [count, seed = "1"] = process.argv.slice(2);
  const found = await checkSorted(linesOf(process.stdin));
  const expected = checksumOfInput(Number(count), Number(seed));
  const isRight = found.records === Number(count) && found.checksum === expected;
  console.log(`${found.records} records in order, checksum ${found.checksum.toString(16)}`);
  console.log(isRight ? "valid" : `NOT valid: expected ${count} records, checksum ${expected.toString(16)}`);
  process.exitCode = isRight ? 0 : 1;
}
