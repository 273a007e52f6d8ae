/**
 * How many volunteers there are that could share a task: no two of one account, and, unless the operator allows that, no two at one address.
 *
 * Each volunteer joins its address to its account, so those that are apart are a matching of the two: three devices of which the second has
 * the address of the first and the account of the third are two at most.
 */
import { LIMITS } from "../protocol/limits";
import type { Grid, GridVolunteer } from "./grid";

export interface Apart {
  /** Exact up to the largest quorum that there may be, and not counted further. */
  readonly count: number;
  /** Volunteers of which no two are of one account. */
  readonly accounts: number;
  /** Volunteers of which no two are at one address; all of them where that does not matter. */
  readonly addresses: number;
}

/** O(volunteers). */
export function countApart({ policy }: Grid, volunteers: readonly GridVolunteer[]): Apart {
  const edges = new Map<string, Set<string>>();
  const ends = new Set<string>();
  for (const { id, place } of volunteers) {
    const address = policy.onePerAddress && place.address !== null ? place.address : id;
    const account = place.account ?? id;
    edges.set(address, (edges.get(address) ?? new Set()).add(account));
    ends.add(account);
  }
  return { count: match(edges, LIMITS.quorum), accounts: ends.size, addresses: edges.size };
}

/** Pairs of a key and one of its ends, none twice: as many as there can be, and no more than `most`. */
function match(edges: ReadonlyMap<string, ReadonlySet<string>>, most: number): number {
  const taken = new Map<string, string>();
  let tried = new Set<string>();

  function place(key: string): boolean {
    for (const end of edges.get(key) ?? []) {
      if (tried.has(end)) continue;
      tried.add(end);
      const holder = taken.get(end);
      if (holder !== undefined && !place(holder)) continue;
      taken.set(end, key);
      return true;
    }
    return false;
  }

  for (const key of edges.keys()) {
    if (taken.size >= most) break;
    // What led nowhere leads nowhere until another pair is found.
    if (place(key)) tried = new Set();
  }
  return taken.size;
}
