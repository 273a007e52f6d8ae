/**
 * The block that lists a reducer's runs, one of each map task, in the order of the map tasks.
 *
 *   manifest := lines of JSON, an empty line, and the runs that came along, one after the other
 *   line     := one run: a list of its blocks; {"digest","bytes"} of one to fetch, or the number of its bytes in here
 */
import * as z from "zod";
import { Digest } from "../ids";
import { LIMITS } from "../limits";

const FarBlock = z.object({ digest: Digest, bytes: z.int().min(0).max(LIMITS.blockBytes) });
const Line = z.array(z.union([FarBlock, z.int().min(0)]));

/** A block of a run: at hand, or to be fetched. */
export type ListedBlock = Uint8Array | z.infer<typeof FarBlock>;

export interface ManifestWriter {
  addRun(blocks: readonly ListedBlock[]): void;
  finish(): Uint8Array;
}

export function openManifestWriter(): ManifestWriter {
  const lines: string[] = [];
  const runs: Uint8Array[] = [];
  let runBytes = 0;
  return {
    addRun(blocks) {
      const line = blocks.map((block) => (block instanceof Uint8Array ? block.length : block));
      lines.push(`${JSON.stringify(line)}\n`);
      for (const block of blocks) {
        if (!(block instanceof Uint8Array)) continue;
        runs.push(block);
        runBytes += block.length;
      }
    },
    finish() {
      const head = new TextEncoder().encode(`${lines.join("")}\n`);
      const manifest = new Uint8Array(head.length + runBytes);
      manifest.set(head);
      let at = head.length;
      for (const run of runs) {
        manifest.set(run, at);
        at += run.length;
      }
      return manifest;
    },
  };
}

/** @returns For each run its blocks; those at hand are views of the manifest. @throws {Error} If it is no manifest. */
export function readManifest(manifest: Uint8Array): ListedBlock[][] {
  const headEnd = endOfLines(manifest);
  const lines = new TextDecoder().decode(manifest.subarray(0, headEnd)).split("\n").slice(0, -1);
  let at = headEnd + 1;
  return lines.map((line) =>
    Line.parse(JSON.parse(line)).map((block) => {
      if (typeof block !== "number") return block;
      at += block;
      if (at > manifest.length) throw new RangeError("A manifest is cut short");
      return manifest.subarray(at - block, at);
    }),
  );
}

/** Where the empty line is. */
function endOfLines(manifest: Uint8Array): number {
  if (manifest[0] === NEWLINE) return 0;
  for (let at = manifest.indexOf(NEWLINE); at >= 0; at = manifest.indexOf(NEWLINE, at + 1))
    if (manifest[at + 1] === NEWLINE) return at + 1;
  throw new RangeError("A manifest must have an empty line after its runs");
}

const NEWLINE = 10;
