/** Volunteers vanish, sleep and lie, and the coordinator loses its power: the result stays exact, and nothing is lost. */
import { setTimeout as sleep } from "node:timers/promises";
import type { JobId, VolunteerId } from "../protocol/ids";
import type { JobView, TaskView } from "../protocol/views";
import { expectSquares, squares } from "./fixtures/jobs";
import type { Rest } from "./fixtures/rest";
import { openTab } from "./fixtures/tab";
import { expect, test } from "./fixtures/test";
import { until } from "./fixtures/until";

const acceptedOf = (tasks: TaskView[]) => tasks.filter(({ state }) => state === "accepted").length;
const copyOf = (task: TaskView, id: VolunteerId) => task.copies.find(({ volunteerId }) => volunteerId === id);

/** Waits until the volunteer has returned something and holds more. */
async function inMidJob(rest: Rest, jobId: JobId, volunteerId: VolunteerId): Promise<void> {
  await rest.jobUntil(jobId, "has begun", ({ progress }) => progress > 0);
  await expect
    .poll(async () => (await rest.job(jobId)).volunteersAtWork, { timeout: 20_000 })
    .toContain(volunteerId);
}

/** How long after `sinceMs` each task that the volunteer has lost was given to another, in milliseconds. */
async function handoverTimes(
  rest: Rest,
  jobId: JobId,
  lostBy: VolunteerId,
  sinceMs: number,
): Promise<number[]> {
  const lost = (await rest.tasks(jobId)).filter((task) => copyOf(task, lostBy)?.state === "lost");
  return lost.map(({ copies }) => {
    const others = copies.filter(({ volunteerId }) => volunteerId !== lostBy);
    return Math.max(...others.map(({ leasedAt }) => leasedAt ?? Infinity)) - sinceMs;
  });
}

test("[E2301] tasks of a tab that is closed are with others within 5 seconds, and the result is exact", async ({
  volunteer,
  rest,
}) => {
  const [leaving] = [await volunteer(), await volunteer()];
  // So many that it has something left when it is closed, however long that takes.
  const TASKS = 60;
  const { id } = await rest.submit(squares(TASKS, 400));
  await inMidJob(rest, id, leaving.id);
  const closedAt = Date.now();
  await leaving.page.close();
  await rest.completed(id);
  expectSquares(await rest.result(id), TASKS);
  const times = await handoverTimes(rest, id, leaving.id, closedAt);
  expect(times.length, "it held something").toBeGreaterThan(0);
  expect(Math.max(...times)).toBeLessThan(5_000);
});

/** Computes for `config.ms` of time awake. */
const AWAKE_SQUARES = `export function map(n, { config }) {
  let doneMs = 0;
  for (let last = performance.now(), now; doneMs < config.ms; last = now) {
    now = performance.now();
    doneMs += Math.min(now - last, 50);
  }
  return n * n;
}
`;

test("[E2302] tasks of a browser whose every process stands still are with others within 20 seconds, and the result is exact; when it wakes it goes on with what nobody else could do", async ({
  coordinator,
  ownBrowser,
  volunteer,
  rest,
}) => {
  const sleeping = await openTab(await ownBrowser.open(), coordinator.origin);
  await sleeping.page.getByLabel("Tags").fill("bed");
  await sleeping.page.getByLabel("Tags").blur();
  await volunteer();
  const own = await rest.submit({
    ...squares(6, 3_000, { requires: { tags: ["bed"] }, taskTimeoutMs: 8_000 }),
    program: { source: AWAKE_SQUARES },
  });
  await rest.jobUntil(own.id, "is at work", ({ volunteersAtWork }) => volunteersAtWork.length > 0);
  // So many that it has something left when it falls asleep, however long that takes.
  const TASKS = 60;
  const { id } = await rest.submit(squares(TASKS, 400));
  await inMidJob(rest, id, sleeping.id);
  const frozenAt = Date.now();
  ownBrowser.freeze();
  await rest.completed(id);
  expectSquares(await rest.result(id), TASKS);
  const times = await handoverTimes(rest, id, sleeping.id, frozenAt);
  expect(times.length, "it held something").toBeGreaterThan(0);
  expect(Math.max(...times)).toBeLessThan(20_000);

  // It sleeps for longer than its own tasks may take, and until they are taken from it.
  const areTaken = ({ stages }: JobView) => stages.every(({ copiesOut }) => copiesOut === 0);
  const taken = await rest.jobUntil(own.id, "has no copies out", areTaken);
  expect(taken.endedAt).toBeNull();
  await sleep(Math.max(0, frozenAt + 8_500 - Date.now()));
  ownBrowser.thaw();
  await rest.completed(own.id);
  expectSquares(await rest.result(own.id), 6);
});

test("[E2303] a coordinator killed in mid-job three times loses nothing: tabs come back by themselves, the job ends, no task counts twice", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  const TASKS = 60;
  await volunteer();
  await volunteer();
  const { id } = await rest.submit(squares(TASKS, 250));
  for (const part of [0.1, 0.35, 0.6]) {
    // A job's progress is ahead of the disk by a commit, its audit trail is read from there.
    const isAt = (tasks: TaskView[]) => acceptedOf(tasks) >= part * TASKS;
    const accepted = acceptedOf(await until(`${part} is on the disk`, () => rest.tasks(id), isAt));
    await coordinator.kill();
    await coordinator.start();
    const { progress } = await rest.job(id);
    expect(Math.round(progress * TASKS), "what was acknowledged is durable").toBeGreaterThanOrEqual(accepted);
  }
  await rest.completed(id);
  expectSquares(await rest.result(id), TASKS);

  // A tab may still be on its way back when the other has done the last task, with outputs that it then hands over.
  await expect(async () => {
    const volunteers = await rest.volunteers();
    expect(volunteers.map(({ state }) => state)).toEqual(["connected", "connected"]);
    const valid = (await rest.tasks(id)).map(({ copies }) =>
      copies.filter(({ verdict }) => verdict === "valid"),
    );
    // An honest copy that came after another one was accepted is valid too.
    expect(Math.min(...valid.map((copies) => copies.length))).toBe(1);
    for (const { id, acceptedTasks } of volunteers)
      expect(acceptedTasks).toBe(valid.flat().filter(({ volunteerId }) => volunteerId === id).length);
  }).toPass({ timeout: 20_000 });
});

test("[E2304] what a tab holds or has computed when the coordinator is killed is handed over, not computed again", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  const TASKS = 24;
  const { page } = await volunteer();
  const { id } = await rest.submit(squares(TASKS, 300));
  for (const part of [0.2, 0.5]) {
    await rest.jobUntil(id, `is at ${part}`, ({ progress }) => progress >= part);
    await coordinator.kill();
    await coordinator.start();
  }
  await rest.completed(id);
  expectSquares(await rest.result(id), TASKS);
  await expect(page.getByTestId("outbox")).toHaveText("0");
  await expect(page.getByTestId("totals-tasks")).toHaveText(String(TASKS));
});

test("[E2305] a lying volunteer changes nothing in the result, and its lies are shown by REST and on the pages", async ({
  coordinator,
  volunteer,
  testVolunteer,
  page,
  rest,
}) => {
  const TASKS = 16;
  const liar = await testVolunteer(() => ['{"key":0,"value":"a lie"}\n']);
  const { id } = await rest.submit(squares(TASKS, 100, { quorum: 2 }));
  await expect.poll(() => liar.given.length).toBe(TASKS);
  await volunteer();
  await volunteer();
  await rest.completed(id);
  expectSquares(await rest.result(id), TASKS);

  for (const task of await rest.tasks(id)) {
    expect(copyOf(task, liar.id)).toMatchObject({ state: "returned", verdict: "invalid" });
    expect(task.copies.filter(({ verdict }) => verdict === "valid").length).toBeGreaterThanOrEqual(2);
  }
  const views = await rest.volunteers();
  expect(views.map(({ id, invalidTasks }) => [id === liar.id, invalidTasks]).sort()).toEqual([
    [false, 0],
    [false, 0],
    [true, TASKS],
  ]);
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await page.getByRole("tab", { name: "Tasks and copies" }).click();
  await expect(page.getByText("invalid", { exact: true })).toHaveCount(TASKS);
  await page.goto(`${coordinator.origin}/volunteers`);
  await expect(page.getByTestId("volunteer-row").filter({ hasText: liar.id })).toContainText(String(TASKS));
});

test("[E2306] an output finished while the coordinator was down survives the browser's end, and is handed over when both are back", async ({
  coordinator,
  ownBrowser,
  rest,
}) => {
  const before = await openTab(await ownBrowser.open(), coordinator.origin, 1);
  // Longer than it can take from here to the kill.
  const { id } = await rest.submit(squares(1, 10_000));
  await rest.jobUntil(id, "is being computed", ({ stages }) => stages[0]?.copiesOut === 1);
  await coordinator.kill();
  await expect(before.page.getByTestId("outbox")).toHaveText("1", { timeout: 30_000 });
  await expect.poll(() => before.page.evaluate(countSavedParcels)).toBe(1);
  await ownBrowser.quit();

  await coordinator.start();
  expect((await rest.job(id)).progress).toBe(0);
  const page = await (await ownBrowser.open()).newPage();
  // Without `start`: this tab computes nothing.
  await page.goto(`${coordinator.origin}/volunteer`);
  await rest.completed(id);
  expectSquares(await rest.result(id), 1);
  const [task] = await rest.tasks(id);
  expect(task?.copies).toMatchObject([{ volunteerId: before.id, state: "returned", verdict: "valid" }]);
  await expect(page.getByTestId("volunteer-state")).toHaveAttribute("data-state", "stopped");
});

/** Runs in the page: how many parcels of outcomes the agent has saved in this browser. */
function countSavedParcels(): Promise<number> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("tabgrid");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const counting = opening.result.transaction("parcels").objectStore("parcels").count();
      counting.onerror = () => reject(counting.error);
      counting.onsuccess = () => {
        opening.result.close();
        resolve(counting.result);
      };
    };
  });
}
