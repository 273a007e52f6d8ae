/** Work is always at hand: over a slow line, and of the largest job from its first second. */
import { openSlowLine } from "./fixtures/slow-line";
import { expect, test } from "./fixtures/test";
import { openTab } from "./fixtures/tab";

/** Says when each record began and ended, by the clock of its worker, and adds as much text as the config says. */
const TIMED = `export function map(line, { config }) {
  const began = performance.timeOrigin + performance.now();
  let now = began;
  while (now < began + config.ms) now = performance.timeOrigin + performance.now();
  return [began, now, line.slice(0, config.chars)];
}
`;

const TASKS = 7;
const TASK_MS = 1_000;
const RECORDS = 16;
const BLOCK_BYTES = 2 ** 20;
const OUTPUT_CHARS = 200_000;

/** A block for each task; none is like another. */
function blocksOfText(): string {
  const lineOf = (place: number) => `${String(place).padEnd(BLOCK_BYTES / RECORDS - 1, "x")}\n`;
  return Array.from({ length: TASKS * RECORDS }, (_, place) => lineOf(place)).join("");
}

test("[E3201] a tab that is 200 ms away by every round trip loses under a twentieth of its time on tasks of a second, while a megabyte comes and 200 kB go for each", async ({
  browser,
  coordinator,
  rest,
}) => {
  const address = `/api/v1/datasets/ada/text?blockBytes=${BLOCK_BYTES}`;
  expect((await rest.fetch(address, { method: "PUT", body: blocksOfText() })).status).toBe(201);
  const line = await openSlowLine(coordinator.origin, 100);
  const context = await browser.newContext();
  try {
    await openTab(context, line.origin, 1);
    const { id } = await rest.submit({
      name: "tasks of a second",
      program: { source: TIMED },
      input: { dataset: "/ada/text" },
      options: { quorum: 1 },
      config: { ms: TASK_MS / RECORDS, chars: OUTPUT_CHARS / RECORDS },
    });
    const { stages } = await rest.completed(id);
    expect(stages[0]?.placing?.bytesMoved).toBe(TASKS * BLOCK_BYTES);
    const result = await rest.result(id);
    expect(result.length).toBeGreaterThan(TASKS * OUTPUT_CHARS);
    const runs = result
      .trim()
      .split("\n")
      .map((text) => (JSON.parse(text) as { value: [number, number, string] }).value);
    runs.sort(([a], [b]) => a - b);
    const busyMs = runs.reduce((sum, [began, ended]) => sum + ended - began, 0);
    const spanMs = (runs.at(-1)?.[1] ?? NaN) - (runs[0]?.[0] ?? NaN);
    expect(runs).toHaveLength(TASKS * RECORDS);
    expect(1 - busyMs / spanMs, `busy ${busyMs} of ${spanMs} ms`).toBeLessThan(0.05);
  } finally {
    await context.close();
    await line.close();
  }
});

test("[E3202] a job of ten million tasks is taken in a second, is under way at once, and stops when it is cancelled", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const answeredMs: number[] = [];
  // A machine that is busy with something else for a moment is not so each time.
  for (let time = 0; time < 3; time++) {
    const submittedAt = Date.now();
    const { id } = await rest.submit({
      name: "ten million",
      program: { source: "export const map = (n) => n;" },
      input: { range: { end: 10_000_000 } },
      options: { quorum: 1, chunkSize: 1 },
    });
    answeredMs.push(Date.now() - submittedAt);
    const job = await rest.jobUntil(id, "has its first outputs", ({ progress }) => progress > 0);
    expect(job.stages[0]?.tasks).toBe(10_000_000);
    expect((await rest.post(`/api/v1/jobs/${id}/cancel`, undefined)).status).toBe(200);
    expect((await rest.job(id)).state).toBe("cancelled");
  }
  expect(Math.min(...answeredMs), `answered after ${answeredMs.join()} ms`).toBeLessThan(1_000);
});
