/**
 * Runs that a map task writes before it is done, when it holds much: one for each reducer that it has something for, sorted, in the agent's
 * database. At the end they are merged, reducer by reducer.
 *
 *   what is held ── spill 0 ─▶ runs 0 … R-1 ─┐
 *   what is held ── spill 1 ─▶ runs R … 2R-1 ┼─▶ merged for each reducer ─▶ its run
 *   what is left ── spill 2 ─▶ …            ─┘
 */
import { LIMITS } from "../../protocol/limits";
import { openRunWriter, type Reading, type RunWriter } from "../../protocol/runs/run-block";
import type { Merge } from "./merge";
import { mergeInPasses, type Run, type Spilling } from "./merge-passes";

export interface MapSpills {
  /** How many there are. */
  readonly count: number;
  /** Begins one. @returns A writer for each reducer. They throw when all spills together have too much. */
  open(): readonly RunWriter[];
  /** What the spills have for one reducer, the earlier spill first. Each is read once. */
  merged(partition: number, reading: Reading): Promise<Merge>;
}

export function openMapSpills(
  stream: Spilling,
  reducers: number,
  mostBytes: number = LIMITS.mapOutputBytes,
): MapSpills {
  /** For each spill, the reducers that it has something for. */
  const spills: Set<number>[] = [];
  let bytes = 0;

  return {
    get count() {
      return spills.length;
    },
    open() {
      const filled = new Set<number>();
      const first = spills.push(filled) * reducers - reducers;
      return Array.from({ length: reducers }, (_, partition) =>
        openRunWriter((block) => {
          bytes += block.bytes.byteLength;
          if (bytes > mostBytes) throw tooLarge();
          filled.add(partition);
          stream.spill(first + partition, block.bytes);
        }),
      );
    },
    merged(partition, reading) {
      const runs = spills.flatMap((filled, place): Run[] => {
        if (!filled.has(partition)) return [];
        return [{ isFar: true, next: () => stream.next(place * reducers + partition) }];
      });
      // Runs that are made of others are numbered behind all spills, and apart for each reducer.
      return mergeInPasses(runs, stream, spills.length * (reducers + partition), reading);
    },
  };
}

export function tooLarge(): RangeError {
  return new RangeError(
    `One map task may emit ${LIMITS.mapOutputBytes} bytes (mapOutputBytes). Use smaller chunks, or export combine`,
  );
}
