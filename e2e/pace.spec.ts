/** A coordinator that asks its tabs to gather outputs, as one does that is busy: here because its operator says so. */
import type { JobView } from "../protocol/views";
import { expectSquares, squares } from "./fixtures/jobs";
import { valuesIn } from "./fixtures/programs";
import { expect, test } from "./fixtures/test";

/** As long as a tab may be asked to gather. */
const PACE_MS = 4_000;
const TASK_MS = 300;

/** Says when each task ended. */
const TIMED = `export const map = () =>
  new Promise((resolve) => setTimeout(() => resolve(Date.now()), ${TASK_MS}));`;

test.use({ settings: { TABGRID_PACE_MS: String(PACE_MS) } });

test("[E5501] a tab that is asked to gather brings several outputs in each report, and the end of the job does not wait for it", async ({
  volunteer,
  rest,
}) => {
  const TASKS = 60;
  const tab = await volunteer(1);
  const { id } = await rest.submit(squares(TASKS, TASK_MS));
  await rest.completed(id);
  expectSquares(await rest.result(id), TASKS);
  const tasks = await rest.tasks(id);
  const returned = tasks.flatMap(({ copies }) =>
    copies.map(({ volunteerId, returnedAt }) => ({ volunteerId, returnedAt })),
  );
  expect(returned).toHaveLength(TASKS);
  expect(returned.every(({ volunteerId }) => volunteerId === tab.id)).toBe(true);
  // What comes in one report is written down with one time. Without gathering, there is one for every second task.
  const reports = new Set(returned.map(({ returnedAt }) => returnedAt)).size;
  expect(reports).toBeGreaterThan(3);
  expect(reports).toBeLessThanOrEqual(TASKS / 3);
  // The last task ends the job: what was gathered goes with it, and not a pace later. A machine that stands still does not do so each time.
  const waitedMs: number[] = [];
  for (let time = 0; time < 3; time++) {
    const input = { range: { end: 6 } };
    const timed = await rest.submit({ program: { source: TIMED }, input, options: { quorum: 1 } });
    const { endedAt } = await rest.completed(timed.id);
    const ends = valuesIn(await rest.result(timed.id)).map(Number);
    expect(ends).toHaveLength(6);
    waitedMs.push((endedAt ?? Infinity) - Math.max(...ends));
  }
  expect(Math.min(...waitedMs), `after the last task: ${waitedMs.join()} ms`).toBeLessThan(PACE_MS / 4);
});

test("[E5502] what a tab has gathered when it closes is not lost: it hands everything over, and another one does the rest", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  const TASKS = 90;
  const tab = await volunteer(1);
  const { id } = await rest.submit(squares(TASKS, TASK_MS));
  await rest.jobUntil(id, "has begun", ({ progress }) => progress > 0);
  const computed = async () =>
    Number.parseInt((await tab.page.getByTestId("totals-tasks").textContent()) ?? "");
  const accepted = async () => (await rest.job(id)).stages[0]?.accepted ?? NaN;
  await expect
    .poll(async () => (await computed()) - (await accepted()), { intervals: [50] })
    .toBeGreaterThan(1);
  const done = await computed();
  await tab.page.close();
  // It may report once more before it closes.
  const hasLeft = ({ volunteersAtWork }: JobView) => volunteersAtWork.length === 0;
  const after = await rest.jobUntil(id, "is left by the tab", hasLeft);
  expect(after.stages[0]?.accepted).toBeGreaterThanOrEqual(done);
  await volunteer(2);
  await rest.completed(id);
  expectSquares(await rest.result(id), TASKS);
  expect(coordinator.deaths).toEqual([]);
});
