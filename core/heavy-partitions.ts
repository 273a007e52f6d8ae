/**
 * Partitions that hold much more than the others: which they are, and how the runs of one are cut into pieces that several
 * volunteers merge, each into one run, before it is reduced.
 *
 *   runs of the maps, in order   1 2 3 4 5 6 7 8 9
 *   pieces                      [1 2 3][4 5 6][7 8 9]   ── combine ──▶  a b c  ──▶ reduce
 *
 * A piece is a row of neighbours, so the values of a key keep the order of the maps. Whatever lies in no piece is read by the
 * reducer as it is: every run is read once.
 */

/** What the maps gave for one reducer. */
export interface PartitionSize {
  bytes: number;
  records: number;
  /** Map outputs with anything for it. */
  runs: number;
}

/** The run of a map task, or of a pack of them, in some partition. */
export interface RunSize {
  /** The map task, the first one of a pack. */
  task: number;
  bytes: number;
  records: number;
}

/** The runs of map tasks `from` up to, but not including, `to` in one partition: one task of the merge stage. */
export interface Piece {
  partition: number;
  from: number;
  to: number;
}

/** Why a heavy partition was left whole. */
export type LeftWhole =
  /** The program does not say how values of a key are merged. */
  | "no-combine"
  /** Its outputs are compared by what they say, and have to be small. */
  | "compared"
  /** Too few maps gave all of it. */
  | "few-runs";

/** Less is reduced faster than handed out in pieces. */
export const HEAVY_BYTES = 4 * 1024 * 1024;
/** So many times what the others have on average. */
const HEAVY_TIMES = 2;
/** Pieces of one partition. */
export const MOST_PIECES = 16;
/** A piece should have as much, or as the other partitions have. */
const PIECE_BYTES = 1024 * 1024;

/** @returns The numbers of the heavy ones, ascending. Of one partition alone nobody can say that it is. */
export function heavyAmong(partitions: readonly Pick<PartitionSize, "bytes">[]): number[] {
  const total = partitions.reduce((sum, { bytes }) => sum + bytes, 0);
  return partitions.flatMap(({ bytes }, partition) => {
    const others = meanOfOthers(bytes, total, partitions.length);
    return others !== null && bytes >= HEAVY_BYTES && bytes > HEAVY_TIMES * others ? [partition] : [];
  });
}

/**
 * @param runs Those of the partition, in the order of the maps.
 * @param others What the other partitions have on average, in bytes.
 * @returns Pieces of two runs and more, in order, of about the same size; none when there is nothing to be merged.
 */
export function cutRuns(partition: number, runs: readonly RunSize[], others: number): Piece[] {
  const total = runs.reduce((sum, { bytes }) => sum + bytes, 0);
  const wanted = Math.max(2, Math.ceil(total / Math.max(PIECE_BYTES, others)));
  // With one run each there would be nothing to combine.
  const count = Math.min(MOST_PIECES, wanted, Math.floor(runs.length / 2));
  if (count < 2) return [];
  const pieceBytes = total / count;
  const groups = new Map<number, number[]>();
  let before = 0;
  for (const { task, bytes } of runs) {
    // By its middle: a run that lies across a border goes where more of it lies.
    const place = Math.floor((before + bytes / 2) / pieceBytes);
    before += bytes;
    const group = groups.get(place);
    if (group) group.push(task);
    else groups.set(place, [task]);
  }
  return [...groups.values()].flatMap((tasks) => {
    const [from, last] = [tasks[0], tasks.at(-1)];
    return from === undefined || last === undefined || from === last
      ? []
      : [{ partition, from, to: last + 1 }];
  });
}

/** What the others of `count` partitions have on average; null when there are none. */
export function meanOfOthers(bytes: number, total: number, count: number): number | null {
  return count < 2 ? null : (total - bytes) / (count - 1);
}

export interface HeavyPartition {
  partition: number;
  bytes: number;
  pieces: number;
  leftWhole: LeftWhole | null;
  message: string;
}

/**
 * @param heavy The numbers of the heavy ones.
 * @param runs Of those that may be cut: their runs, in the order of the maps.
 * @param obstacle Why none of them may be; null when they may.
 */
export function planPieces(
  partitions: readonly PartitionSize[],
  heavy: readonly number[],
  runs: ReadonlyMap<number, readonly RunSize[]>,
  obstacle: LeftWhole | null,
): { heavy: HeavyPartition[]; pieces: Piece[]; merged: PartitionSize } {
  const total = partitions.reduce((sum, { bytes }) => sum + bytes, 0);
  const all: Piece[] = [];
  const merged = { bytes: 0, records: 0, runs: 0 };
  const described = heavy.map((partition): HeavyPartition => {
    const { bytes } = partitions[partition] ?? { bytes: 0 };
    const others = meanOfOthers(bytes, total, partitions.length) ?? 0;
    const pieces = obstacle === null ? cutRuns(partition, runs.get(partition) ?? [], others) : [];
    all.push(...pieces);
    for (const run of runs.get(partition) ?? []) if (liesIn(pieces, run)) addRun(merged, run);
    const leftWhole = obstacle ?? (pieces.length === 0 ? "few-runs" : null);
    const what = `Partition ${partition} had ${bytes} bytes, the others ${Math.round(others)} on average`;
    const message = `${what}. ${leftWhole === null ? splitIn(pieces.length) : WHY_WHOLE[leftWhole]}`;
    return { partition, bytes, pieces: pieces.length, leftWhole, message };
  });
  return { heavy: described, pieces: all, merged };
}

const liesIn = (pieces: readonly Piece[], { task }: RunSize) =>
  pieces.some(({ from, to }) => from <= task && task < to);

function addRun(size: PartitionSize, { bytes, records }: RunSize): void {
  size.bytes += bytes;
  size.records += records;
  size.runs += 1;
}

const splitIn = (count: number) =>
  `It was split: its runs were combined in ${count} pieces before it was reduced.`;

const WHY_WHOLE: Readonly<Record<LeftWhole, string>> = {
  "no-combine": "It was left whole: the program exports no combine that could be called on its runs.",
  compared: "It was left whole: outputs that are compared with a tolerance have to be small.",
  "few-runs": "It was left whole: nearly all of it came from too few map tasks. Use smaller chunks.",
};
