/**
 * Runs: keys in order, each with its values, as map tasks hand them to reducers. A run is a row of blocks.
 *
 *   block  := version  groups (varint)  values (varint)  keys: column  counts  values: column
 *   counts := how many values each key has (varints); absent when each has one
 *
 * The same keys and values make the same bytes, so that copies of a task can be compared by digest. A key whose
 * values do not fit goes on in the next block.
 */
import type { EncodedKey } from "../key-order";
import { openByteReader } from "./byte-reader";
import { openByteWriter } from "./byte-writer";
import { CanonicalText, readColumn, sizeOf, writeColumn, type Column } from "./column";

const VERSION = 1;

/** A block is closed when it is about as large. A reducer holds one of each run that it merges. */
export const RUN_BLOCK_BYTES = 512 * 1024;
/** Values of one block, whatever they are: nulls take no bytes at all. */
export const RUN_BLOCK_VALUES = 65_536;

export interface RunBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many values. */
  readonly records: number;
}

export interface RunWriter {
  /** A key may be added several times in a row: its values make one group. @param key As `snapshotOf` gives it; not before any key that was added. @param values As `snapshotOf` gives them. */
  add(key: unknown, values: readonly unknown[]): void;
  /** Closes the last block, if there is anything in it. */
  finish(): void;
}

/** @param take Gets each block when it is closed. */
export function openRunWriter(take: (block: RunBlock) => void): RunWriter {
  let keys: unknown[] = [];
  let counts: number[] = [];
  let values: unknown[] = [];
  let size = 0;

  return {
    add(key, added) {
      let isOpen = keys.length > 0 && isSameKey(keys.at(-1), key);
      const keySize = sizeOf(key);
      if (!isOpen) size += keySize;
      for (const value of added) {
        if (size >= RUN_BLOCK_BYTES || values.length >= RUN_BLOCK_VALUES) {
          finish();
          isOpen = false;
          size = keySize;
        }
        if (!isOpen) {
          keys.push(key);
          counts.push(0);
          isOpen = true;
        }
        values.push(value);
        size += sizeOf(value);
        counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1;
      }
    },
    finish,
  };

  function finish(): void {
    if (keys.length === 0) return;
    const writer = openByteWriter(size + 64);
    writer.byte(VERSION);
    writer.varint(keys.length);
    writer.varint(values.length);
    writeColumn(writer, keys);
    if (keys.length < values.length) for (const count of counts) writer.varint(count);
    writeColumn(writer, values);
    take({ bytes: writer.finish(), records: values.length });
    [keys, counts, values, size] = [[], [], [], 0];
  }
}

export interface DecodedBlock {
  readonly keys: Column;
  /** How many values each key has. */
  readonly counts: readonly number[];
  readonly values: readonly unknown[];
  /** What a value takes, with its share of the keys. */
  readonly averageBytes: number;
}

/** Snapshots compare like what they were made of. */
function isSameKey(one: unknown, other: unknown): boolean {
  if (one instanceof CanonicalText && other instanceof CanonicalText) return one.text === other.text;
  if (one instanceof Uint8Array && other instanceof Uint8Array)
    return one.length === other.length && one.every((byte, place) => byte === other[place]);
  return one === other;
}

/** How values are given: as programs take them, or as `snapshotOf` made them, to be written once more. */
export type Reading = "values" | "snapshots";

/** @throws {Error} If the bytes are no block of a run. */
export function readRunBlock(bytes: Uint8Array, reading: Reading = "values"): DecodedBlock {
  const reader = openByteReader(bytes);
  const version = reader.byte();
  if (version !== VERSION) throw new RangeError(`A run must be of version ${VERSION}; got ${version}`);
  const [groups, total] = [reader.varint(), reader.varint()];
  if (groups === 0 || groups > total || total > RUN_BLOCK_VALUES)
    throw new RangeError(
      `A block of a run has 1 to ${RUN_BLOCK_VALUES} values; got ${total}, of ${groups} keys`,
    );
  const keys = readColumn(reader, groups);
  const counts = Array.from({ length: groups }, () => (groups < total ? reader.varint() : 1));
  const sum = counts.reduce((before, count) => before + count, 0);
  if (sum !== total) throw new RangeError(`A block of a run has ${total} values; its keys have ${sum}`);
  const values = readColumn(reader, total, reading === "snapshots");
  if (reader.left > 0)
    throw new RangeError(`A block of a run goes on for ${reader.left} bytes after its end`);
  return { keys, counts, values: values.items, averageBytes: bytes.length / total };
}

/** The keys of a block in order, each as often as it has values. @throws {Error} If the bytes are no block of a run. */
export function keysIn(bytes: Uint8Array): EncodedKey[] {
  const { keys, counts } = readRunBlock(bytes);
  return keys.items.flatMap((key, place) => {
    const encoded = { key, keyText: keys.texts?.get(place) ?? null };
    return Array.from({ length: counts[place] ?? 0 }, () => encoded);
  });
}

/** @yields The pairs of a block, in order. @throws {Error} If the bytes are no block of a run. */
export function* pairsIn(bytes: Uint8Array): Generator<{ key: unknown; value: unknown }> {
  const { keys, counts, values } = readRunBlock(bytes);
  let at = 0;
  for (const [place, key] of keys.items.entries())
    for (const end = at + (counts[place] ?? 0); at < end; at++) yield { key, value: values[at] };
}
