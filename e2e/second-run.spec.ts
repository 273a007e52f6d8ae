/** What tabs have fetched for one job they have for the next, with blocks as large as they are by default, and where nothing can be stored. */
import { randomBytes } from "node:crypto";
import { LIMITS } from "../protocol/limits";
import type { JobView } from "../protocol/views";
import type { Rest } from "./fixtures/rest";
import { blocksStored, openTab } from "./fixtures/tab";
import { expect, test } from "./fixtures/test";

const BLOCKS = 48;
const BYTES = BLOCKS * LIMITS.datasetBlockBytes;

/** Random, so that it cannot be packed, and no block is like another; a block is one record. */
async function upload(rest: Rest, path: string, blocks: number): Promise<void> {
  const query = `format=bytes&recordBytes=${LIMITS.datasetBlockBytes}`;
  const headers = { "content-type": "application/octet-stream" };
  const put = { method: "PUT", body: randomBytes(blocks * LIMITS.datasetBlockBytes), headers };
  expect((await rest.fetch(`/api/v1/datasets${path}?${query}`, put)).status).toBe(201);
}

/** @returns How many bytes it moved. */
async function run(rest: Rest, name: string, path: string): Promise<number> {
  const source = "export const map = (bytes) => bytes.length;";
  const job = { name, program: { source }, input: { dataset: path }, options: { quorum: 1 } };
  const { id } = await rest.submit(job);
  const { stages }: JobView = await rest.completed(id);
  return stages[0]?.placing?.bytesMoved ?? NaN;
}

/** Runs in a page of the site: begins a transaction that lasts until the page is closed, so that nobody else writes a block. */
async function holdDatabase(): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open("tabgrid");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error as Error);
  });
  const blocks = database.transaction("blocks", "readwrite").objectStore("blocks");
  await new Promise<void>((resolve) => {
    const goOn = () => {
      blocks.count().onsuccess = goOn;
      resolve();
    };
    blocks.count().onsuccess = goOn;
  });
}

test("[E3805] tabs keep all blocks of the default size that they fetch, however slow the database is: a second run moves under a fiftieth", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  await upload(rest, "/ada/noise", BLOCKS);
  const tab = await volunteer();
  await openTab(tab.context, coordinator.origin);
  const other = await tab.context.newPage();
  await other.goto(`${coordinator.origin}/healthz`);
  await other.evaluate(holdDatabase);
  expect(await run(rest, "first", "/ada/noise")).toBe(BYTES);
  expect(await blocksStored(tab)).toBeLessThan(BLOCKS / 8);
  await other.close();
  await expect.poll(() => blocksStored(tab), { timeout: 60_000 }).toBeGreaterThanOrEqual(BLOCKS);
  expect((await run(rest, "second", "/ada/noise")) / BYTES).toBeLessThan(0.02);
});

test("[E3806] a tab that its browser gives no room does a job on a dataset, and has what fits in its memory for the next one", async ({
  browser,
  coordinator,
  rest,
}) => {
  const blocks = 8;
  await upload(rest, "/ada/some", blocks);
  const context = await browser.newContext();
  try {
    const other = await context.newPage();
    const devtools = await context.newCDPSession(other);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: coordinator.origin, quotaSize: 1 });
    const tab = await openTab(context, coordinator.origin);
    expect(await run(rest, "first", "/ada/some")).toBe(blocks * LIMITS.datasetBlockBytes);
    const fetched = (await coordinator.requestsSoFar()).length;
    expect(await run(rest, "second", "/ada/some")).toBe(0);
    const requests = (await coordinator.requestsSoFar()).slice(fetched);
    expect(requests.filter((line) => line.startsWith("GET /api/v1/blocks/"))).toEqual([]);
    expect(await blocksStored(tab)).toBe(0);
  } finally {
    await context.close();
  }
});
