/** What a submitter may want of a job under way, in real tabs. */
import { JobId } from "../protocol/ids";
import type { AssignedTask } from "../protocol/task";
import type { JobView } from "../protocol/views";
import { expectSquares, honest, squareLine, squares } from "./fixtures/jobs";
import { expect, test } from "./fixtures/test";
import { until } from "./fixtures/until";
import { within } from "./fixtures/within";

/** What a pause or its end may take to reach the tabs. */
const REACH_MS = 1_000;

test("[E21001] a job that is paused stops in its tabs within a second though its tasks take a minute, and goes on within a second when it is resumed", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  const tab = await volunteer();
  const state = tab.page.getByTestId("volunteer-state");
  const isNow = async (wanted: string) => (await state.getAttribute("data-state")) === wanted;
  const { id } = await rest.submit(squares(4, 60_000));
  await expect(state).toHaveAttribute("data-state", "computing");
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await page.getByRole("button", { name: "Pause job" }).click();
  await expect(page.getByTestId("job-state")).toHaveText("paused");
  await within(REACH_MS, "the tab stops", rest, () => isNow("waiting"));
  await expect(page.getByTestId("waiting-reason")).toContainText("The job is paused");
  const paused = await rest.job(id);
  expect(paused).toMatchObject({ state: "paused", waiting: { code: "paused" }, volunteersAtWork: [] });
  expect(paused.stages[0]?.copiesOut).toBe(0);
  expect((await rest.status()).jobs).toEqual({ queued: 0, running: 0, paused: 1 });

  await page.getByRole("button", { name: "Resume job" }).click();
  await expect(page.getByTestId("job-state")).toHaveText("running");
  await within(REACH_MS, "the tab goes on", rest, () => isNow("computing"));
});

test("[E21002] a job paused in the middle stays paused when the coordinator is killed, and ends exactly once it is resumed", async ({
  coordinator,
  volunteer,
  testVolunteer,
  rest,
}) => {
  await volunteer();
  // It confirms a third of the tasks: no more are accepted until somebody else is there.
  const confirmed = new Set<string>();
  const confirm = (task: AssignedTask) =>
    confirmed.size < 10 && confirmed.add(task.taskId) ? honest(task) : null;
  const other = await testVolunteer(confirm);
  const { id } = await rest.submit(squares(30, 100, { quorum: 2 }));
  await rest.jobUntil(id, "is under way", ({ progress }) => progress > 0.2);
  for (const time of ["once", "twice"]) {
    const answer = await rest.post(`/api/v1/jobs/${id}/pause`, undefined);
    expect([answer.status, (await answer.json()).state], time).toEqual([200, "paused"]);
  }
  other.close();
  await coordinator.kill();
  await coordinator.start();
  await volunteer();
  const paused = await rest.jobUntil(id, "is there again", () => true);
  expect(paused).toMatchObject({ state: "paused", startedAt: expect.any(Number) });
  // A job behind it is done by the same tabs in the meantime.
  await rest.completed((await rest.submit(squares(6, 10))).id);
  expect((await rest.job(id)).state).toBe("paused");

  expect((await rest.post(`/api/v1/jobs/${id}/resume`, undefined)).status).toBe(200);
  await rest.completed(id);
  expectSquares(await rest.result(id), 30);
  for (const action of ["pause", "resume"]) {
    const refused = await rest.problem(`/api/v1/jobs/${id}/${action}`, { method: "POST" });
    expect(refused).toMatchObject({ type: "/problems/job-ended", status: 409 });
  }
});

test("[E21003] a priority that is raised on the job's page acts on the tasks that follow, and is kept over a restart", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  const favoured = await rest.submit(squares(4_000, 50, { priority: -1 }));
  const other = await rest.submit(squares(4_000, 50));
  await volunteer();
  await rest.jobUntil(favoured.id, "is under way", ({ progress }) => progress > 0);
  await page.goto(`${coordinator.origin}/jobs/${favoured.id}`);
  await expect(page.getByTestId("job-share")).toHaveText("Priority -1, weight 1");
  await page.getByRole("button", { name: "Change priority" }).click();
  await page.getByLabel("Priority").fill("11");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "priority" })).toContainText("from -10 to 10");
  await page.getByLabel("Priority").fill("4");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByTestId("job-share")).toHaveText("Priority 4, weight 1");

  const acceptedOf = async (id: typeof other.id) => (await rest.job(id)).stages[0]?.accepted ?? 0;
  const counts = async () => {
    const [own, others] = await Promise.all([acceptedOf(favoured.id), acceptedOf(other.id)]);
    return { own, others };
  };
  const before = await counts();
  const after = await until("it has gone on", counts, ({ own }) => own > before.own + 160);
  // Sixteen times its share; what the tab held already is done first: six packs of eight. Without a priority there would be as many, with the old one twice as many.
  expect((after.others - before.others) / (after.own - before.own)).toBeLessThan(1 / 2);

  await coordinator.kill();
  await coordinator.start();
  expect((await rest.job(favoured.id)).options).toMatchObject({ priority: 4, weight: 1 });
});

test("[E21004] a job for one volunteer at a time is left alone by the second one", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  await volunteer();
  await rest.idle(2);
  const { id } = await rest.submit(squares(40, 100, { maxVolunteers: 1, maxInFlight: 3 }));
  const seen: JobView[] = [];
  await rest.jobUntil(id, "ends", (job) => seen.push(job) > 0 && job.endedAt !== null);
  await rest.completed(id);
  expectSquares(await rest.result(id), 40);
  for (const { volunteersAtWork, stages } of seen) {
    expect(volunteersAtWork.length).toBeLessThanOrEqual(1);
    expect(stages[0]?.copiesOut).toBeLessThanOrEqual(3);
  }

  const copies = (await rest.tasks(id)).flatMap((task) => task.copies);
  const outAt = (at: number) =>
    copies.filter(({ leasedAt, returnedAt }) => Number(leasedAt) <= at && at < Number(returnedAt));
  // What is out can only have become more when something is given out.
  for (const { leasedAt } of copies) {
    const out = outAt(Number(leasedAt));
    expect(new Set(out.map(({ volunteerId }) => volunteerId)).size).toBe(1);
    expect(out.length).toBeLessThanOrEqual(3);
  }
});

/** Throws for every third number. */
const PICKY = `export function map(n) {
  if (n % 3 === 0) throw new RangeError("not " + n);
  return n;
}`;

test("[E21005] a job that collects errors completes without the records that fail, and lists what they failed with", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  await volunteer();
  const { id } = await rest.submit({
    name: "picky",
    program: { source: PICKY },
    input: { range: { start: 1, end: 13 } },
    options: { quorum: 1, onError: "collect" },
  });
  const { stages } = await rest.completed(id);
  expect(stages).toMatchObject([{ tasks: 12, accepted: 12, skipped: 4 }]);
  const kept = [1, 2, 4, 5, 7, 8, 10, 11].map((n) => `{"key":${n - 1},"value":${n}}\n`).join("");
  expect(await rest.result(id)).toBe(kept);
  const { errors } = await (await rest.fetch(`/api/v1/jobs/${id}/errors`)).json();
  expect(errors.map(({ message, record }: { message: string; record: number }) => [record, message])).toEqual(
    [3, 6, 9, 12].map((n) => [n - 1, expect.stringContaining(`not ${n}`)]),
  );
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await expect(page.getByTestId("skipped-tasks")).toContainText("4 failed and skipped");
  await page.getByRole("tab", { name: "Errors (4)" }).click();
  await expect(page.getByTestId("task-error")).toHaveCount(4);
  await expect(page.getByTestId("task-error").first()).toContainText("not 3");
});

test("[E21006] a job that goes on without failing tasks stops by itself when its first 20 all fail", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const { id } = await rest.submit({
    program: { source: `export function map(n) { throw new Error("always"); }` },
    input: { range: { end: 200 } },
    options: { quorum: 1, onError: "skip" },
  });
  const { failure } = await rest.jobUntil(id, "has failed", ({ state }) => state === "failed");
  expect(failure).toMatchObject({
    code: "tasks-failing",
    message: expect.stringContaining("first 20 tasks"),
  });
});

/** Breaks what its harness gathers the answers of a bundle with, after the task itself is over. */
const WRECKER = `export function map() {
  Array.prototype.flatMap = () => { throw 1; };
  return 1;
}`;

test("[E21007] a task that breaks the worker it runs in is given up instead of being tried for ever", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const { id } = await rest.submit({
    name: "wrecker",
    program: { source: WRECKER },
    input: { range: { end: 1 } },
    options: { quorum: 1 },
  });
  const { failure } = await rest.jobUntil(id, "has failed", ({ state }) => state === "failed");
  expect(failure?.message).toContain("ends its worker");
});

test("[E21008] a job does not wait for a volunteer that holds its last tasks and never answers", async ({
  volunteer,
  testVolunteer,
  rest,
}) => {
  const silent = await testVolunteer(() => null, 2);
  const { id } = await rest.submit(squares(12, 100));
  await rest.jobUntil(id, "has been begun", ({ state }) => state === "running");
  await volunteer();
  await rest.completed(id);
  expectSquares(await rest.result(id), 12);
  expect(silent.given).toHaveLength(2);
});

test("[E21009] an idle volunteer and a job that stands still are told why, by REST and on the pages", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  const tab = await volunteer();
  const reason = async () => (await rest.volunteers()).find(({ id }) => id === tab.id)?.waiting?.code;
  await expect.poll(reason).toBe("no-jobs");
  const paused = await rest.submit(squares(2, 10, { quorum: 2 }));
  expect((await rest.post(`/api/v1/jobs/${paused.id}/pause`, undefined)).status).toBe(200);
  await expect.poll(reason).toBe("paused");
  const { id } = await rest.submit(squares(2, 10, { quorum: 2 }));
  await expect.poll(reason).toBe("none-for-it");
  await page.goto(`${coordinator.origin}/volunteers`);
  await expect(page.getByTestId("volunteer-waiting")).toContainText("another volunteer is needed");
  await expect(page.getByTestId("volunteer-waiting")).toContainText("1 job is paused");

  await volunteer();
  await rest.completed(id);
  await expect.poll(reason).toBe("paused");
});

test("[E21010] a job that requires a tag waits, says for what, and runs in the tab whose owner chooses it", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  const [plain, chosen] = [await volunteer(), await volunteer()];
  const requires = { tags: ["lab"], engine: "v8" as const, wasm: ["simd" as const] };
  const { id } = await rest.submit(squares(6, 10, { requires }));
  const waiting = await rest.jobUntil(id, "says what it waits for", (job) => job.waiting !== null);
  expect(waiting.waiting).toMatchObject({ code: "volunteers-unsuited" });
  expect(waiting.waiting?.message).toContain("(tag lab)");
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await expect(page.getByText("tag lab").first()).toBeVisible();

  await chosen.page.getByLabel("Tags").fill("Lab, room-12");
  await chosen.page.getByLabel("Tags").blur();
  await rest.completed(id);
  expectSquares(await rest.result(id), 6);
  for (const { copies } of await rest.tasks(id))
    expect(copies.map(({ volunteerId }) => volunteerId)).toEqual([chosen.id]);
  const devices = new Map((await rest.volunteers()).map((view) => [view.id, view.device]));
  expect(devices.get(chosen.id)).toMatchObject({ engine: "v8", tags: ["lab", "room-12"] });
  expect(devices.get(plain.id)?.tags).toEqual([]);
  await page.goto(`${coordinator.origin}/volunteers`);
  await expect(page.getByTestId("volunteer-device").filter({ hasText: "room-12" })).toHaveCount(1);
});

test("[E21011] the address of a kiosk may say its tags, and a form may ask for them and for more", async ({
  coordinator,
  browser,
  page,
  rest,
}) => {
  const context = await browser.newContext();
  const kiosk = await context.newPage();
  await kiosk.goto(`${coordinator.origin}/volunteer?start=1&slots=1&tags=lab`);
  await expect.poll(async () => (await rest.volunteers())[0]?.device.tags).toEqual(["lab"]);
  await page.goto(`${coordinator.origin}/jobs/new`);
  await page.getByLabel("Quorum", { exact: true }).fill("1");
  await page.getByLabel("Required tags").fill("lab");
  await page.getByText("More options").click();
  await page.getByLabel("Engine", { exact: true }).selectOption("v8");
  await page.getByLabel("Volunteers at once").fill("0");
  await page.getByRole("button", { name: "Submit job" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "must be a whole number from 1" })).toBeVisible();
  await page.getByLabel("Volunteers at once").fill("1");
  await page.getByRole("button", { name: "Submit job" }).click();
  await expect(page).toHaveURL(/\/jobs\/job_/);
  await expect(page.getByText("completed").first()).toBeVisible({ timeout: 20_000 });
  const { options } = await rest.job(JobId.parse(page.url().split("/").at(-1)));
  expect(options).toMatchObject({ maxVolunteers: 1, requires: { tags: ["lab"], engine: "v8" } });
  await context.close();
});

test("[E21012] a job of thousands of small tasks travels in packs, and a task that fails in one is still the only one that fails", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  await volunteer();
  const source = "export function map(n) { if (n === 3333) throw new Error(`not ${n}`); return n * n; }";
  const { id } = await rest.submit({
    name: "small tasks",
    program: { source },
    input: { range: { end: 5_000 } },
    options: { quorum: 1, onError: "collect" },
  });
  await rest.completed(id);
  const wanted = Array.from({ length: 5_000 }, (_, n) => n).filter((n) => n !== 3333);
  expect(await rest.result(id)).toBe(wanted.map(squareLine).join(""));
  const { stages } = await rest.job(id);
  expect(stages[0]).toMatchObject({ tasks: 5_000, accepted: 5_000, skipped: 1 });
  const read = async (path: string) =>
    (await fetch(`${coordinator.origin}/api/v1/jobs/${id}/${path}`)).json();
  const errors = await read("errors");
  expect(errors.errors).toMatchObject([
    { taskId: `${id}/map/3333`, message: "Error: not 3333", record: 3333 },
  ]);

  const taskAt = async (index: number) => (await read(`tasks?cursor=${index}&limit=1`)).tasks[0];
  expect(await taskAt(3333)).toMatchObject({ id: `${id}/map/3333`, pack: null, state: "accepted" });
  const packed = await taskAt(2_500);
  expect(packed.pack).toMatch(/\/map\/\d+\+\d+$/);
  expect(packed.copies).toMatchObject([{ state: "returned", verdict: "valid" }]);
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await expect(page.getByTestId("job-state")).toHaveText("completed");

  // The one that failed as its program says was done, too.
  expect(await rest.volunteers()).toMatchObject([{ acceptedTasks: 5_000, invalidTasks: 0 }]);
  await coordinator.kill();
  await coordinator.start();
  await expect
    .poll(async () => (await rest.volunteers()).map(({ acceptedTasks }) => acceptedTasks), {
      timeout: 20_000,
    })
    .toEqual([5_000]);
});
