import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventStream, type EventSink } from "./sse";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** An open stream, the sink that feeds it, and a way to read it one piece at a time. */
async function openStream() {
  const abort = new AbortController();
  const unsubscribe = vi.fn();
  let sink: EventSink | undefined;
  const response = await eventStream(abort.signal, (given) => {
    sink = given;
    return unsubscribe;
  });
  if (!sink || !response.body) throw new Error("Not subscribed");
  const pieces = response.body.getReader();
  const next = async () => {
    const { done, value } = await pieces.read();
    return done ? undefined : new TextDecoder().decode(value);
  };
  return { abort, unsubscribe, sink, response, next, cancel: () => pieces.cancel() };
}

const job = (n: number) => ({ event: "job", data: { n }, kind: "job" });
const logLine = (n: number) => ({ event: "log", data: n, kind: null });

describe("eventStream", () => {
  it("[HT29] writes events as they come, as text/event-stream that nobody may store or hold back", async () => {
    const { sink, response, next } = await openStream();
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store, no-transform");
    expect(await next()).toBe("retry: 2000\n\n");
    sink.send(job(1));
    expect(await next()).toBe('event: job\ndata: {"n":1}\n\n');
  });

  it("[HT30] gives a slow reader only the newest event of a kind, and all that have none", async () => {
    const { sink, next } = await openStream();
    await next();
    sink.send(job(0));
    await next();
    for (const n of [1, 2, 3]) {
      sink.send(job(n));
      sink.send(logLine(n));
    }
    sink.end();
    const rest = [];
    for (let piece = await next(); piece !== undefined; piece = await next()) rest.push(piece.split("\n")[1]);
    // One piece may already be on its way when the next event comes.
    expect(rest.filter((data) => data?.includes("{")).length).toBeLessThanOrEqual(2);
    expect(rest.filter((data) => data?.includes('{"n":3}'))).toHaveLength(1);
    expect(rest.filter((data) => !data?.includes("{"))).toEqual(["data: 1", "data: 2", "data: 3"]);
  });

  it("[HT31] keeps a bounded number of events for a reader that does not read: the newest", async () => {
    const { sink, next } = await openStream();
    for (let n = 0; n < 5000; n++) sink.send(logLine(n));
    sink.end();
    const pieces = [];
    for (let piece = await next(); piece !== undefined; piece = await next()) pieces.push(piece);
    expect(pieces.length).toBeLessThan(1100);
    expect(pieces.at(-1)).toBe("event: log\ndata: 4999\n\n");
  });

  it("[HT32] says something every 15 seconds, so that no proxy takes the connection for dead", async () => {
    const { next } = await openStream();
    await next();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await next()).toBe(": ping\n\n");
  });

  it("[HT33] ends after what is waiting has been sent", async () => {
    const { sink, next, unsubscribe } = await openStream();
    sink.send(job(1));
    sink.end();
    expect(await next()).toMatch(/^retry/);
    expect(await next()).toMatch(/^event: job/);
    expect(await next()).toBeUndefined();
    expect(unsubscribe).toHaveBeenCalledOnce();
  });

  it("[HT34] ends its subscription and its timer once, however the reader leaves", async () => {
    const aborted = await openStream();
    aborted.abort.abort();
    const cancelled = await openStream();
    await cancelled.cancel();
    cancelled.abort.abort();
    expect(aborted.unsubscribe).toHaveBeenCalledOnce();
    expect(cancelled.unsubscribe).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("[HT35] throws what the subscription throws, before anything is answered", async () => {
    const refused = eventStream(new AbortController().signal, () => Promise.reject(new Error("no such job")));
    await expect(refused).rejects.toThrow("no such job");
    expect(vi.getTimerCount()).toBe(0);
  });
});
