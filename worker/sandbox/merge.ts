/**
 * Brings the runs of all map tasks together for one reducer, block by block: it holds one block of each run.
 *
 *   runs ── blocks ──▶ cursors ── the least key first, the earlier run first ──▶ keys, each with its values
 */
import { compareKeys, type EncodedKey } from "../../protocol/key-order";
import { readRunBlock, type DecodedBlock, type Reading } from "../../protocol/runs/run-block";
import { isThenable } from "./thenable";

/** One run, from its first block to its last. */
export interface RunSource {
  /** The next block, or null after the last. */
  next(): Uint8Array | null | Promise<Uint8Array | null>;
}

/** Keys in their order; the values of a key in the order of the runs, and within a run as they lie there. */
export interface Merge {
  /** The next key, or null after the last. What was not taken of the values of the one before is passed over. */
  nextKey(): EncodedKey | null | Promise<EncodedKey | null>;
  /** Some more values of that key, or null after the last. */
  moreValues(): readonly unknown[] | null | Promise<readonly unknown[] | null>;
  /** About what each of the values that it gave last takes, in bytes. */
  readonly averageBytes: number;
}

/** Where a run is read. Is the key it stands at. */
interface Cursor {
  key: unknown;
  keyText: string | null;
  readonly source: RunSource;
  /** The run's place among the others. */
  readonly place: number;
  block: DecodedBlock;
  group: number;
  /** Where the values of the group begin. */
  valuesFrom: number;
}

/** @throws {Error} When used, if a run's blocks are none. @param runs In the order of the map tasks. */
export function mergeRuns(runs: readonly RunSource[], reading: Reading = "values"): Merge {
  /** A heap: no cursor comes before the one at half its place. */
  const heap: Cursor[] = [];
  let isOpen = false;
  let current: EncodedKey | null = null;
  let averageBytes = 0;

  return {
    get averageBytes() {
      return averageBytes;
    },
    nextKey() {
      if (!isOpen) return openAll().then(nextKey);
      return nextKey();
    },
    moreValues,
  };

  async function openAll(): Promise<void> {
    isOpen = true;
    const blocks = await Promise.all(runs.map(async (run) => run.next()));
    for (const [place, bytes] of blocks.entries()) {
      const source = runs[place];
      if (!bytes || !source) continue;
      const cursor = cursorAt(source, place, readRunBlock(bytes, reading));
      heap.push(cursor);
    }
    for (let place = (heap.length >> 1) - 1; place >= 0; place--) sink(heap, place);
  }

  function nextKey(): EncodedKey | null | Promise<EncodedKey | null> {
    while (current !== null) {
      const rest = moreValues();
      if (isThenable(rest)) return Promise.resolve(rest).then(nextKey);
      if (rest === null) break;
    }
    const [top] = heap;
    current = top ? { key: top.key, keyText: top.keyText } : null;
    return current;
  }

  function moreValues(): readonly unknown[] | null | Promise<readonly unknown[] | null> {
    const [top] = heap;
    if (!top || current === null || compareKeys(top, current) !== 0) return null;
    const { block, group, valuesFrom } = top;
    const to = valuesFrom + (block.counts[group] ?? 0);
    const values = block.values.slice(valuesFrom, to);
    averageBytes = block.averageBytes;
    if (group + 1 < block.counts.length) {
      stand(top, block, group + 1, to);
      sink(heap, 0);
      return values;
    }
    const next = top.source.next();
    if (!isThenable(next)) {
      goOn(top, next);
      return values;
    }
    return next.then((bytes) => {
      goOn(top, bytes);
      return values;
    });
  }

  function goOn(cursor: Cursor, bytes: Uint8Array | null): void {
    if (bytes) {
      stand(cursor, readRunBlock(bytes, reading), 0, 0);
      sink(heap, 0);
      return;
    }
    const last = heap.pop();
    if (!last || last === cursor) return;
    heap[0] = last;
    sink(heap, 0);
  }
}

function cursorAt(source: RunSource, place: number, block: DecodedBlock): Cursor {
  const cursor: Cursor = { key: null, keyText: null, source, place, block, group: 0, valuesFrom: 0 };
  stand(cursor, block, 0, 0);
  return cursor;
}

function stand(cursor: Cursor, block: DecodedBlock, group: number, valuesFrom: number): void {
  cursor.block = block;
  cursor.group = group;
  cursor.valuesFrom = valuesFrom;
  cursor.key = block.keys.items[group];
  cursor.keyText = block.keys.texts?.get(group) ?? null;
}

/** Lets the cursor at a place of the heap down to where it belongs. */
function sink(heap: Cursor[], from: number): void {
  const cursor = heap[from];
  if (!cursor) return;
  let place = from;
  for (;;) {
    const left = 2 * place + 1;
    const [one, other] = [heap[left], heap[left + 1]];
    if (!one) break;
    const least = other && isBefore(other, one) ? left + 1 : left;
    const child = heap[least];
    if (!child || !isBefore(child, cursor)) break;
    heap[place] = child;
    place = least;
  }
  heap[place] = cursor;
}

function isBefore(a: Cursor, b: Cursor): boolean {
  const order = compareKeys(a, b);
  return order === 0 ? a.place < b.place : order < 0;
}
