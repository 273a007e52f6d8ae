/** Tasks go to where their blocks are: tabs keep what they fetched, and say so. */
import { blockKeyOf } from "../protocol/block-key";
import { digestOfText } from "../protocol/digest";
import { blocksStored, openTab } from "./fixtures/tab";
import { expect, test } from "./fixtures/test";

const BLOCKS = 160;
const CHUNK_BYTES = 4096;
/** Lines of one length, of which each block has as many. */
const LINE = 64;
const LINES_A_BLOCK = CHUNK_BYTES / LINE;
const text = Array.from(
  { length: BLOCKS * LINES_A_BLOCK },
  (_, line) => `${`${line} `.padEnd(LINE - 1, "x")}\n`,
).join("");
const keys = Array.from({ length: BLOCKS }, (_, place) =>
  blockKeyOf(digestOfText(text.slice(place * CHUNK_BYTES, (place + 1) * CHUNK_BYTES))),
);
const countXs = (name: string) => ({
  name,
  program: { source: "export function map(line, { emit }) { if (line.endsWith('y')) emit(line, 1); }" },
  input: { text },
  options: { quorum: 1, chunkBytes: CHUNK_BYTES },
});

test("[E3803] a second run on the same input by the same tab, opened anew, fetches no block of it, and the page says so", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  const inputs = () =>
    coordinator.requests.filter((line) =>
      keys.some((key) => line.includes(key.toString(16).padStart(12, "0"))),
    );
  const tab = await volunteer();
  const first = await rest.completed((await rest.submit(countXs("first"))).id);
  expect(first.stages[0]?.placing?.bytesMoved).toBe(text.length);
  const fetched = inputs().length;
  expect(fetched).toBeGreaterThanOrEqual(BLOCKS);
  await expect.poll(() => blocksStored(tab)).toBeGreaterThanOrEqual(BLOCKS);
  await tab.page.close();
  await openTab(tab.context, coordinator.origin);
  const second = await rest.completed((await rest.submit(countXs("second"))).id);
  expect((second.stages[0]?.placing?.bytesMoved ?? Infinity) / text.length).toBeLessThan(0.02);
  expect((inputs().length - fetched) / BLOCKS).toBeLessThan(0.02);
  await page.goto(`${coordinator.origin}/jobs/${second.id}`);
  await expect(page.getByTestId("placing")).toContainText("100 % local");
});

/** Runs in a page of the site: changes what its database has of three blocks. @returns How many were there. */
async function tamper(digests: readonly string[]): Promise<number> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open("tabgrid");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error as Error);
  });
  const transaction = database.transaction("blocks", "readwrite");
  const blocks = transaction.objectStore("blocks");
  const changes: ((bytes: Uint8Array) => Uint8Array)[] = [
    // The last letter of its first line.
    (bytes) => bytes.with(62, "y".charCodeAt(0)),
    (bytes) => bytes.slice(0, 100),
    () => new Uint8Array(0),
  ];
  let count = 0;
  for (const [place, digest] of digests.entries()) {
    const asking = blocks.get(digest) as IDBRequest<Uint8Array | undefined>;
    asking.onsuccess = () => {
      const changed = asking.result && changes[place]?.(asking.result);
      if (changed) blocks.put(changed, digest);
      if (changed) count += 1;
    };
  }
  await new Promise((resolve) => (transaction.oncomplete = resolve));
  database.close();
  return count;
}

test("[E3804] blocks that were changed or cut short in a tab's database are not used: they are fetched again, and no others", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  const tab = await volunteer();
  await rest.completed((await rest.submit(countXs("first"))).id);
  await expect.poll(() => blocksStored(tab)).toBeGreaterThanOrEqual(BLOCKS);
  await tab.page.close();
  const other = await tab.context.newPage();
  // Not one that volunteers too: its agent would have the blocks in memory.
  await other.goto(`${coordinator.origin}/healthz`);
  const digests = [3, 70, 150].map((place) =>
    digestOfText(text.slice(place * CHUNK_BYTES, (place + 1) * CHUNK_BYTES)),
  );
  expect(await other.evaluate(tamper, digests)).toBe(3);
  await other.close();

  const before = coordinator.requests.length;
  await openTab(tab.context, coordinator.origin);
  const { id } = await rest.completed((await rest.submit(countXs("second"))).id);
  expect(await rest.result(id), "no line ends in y").toBe("");
  const fetched = coordinator.requests.slice(before).filter((line) => line.startsWith("GET /api/v1/blocks/"));
  for (const digest of digests) expect(fetched.filter((line) => line.includes(digest))).toHaveLength(1);
  const ofInput = (line: string) =>
    keys.some((key) => line.startsWith(`GET /api/v1/blocks/${key.toString(16).padStart(12, "0")}`));
  expect(fetched.filter(ofInput)).toHaveLength(3);
});
