/** What a merge gives, as programs take it: whole groups, many at a time, or one key with its values as they come. */
import { LIMITS } from "../../protocol/limits";
import { cap } from "./errors";
import type { Group } from "./groups";
import type { Merge } from "./merge";
import { isThenable } from "./thenable";

const GROUPS_AT_ONCE = 512;
const VALUES_AT_ONCE = 16_384;

/**
 * @yields Some keys with all of their values, in order; never none.
 * @throws {RangeError} If a key has more values than fit in LIMITS.groupBytes.
 */
export async function* groupsIn(merge: Merge): AsyncGenerator<readonly Group[]> {
  let groups: Group[] = [];
  let valueCount = 0;
  for (;;) {
    const next = merge.nextKey();
    const key = isThenable(next) ? await next : next;
    if (!key) break;
    const some = valuesOf(merge, key.key);
    const values = isThenable(some) ? await some : some;
    groups.push({ ...key, values });
    valueCount += values.length;
    if (groups.length < GROUPS_AT_ONCE && valueCount < VALUES_AT_ONCE) continue;
    yield groups;
    groups = [];
    valueCount = 0;
  }
  if (groups.length > 0) yield groups;
}

/** A promise only when there is something to wait for: most keys lie in blocks that are there. */
function valuesOf(merge: Merge, key: unknown): unknown[] | Promise<unknown[]> {
  const values: unknown[] = [];
  let bytes = 0;
  for (;;) {
    const more = merge.moreValues();
    if (isThenable(more)) return Promise.resolve(more).then(goOn);
    if (more === null) return values;
    take(more);
  }

  async function goOn(first: readonly unknown[] | null): Promise<unknown[]> {
    for (let more = first; more !== null; more = await merge.moreValues()) take(more);
    return values;
  }

  function take(more: readonly unknown[]): void {
    for (const value of more) values.push(value);
    bytes += more.length * (merge.averageBytes + VALUE_BYTES);
    if (bytes > LIMITS.groupBytes) throw tooMany(key, values.length);
  }
}

/** What a value takes in a list, beside itself. */
const VALUE_BYTES = 8;

function tooMany(key: unknown, count: number): RangeError {
  const name = cap(typeof key === "string" ? JSON.stringify(key) : String(key), 100);
  return new RangeError(
    `The values of one key, which reduce gets as one list, may take ${LIMITS.groupBytes} bytes (groupBytes); those of ${name} take more, ` +
      `${count} so far. Export combine, or values = "stream" to be given them one by one`,
  );
}

/** The values of the merge's current key, one by one. */
export async function* valuesIn(merge: Merge): AsyncGenerator<unknown> {
  for (;;) {
    const next = merge.moreValues();
    const some = isThenable(next) ? await next : next;
    if (some === null) return;
    yield* some;
  }
}
