/** The blocks that a stage's tasks read: found by task in O(log blocks), and by key. Tasks of one block are in a row. */
import type { BlockKey } from "../protocol/block-key";

/** The blocks in the order of their tasks. */
export interface InputBlocks {
  keys: readonly BlockKey[];
  bytes: readonly number[];
  /** The first task of each block, ascending. */
  firstTasks: readonly number[];
}

export class StageBlocks {
  readonly #blocks: InputBlocks;
  readonly #taskCount: number;
  /** Places by ascending key. */
  readonly #byKey: Uint32Array;
  /** Up to here, a block's tasks have been handed out. */
  readonly #begun: Uint32Array;

  constructor(blocks: InputBlocks, taskCount: number) {
    const { keys, firstTasks } = blocks;
    this.#blocks = blocks;
    this.#taskCount = taskCount;
    this.#byKey = Uint32Array.from(keys, (_, place) => place).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
    this.#begun = Uint32Array.from(firstTasks);
  }

  /** The block of a task. */
  placeOf(task: number): number {
    const { firstTasks } = this.#blocks;
    return firstAbove(firstTasks.length, (place) => (firstTasks[place] ?? 0) > task) - 1;
  }

  keyAt(place: number): BlockKey {
    return this.#blocks.keys[place] ?? (0 as BlockKey);
  }

  bytesAt(place: number): number {
    return this.#blocks.bytes[place] ?? 0;
  }

  /** The task after the block's last one. */
  endOf(place: number): number {
    return this.#blocks.firstTasks[place + 1] ?? this.#taskCount;
  }

  /** Where a block is in the input: usually once, if at all. */
  *placesOf(key: BlockKey): Generator<number> {
    const keyAt = (rank: number) => this.keyAt(this.#byKey[rank] ?? 0);
    let rank = firstAbove(this.#byKey.length, (at) => keyAt(at) >= key);
    for (; rank < this.#byKey.length && keyAt(rank) === key; rank++) yield this.#byKey[rank] ?? 0;
  }

  /**
   * The first task of a block that was never handed out; null when there is none. What was handed out stays so, so that looking is
   * O(1) amortised.
   */
  freshTaskOf(place: number, isFree: (task: number) => boolean): number | null {
    const end = this.endOf(place);
    let task = this.#begun[place] ?? end;
    while (task < end && !isFree(task)) task += 1;
    this.#begun[place] = task;
    return task < end ? task : null;
  }
}

/** The first of the numbers from 0 to `length` that is above, when all after it are too. */
function firstAbove(length: number, isAbove: (at: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isAbove(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
