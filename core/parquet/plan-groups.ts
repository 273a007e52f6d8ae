/**
 * Which bytes of which blocks the tasks on a Parquet file read: those of the columns that are asked for, and no others.
 *
 * A task has a row group, or several in a row that are small together. What it reads is told by an outline, which
 * is a block of its own.
 */
import type { Digest } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import {
  CODECS,
  type Codec,
  type Outline,
  type OutlineChunk,
  type OutlineGroup,
  type Piece,
} from "../../protocol/parquet";
import { GridError } from "../../protocol/problems";
import type { ColumnChunk, ParquetFile, RowGroup } from "./read-footer";

/** Row groups that follow one another are one task up to so many bytes of the columns, and so many groups. */
const GATHERED_BYTES = LIMITS.datasetBlockBytes;
const GATHERED_GROUPS = 256;

export interface FileBlock {
  readonly digest: Digest;
  readonly bytes: number;
}

export interface GroupPlan {
  readonly outline: Outline;
  readonly rows: number;
  /** Of the columns' chunks. */
  readonly bytes: number;
}

/**
 * @param columns Names of top columns; all when null.
 * @param blocks The file's, in order.
 * @returns In the order of the rows; groups without rows are left out.
 * @throws {GridError} `invalid-input` when a column is not there or cannot be read.
 */
export function* planGroups(
  file: ParquetFile,
  columns: readonly string[] | null,
  blocks: readonly FileBlock[],
): Generator<GroupPlan> {
  const selection = select(file, columns);
  const starts = startsOf(blocks);
  let gathered: { number: number; group: RowGroup }[] = [];
  let bytes = 0;

  for (const [number, group] of file.groups.entries()) {
    if (group.rows === 0) continue;
    const own = selection.leaves.reduce((sum, leaf) => sum + (group.chunks[leaf]?.bytes ?? 0), 0);
    checkBytes(own, number);
    const isFull = bytes + own > GATHERED_BYTES || gathered.length === GATHERED_GROUPS;
    if (gathered.length > 0 && isFull) {
      yield planOf(selection, gathered, blocks, starts);
      gathered = [];
      bytes = 0;
    }
    gathered.push({ number, group });
    bytes += own;
  }
  if (gathered.length > 0) yield planOf(selection, gathered, blocks, starts);
}

interface Selection extends Pick<Outline, "schema" | "columns"> {
  /** Places of the leaves among all of the file. */
  readonly leaves: readonly number[];
  readonly nameOf: (leaf: number) => string;
}

function select({ schema }: ParquetFile, asked: readonly string[] | null): Selection {
  const columns = asked ?? schema.columns;
  const known = new Set(schema.columns);
  const missing = columns.filter((name) => !known.has(name));
  if (missing.length > 0) {
    const there = schema.columns.map((name) => JSON.stringify(name)).join(", ");
    // Without a semicolon: the form knows by it where the message about a field ends.
    throw new GridError(
      "invalid-input",
      `input.columns: there is no column ${missing.map((name) => JSON.stringify(name)).join(", ")} among ${there.slice(0, 1_000)}`,
    );
  }
  // In the file's own order, as its chunks are.
  const wanted = new Set(columns);
  const places = schema.columns.flatMap((name, place) => (wanted.has(name) ? [place] : []));
  const isChosen = new Set(places);
  const elements = places.flatMap((place) => schema.elements[place] ?? []);
  return {
    columns,
    schema: [{ ...schema.root, num_children: places.length }, ...elements],
    leaves: schema.leaves.flatMap(({ column }, leaf) => (isChosen.has(column) ? [leaf] : [])),
    nameOf: (leaf) => schema.leaves[leaf]?.path.join(".") ?? "",
  };
}

function planOf(
  { schema, columns, leaves, nameOf }: Selection,
  gathered: readonly { number: number; group: RowGroup }[],
  fileBlocks: readonly FileBlock[],
  starts: readonly number[],
): GroupPlan {
  const blocks = openBlockList(fileBlocks, starts);
  const groups = gathered.map(({ number, group }): OutlineGroup => {
    const chunks = leaves.map((leaf): OutlineChunk => {
      const chunk = group.chunks[leaf];
      if (!chunk) throw new Error(`row group ${number} has no chunk ${leaf}`);
      const { values, start, bytes } = chunk;
      const codec = codecOf(chunk, nameOf(leaf), number);
      return { codec, values, bytes, pieces: blocks.piecesOf(start, start + bytes) };
    });
    return { number, rows: group.rows, chunks };
  });
  return {
    outline: { schema, columns, blocks: blocks.list, groups },
    rows: gathered.reduce((sum, { group }) => sum + group.rows, 0),
    bytes: groups.reduce((sum, { chunks }) => chunks.reduce((all, { bytes }) => all + bytes, sum), 0),
  };
}

function codecOf({ codec, obstacle }: ColumnChunk, name: string, group: number): Codec {
  const which = `column "${name.slice(0, 200)}" in row group ${group}`;
  if (obstacle !== null) throw new GridError("invalid-input", `input: ${which} cannot be read: ${obstacle}`);
  const known = CODECS.find((one) => one === codec);
  if (known) return known;
  throw new GridError(
    "invalid-input",
    `input: ${which} cannot be read: it is compressed by ${codec}; ${CODECS.join(", ")} are known`,
  );
}

function checkBytes(bytes: number, group: number): void {
  if (bytes <= LIMITS.parquetGroupBytes) return;
  throw new GridError(
    "invalid-input",
    `input: the columns may have at most ${LIMITS.parquetGroupBytes} bytes in one row group (parquetGroupBytes), which is one task; ` +
      `row group ${group} has ${bytes}: choose fewer columns by input.columns, or write the file with smaller row groups`,
  );
}

/** The blocks that one outline names, each once. */
function openBlockList(blocks: readonly FileBlock[], starts: readonly number[]) {
  const places = new Map<number, number>();
  const list: Digest[] = [];

  function placeOf(index: number, digest: Digest): number {
    const known = places.get(index);
    if (known !== undefined) return known;
    places.set(index, list.length);
    return list.push(digest) - 1;
  }

  return {
    list,
    piecesOf(start: number, end: number): Piece[] {
      const pieces: Piece[] = [];
      for (let index = blockAt(starts, start); index < blocks.length; index++) {
        const block = blocks[index];
        const blockStart = starts[index] ?? 0;
        if (!block || blockStart >= end) break;
        const from = Math.max(start - blockStart, 0);
        const to = Math.min(end - blockStart, block.bytes);
        if (from < to) pieces.push([placeOf(index, block.digest), from, to]);
      }
      return pieces;
    },
  };
}

function startsOf(blocks: readonly FileBlock[]): number[] {
  let start = 0;
  return blocks.map(({ bytes }) => (start += bytes) - bytes);
}

/** The last block that begins at or before a place. */
function blockAt(starts: readonly number[], place: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) > place) high = middle;
    else low = middle + 1;
  }
  return Math.max(0, low - 1);
}
