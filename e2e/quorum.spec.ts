/** Two different volunteers must agree: what one browser can and cannot do about that. */
import type { AssignedTask } from "../protocol/task";
import type { CopyView, TaskView } from "../protocol/views";
import { expectSquares, squareLine, squares } from "./fixtures/jobs";
import { openTab } from "./fixtures/tab";
import { expect, test } from "./fixtures/test";
import { until } from "./fixtures/until";

test("[E2201] a job of quorum 2 waits with one volunteer, and says by REST and on the page what for", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  const only = await volunteer();
  const { id } = await rest.submit(squares(6, 10, { quorum: 2 }));
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await expect(page.getByTestId("waiting-reason")).toContainText("another browser, profile or device");
  const copiesOf = async () => (await rest.tasks(id)).flatMap((task) => task.copies);
  const areReturned = (all: CopyView[]) => all.filter(({ state }) => state === "returned").length === 6;
  const copies = await until("it has been computed once", copiesOf, areReturned);
  expect(await rest.job(id)).toMatchObject({
    state: "running",
    progress: 0,
    waiting: { code: "more-volunteers" },
  });
  expect(copies.map(({ volunteerId, verdict }) => [volunteerId, verdict])).toEqual(
    Array.from({ length: 6 }, () => [only.id, "pending"]),
  );
});

test("[E2202] two tabs of one browser are one volunteer: the job still waits", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  const first = await volunteer();
  const second = await openTab(first.context, coordinator.origin);
  expect(second.id).toBe(first.id);
  const { id } = await rest.submit(squares(6, 10, { quorum: 2 }));
  const areReturned = (tasks: TaskView[]) =>
    tasks.every(({ copies }) => copies.some(({ state }) => state === "returned"));
  await until("it has been computed once", () => rest.tasks(id), areReturned);
  expect(await rest.job(id)).toMatchObject({ progress: 0, waiting: { code: "more-volunteers" } });
  await page.goto(`${coordinator.origin}/volunteers`);
  await expect(page.getByTestId("volunteer-row")).toHaveCount(1);
  await expect(first.page.getByText("2 tabs of this browser, one volunteer")).toBeVisible();
});

test("[E2203] a second browser profile completes it, and every task has two valid copies of different volunteers", async ({
  volunteer,
  rest,
}) => {
  const first = await volunteer();
  const { id } = await rest.submit(squares(12, 20, { quorum: 2 }));
  await rest.jobUntil(id, "waits", ({ waiting }) => waiting?.code === "more-volunteers");
  const second = await volunteer();
  expect((await rest.completed(id)).validated).toBe(true);
  expectSquares(await rest.result(id), 12);
  for (const { state, digest, copies } of await rest.tasks(id)) {
    const valid = copies.filter(({ verdict }) => verdict === "valid");
    expect(state).toBe("accepted");
    expect(valid.map(({ volunteerId }) => volunteerId).sort()).toEqual([first.id, second.id].sort());
    expect(valid.map((copy) => copy.digest)).toEqual([digest, digest]);
  }
});

test("[E2206] a job with an error bound takes fewer than two copies a task, and puts right what a liar was believed", async ({
  coordinator,
  testVolunteer,
  page,
  rest,
}) => {
  const TASKS = 1_500;
  const honest = ({ input }: AssignedTask) => [squareLine(input.type === "range" ? input.firstRecord : NaN)];
  let answered = 0;
  // It is honest for long enough to be believed, and never again. (Who lied now and then might not be found: the bound holds for the mean.)
  const liar = await testVolunteer((task) => {
    answered += 1;
    return answered > 60 ? ['{"key":0,"value":"a lie"}\n'] : honest(task);
  });
  for (let one = 0; one < 7; one++) await testVolunteer(honest);
  const { id } = await rest.submit(squares(TASKS, 0, { maxErrorRate: 1e-4 }));
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await rest.jobUntil(id, "believes somebody alone", ({ trust }) => (trust?.alone ?? 0) > 0);
  await expect(page.getByTestId("trust")).toContainText("on one answer");
  await rest.completed(id);
  expectSquares(await rest.result(id), TASKS);

  // What was on its way when the job ended may be taken yet.
  await expect(async () => {
    const views = await rest.volunteers();
    const copies = (await rest.tasks(id)).flatMap((task) => task.copies);
    const returned = copies.filter(({ state }) => state === "returned");
    expect(returned.length / TASKS).toBeLessThan(1.8);
    const lies = returned.filter(
      ({ volunteerId, verdict }) => volunteerId === liar.id && verdict === "invalid",
    );
    expect(lies.length).toBeGreaterThan(0);
    expect(views.find(({ id: volunteerId }) => volunteerId === liar.id)?.invalidTasks).toBe(lies.length);
  }).toPass({ timeout: 20_000 });
  await page.getByRole("tab", { name: "Tasks and copies" }).click();
  await expect(page.getByText(/error bound 0.0001/i).first()).toBeVisible();
});

test("[E2210] a job whose error bound two browsers cannot keep says so by REST and on the page, and ends when others join", async ({
  coordinator,
  volunteer,
  testVolunteer,
  page,
  rest,
}) => {
  await volunteer();
  await volunteer();
  const { id } = await rest.submit(squares(6, 10, { maxErrorRate: 1e-4 }));
  const { waiting, state, progress } = await rest.jobUntil(
    id,
    "says that its bound is out of reach",
    ({ waiting }) => waiting?.code === "bound-out-of-reach",
  );
  expect({ state, progress }).toEqual({ state: "running", progress: 0 });
  expect(waiting?.message).toContain("error bound of 0.0001 allows: as things are, it cannot be kept");
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await expect(page.getByTestId("waiting-reason")).toContainText("as things are, it cannot be kept");
  for (let one = 0; one < 2; one++)
    await testVolunteer(({ input }) => [squareLine(input.type === "range" ? input.firstRecord : NaN)]);
  expect((await rest.completed(id)).waiting).toBeNull();
  expectSquares(await rest.result(id), 6);
});

/** About the same in every copy, and never quite. */
const NOISY = `export function map(n) {
  return { mean: n + Math.random() * 1e-9, tags: Math.random() < 0.5 ? ["a", "b"] : ["b", "a"] };
}`;

test("[E2207] outputs that differ a little agree as the job asks, and a job that asks for equal ones is told where they differ", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  await volunteer();
  const job = (compare: object | "exact") => ({
    name: "noise",
    program: { source: NOISY },
    input: { range: { end: 40 } },
    options: { quorum: 2, maxCopies: 2, compare },
  });
  const tolerant = await rest.submit(job({ absolute: 1e-6, paths: { "/tags": { unordered: true } } }));
  await rest.completed(tolerant.id);
  const lines = (await rest.result(tolerant.id)).trim().split("\n");
  expect(lines.map((line) => Math.round(JSON.parse(line).value.mean))).toEqual(
    Array.from({ length: 40 }, (_, n) => n),
  );
  for (const { copies } of await rest.tasks(tolerant.id)) {
    expect(new Set(copies.map(({ digest }) => digest)).size, "bytes differ").toBe(copies.length);
    expect(copies.map(({ verdict }) => verdict)).toEqual(copies.map(() => "valid"));
  }

  const exact = await rest.submit(job("exact"));
  const { failure } = await rest.jobUntil(exact.id, "ends", ({ endedAt }) => endedAt !== null);
  expect(failure).toMatchObject({ code: "no-agreement" });
  expect(failure?.message).toMatch(/They differ in key \d+ at \/(mean|tags\/0): .* in one, .* in another/);
});

test("[E2209] a job has as many copies at first as it says and ends by the first that agree", async ({
  volunteer,
  rest,
}) => {
  const tabs = await Promise.all([volunteer(1), volunteer(1), volunteer(1)]);
  await rest.idle(3);
  const { id } = await rest.submit({
    program: { source: "export const map = (n) => new Promise((done) => setTimeout(done, 700, n));" },
    input: { items: [1, 2] },
    options: { quorum: 2, copies: 3 },
  });
  await rest.completed(id);
  for (const { copies } of await rest.tasks(id)) {
    expect(new Set(copies.map(({ volunteerId }) => volunteerId))).toEqual(new Set(tabs.map((tab) => tab.id)));
    expect(copies.filter(({ verdict }) => verdict === "valid").length).toBeGreaterThanOrEqual(2);
  }
  const options = { quorum: 3, copies: 2 };
  const refusal = await rest.refusal({ program: { source: NOISY }, input: { range: { end: 1 } }, options });
  expect(refusal.detail).toContain("copies must be from quorum to maxCopies");
});

test("[E2208] a comparison that cannot be made is refused by what it lacks", async ({ rest }) => {
  const refusalOf = async (options: object) => {
    const body = { program: { source: NOISY }, input: { range: { end: 1 } }, options };
    return (
      await rest.problem("/api/v1/jobs", {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      })
    ).detail;
  };
  expect(await refusalOf({ quorum: 1, compare: { absolute: 1 } })).toContain(
    "compare needs a quorum of at least 2",
  );
  expect(await refusalOf({ maxErrorRate: 0.01, compare: { absolute: 1 } })).toContain(
    "cannot be had together with maxErrorRate",
  );
  expect(await refusalOf({ compare: { paths: { score: { absolute: 1 } } } })).toContain(
    "must be a JSON pointer",
  );
  expect(await refusalOf({ compare: { relative: -1 } })).toContain("must be a number from 0");
});
