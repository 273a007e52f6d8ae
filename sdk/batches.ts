/**
 * Cuts items that come one after the other into batches, each of which becomes a job.
 *
 * A batch is closed when it is full; or when the source keeps us waiting and fewer jobs than may be are under way, so
 * that slow sources are computed as they come, and fast ones in large jobs. Nothing is read ahead beyond one batch.
 */
import type { Classes } from "../protocol/objects/classes";
import { toWire } from "../protocol/objects/wire";

export interface BatchLimits {
  /** By the number of batches before: the first ones may be smaller, so that there are results soon. */
  readonly items: (batchIndex: number) => number;
  /** As JSON. */
  readonly bytes: number;
  /** How long a source may keep us waiting before what there is goes ahead, in milliseconds. */
  readonly lingerMs: number;
}

export interface Batch {
  readonly items: readonly unknown[];
  /** Place of the first one among all items. */
  readonly first: number;
}

type Step = { state: "item"; item: unknown } | { state: "ended" } | { state: "late" };

/**
 * @param hasRoom Whether another job may be begun now.
 * @yields Batches of one or more items, in order.
 * @param classes Whose instances may be sent.
 * @throws {CannotCarry} With the path of what cannot be sent.
 */
export async function* batchesOf(
  source: Iterable<unknown> | AsyncIterable<unknown>,
  limits: BatchLimits,
  hasRoom: () => boolean,
  classes: Classes = {},
): AsyncGenerator<Batch, void> {
  const reader = openReader(source, limits.lingerMs);
  let batch = emptyBatch(0, classes);
  let batchCount = 0;
  try {
    for (;;) {
      const step = await reader.next(batch.items.length > 0);
      if (step.state === "item") batch.add(step.item);
      const isDue = step.state === "ended" || (step.state === "late" && hasRoom());
      const isFull = batch.items.length >= limits.items(batchCount) || batch.bytes() >= limits.bytes;
      if ((isDue || isFull) && batch.items.length > 0) {
        yield { items: batch.items, first: batch.first };
        batchCount += 1;
        batch = emptyBatch(batch.first + batch.items.length, classes);
      }
      if (step.state === "ended") return;
    }
  } finally {
    await reader.close();
  }
}

function emptyBatch(first: number, classes: Classes) {
  const items: unknown[] = [];
  let byteCount = 0;
  return {
    first,
    items,
    bytes: () => byteCount,
    add(item: unknown) {
      const sent = toWire(item, classes, `item ${first + items.length}`);
      byteCount += JSON.stringify(sent).length + 1;
      items.push(sent);
    },
  };
}

/** One call of the source's `next` may be outlived by several of ours. */
function openReader(source: Iterable<unknown> | AsyncIterable<unknown>, lingerMs: number) {
  const isAsync = Symbol.asyncIterator in source;
  const iterator = isAsync ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let asked: Promise<Step> | null = null;
  return {
    /** @param mayBeLate Whether it is told when the source keeps us waiting. */
    async next(mayBeLate: boolean): Promise<Step> {
      asked ??= ask();
      const step = await (mayBeLate && isAsync ? sooner(asked, lingerMs) : asked);
      if (step.state !== "late") asked = null;
      return step;
    },
    async close() {
      // A source that is in the middle of something ends when it wants to; nobody waits for it.
      const ended = Promise.resolve(iterator.return?.());
      if (asked === null) await ended;
      else ended.catch(() => {});
    },
  };

  async function ask(): Promise<Step> {
    const { done, value } = await iterator.next();
    return done ? { state: "ended" } : { state: "item", item: value as unknown };
  }
}

async function sooner(asked: Promise<Step>, lateMs: number): Promise<Step> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Step>((resolve) => {
    timer = setTimeout(resolve, lateMs, { state: "late" });
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
