/**
 * The arrivals that are in memory, and whether there is room for what they bring.
 *
 *   what there is = complete versions + blocks of uploads that are not in memory   as rows, counted
 *                 + what the arrivals in memory have, or are sure to have          as they say, now
 *
 * An arrival counts in one of the two at any moment: it comes into memory, and leaves it, in the same moment as the rows
 * are counted anew. One count at a time, or an older one could take the place of a newer.
 */
import { LIMITS } from "../../protocol/limits";
import { GridError } from "../../protocol/problems";
import type { Database } from "../store/database";
import type { Arrival } from "./arrival";
import { ownerOf, sumBytes } from "./dataset-rows";

export interface Quotas {
  bytesPerUser: number;
  bytesInAll: number;
}

/** Throws `quota-exceeded` when there is no room for an arrival of so many bytes. */
export type CheckRoom = (bytes: number) => Promise<void>;

export interface Entering {
  id: string;
  owner: string;
  /** What it is to have, as far as anybody said. */
  announced: number;
  /** What it is sure to have, which is kept free for it: what is on the disk already, or what is being sent. */
  sure: number;
}

export interface Room {
  /** How many arrivals are in memory. */
  readonly size: number;
  arrivals(): readonly Arrival[];
  /** @param open Called at once when there is room. @throws {GridError} `quota-exceeded`, `overloaded`. */
  enter(entering: Entering, open: (checkRoom: CheckRoom) => Arrival): Promise<Arrival>;
  /** It has become rows, or nothing. */
  leave(arrival: Arrival): Promise<void>;
}

const RETRY_MS = 10_000;

export function openRoom(database: Database, quotas: Quotas): Room {
  const inMemory = new Map<string, { arrival: Arrival; sure: number }>();
  /** As rows; of those users who have an arrival in memory. */
  const stored = new Map<string, number>();
  let storedInAll = 0;
  let counting: Promise<unknown> = Promise.resolve();

  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = counting.then(act);
    counting = turn.catch(() => {});
    return turn;
  }

  async function count(owner: string, besides: Iterable<string>): Promise<void> {
    const { ofUser, inAll } = await sumBytes(database, owner, [...besides]);
    stored.set(owner, ofUser);
    storedInAll = inAll;
  }

  /** @throws {GridError} `quota-exceeded`. */
  function check({ id, owner }: Entering, bytes: number): void {
    let [ofUser, inAll] = [(stored.get(owner) ?? 0) + bytes, storedInAll + bytes];
    for (const { arrival, sure } of inMemory.values()) {
      if (arrival.id === id) continue;
      const theirs = Math.max(sure, arrival.progress().bytes);
      inAll += theirs;
      if (ownerOf(arrival.path) === owner) ofUser += theirs;
    }
    checkQuota(`/${owner} may have`, quotas.bytesPerUser, ofUser);
    checkQuota("All datasets together may have", quotas.bytesInAll, inAll);
  }

  /** What was removed meanwhile is noticed before anybody is refused for it. */
  async function checkTwice(entering: Entering, bytes: number): Promise<void> {
    try {
      check(entering, bytes);
    } catch {
      await inTurn(() => count(entering.owner, inMemory.keys()));
      check(entering, bytes);
    }
  }

  const arrivals = () => [...inMemory.values()].map(({ arrival }) => arrival);

  return {
    get size() {
      return inMemory.size;
    },
    arrivals,

    enter: (entering, open) =>
      inTurn(async () => {
        if (inMemory.size >= LIMITS.uploadsAtOnce) {
          const detail = `There may be ${LIMITS.uploadsAtOnce} uploads at once (uploadsAtOnce); try again later`;
          throw new GridError("overloaded", detail, { retryAfterMs: RETRY_MS });
        }
        const { id, owner, announced, sure } = entering;
        await count(owner, [...inMemory.keys(), id]);
        check(entering, Math.max(announced, sure));
        const arrival = open((more) => checkTwice(entering, more));
        inMemory.set(id, { arrival, sure });
        return arrival;
      }),

    leave: (arrival) =>
      inTurn(async () => {
        const owner = ownerOf(arrival.path);
        try {
          await count(
            owner,
            [...inMemory.keys()].filter((id) => id !== arrival.id),
          );
        } finally {
          inMemory.delete(arrival.id);
          // Else there would be one for every name that anybody ever made up.
          if (!arrivals().some(({ path }) => ownerOf(path) === owner)) stored.delete(owner);
        }
      }),
  };
}

function checkQuota(whose: string, quotaBytes: number, bytes: number): void {
  if (bytes <= quotaBytes) return;
  const detail = `${whose} ${quotaBytes} bytes of datasets; with this there would be ${bytes} or more`;
  throw new GridError("quota-exceeded", detail);
}
