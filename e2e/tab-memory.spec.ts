/** What a tab takes of memory, however large blocks and outputs are: the sums are those of docs/DATA.md, "In the tab". */
import { LIMITS } from "../protocol/limits";
import { browserProcesses, watchMemory } from "../testing/process-memory";
import { openTab } from "./fixtures/tab";
import { expect, test } from "./fixtures/test";

/** Of two slots: with blocks of 4 MiB, and with the largest. What the browser takes before there is work comes on top. */
const SUM_MIB = 712;
const LARGEST_SUM_MIB = 1_392;

/** Each task emits 52 MB, which weigh more than the 64 MiB that it may hold; all of it is the job's result. */
const TASKS = 2;
const VALUES = 52_000;
const VALUE_CHARS = 1_000;
const EMIT = `export async function map(task, { emit }) {
  for (let n = 0; n < ${VALUES}; n++) await emit(n * ${TASKS} + task, String(n).padEnd(${VALUE_CHARS}, "x"));
}
export const reduce = (key, [value]) => value;
`;

const LINE = 64;
const BLOCK_BYTES = LIMITS.maxDatasetBlockBytes;
const BLOCKS = 4;
const COUNT = `export const map = (line, { emit }) => emit("lines", 1);
export const combine = (key, values) => values.reduce((sum, n) => sum + n, 0);
export const reduce = combine;
`;

test("[E5301] a tab's memory stays under the stated sum, however much its tasks emit and however large blocks are", async ({
  coordinator,
  ownBrowser,
  rest,
}) => {
  const context = await ownBrowser.open();
  await openTab(context, coordinator.origin);
  const memory = watchMemory(async () => ({
    tabs: (await browserProcesses(ownBrowser.pid))["tabs"] ?? [],
  }));
  const most = () => memory.most().get("tabs") ?? 0;
  await expect.poll(most).toBeGreaterThan(0);
  const before = most();

  const emitting = await rest.submit({
    program: { source: EMIT },
    input: { range: { end: TASKS } },
    options: { quorum: 1, reducers: 2, chunkSize: 1 },
  });
  await rest.completed(emitting.id);
  let bytes = 0;
  for await (const piece of (await rest.fetch(`/api/v1/jobs/${emitting.id}/result`)).body ?? [])
    bytes += piece.byteLength;
  expect(bytes).toBeGreaterThan(TASKS * VALUES * VALUE_CHARS);
  expect(most()).toBeLessThan(before + SUM_MIB);

  const text = Buffer.alloc(BLOCKS * BLOCK_BYTES, `${"x".repeat(LINE - 1)}\n`);
  for (let block = 0; block < BLOCKS; block++) text.write(String(block), block * BLOCK_BYTES);
  const address = `/api/v1/datasets/ada/lines?blockBytes=${BLOCK_BYTES}`;
  expect((await rest.fetch(address, { method: "PUT", body: text })).status).toBe(201);
  const counting = await rest.submit({
    program: { source: COUNT },
    input: { dataset: "/ada/lines" },
    options: { quorum: 1, reducers: 1 },
  });
  await rest.completed(counting.id);
  expect(await rest.result(counting.id)).toBe(`{"key":"lines","value":${text.length / LINE}}\n`);
  const { most: mostOfAll } = memory.stop();
  expect(mostOfAll.get("tabs")).toBeLessThan(before + LARGEST_SUM_MIB);
});
