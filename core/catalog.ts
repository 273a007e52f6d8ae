/**
 * The catalog: which volunteers hold which blocks, as far as they say so or were given tasks on them.
 *
 * A volunteer may claim what it likes: tasks are offered to it that it then has to fetch the blocks of, and that is all. Its memory is
 * bounded for each volunteer and for all together; what does not fit is not known, and costs a fetch. All costs are O(1), but for a
 * volunteer that leaves: then O(what it holds).
 */
import type { BlockKey } from "../protocol/block-key";
import type { VolunteerId } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import type { LocalQueue } from "./local-queue";
import type { Stage } from "./grid";

/** What one volunteer holds. */
export interface Holdings {
  /** The latest is the last. */
  readonly keys: Set<BlockKey>;
  /** The same and what was held before, in the order in which it came: read by each stage from its own mark. */
  log: BlockKey[];
  /** Raised when the log is written anew: then marks in it mean nothing. */
  generation: number;
  readonly queues: WeakMap<Stage, LocalQueue>;
}

/** More holders of one block than this are not kept by name: a task is not offered to more of them. */
const HOLDERS_NAMED = 64;
const SHORT_LOG = 64;

export class Catalog {
  readonly #holdings = new Map<VolunteerId, Holdings>();
  readonly #holders = new Map<BlockKey, VolunteerId[]>();
  readonly #mostEntries: number;
  #entries = 0;

  /** @param mostEntries Pairs of a volunteer and a block that are known at most. */
  constructor(mostEntries: number = LIMITS.catalogEntries) {
    this.#mostEntries = mostEntries;
  }

  /** Pairs of a volunteer and a block. */
  get size(): number {
    return this.#entries;
  }

  holds(id: VolunteerId, key: BlockKey): boolean {
    return this.#holdings.get(id)?.keys.has(key) ?? false;
  }

  /** Undefined when nothing is known of it. */
  holdingsOf(id: VolunteerId): Holdings | undefined {
    return this.#holdings.get(id);
  }

  /** Some of those that hold the block, 64 at most. */
  holdersOf(key: BlockKey): readonly VolunteerId[] {
    return this.#holders.get(key) ?? [];
  }

  add(id: VolunteerId, key: BlockKey): void {
    const holdings = this.#holdings.get(id) ?? this.#open(id);
    if (holdings.keys.has(key)) return;
    if (holdings.keys.size >= LIMITS.blocksAnnounced) {
      const [oldest] = holdings.keys;
      if (oldest !== undefined) this.drop(id, oldest);
    }
    if (this.#entries >= this.#mostEntries) return;
    this.#entries += 1;
    holdings.keys.add(key);
    holdings.log.push(key);
    if (holdings.log.length > SHORT_LOG + 2 * holdings.keys.size) {
      holdings.log = [...holdings.keys];
      holdings.generation += 1;
    }
    const holders = this.#holders.get(key);
    if (!holders) this.#holders.set(key, [id]);
    else if (holders.length < HOLDERS_NAMED) holders.push(id);
  }

  drop(id: VolunteerId, key: BlockKey): void {
    const holdings = this.#holdings.get(id);
    if (!holdings?.keys.delete(key)) return;
    this.#entries -= 1;
    this.#unname(id, key);
  }

  /** What a volunteer says it holds takes the place of all that was known of it. */
  replace(id: VolunteerId, keys: readonly BlockKey[]): void {
    const held = new Set(keys);
    for (const key of this.#holdings.get(id)?.keys ?? []) if (!held.has(key)) this.drop(id, key);
    for (const key of held) this.add(id, key);
  }

  forget(id: VolunteerId): void {
    const holdings = this.#holdings.get(id);
    if (!holdings) return;
    this.#entries -= holdings.keys.size;
    for (const key of holdings.keys) this.#unname(id, key);
    this.#holdings.delete(id);
  }

  #open(id: VolunteerId): Holdings {
    const holdings: Holdings = { keys: new Set(), log: [], generation: 0, queues: new WeakMap() };
    this.#holdings.set(id, holdings);
    return holdings;
  }

  #unname(id: VolunteerId, key: BlockKey): void {
    const holders = this.#holders.get(key);
    const place = holders?.indexOf(id) ?? -1;
    if (!holders || place === -1) return;
    holders.splice(place, 1);
    if (holders.length === 0) this.#holders.delete(key);
  }
}
