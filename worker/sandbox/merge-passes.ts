/** Merges more runs than there is room for: in passes, each of which makes one run of several that follow one another. */
import { CanonicalText, snapshotOf } from "../../protocol/runs/column";
import { openRunWriter } from "../../protocol/runs/run-block";
import { mergeRuns, type Merge, type RunSource } from "./merge";
import type { TaskStream } from "./stream";

/**
 * Runs of several blocks that are merged at once. A merge holds a block of each, which decoded takes up to eight times
 * RUN_BLOCK_BYTES: 128 MiB.
 */
export const FAN_IN = 32;

export interface Run extends RunSource {
  /** False when all of it is here already, and takes no further room. */
  readonly isFar: boolean;
}

/** @param firstFree The number of the first run that may be spilt. */
export async function mergeInPasses(
  runs: readonly Run[],
  stream: Pick<TaskStream, "next" | "room" | "spill">,
  firstFree: number,
): Promise<Merge> {
  let left = runs;
  let free = firstFree;
  while (left.filter(({ isFar }) => isFar).length > FAN_IN) {
    const merged: Run[] = [];
    for (const some of inTurns(left)) {
      const number = free++;
      await spill(mergeRuns(some), stream, number);
      merged.push({ isFar: true, next: () => stream.next(number) });
    }
    left = merged;
  }
  return mergeRuns(left);
}

/** Neighbours stay together, so that values keep the order of the map tasks. */
function inTurns(runs: readonly Run[]): Run[][] {
  const turns: Run[][] = [];
  let farCount = FAN_IN;
  for (const run of runs) {
    if (run.isFar && farCount === FAN_IN) {
      turns.push([]);
      farCount = 0;
    }
    if (turns.length === 0) turns.push([]);
    if (run.isFar) farCount += 1;
    turns.at(-1)?.push(run);
  }
  return turns;
}

async function spill(
  merge: Merge,
  stream: Pick<TaskStream, "room" | "spill">,
  number: number,
): Promise<void> {
  const writer = openRunWriter(({ bytes }) => stream.spill(number, bytes));
  for (let key = await merge.nextKey(); key; key = await merge.nextKey()) {
    const own = key.keyText === null ? key.key : new CanonicalText(key.keyText);
    for (let more = await merge.moreValues(); more; more = await merge.moreValues())
      writer.add(own, more.map(snapshotOf));
    const room = stream.room();
    if (room) await room;
  }
  writer.finish();
}
