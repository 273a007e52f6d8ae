/** Runs one task of the merge stage: brings some runs of a heavy partition together, and combines the values of each key on the way. */
import { snapshotOf } from "../../protocol/runs/column";
import { openRunWriter, type RunWriter } from "../../protocol/runs/run-block";
import { checkPair, COMBINE_AT, type Collector, type Combine } from "./collect";
import type { Merge } from "./merge";
import type { Parts } from "./parts";
import type { SlotPart } from "./slot-answers";
import { isThenable } from "./thenable";

/** Values of a key are combined when they take so much, however few they are. */
const COMBINE_BYTES = 8 * 1024 * 1024;

/** Makes one run of pairs that come in the order of their keys. */
export function openSortedCollector(parts: Parts): Collector {
  const done: SlotPart[] = [];
  const writer = openRunWriter((block) => done.push(parts.run(block, 0)));
  return {
    emit: (key, value) => addSorted(writer, key, value),
    finish() {
      writer.finish();
      return Promise.resolve(done);
    },
  };
}

/** A pair that comes in the order of keys. */
export function addSorted(writer: RunWriter, key: unknown, value: unknown): void {
  const snapshot = snapshotOf(value);
  checkPair(snapshot);
  writer.add(snapshotOf(key), [snapshot]);
}

/** Emits every key once, with what its values are combined to. Holds few of them at a time. */
export async function combineEach(
  combine: Combine,
  merge: Merge,
  emit: (key: unknown, value: unknown) => void,
): Promise<void> {
  for (;;) {
    const next = merge.nextKey();
    const key = isThenable(next) ? await next : next;
    if (!key) return;
    emit(key.key, await combineGroup(key.key, merge, combine));
  }
}

async function combineGroup(key: unknown, merge: Merge, combine: Combine): Promise<unknown> {
  let values: unknown[] = [];
  let bytes = 0;
  for (;;) {
    const next = merge.moreValues();
    const more = isThenable(next) ? await next : next;
    if (more === null) break;
    for (const value of more) values.push(value);
    bytes += more.length * merge.averageBytes;
    if (values.length < COMBINE_AT && bytes < COMBINE_BYTES) continue;
    const combined = combine(key, values);
    values = [isThenable(combined) ? await combined : combined];
    bytes = 0;
  }
  return combine(key, values);
}
