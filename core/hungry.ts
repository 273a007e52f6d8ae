/**
 * Who waits for work, in groups of volunteers that jobs do not tell apart by what they require: when nothing on offer suits one of a
 * group, the others are not asked, however many they are.
 *
 *   who waits ──▶ its group ── first of the group ──▶ first of all ── may find something? ──▶ is asked
 *                                                                  └── no ──▶ its group is left out
 *
 * To ask costs O(groups) once, and O(log volunteers) for each that is asked.
 */
import type { VolunteerId } from "../protocol/ids";
import { IndexedHeap } from "./indexed-heap";
import type { GridVolunteer } from "./grid";
import type { Kind } from "./kinds";

/** What the volunteer may find something in: who has had its share of some jobs waits for the others. */
export function groupOf({ kind, heldBack }: GridVolunteer): Kind {
  if (heldBack === null || heldBack.jobIds.size === 0) return kind;
  return `${kind} but of ${[...heldBack.jobIds].sort().join()}` as Kind;
}

interface Group {
  readonly kind: Kind;
  /** Since when each waits, as a number: longest waiting first. */
  readonly since: Map<VolunteerId, number>;
  /** The same volunteers by their slowness. */
  readonly fastest: IndexedHeap<VolunteerId>;
}

/** The volunteers of a group in some order, with their ranks in it. */
type Line = Generator<[VolunteerId, number], void, undefined>;

export class Hungry {
  readonly #groups = new Map<Kind, Group>();
  readonly #places = new Map<VolunteerId, { readonly group: Group; readonly slowness: number }>();
  #came = 0;

  get size(): number {
    return this.#places.size;
  }

  has(id: VolunteerId): boolean {
    return this.#places.has(id);
  }

  [Symbol.iterator](): IterableIterator<VolunteerId> {
    return this.#places.keys();
  }

  /** Puts the volunteer in, or notes what has changed about it; it keeps its place unless it is of another kind. */
  set(id: VolunteerId, kind: Kind, slowness: number): void {
    if (this.#places.get(id)?.group.kind !== kind) this.delete(id);
    const group = this.#groups.get(kind) ?? { kind, since: new Map(), fastest: new IndexedHeap() };
    this.#groups.set(kind, group);
    this.#places.set(id, { group, slowness });
    if (!group.since.has(id)) group.since.set(id, this.#came++);
    group.fastest.set(id, slowness, 0);
  }

  /** All are told apart anew; each keeps its place. */
  regroup(kindOf: (id: VolunteerId) => Kind): void {
    const waiting = [...this.#groups.values()].flatMap(({ since }) => [...since]);
    const slownesses = new Map([...this.#places].map(([id, { slowness }]) => [id, slowness]));
    this.#groups.clear();
    this.#places.clear();
    for (const [id] of waiting.sort(([, a], [, b]) => a - b))
      this.set(id, kindOf(id), slownesses.get(id) ?? 1);
  }

  delete(id: VolunteerId): void {
    const group = this.#places.get(id)?.group;
    if (!group) return;
    this.#places.delete(id);
    group.since.delete(id);
    group.fastest.delete(id);
    if (group.since.size === 0) this.#groups.delete(group.kind);
  }

  /**
   * Those to be asked, one after the other; volunteers may be put in and taken out meanwhile.
   *
   * @param mayFind Whether anybody of this volunteer's kind may find something as things are; its group is left out if not.
   */
  longestFirst(mayFind: (id: VolunteerId) => boolean): Generator<VolunteerId> {
    return merge([...this.#groups.values()].map(longestOf), mayFind);
  }

  fastestFirst(mayFind: (id: VolunteerId) => boolean): Generator<VolunteerId> {
    return merge(
      [...this.#groups.values()].map((group) => this.#fastestOf(group)),
      mayFind,
    );
  }

  *#fastestOf({ since, fastest }: Group): Line {
    const asked: VolunteerId[] = [];
    try {
      for (let id = fastest.peek(); id !== undefined; id = fastest.peek()) {
        fastest.delete(id);
        asked.push(id);
        yield [id, this.#places.get(id)?.slowness ?? 1];
        // It may still be waiting, but has been asked.
        fastest.delete(id);
      }
    } finally {
      for (const id of asked) if (since.has(id)) fastest.set(id, this.#places.get(id)?.slowness ?? 1, 0);
    }
  }
}

function* longestOf({ since }: Group): Line {
  yield* since;
}

function* merge(lines: readonly Line[], mayFind: (id: VolunteerId) => boolean): Generator<VolunteerId> {
  const firsts = new IndexedHeap<Line>();
  const heads = new Map<Line, VolunteerId>();
  const goOn = (line: Line) => {
    const { value } = line.next();
    if (!value) return firsts.delete(line);
    heads.set(line, value[0]);
    return firsts.set(line, value[1], 0);
  };
  try {
    lines.forEach(goOn);
    for (let line = firsts.peek(); line; line = firsts.peek()) {
      const id = heads.get(line);
      if (id === undefined || !mayFind(id)) {
        firsts.delete(line);
        continue;
      }
      yield id;
      goOn(line);
    }
  } finally {
    for (const line of lines) line.return();
  }
}
