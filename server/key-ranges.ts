/** Cuts the keys of a job into ranges, one for each reducer, from what the sample stage found. */
import { boundsOf } from "../core/sampling";
import type { Digest, JobId } from "../protocol/ids";
import type { EncodedKey } from "../protocol/key-order";
import { CanonicalText } from "../protocol/runs/column";
import { keysIn, openRunWriter } from "../protocol/runs/run-block";
import type { BlockStore } from "./grid-api";
import type { Database } from "./store/database";
import { readAccepted } from "./store/acceptances";

/** Sampled tasks are few: see sampling.ts. */
const TASKS_AT_ONCE = 1_000;

/** @returns The block with the bounds, or null when nothing was emitted. Running it again gives the same. */
export async function writeRanges(
  { database, blocks }: { database: Database; blocks: BlockStore },
  jobId: JobId,
  reducers: number,
): Promise<Digest | null> {
  const keys: EncodedKey[] = [];
  for (const { parts } of await readAccepted(database, { jobId, stage: "sample" }, 0, TASKS_AT_ONCE))
    for (const { digest, run } of parts) keys.push(...keysIn(run ?? (await blocks.read(digest))));
  const bounds = boundsOf(keys, reducers);
  const written: Uint8Array[] = [];
  const writer = openRunWriter(({ bytes }) => written.push(bytes));
  for (const { key, keyText } of bounds)
    writer.add(keyText === null ? key : new CanonicalText(keyText), [null]);
  writer.finish();
  const [block] = written;
  if (!block) return null;
  if (written.length > 1)
    throw new RangeError(`The bounds of ${reducers} ranges do not fit in one block: keys are too long`);
  return blocks.write(block);
}
