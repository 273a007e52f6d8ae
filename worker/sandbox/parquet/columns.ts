/** The values of one top column in a row group, row by row. What it has in parts is put together a few rows at a time. */
import { assembleNested } from "hyparquet/src/assemble.js";
import type { DecodedArray, SchemaTree } from "hyparquet/src/types.js";
import type { OutlineChunk } from "../../../protocol/parquet";
import { openPages, type LeafDecoder, type Pages } from "./pages";
import { PARSERS, type Finish } from "./values";

/** A part of a column that has values of its own. */
export interface Leaf {
  readonly decoder: LeafDecoder;
  readonly finish: Finish;
}

export interface Column {
  readonly tree: SchemaTree;
  readonly leaves: readonly Leaf[];
}

export interface ColumnChunks {
  readonly column: Column;
  /** Of each of its leaves. */
  readonly chunks: readonly { readonly about: OutlineChunk; readonly bytes: Uint8Array }[];
  readonly group: number;
}

export interface ColumnValues {
  /** Ever later rows cost least; an earlier one makes it begin anew. @throws {Error} What is wrong with the file. */
  at(row: number): unknown;
}

export function openColumn({ column, chunks, group }: ColumnChunks): ColumnValues {
  const isNested = column.tree.children.length > 0;
  /** Those that are in memory, from `start` up to, but not including, `end`. */
  let values: DecodedArray = [];
  let [start, end] = [0, 0];
  let leaves = openLeaves();
  const path = column.tree.path.join(".");
  const finishValue = column.leaves[0]?.finish ?? tidy;
  const finish = column.leaves[0]?.decoder.element.repetition_type === "REPEATED" ? finishEach : finishValue;

  return {
    at(row) {
      if (row < start) {
        leaves = openLeaves();
        start = end = 0;
      }
      while (row >= end) advance(row);
      const value: unknown = values[row - start];
      if (isNested) return tidy(value);
      try {
        return finish(value);
      } catch (error) {
        throw named(error, path, group);
      }
    },
  };

  function finishEach(value: unknown): unknown {
    return finishLists(value, finishValue);
  }

  function openLeaves() {
    return column.leaves.map((leaf, place) => {
      const chunk = chunks[place];
      if (!chunk) throw new Error("a column has fewer chunks than leaves");
      return openLeaf(leaf, openPages(chunk.bytes, chunk.about, leaf.decoder), group);
    });
  }

  /** @param wanted Rows before it need not be read. */
  function advance(wanted: number): void {
    const taken = leaves.map((leaf) => leaf.rowsFrom(end, wanted));
    start = Math.max(...taken.map((rows) => rows.start));
    // What was passed over in one leaf has still to be read in another.
    end = Math.max(start, Math.min(...taken.map((rows) => rows.start + rows.values.length)));
    const [first] = taken;
    if (!isNested) values = first?.values ?? [];
    else values = assembled(taken.map((rows) => rows.values.slice(start - rows.start, end - rows.start)));
  }

  function assembled(parts: readonly DecodedArray[]): DecodedArray {
    const { tree } = column;
    const byPath = new Map(
      leaves.map((leaf, place): [string, DecodedArray] => [leaf.path, leaf.finishAll(parts[place] ?? [])]),
    );
    return naming(path, group, () => {
      assembleNested(byPath, tree, PARSERS);
      return byPath.get(path) ?? [];
    });
  }
}

interface LeafRows {
  readonly start: number;
  readonly values: DecodedArray;
}

function openLeaf({ decoder, finish }: Leaf, pages: Pages, group: number) {
  const path = decoder.pathInSchema.join(".");
  let here: LeafRows = { start: 0, values: [] };

  /** The rows from the one at `from` on that are in memory; later ones when those before `wanted` were passed over. */
  function rowsFrom(from: number, wanted: number): LeafRows {
    for (let least = from; ;) {
      const end = here.start + here.values.length;
      if (least < end) return here;
      const page = pages.next(Math.max(0, wanted - end));
      if (!page) throw new Error(`it ends after ${end} rows`);
      here = { start: end, values: page.rows };
      if (page.skipped === 0) continue;
      least = end + page.rows.length + page.skipped;
      here = { start: least, values: [] };
    }
  }

  return {
    path,
    rowsFrom: (from: number, wanted: number) => naming(path, group, () => rowsFrom(from, wanted)),
    finishAll: (values: DecodedArray) =>
      naming(path, group, () => Array.from(values, (value) => finishLists(value, finish))),
  };
}

/** Lists are of lists, down to the values. */
function finishLists(value: unknown, finish: Finish): unknown {
  return Array.isArray(value) ? value.map((element) => finishLists(element, finish)) : finish(value);
}

/** What is not there is null, as in JSON. */
function tidy(value: unknown): unknown {
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(tidy);
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, tidy(part)]));
}

/** @throws {Error} Where it went wrong, and what. */
function naming<T>(path: string, group: number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw named(error, path, group);
  }
}

/** Engines differ in their words, and copies of a task that fail must agree. */
function named(error: unknown, path: string, group: number): Error {
  const isPlain = error instanceof Error && Object.getPrototypeOf(error) === Error.prototype;
  const what = isPlain ? error.message : "its bytes are not what its header says";
  return new Error(`Row group ${group}, column "${path.slice(0, 200)}": ${what}`, { cause: error });
}
