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
  const inputs = async () =>
    (await coordinator.requestsSoFar()).filter((line) =>
      keys.some((key) => line.includes(key.toString(16).padStart(12, "0"))),
    );
  const tab = await volunteer();
  const first = await rest.completed((await rest.submit(countXs("first"))).id);
  expect(first.stages[0]?.placing?.bytesMoved).toBe(text.length);
  const fetched = (await inputs()).length;
  expect(fetched).toBeGreaterThanOrEqual(BLOCKS);
  await expect.poll(() => blocksStored(tab)).toBeGreaterThanOrEqual(BLOCKS);
  await tab.page.close();
  await openTab(tab.context, coordinator.origin);
  const second = await rest.completed((await rest.submit(countXs("second"))).id);
  expect((second.stages[0]?.placing?.bytesMoved ?? Infinity) / text.length).toBeLessThan(0.02);
  expect(((await inputs()).length - fetched) / BLOCKS).toBeLessThan(0.02);
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

  const before = (await coordinator.requestsSoFar()).length;
  await openTab(tab.context, coordinator.origin);
  const { id } = await rest.completed((await rest.submit(countXs("second"))).id);
  expect(await rest.result(id), "no line ends in y").toBe("");
  const requests = (await coordinator.requestsSoFar()).slice(before);
  const fetched = requests.filter((line) => line.startsWith("GET /api/v1/blocks/"));
  for (const digest of digests) expect(fetched.filter((line) => line.includes(digest))).toHaveLength(1);
  const ofInput = (line: string) =>
    keys.some((key) => line.startsWith(`GET /api/v1/blocks/${key.toString(16).padStart(12, "0")}`));
  expect(fetched.filter(ofInput)).toHaveLength(3);
});

/** Of blocks that large, tabs keep `Blob`s, which the slots verify that they are lent to. */
const LARGE_BYTES = 512 * 1024;
const LARGE_BLOCKS = 6;
const largeText = text.slice(0, LARGE_BYTES).repeat(LARGE_BLOCKS).split("");
for (let block = 0; block < LARGE_BLOCKS; block++) largeText[block * LARGE_BYTES] = String(block);

/** Runs in a page of the site: spoils two blocks, and makes bytes of a third, as tabs kept them before. @returns What they were. */
async function spoil(digests: readonly string[]): Promise<string[]> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open("tabgrid");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error as Error);
  });
  const done = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error as Error);
    });
  const changes: ((blob: Blob) => Promise<Blob | Uint8Array>)[] = [
    async (blob) => new Blob(["z", blob.slice(1)]),
    async (blob) => blob.slice(0, 100_000),
    async (blob) => new Uint8Array(await blob.arrayBuffer()),
  ];
  const kinds: string[] = [];
  for (const [place, digest] of digests.entries()) {
    const kept = (await done(database.transaction("blocks").objectStore("blocks").get(digest))) as unknown;
    const change = changes[place];
    kinds.push(kept instanceof Blob ? `Blob of ${kept.size}` : typeof kept);
    if (!(kept instanceof Blob) || !change) continue;
    const changed = await change(kept);
    await done(database.transaction("blocks", "readwrite").objectStore("blocks").put(changed, digest));
  }
  database.close();
  return kinds;
}

test("[E4601] large blocks stay with the browser: slots verify them, and those that were changed in its database are fetched again, once", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  const input = { text: largeText.join("") };
  const digests = Array.from({ length: LARGE_BLOCKS }, (_, block) =>
    digestOfText(input.text.slice(block * LARGE_BYTES, (block + 1) * LARGE_BYTES)),
  );
  const source = `export function map(line, { emit }) { emit("lines", 1); if (/^z/.test(line)) emit("changed", 1); }
    export function reduce(key, counts) { return counts.length; }`;
  const job = (name: string) => ({
    ...{ name, program: { source }, input },
    options: { quorum: 1, chunkBytes: LARGE_BYTES, reducers: 1 },
  });
  const count = `{"key":"lines","value":${(LARGE_BLOCKS * LARGE_BYTES) / LINE}}\n`;
  const fetches = async () => {
    const requests = await coordinator.requestsSoFar();
    return digests.map(
      (digest) => requests.filter((line) => line.startsWith(`GET /api/v1/blocks/${digest}`)).length,
    );
  };

  const tab = await volunteer();
  const first = await rest.completed((await rest.submit(job("first"))).id);
  expect(await rest.result(first.id)).toBe(count);
  const stored = async () =>
    Number((await tab.page.getByTestId("blocks-stored").textContent())?.replace(/\D.*/s, ""));
  await expect.poll(stored).toBeGreaterThanOrEqual(LARGE_BLOCKS);
  await tab.page.close();
  const other = await tab.context.newPage();
  await other.goto(`${coordinator.origin}/healthz`);
  const kinds = await other.evaluate(spoil, digests.slice(0, 3));
  expect(kinds).toEqual(Array.from({ length: 3 }, () => `Blob of ${LARGE_BYTES}`));
  await other.close();
  expect(await fetches()).toEqual([1, 1, 1, 1, 1, 1]);

  await openTab(tab.context, coordinator.origin);
  const second = await rest.completed((await rest.submit(job("second"))).id);
  expect(await rest.result(second.id)).toBe(count);
  expect(await fetches()).toEqual([2, 2, 1, 1, 1, 1]);
});
