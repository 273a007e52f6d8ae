/** The sample that everybody tries first, compared word by word with what the shell's own tools count. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { JobId } from "../protocol/ids";
import { squares } from "./fixtures/jobs";
import type { JobRequest } from "./fixtures/rest";
import { expect, test } from "./fixtures/test";

const TEXT = "examples/word-count/king-james-bible.txt";
const SUBMISSION: JobRequest = {
  name: "words",
  program: { source: readFileSync("examples/word-count/program.js", "utf8") },
  input: { text: readFileSync(TEXT, "utf8") },
  options: { quorum: 1, chunkBytes: 262_144 },
};

/** Count by word, as tr, sort and uniq see it. */
function countedByShell(): Map<string, number> {
  const script = `tr -cs 'A-Za-z' '\\n' < ${TEXT} | tr 'A-Z' 'a-z' | grep . | sort | uniq -c`;
  const output = execFileSync("sh", ["-c", script], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  return new Map(
    output
      .trimEnd()
      .split("\n")
      .map((line) => line.trim().split(" "))
      .map(([count, word]) => [String(word), Number(count)]),
  );
}

function countedByNdjson(ndjson: string): Map<string, number> {
  const lines = ndjson.trimEnd().split("\n");
  const records = lines.map((line) => JSON.parse(line) as { key: string; value: number });
  expect(new Set(records.map(({ key }) => key)).size, "each word has one line").toBe(records.length);
  return new Map(records.map(({ key, value }) => [key, value]));
}

function countedByCsv(csv: string): Map<string, number> {
  const [header, ...lines] = csv.trimEnd().split("\r\n");
  expect(header).toBe("key,value");
  return new Map(lines.map((line) => line.split(",")).map(([word, count]) => [String(word), Number(count)]));
}

test("[E2101] the sample, submitted from the dashboard by one press, counts every word as tr, sort and uniq do", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  await volunteer();
  await page.goto(coordinator.origin);
  await page.getByRole("link", { name: "Choose a sample" }).click();
  await page.getByText("Quorum 1", { exact: true }).click();
  await page.getByRole("button", { name: "Submit Words of the King James Bible" }).click();

  await expect(page.getByTestId("job-state")).toHaveText("completed", { timeout: 60_000 });
  const expected = countedByShell();
  await expect(page.getByTestId("result-rows")).toHaveText(expected.size.toLocaleString("en-US"));
  const id = JobId.parse(new URL(page.url()).pathname.split("/").at(-1));
  expect(countedByNdjson(await rest.result(id))).toEqual(expected);
});

test("[E2102] a job submitted by REST gives the same counts as NDJSON and as CSV", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const { id } = await rest.submit(SUBMISSION);
  const { resultRecords, validated } = await rest.completed(id);
  const expected = countedByShell();
  expect({ resultRecords, validated }).toEqual({ resultRecords: expected.size, validated: false });
  expect(countedByNdjson(await rest.result(id))).toEqual(expected);
  expect(countedByCsv(await rest.result(id, "?format=csv"))).toEqual(expected);
});

test("[E2103] the same job run again fetches no block a second time", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  const isFetch = (line: string) => line.startsWith("GET /api/v1/blocks/");
  const blockFetches = async () => (await coordinator.requestsSoFar()).filter(isFetch);
  const { page } = await volunteer();
  const first = await rest.submit(SUBMISSION);
  await rest.completed(first.id);
  const fetched = await blockFetches();
  const fetchedAtFirst = fetched.length;
  expect(fetchedAtFirst).toBeGreaterThan(0);
  expect(new Set(fetched).size, "nothing was fetched twice in the first run either").toBe(fetchedAtFirst);
  await expect(page.getByTestId("blocks-fetched")).toHaveText(String(fetchedAtFirst));

  const second = await rest.submit(SUBMISSION);
  await rest.completed(second.id);
  expect(await rest.result(second.id)).toBe(await rest.result(first.id));
  expect((await blockFetches()).length - fetchedAtFirst).toBe(0);
  await expect(page.getByTestId("blocks-fetched")).toHaveText(String(fetchedAtFirst));
});

test("[E2104] the result's table is filtered and sorted in the page", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  await volunteer();
  const { id } = await rest.submit(SUBMISSION);
  await rest.completed(id);
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  const rows = page.getByTestId("result-row");
  await page.getByRole("button", { name: "Value" }).click();
  await expect(rows.first()).toHaveText(/^the\s*\d+$/);
  await page.getByPlaceholder("Filter by key or value").fill("jerusalem");
  await expect(rows.first()).toContainText("jerusalem");
  expect(await rows.count()).toBeLessThan(5);
});

test("[E2105] a job's page shows its progress while it runs, without a reload", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  const { id } = await rest.submit(squares(40, 100));
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  const progress = page.getByTestId("job-progress");
  await expect(progress).toHaveAttribute("aria-valuenow", "0");
  // Whoever looks now and then might see nothing between the beginning and the end.
  await progress.evaluate((bar) => {
    const shown: (string | null)[] = [];
    const note = () => shown.push(bar.getAttribute("aria-valuenow"));
    new MutationObserver(note).observe(bar, { attributeFilter: ["aria-valuenow"] });
    Object.assign(window, { shown });
  });
  await volunteer();
  await expect(page.getByTestId("job-state")).toHaveText("completed", { timeout: 30_000 });
  await expect(progress).toHaveAttribute("aria-valuenow", "100");
  await expect(page.getByTestId("result-row")).toHaveCount(40);
  // There is none of it after a reload.
  const shown = await page.evaluate(() => (window as { shown?: string[] }).shown ?? []);
  expect(shown.filter((percent) => /^[1-9]\d?$/.test(percent))).not.toEqual([]);
});
