/** Tasks go to where their blocks are: tabs keep what they fetched, and say so. */
import { blockKeyOf } from "../protocol/block-key";
import { digestOfText } from "../protocol/digest";
import { openTab } from "./fixtures/tab";
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
  const kept = async () =>
    Number((await tab.page.getByTestId("blocks-stored").textContent())?.replace(/\D.*/s, ""));
  await expect.poll(kept).toBeGreaterThanOrEqual(BLOCKS);
  await tab.page.close();
  await openTab(tab.context, coordinator.origin);
  const second = await rest.completed((await rest.submit(countXs("second"))).id);
  expect((second.stages[0]?.placing?.bytesMoved ?? Infinity) / text.length).toBeLessThan(0.02);
  expect((inputs().length - fetched) / BLOCKS).toBeLessThan(0.02);
  await page.goto(`${coordinator.origin}/jobs/${second.id}`);
  await expect(page.getByTestId("placing")).toContainText("100 % local");
});
