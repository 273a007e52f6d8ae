/**
 * Where reducers' ranges begin, when the whole result is to be in order: some map tasks are run over some of their records first, and the
 * keys that these emit are cut into as many equal parts as there are reducers.
 */
import { compareKeys, type EncodedKey } from "../protocol/key-order";
import type { SplitIndex } from "./split";

/** Tasks that are sampled, when each has records enough. */
const FEW_TASKS = 32;
/** Tasks that are sampled at most. */
const MANY_TASKS = 512;
/** Records that should be looked at in all, when tasks have few. */
const SAMPLE_RECORDS = 4_096;

/** How many tasks of the map stage are sampled. */
export function sampleCount({ taskCount, recordCount }: SplitIndex): number {
  const perTask = recordCount / Math.max(1, taskCount);
  const enough = Math.ceil(SAMPLE_RECORDS / Math.max(1, perTask));
  return Math.min(taskCount, MANY_TASKS, Math.max(FEW_TASKS, enough));
}

/** Which task of the map stage the sample's task looks at: at even distances. */
export function sampledTask(splits: SplitIndex, sampleIndex: number): number {
  return Math.floor((sampleIndex * splits.taskCount) / sampleCount(splits));
}

/**
 * @param keys As they were sampled, in any order. They are sorted in place.
 * @returns The least key of every range but the first, in order; none twice. Fewer than `reducers - 1` where keys are few, or one of them is frequent.
 */
export function boundsOf(keys: EncodedKey[], reducers: number): EncodedKey[] {
  keys.sort(compareKeys);
  const bounds: EncodedKey[] = [];
  for (let range = 1; range < reducers; range++) {
    const bound = keys[Math.floor((range * keys.length) / reducers)];
    const last = bounds.at(-1);
    if (bound && (!last || compareKeys(last, bound) < 0)) bounds.push(bound);
  }
  return bounds;
}
