/** One hash for many files, to know whether anything changed since a step last ran. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/**
 * @param {readonly string[]} roots Files and folders; those that do not exist are left out.
 * @param {(file: string) => boolean} [counts] Which of the files found count.
 * @returns {string} A hash of the names and contents of all files.
 */
export function fingerprint(roots, counts = () => true) {
  const hash = createHash("sha256");
  for (const file of roots.flatMap(filesUnder).filter(counts).sort()) {
    const content = readFileSync(file);
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** The text of a file, or undefined if there is none. */
export function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function filesUnder(entry) {
  if (!existsSync(entry)) return [];
  if (!statSync(entry).isDirectory()) return [entry];
  return readdirSync(entry).flatMap((name) => filesUnder(path.posix.join(entry, name)));
}
