/** Eight tabs, each with a database of its own: what each has kept of a dataset decides what it gets of the next job. */
import { LIMITS } from "../protocol/limits";
import { JobStatistics } from "../protocol/statistics";
import type { Rest } from "./fixtures/rest";
import { blocksStored } from "./fixtures/tab";
import { expect, test } from "./fixtures/test";

const TABS = 8;
const BLOCKS = 160;
/** Lines of one length, of which each block has as many. */
const LINE = 64;
const BLOCK_BYTES = LIMITS.minDatasetBlockBytes;
const LINES = (BLOCKS * BLOCK_BYTES) / LINE;

/** Takes the same time on a fast machine and on a busy one: the first record of each task waits, and keeps no processor busy. */
const WAITING = `export async function map(line, { config, emit }) {
  if (line.startsWith("first")) await new Promise((done) => setTimeout(done, config.ms));
  emit("lines", 1);
}
export const combine = (key, values) => values.reduce((sum, n) => sum + n, 0);
export const reduce = combine;
`;

function lineAt(place: number): string {
  const mark = place % (BLOCK_BYTES / LINE) === 0 ? "first" : "later";
  return `${`${mark} ${place} `.padEnd(LINE - 1, "x")}\n`;
}

async function run(rest: Rest, name: string) {
  const job = await rest.submit({
    name,
    program: { source: WAITING },
    input: { dataset: "/ada/lines" },
    options: { quorum: 1, reducers: 1 },
    // A tab that is held up for a second has its share all the same.
    config: { ms: 400 },
  });
  await rest.completed(job.id);
  expect(await rest.result(job.id)).toBe(`{"key":"lines","value":${LINES}}\n`);
  const response = await rest.fetch(`/api/v1/jobs/${job.id}/statistics`);
  const { stages } = JobStatistics.parse(await response.json());
  const placing = stages.find(({ name: stage }) => stage === "map")?.placing;
  if (!placing) throw new Error("the map stage reads no blocks");
  return { id: job.id, ...placing };
}

test("[E4701] eight tabs that hold an eighth of a dataset each after one job do at least 90 % of the next one with what they hold", async ({
  coordinator,
  volunteer,
  rest,
  page,
}) => {
  const text = Array.from({ length: LINES }, (_, place) => lineAt(place)).join("");
  const address = `/api/v1/datasets/ada/lines?blockBytes=${BLOCK_BYTES}`;
  expect((await rest.fetch(address, { method: "PUT", body: text })).status).toBe(201);
  const tabs = await Promise.all(Array.from({ length: TABS }, () => volunteer(1)));
  const isFetch = (line: string) => line.startsWith("GET /api/v1/blocks/");
  const fetched = async () => (await coordinator.requestsSoFar()).filter(isFetch).length;

  const first = await run(rest, "first");
  expect(first.bytesMoved).toBeGreaterThanOrEqual(text.length);
  const shares = () => Promise.all(tabs.map(blocksStored));
  const sum = async () => (await shares()).reduce((all, own) => all + own, 0);
  // Each has the program, too.
  await expect.poll(sum).toBeGreaterThanOrEqual(BLOCKS + TABS);
  for (const share of await shares()) {
    expect(share).toBeGreaterThan((0.5 * BLOCKS) / TABS);
    expect(share).toBeLessThan((1.5 * BLOCKS) / TABS);
  }
  const before = await fetched();

  const second = await run(rest, "second");
  expect(second.local / second.copies).toBeGreaterThanOrEqual(0.9);
  // A tab that has run dry fetches what another, slower one holds: a tenth at most, as of the tasks.
  expect(second.bytesMoved / first.bytesMoved).toBeLessThan(0.1);
  // Blocks of the input, and those that the reducer reads.
  expect((await fetched()) - before).toBeLessThan(0.2 * BLOCKS);
  await page.goto(`${coordinator.origin}/jobs/${second.id}`);
  await page.getByRole("tab", { name: "Statistics" }).click();
  const share = Math.round((100 * second.local) / second.copies);
  await expect(page.getByTestId("statistics-map")).toContainText(`Input at hand${share} %`);
});
