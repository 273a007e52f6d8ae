import { expect, test } from "vitest";
import { JobId, taskIdOf } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { AssignedTask } from "../../protocol/task";
import {
  areLastOfJob,
  EMPTY_QUEUE,
  enqueue,
  gatherMsOf,
  measured,
  giveBack,
  takeAhead,
  takeBundle,
  wantOf,
  without,
  type Queue,
} from "./queue";

const A = JobId.parse("job_aaaaaaaaaaaaaaaa");
const B = JobId.parse("job_bbbbbbbbbbbbbbbb");

function tasks(jobId: JobId, from: number, count: number): AssignedTask[] {
  return Array.from({ length: count }, (_, index) => ({
    taskId: taskIdOf(jobId, "map", from + index),
    input: { type: "range", start: 0, step: 1, count: 1, firstRecord: 0 },
  }));
}

const queueOf = (...assigned: AssignedTask[]): Queue => enqueue(EMPTY_QUEUE, assigned, 0);
const withCost = (queue: Queue, jobId: JobId, ms: number) =>
  measured(queue, taskIdOf(jobId, "map", 0), 1, ms);
const take = (queue: Queue, warmJob: JobId | null = null, now = 0, slotCount = 1) =>
  takeBundle(queue, { warmJob, slotCount, now });
const idsOf = (taken: ReturnType<typeof take>) =>
  taken?.bundle.tasks.map(({ taskId }) => taskId.slice(4, 6) + taskId.split("/")[2]);
const appetite = { slotCount: 2, runningCount: 0, askedCount: 0, unsettledCount: 0, paceMs: 0 };

test("[AG31] counts the tasks of packs when it bundles them, and when it asks for more", () => {
  const packs: AssignedTask[] = [0, 40, 80, 120].map((index) => ({
    taskId: taskIdOf(A, "map", index, 40),
    input: { type: "range", start: 0, step: 1, count: 40, firstRecord: index },
  }));
  const queue = measured(queueOf(...packs), taskIdOf(A, "map", 0, 40), 40, 40);
  expect(idsOf(take(queue, null, 0, 2))).toEqual(["aa0+40", "aa40+40"]);
  expect(wantOf(queue, { ...appetite, slotCount: 1 })).toBe(1_600 / 40 - 4);
  const dear = measured(queueOf(...packs), taskIdOf(A, "map", 0, 40), 40, 4_000);
  expect(idsOf(take(dear))).toEqual(["aa0+40"]);
});

test("[AG1] asks for two tasks a slot while their cost is unknown", () => {
  expect(wantOf(EMPTY_QUEUE, appetite)).toBe(4);
  expect(wantOf(EMPTY_QUEUE, { ...appetite, slotCount: 0 })).toBe(0);
});

test("[AG1] then holds 1.6 seconds of work a slot", () => {
  expect(wantOf(withCost(EMPTY_QUEUE, A, 4), appetite)).toBe(2 * 400);
  expect(wantOf(withCost(EMPTY_QUEUE, A, 5_000), appetite)).toBe(4);
});

test("[AG1] never holds more than 512 tasks a slot, nor more than LIMITS.tasksHeld", () => {
  const cheap = withCost(EMPTY_QUEUE, A, 0);
  expect(wantOf(cheap, appetite)).toBe(1_024);
  expect(wantOf(cheap, { ...appetite, slotCount: 128 })).toBe(LIMITS.tasksHeld);
});

test("[AG61] holds as much more as it works through until the next report", () => {
  expect(wantOf(withCost(EMPTY_QUEUE, A, 1_000), { ...appetite, paceMs: 4_000 })).toBe(2 * 6);
  expect(wantOf(withCost(EMPTY_QUEUE, A, 10_000), { ...appetite, paceMs: 4_000 })).toBe(4);
});

test("[AG62] gathers for half of what the pace leaves beyond a task to all of that, each time another while, and not when work runs out", () => {
  const queue = withCost(queueOf(...tasks(A, 0, 2)), A, 1_000);
  const patience = { slotCount: 1, paceMs: 4_000, jitter: 0, isLastOfJob: false };
  expect([0, 0.5, 1].map((jitter) => gatherMsOf(queue, { ...patience, jitter }))).toEqual([
    3_000, 2_250, 1_500,
  ]);
  expect(gatherMsOf(queue, { ...patience, slotCount: 5 })).toBe(50);
  expect(gatherMsOf(queue, { ...patience, paceMs: 0 })).toBe(400);
});

test("[AG69] reports before work runs out: tabs that began together would all do so at that moment", () => {
  for (const cost of [50, 300, 600, 1_000, 1_500, 2_000]) {
    const appetiteOfOne = { ...appetite, slotCount: 1, paceMs: 4_000 };
    const held = wantOf(withCost(EMPTY_QUEUE, A, cost), appetiteOfOne);
    // From a report on: the running task, its output's wait, and still as much waits as a report needs to bring more.
    const queue = withCost(queueOf(...tasks(A, 0, held)), A, cost);
    const longest = gatherMsOf(queue, { slotCount: 1, paceMs: 4_000, jitter: 0.01, isLastOfJob: false });
    const begun = 2 + Math.floor(longest / cost);
    const left = withCost(queueOf(...tasks(A, 0, held - begun)), A, cost);
    const again = gatherMsOf(left, { slotCount: 1, paceMs: 4_000, jitter: 0.01, isLastOfJob: false });
    expect(again, `tasks of ${cost} ms`).toBe(longest);
  }
});

test("[AG63] gathers no longer than without a pace what is the last that is here of its job", () => {
  const queue = withCost(queueOf(...tasks(A, 0, 2)), A, 1_000);
  const isLast = (...ended: AssignedTask[]) => areLastOfJob(queue, new Set([taskIdOf(B, "map", 7)]), ended);
  expect([isLast(...tasks(A, 5, 1)), isLast(...tasks(B, 5, 1))]).toEqual([false, false]);
  const OTHER = JobId.parse("job_cccccccccccccccc");
  expect(isLast(...tasks(A, 5, 1), ...tasks(OTHER, 0, 1))).toBe(true);
  expect(gatherMsOf(queue, { slotCount: 1, paceMs: 4_000, jitter: 0, isLastOfJob: true })).toBe(400);
});

test("[AG2] counts what waits, what runs and what was asked for before it asks for more", () => {
  const queue = withCost(queueOf(...tasks(A, 0, 100)), A, 4);
  expect(wantOf(queue, { ...appetite, runningCount: 50, askedCount: 200 })).toBe(800 - 350);
  expect(wantOf(queue, { ...appetite, runningCount: 50, askedCount: 1_000 })).toBe(0);
});

test("[AG2] counts outputs that wait for their word only against LIMITS.tasksHeld", () => {
  const cheap = withCost(EMPTY_QUEUE, A, 4);
  expect(wantOf(cheap, { ...appetite, unsettledCount: 3_000 })).toBe(800);
  expect(wantOf(cheap, { ...appetite, unsettledCount: LIMITS.tasksHeld - 10 })).toBe(10);
  expect(wantOf(cheap, { ...appetite, unsettledCount: LIMITS.tasksHeld + 10 })).toBe(0);
});

test("[AG3] hands over one task while the cost is unknown, then about 250 ms of work", () => {
  const queue = queueOf(...tasks(A, 0, 60));
  expect(take(queue)?.bundle.tasks).toHaveLength(1);
  expect(take(withCost(queue, A, 10))?.bundle.tasks).toHaveLength(25);
  expect(take(withCost(queue, A, 400))?.bundle.tasks).toHaveLength(1);
});

test("[AG3] shares the last tasks of a job out among the slots", () => {
  const queue = withCost(queueOf(...tasks(A, 0, 6)), A, 1);
  expect(take(queue, null, 0, 3)?.bundle.tasks).toHaveLength(2);
});

test("[AG3] measures map and reduce apart", () => {
  const reduce = { ...tasks(A, 0, 1)[0], taskId: taskIdOf(A, "reduce", 0), input: tasks(A, 0, 1)[0]?.input };
  const queue = withCost(queueOf(...tasks(A, 0, 10)), A, 1);
  const taken = take(queue);
  expect(taken?.bundle.tasks.every(({ taskId }) => taskId.includes("/map/"))).toBe(true);
  expect(queue.costs.has(reduce.taskId.slice(0, reduce.taskId.lastIndexOf("/")))).toBe(false);
});

test("[AG60] a slot gets its next bundle early as long as every slot has something left to turn to", () => {
  const wish = { warmJob: A, slotCount: 2, now: 0 };
  const queue = withCost(queueOf(...tasks(A, 0, 3)), A, 100);
  const taken = takeAhead(queue, wish);
  expect(idsOf(taken)).toEqual(["aa0"]);
  expect(taken && takeAhead(taken.queue, wish)).toBeNull();
  expect(takeAhead(queue, { ...wish, warmJob: B })).toBeNull();
});

test("[AG4] a slot stays with the job it has loaded, while no other job waits long", () => {
  const queue = queueOf(...tasks(A, 0, 1), ...tasks(B, 0, 1));
  expect(idsOf(take(queue))).toEqual(["aa0"]);
  expect(idsOf(take(queue, B))).toEqual(["bb0"]);
  expect(idsOf(take(queue, B, 2_001))).toEqual(["aa0"]);
});

test("[AG5] runs tasks by themselves, and first, that were in a call which took too long", () => {
  const queue = withCost(giveBack(queueOf(...tasks(A, 5, 3)), tasks(A, 0, 2), 0, true), A, 1);
  const first = take(queue);
  expect(idsOf(first)).toEqual(["aa0"]);
  expect(idsOf(first && take(first.queue))).toEqual(["aa1"]);
});

test("[AG6] forgets tasks that nobody waits for", () => {
  const queue = without(queueOf(...tasks(A, 0, 3)), new Set([taskIdOf(A, "map", 1)]));
  expect(queue.waiting.map(({ task }) => task.taskId)).toEqual([
    taskIdOf(A, "map", 0),
    taskIdOf(A, "map", 2),
  ]);
});
