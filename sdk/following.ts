/** Opens a stream again where it broke off, for as long as it is worth it. Knows not what is in it. */
import type { Client, ApiRequest } from "./client";
import { UnreachableError } from "./errors";
import { StreamBrokenError } from "./line-stream";
import { STREAM_RETRIES, waitBefore, type RetryPolicy } from "./retry";
import { sleep } from "./sleep";

/** Whether the stream came to its proper end; one that breaks off throws instead. */
export type StreamEnd = "ended" | "broke";

export interface Reading<Item> {
  /** Asked before each opening, so that it can say from where. */
  readonly request: () => ApiRequest;
  /** Yields what is in the answer, and says whether it is over. `StreamBrokenError` counts as broken. */
  readonly read: (response: Response, alive: () => void) => AsyncGenerator<Item, StreamEnd>;
  readonly retries?: RetryPolicy;
}

/**
 * @yields What is read, over all connections.
 * @throws What refuses the request; `UnreachableError` when too many attempts in a row brought nothing.
 */
export async function* following<Item>(client: Client, reading: Reading<Item>): AsyncGenerator<Item, void> {
  const policy = reading.retries ?? STREAM_RETRIES;
  let failures = 0;
  for (;;) {
    const request = reading.request();
    // The first time, a wrong address should not take minutes to be noticed.
    const retries = failures === 0 ? {} : { retries: policy };
    const response = await client.open({ ...request, ...retries });
    let cause: unknown;
    const items = reading.read(response, () => (failures = 0));
    try {
      for (;;) {
        const next = await nextOf(items);
        if (next.state === "item") yield next.item;
        else if (next.state === "ended") return;
        else {
          cause = next.cause;
          break;
        }
      }
    } finally {
      await items.return("broke");
    }
    request.signal?.throwIfAborted();
    failures += 1;
    const waitMs = waitBefore(failures, policy, Math.random());
    if (waitMs === null)
      throw new UnreachableError(client.url, `${request.path} broke off ${failures} times in a row`, {
        cause,
      });
    await sleep(waitMs, request.signal);
  }
}

type Next<Item> = { state: "item"; item: Item } | { state: "ended" } | { state: "broke"; cause: unknown };

/** Only a connection that went away means that it broke: anything else would happen again. */
async function nextOf<Item>(items: AsyncGenerator<Item, StreamEnd>): Promise<Next<Item>> {
  try {
    const { done, value } = await items.next();
    if (!done) return { state: "item", item: value };
    return value === "ended" ? { state: "ended" } : { state: "broke", cause: undefined };
  } catch (error) {
    if (error instanceof StreamBrokenError) return { state: "broke", cause: error.cause };
    throw error;
  }
}
