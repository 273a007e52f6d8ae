/** Late outcomes that the scheduler does not know of, and what the database says of them. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { volunteerId } from "../testing/facts";
import { openTestCoordinator, output, type TestCoordinator } from "../testing/open-coordinator";
import { openTestStore, type TestStore } from "../testing/open-store";
import { taskIdOf, type TaskId } from "../protocol/ids";
import { SubmitJob } from "../protocol/job";
import { LIMITS } from "../protocol/limits";
import { openGivenCopies } from "./given-copies";

let store: TestStore;
let running: TestCoordinator;

beforeEach(async () => {
  store = await openTestStore();
  running = await openTestCoordinator(store);
});

afterEach(async () => {
  await running.close();
  await store.close();
});

async function submit(tasks: number) {
  const request = SubmitJob.parse({
    program: { source: "export const map = (n) => n;" },
    input: { range: { end: tasks } },
    options: { quorum: 1 },
  });
  const { id } = (await running.grid.submitJob(request, null)).job;
  return Array.from({ length: tasks }, (_, index) => taskIdOf(id, "map", index));
}

async function decide(taskIds: readonly TaskId[]) {
  await running.join("bo", { want: taskIds.length });
  await running.report(
    "bo",
    taskIds.map((taskId) => output(taskId, "x\n")),
    taskIds.length,
  );
}

const late = (taskId: TaskId, text = "x\n") => ({
  ...output(taskId, text),
  ticket: running.tickets.write(volunteerId("ada"), taskId, running.now()),
});

const earned = async (name: string) =>
  (await store.database.volunteer.findUnique({ where: { id: volunteerId(name) } }))?.acceptedTasks ?? 0;

it("[KC24] gives credit for as many late answers as a report may have, all in one", async () => {
  const taskIds = await submit(LIMITS.batch);
  for (let rounds = 0; running.coordinator.jobs.size > 0 && rounds < LIMITS.batch; rounds++) {
    const begun = running.given("bo").length;
    await running.join("bo", { want: LIMITS.batch });
    const given = running.given("bo").slice(begun);
    await running.report(
      "bo",
      given.map((taskId) => output(taskId, "x\n")),
    );
  }
  expect(await earned("bo")).toBe(LIMITS.batch);
  await running.join("ada");
  const { answers } = await running.report(
    "ada",
    taskIds.map((taskId) => late(taskId)),
  );
  expect(answers).toEqual(taskIds.map(() => "done"));
  expect(await earned("ada")).toBe(LIMITS.batch);
});

it("[KC25] asks the database about a task once, however often a report names it, and takes the first answer", async () => {
  const [first, second] = (await submit(2)) as [TaskId, TaskId];
  await decide([first, second]);
  await running.join("ada");
  const { grid } = running.coordinator;
  const { database, ledger, tickets, now } = running;
  const given = openGivenCopies({ grid, database, ledger, tickets, now });
  const says = [late(first, "y\n"), late(second), late(first), late(second)];
  expect(given.toAsk(volunteerId("ada"), says, new Map())).toEqual([first, second]);
  await running.report("ada", says);
  expect(await earned("ada")).toBe(1);
});

it("[KC26] gives credit for a task that was decided while the database was asked about another one", async () => {
  const [old] = (await submit(1)) as [TaskId];
  await decide([old]);
  const [open] = (await submit(1)) as [TaskId];
  await running.join("bo", { want: 1 });
  expect(running.given("bo")).toContain(open);
  await running.join("ada");
  const reported = running.report("ada", [late(open), late(old)]);
  const decided = running.report("bo", [output(open, "x\n")]);
  await Promise.all([reported, decided]);
  expect(await earned("ada")).toBe(2);
});
