/** Which piece of a heavy partition a run belongs to, for runs that come in the order of their maps. */
import type { Piece } from "./heavy-partitions";

export interface OpenPieces {
  /** The piece's number among all; null for a run that is in none. To be asked in the order of the maps. */
  pieceOf(partition: number, task: number): number | null;
  /** To be called after the last run. */
  finish(): void;
}

/**
 * @param pieces Those of a partition in the order of the maps.
 * @param enter Told once of every piece: before its first run, or after the last of the partition when none of its runs came.
 */
export function openPieces(pieces: readonly Piece[], enter: (place: number) => void = () => {}): OpenPieces {
  const queues = new Map<number, { places: number[]; entered: number }>();
  for (const [place, { partition }] of pieces.entries()) {
    const queue = queues.get(partition);
    if (queue) queue.places.push(place);
    else queues.set(partition, { places: [place], entered: 0 });
  }

  function enterUpTo(queue: { places: number[]; entered: number }, task: number): void {
    for (;;) {
      const place = queue.places[queue.entered];
      if (place === undefined || (pieces[place]?.from ?? 0) > task) return;
      queue.entered += 1;
      enter(place);
    }
  }

  return {
    pieceOf(partition, task) {
      const queue = queues.get(partition);
      if (!queue) return null;
      enterUpTo(queue, task);
      const place = queue.places[queue.entered - 1];
      return place !== undefined && task < (pieces[place]?.to ?? 0) ? place : null;
    },
    finish() {
      for (const queue of queues.values()) enterUpTo(queue, Infinity);
    },
  };
}
