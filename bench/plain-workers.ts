/**
 * The ideal that the grid is measured against: the same function in plain Web Workers
 * of the same browser, without a grid, a network or a sandbox.
 *
 * A small server gives out a page that runs what its address says and posts the result back.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "./browser";

export interface PlainWorkers {
  /** Runs `map` on 0 … taskCount-1, shared out evenly over the workers. @returns Milliseconds in all. */
  runTasks(mapSource: string, taskCount: number, workerCount: number): Promise<number>;
  /** @returns Milliseconds from starting a worker with this function to its first output. */
  firstOutputMs(mapSource: string): Promise<number>;
  /** Trivial messages to one worker and back, 32 in flight. @returns How many a second. */
  echoesPerSecond(): Promise<number>;
  /** Fetches so many bytes so often, six at a time. @returns Milliseconds in all. */
  fetchMs(count: number, bytes: number): Promise<number>;
  close(): Promise<void>;
}

export async function openPlainWorkers(browser: Browser): Promise<PlainWorkers> {
  const page = await readFile(new URL("./plain-workers.page.js", import.meta.url), "utf8");
  let report = (_: number) => {};
  let body = Buffer.alloc(0);
  const server = createServer((request, response) => {
    const asked = /^\/bytes\/(\d+)\//.exec(request.url ?? "");
    if (asked) {
      const bytes = Number(asked[1]);
      if (body.length !== bytes) body = randomBytes(bytes);
      response.end(body);
      return;
    }
    if (request.method !== "POST") {
      response.setHeader("content-type", "text/html");
      response.end(`<!doctype html><meta charset="utf-8"><script type="module">${page}</script>`);
      return;
    }
    request.on("data", (chunk) => report(Number(String(chunk))));
    request.on("end", () => response.end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  async function measure(query: Record<string, string>): Promise<number> {
    const result = new Promise<number>((resolve) => (report = resolve));
    const address = `http://127.0.0.1:${port}/?${new URLSearchParams(query)}`;
    const tab = await browser.openTab(address);
    const value = await result;
    await tab.close();
    return value;
  }

  return {
    runTasks: (map, taskCount, workerCount) =>
      measure({ what: "tasks", map, tasks: String(taskCount), workers: String(workerCount) }),
    firstOutputMs: (map) => measure({ what: "first", map }),
    fetchMs: (count, bytes) => measure({ what: "fetch", count: String(count), bytes: String(bytes) }),
    echoesPerSecond: () => measure({ what: "echoes" }),
    close: async () => void server.close(),
  };
}
