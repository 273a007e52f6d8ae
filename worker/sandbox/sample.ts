/** A sample of a map task: what keys it emits, found from a few of its records. */
import type { Collector } from "./collect";
import type { Spilling } from "./merge-passes";
import type { Parts } from "./parts";
import type { Records } from "./program";
import { openRunCollector } from "./run-collector";

/** Records of one task that are looked at. */
const SAMPLE_RECORDS = 1_000;
/** Keys that are told of: at even distances among those that came. */
const SAMPLE_KEYS = 1_000;

/** Records at even distances, from the first. */
export function someOf(records: Records): Records {
  const step = Math.max(1, Math.floor(records.count / SAMPLE_RECORDS));
  return {
    count: Math.min(records.count, SAMPLE_RECORDS),
    first: records.first,
    room: () => records.room(),
    at: (index) => records.at(index * step),
    mark: (index) => records.mark(index === null ? null : index * step),
  };
}

/** Keys that are held. When there are more, every other one goes, and of those to come as many are passed over. */
export const HELD_KEYS = 65_536;

/** Keeps keys only, at even distances. */
export function openSampleCollector(parts: Parts, stream: Spilling): Collector {
  let keys: unknown[] = [];
  let [seen, distance] = [0, 1];
  return {
    emit(key) {
      if (seen++ % distance > 0) return;
      keys.push(key instanceof Uint8Array ? key.slice() : key);
      if (keys.length < HELD_KEYS) return;
      keys = keys.filter((_, place) => place % 2 === 0);
      distance *= 2;
    },
    finish() {
      const told = openRunCollector({ parts, stream, reducers: 1, partitionOf: () => 0, combine: null });
      const step = Math.max(1, keys.length / SAMPLE_KEYS);
      for (let at = 0; at < keys.length; at += step) told.emit(keys[Math.floor(at)], null);
      return told.finish();
    },
  };
}
