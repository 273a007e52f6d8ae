/** One browser is one volunteer, whatever happens to its tabs. */
import type { VolunteerView } from "../protocol/views";
import { expectSquares, squares } from "./fixtures/jobs";
import { RawBrowser } from "./fixtures/raw-browser";
import { openTab } from "./fixtures/tab";
import { expect, test } from "./fixtures/test";
import { until } from "./fixtures/until";

test("[E2401] /volunteer?start=1&slots=2 computes without a press, with that many slots, and leaves a clean address", async ({
  coordinator,
  page,
  rest,
}) => {
  const { id } = await rest.submit(squares(4, 10));
  await page.goto(`${coordinator.origin}/volunteer?start=1&slots=2`);
  await rest.completed(id);
  expect(await rest.volunteers()).toMatchObject([{ state: "connected", slotCount: 2, acceptedTasks: 4 }]);
  await expect(page).toHaveURL(`${coordinator.origin}/volunteer`);
});

test("[E2402] three tabs of one browser are one volunteer with the slots of all", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  const first = await volunteer(1);
  const second = await openTab(first.context, coordinator.origin, 1);
  const third = await openTab(first.context, coordinator.origin, 1);
  expect([second.id, third.id]).toEqual([first.id, first.id]);
  // Nothing of this ends before it has been looked at.
  const long = await rest.submit(squares(30, 120_000));
  await expect(first.page.locator('[data-testid="slot"][data-state="running"]')).toHaveCount(3);
  const views = await until(
    "all slots are known",
    () => rest.volunteers(),
    ([view]) => view?.slotCount === 3,
  );
  expect(views).toMatchObject([{ id: first.id, slotCount: 3 }]);
  expect((await rest.post(`/api/v1/jobs/${long.id}/cancel`, undefined)).status).toBe(200);
  const { id } = await rest.submit(squares(30, 200));
  await rest.completed(id);
  expectSquares(await rest.result(id), 30);
});

test("[E2403] closing the tab that was first leaves the others computing, as the same volunteer", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  const first = await volunteer(1);
  await openTab(first.context, coordinator.origin, 1);
  // Enough for the one that stays, however long closing the other takes.
  const { id } = await rest.submit(squares(30, 300));
  await rest.jobUntil(id, "has begun", ({ progress }) => progress > 0);
  await first.page.close();
  await rest.completed(id);
  expectSquares(await rest.result(id), 30);
  const copies = (await rest.tasks(id)).flatMap((task) => task.copies);
  expect(new Set(copies.map(({ volunteerId }) => volunteerId))).toEqual(new Set([first.id]));
});

test("[E2404] a tab hidden behind another goes on computing", async ({ coordinator, rest }) => {
  const browser = await RawBrowser.open();
  try {
    const tab = await browser.openTab(`${coordinator.origin}/volunteer?start=1&slots=2`);
    await until(
      "it takes part",
      () => rest.status(),
      ({ slots }) => slots === 2,
    );
    await browser.openTab("about:blank");
    const isHidden = () => tab.evaluate("document.visibilityState");
    await until("it is hidden", isHidden, (state) => state === "hidden");
    const { id } = await rest.submit(squares(20, 200));
    await rest.completed(id);
    expectSquares(await rest.result(id), 20);
    expect(await isHidden()).toBe("hidden");
  } finally {
    await browser.close();
  }
});

test("[E2405] stop gives back what the tab holds at once, and others finish it", async ({
  volunteer,
  rest,
}) => {
  const stopping = await volunteer();
  // So many that there are some left when it is stopped, however long that takes.
  const TASKS = 50;
  const { id } = await rest.submit(squares(TASKS, 500));
  await rest.jobUntil(id, "has begun", ({ progress }) => progress > 0);
  await stopping.page.getByRole("button", { name: "Stop" }).click();
  await expect(stopping.page.getByTestId("volunteer-state")).toHaveAttribute("data-state", "stopped");
  await rest.jobUntil(id, "is given back", ({ stages }) => stages[0]?.copiesOut === 0);
  const { waiting } = await rest.jobUntil(id, "waits", (job) => job.waiting !== null);
  expect(waiting?.code).toBe("no-volunteers");

  const other = await volunteer(8);
  await rest.completed(id);
  expectSquares(await rest.result(id), TASKS);
  const lastOf = (await rest.tasks(id)).map(({ copies }) =>
    copies.find(({ verdict }) => verdict === "valid"),
  );
  expect(lastOf.map((copy) => copy?.volunteerId)).toContain(other.id);
});

test("[E2406] a browser without SharedWorker computes too, two of its tabs are one volunteer, and one takes over from the other", async ({
  browser,
  coordinator,
  rest,
}) => {
  const context = await browser.newContext();
  await context.addInitScript(() => Reflect.deleteProperty(globalThis, "SharedWorker"));
  const first = await openTab(context, coordinator.origin, 1);
  expect(await first.page.evaluate(() => "SharedWorker" in globalThis)).toBe(false);
  const waiting = await context.newPage();
  await waiting.goto(`${coordinator.origin}/volunteer?start=1&slots=1`);

  // Enough for the second, however long closing the first takes.
  const { id } = await rest.submit(squares(30, 300));
  await rest.jobUntil(id, "has begun", ({ progress }) => progress > 0);
  expect(await rest.volunteers()).toMatchObject([{ id: first.id, state: "connected" }]);
  await first.page.close();
  await rest.completed(id);
  expectSquares(await rest.result(id), 30);
  const areBack = (views: VolunteerView[]) =>
    views.length > 0 && views.every(({ state }) => state === "connected");
  const views = await until("the second has taken over", () => rest.volunteers(), areBack);
  expect(views).toMatchObject([{ id: first.id }]);
  await context.close();
});

test("[E2407] a volunteer that joins a job under way works on it until it ends", async ({
  volunteer,
  rest,
}) => {
  const { id } = await rest.submit(squares(20, 300));
  await volunteer(1);
  await rest.completed(id);
  expectSquares(await rest.result(id), 20);
});
