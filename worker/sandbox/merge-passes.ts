/** Merges more runs than there is room for: in passes, each of which makes one run of several that follow one another. */
import { CanonicalText } from "../../protocol/runs/column";
import { openRunWriter, type Reading, type RunWriter } from "../../protocol/runs/run-block";
import { mergeRuns, type Merge, type RunSource } from "./merge";
import type { TaskStream } from "./stream";
import { isThenable } from "./thenable";

/**
 * Runs of several blocks that are merged at once. A merge holds a block of each, which decoded takes up to eight times
 * RUN_BLOCK_BYTES: 128 MiB.
 */
export const FAN_IN = 32;

export interface Run extends RunSource {
  /** False when all of it is here already, and takes no further room. */
  readonly isFar: boolean;
}

/** What a merge needs of a task's stream. */
export type Spilling = Pick<TaskStream, "next" | "room" | "spill">;

/** @param firstFree The number of the first run that may be spilt. Fewer are made than there are runs. */
export async function mergeInPasses(
  runs: readonly Run[],
  stream: Spilling,
  firstFree: number,
  reading: Reading = "values",
): Promise<Merge> {
  let left = runs;
  let free = firstFree;
  while (left.filter(({ isFar }) => isFar).length > FAN_IN) {
    const merged: Run[] = [];
    for (const some of inTurns(left)) {
      const number = free++;
      await spill(mergeRuns(some, "snapshots"), stream, number);
      merged.push({ isFar: true, next: () => stream.next(number) });
    }
    left = merged;
  }
  return mergeRuns(left, reading);
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

async function spill(merge: Merge, stream: Spilling, number: number): Promise<void> {
  const writer = openRunWriter(({ bytes }) => stream.spill(number, bytes));
  await copyInto(writer, merge, stream);
  writer.finish();
}

/** @param merge Of snapshots. */
export async function copyInto(
  writer: RunWriter,
  merge: Merge,
  { room }: Pick<Spilling, "room">,
): Promise<void> {
  for (;;) {
    const next = merge.nextKey();
    const key = isThenable(next) ? await next : next;
    if (!key) return;
    const own = key.keyText === null ? key.key : new CanonicalText(key.keyText);
    for (;;) {
      const some = merge.moreValues();
      const values = isThenable(some) ? await some : some;
      if (values === null) break;
      writer.add(own, values);
      const full = room();
      if (full) await full;
    }
  }
}

/** Goes on to the next key only when the output so far has not piled up. */
export function whileThereIsRoom(merge: Merge, { room }: Pick<Spilling, "room">): Merge {
  return {
    nextKey: () => room()?.then(() => merge.nextKey()) ?? merge.nextKey(),
    moreValues: () => merge.moreValues(),
    get averageBytes() {
      return merge.averageBytes;
    },
  };
}
