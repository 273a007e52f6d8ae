import { expect, test } from "vitest";
import { UNKNOWN_DEVICE } from "../../protocol/device";
import { digestOf } from "../../protocol/digest";
import { LIMITS } from "../../protocol/limits";
import { GridError, toProblem } from "../../protocol/problems";
import { Refusal } from "./connection";
import { settle } from "./fake-clock";
import {
  assignOf,
  JOB,
  largeOutputOf,
  mapTask,
  openFakeGrid,
  openFakePage,
  OTHER_JOB,
  outputOf,
  type FakeGrid,
  type FakePage,
  type SlotRun,
} from "./fake-grid";

async function openWorkingGrid(slotCount = 1) {
  const grid = await openFakeGrid();
  const page = await openFakePage(grid, slotCount);
  await grid.connect();
  return { grid, page };
}

test("[AG7] connects when the first slot starts, and says how many tasks it can take", async () => {
  const grid = await openFakeGrid();
  expect(grid.isOpen()).toBe(false);
  await openFakePage(grid, 2);
  expect(grid.isOpen()).toBe(true);
  await grid.connect();
  expect(grid.heard.hellos).toEqual([
    { slotCount: 2, instanceCount: 1, device: UNKNOWN_DEVICE, held: [], tickets: [], want: 4, blocks: "" },
  ]);
  // What went along with hello is not asked for again.
  expect(grid.wanted()).toEqual([]);
});

test("[AG41] says its tags in hello, and says hello again when they are others", async () => {
  const { grid } = await openWorkingGrid();
  grid.agent.setTags(["lab"]);
  grid.agent.setTags(["lab"]);
  expect(grid.isOpen()).toBe(true);
  await grid.connect();
  expect(grid.heard.hellos.map(({ device }) => device.tags)).toEqual([[], ["lab"]]);
});

test("[AG8] one report brings outcomes and asks for as many tasks as were taken in", async () => {
  const { grid, page } = await openWorkingGrid();
  await grid.assign([mapTask(0), mapTask(1)]);
  await page.finish();
  await page.finish();
  expect(grid.heard.reports.at(-1)?.outcomes).toHaveLength(2);
  const asked = grid.wanted().reduce((sum, want) => sum + want, 0);
  await grid.assign([mapTask(2)]);
  await grid.clock.advance(100);
  // The tab never has more credit than it has room.
  expect(grid.wanted().reduce((sum, want) => sum + want, 0)).toBe(asked);
});

test("[AG71] sends along with an outcome the ticket of its task, whatever it is, and as often as it is offered", async () => {
  const { grid, page } = await openWorkingGrid();
  const input = { type: "range", start: 0, step: 1, count: 1, firstRecord: 0 } as const;
  for (const index of [0, 1]) await grid.assignWith(input, mapTask(index), `ticket ${index}`);
  grid.answerWith(() => new Promise(() => {}));
  await page.finish();
  const error = { type: "error", message: "no", stack: "", record: null, elapsedMs: 1 } as const;
  await page.finish([{ ...error, taskId: mapTask(1) }]);
  await grid.clock.advance(400);
  await grid.disconnect();
  await grid.connect();
  const told = grid.heard.reports.flatMap(({ outcomes }) => outcomes);
  const wanted = [
    { type: "output", taskId: mapTask(0), ticket: "ticket 0" },
    { type: "error", taskId: mapTask(1), ticket: "ticket 1" },
  ];
  expect(told).toMatchObject([...wanted, ...wanted]);
  const held = [mapTask(0), mapTask(1)];
  expect(grid.heard.hellos.at(-1)).toMatchObject({ held, tickets: ["ticket 0", "ticket 1"] });
});

test("[AG9] reports at once when a slot has nothing to do", async () => {
  const { grid, page } = await openWorkingGrid();
  await grid.assign([mapTask(0)]);
  await page.finish();
  expect(grid.reported()).toEqual(["output 0"]);
});

test("[AG9] gathers outcomes for 400 ms while 500 ms of work waits for each slot, otherwise for 50 ms", async () => {
  const { grid, page } = await openWorkingGrid(2);
  await grid.assign([mapTask(0), mapTask(1), mapTask(2), mapTask(3)]);
  await grid.clock.advance(600);
  await page.finish();
  await grid.clock.advance(399);
  expect(grid.reported()).toEqual([]);
  await grid.clock.advance(1);
  expect(grid.reported()).toEqual(["output 0"]);
  await page.finish();
  await grid.clock.advance(50);
  expect(grid.reported()).toEqual(["output 0", "output 1"]);
});

/** One slot at tasks that take a second each, in a grid that asks to gather for four. */
async function openGatheringGrid() {
  const grid = await openFakeGrid();
  grid.setPace(4_000);
  const page = await openFakePage(grid, 1);
  await grid.connect();
  await grid.assign(Array.from({ length: 9 }, (_, index) => mapTask(index)));
  const finish = async () => {
    await grid.clock.advance(1_000);
    await page.finish();
  };
  return { grid, page, finish };
}

test("[AG64] gathers outputs for as long as the coordinator asks to, less a task, in one report that says what is held as well", async () => {
  const { grid, finish } = await openGatheringGrid();
  for (let done = 0; done < 3; done++) await finish();
  await grid.clock.advance(999);
  expect(grid.reported()).toEqual([]);
  await grid.clock.advance(1);
  const last = grid.heard.reports.at(-1);
  expect(last?.outcomes).toHaveLength(3);
  expect(last?.beat?.held).toEqual([3, 4, 5, 6, 7, 8].map((index) => mapTask(index)));
  expect(grid.heard.heartbeats).toEqual([]);
});

test("[AG65] sends what it has gathered when work runs out, however long the pace", async () => {
  const { grid, finish } = await openGatheringGrid();
  for (let done = 0; done < 3; done++) await finish();
  await grid.revoke(...[4, 5, 6, 7, 8].map((index) => mapTask(index)));
  await grid.clock.advance(50);
  expect(grid.reported()).toEqual(["output 0", "output 1", "output 2"]);
});

test("[AG66] sends what it has gathered when it stops, before it says goodbye", async () => {
  const { grid, page, finish } = await openGatheringGrid();
  for (let done = 0; done < 2; done++) await finish();
  page.control.setSlotCount(0);
  await settle();
  expect(grid.reported()).toEqual(
    expect.arrayContaining(["output 0", "output 1", "released 2", "released 8"]),
  );
  expect(grid.heard.goodbyes).toBe(1);
});

test("[AG67] sends what it has gathered as soon as the coordinator has time again", async () => {
  const { grid, finish } = await openGatheringGrid();
  await finish();
  grid.setPace(0);
  // The slots that have become more are news.
  await openFakePage(grid, 1);
  await grid.clock.advance(400);
  expect(grid.reported()).toEqual(["output 0"]);
});

test("[AG68] says what it holds by itself when nothing is there to report", async () => {
  const { grid } = await openGatheringGrid();
  await grid.clock.advance(LIMITS.heartbeatMs);
  expect(grid.heard.heartbeats).toMatchObject([{ held: expect.arrayContaining([mapTask(1)]) }]);
});

/** As many reports are on their way as can be, and what another job is waits at the slot after them. */
async function openUnansweredGrid() {
  const grid = await openFakeGrid();
  grid.setPace(4_000);
  const page = await openFakePage(grid, 1);
  await grid.connect();
  const own = Array.from({ length: 12 }, (_, index) => mapTask(index));
  const tasks = [...own.slice(0, 4), mapTask(77, OTHER_JOB), ...own.slice(4)];
  await grid.assign(tasks, [JOB, OTHER_JOB]);
  const answers: (() => void)[] = [];
  grid.answerWith(
    ({ outcomes }) =>
      new Promise((resolve) => {
        answers.push(() => resolve({ answers: outcomes.map(() => "done"), paceMs: 4_000 }));
      }),
  );
  for (let sent = 0; sent < 4; sent++) {
    await grid.clock.advance(1_000);
    await page.finish();
    await grid.clock.advance(4_000);
  }
  return { grid, page, answers };
}

test("[AG72] says what it holds by itself while no report can be sent, because none of those before is answered", async () => {
  const { grid, page } = await openUnansweredGrid();
  await page.finish();
  expect(grid.heard.reports.filter(({ outcomes }) => outcomes.length > 0)).toHaveLength(4);
  const before = grid.heard.heartbeats.length;
  await grid.clock.advance(3 * LIMITS.heartbeatMs);
  expect(grid.heard.reports).toHaveLength(4);
  expect(grid.heard.heartbeats.length - before).toBe(3);
});

test("[AG73] gathers no longer than without a pace the last outputs of a job, also when they wait for an answer first", async () => {
  const { grid, page, answers } = await openUnansweredGrid();
  await page.finish();
  await grid.clock.advance(2_000);
  expect(grid.reported()).not.toContain("output 77");
  answers[0]?.();
  await grid.clock.advance(400);
  expect(grid.reported()).toContain("output 77");
});

test("[AG73] gathers no longer than without a pace the last outputs of a job, also when they are uploaded first", async () => {
  const { grid, finish } = await openGatheringGrid();
  await finish();
  await grid.assign(
    [mapTask(77, OTHER_JOB), ...[20, 21, 22].map((index) => mapTask(index))],
    [JOB, OTHER_JOB],
  );
  for (let done = 0; done < 8; done++) await finish();
  let isUploaded = false;
  grid.answerWith(({ outcomes }) => {
    const isAsked = !isUploaded && outcomes.some(({ taskId }) => taskId === mapTask(77, OTHER_JOB));
    isUploaded ||= isAsked;
    return Promise.resolve({ answers: outcomes.map(() => (isAsked ? "upload" : "done")), paceMs: 4_000 });
  });
  await finish();
  await grid.clock.advance(400);
  const times = () => grid.reported().filter((outcome) => outcome === "output 77").length;
  expect([isUploaded, times()]).toEqual([true, 1]);
  await grid.clock.advance(400);
  expect(times()).toBe(2);
});

test("[AG49] runs what comes with the answer to a report", async () => {
  const { grid, page } = await openWorkingGrid();
  grid.answerWith((report) =>
    Promise.resolve({
      answers: report.outcomes.map(() => "done"),
      assigned: assignOf(report.outcomes.length > 0 ? [mapTask(7)] : []),
    }),
  );
  await grid.assign([mapTask(0)]);
  await page.finish();
  await grid.clock.advance(50);
  await page.finish();
  await grid.clock.advance(50);
  expect(grid.reported().slice(0, 2)).toEqual(["output 0", "output 7"]);
});

test("[AG10] says again what was not answered, after the line broke", async () => {
  const { grid, page } = await openWorkingGrid();
  grid.answerWith(() => new Promise(() => {}));
  await grid.assign([mapTask(0), mapTask(1), mapTask(2)]);
  await page.finish();
  await grid.clock.advance(50);
  await grid.disconnect();
  grid.answerWith((report) => Promise.resolve({ answers: report.outcomes.map(() => "done") }));
  await grid.connect();
  expect(grid.reported()).toEqual(["output 0", "output 0"]);
});

test("[AG26] says in hello what runs, what waits, and what is computed and not handed over", async () => {
  const { grid, page } = await openWorkingGrid();
  grid.answerWith(() => new Promise(() => {}));
  await grid.assign([mapTask(0), mapTask(1), mapTask(2)]);
  await page.finish();
  await grid.disconnect();
  await grid.connect();
  expect(grid.heard.hellos.at(-1)?.held).toEqual([mapTask(1), mapTask(2), mapTask(0)]);
});

test("[AG27] tasks that come before the welcome are not waited for any longer", async () => {
  const grid = await openFakeGrid();
  const page = await openFakePage(grid, 1);
  await grid.connect([], [mapTask(0), mapTask(1)]);
  for (let task = 0; task < 2; task++) {
    await grid.clock.advance(1_000);
    await page.finish();
  }
  expect(grid.wanted().reduce((sum, want) => sum + want, 0)).toBe(2);
});

test("[AG11] an output on hold is kept, is offered again after a reconnect, and uploaded when asked for", async () => {
  const { grid, page } = await openWorkingGrid();
  const bytes = new Uint8Array(10_000).fill(65);
  grid.answerWith((report) => Promise.resolve({ answers: report.outcomes.map(() => "hold") }));
  await grid.assign([mapTask(0)]);
  await page.finish((run) => [largeOutputOf(run, mapTask(0), bytes)]);
  await grid.clock.advance(1_000);
  expect(grid.reported()).toEqual(["output 0"]);
  expect(grid.heard.reports.at(-1)?.outcomes[0]).toMatchObject({
    parts: [{ digest: digestOf(bytes), bytes: 10_000 }],
  });

  await grid.disconnect();
  await grid.connect();
  expect(grid.reported()).toEqual(["output 0", "output 0"]);

  grid.answerWith((report) => Promise.resolve({ answers: report.outcomes.map(() => "done") }));
  await grid.settleWith(mapTask(0), "upload");
  expect(grid.uploads).toEqual([digestOf(bytes)]);
  await grid.clock.advance(1_000);
  expect(grid.reported()).toHaveLength(3);
  expect(page.status()?.outbox).toBe(0);
});

test("[AG11] gives a task back whose output cannot be uploaded", async () => {
  const { grid, page } = await openWorkingGrid();
  grid.answerWith((report) =>
    Promise.resolve({ answers: report.outcomes.map(({ type }) => (type === "output" ? "upload" : "done")) }),
  );
  grid.refuseUploads();
  await grid.assign([mapTask(0)]);
  await page.finish((run) => [largeOutputOf(run, mapTask(0), new Uint8Array(10_000))]);
  await grid.clock.advance(1_000);
  expect(grid.reported()).toEqual(["output 0", "released 0"]);
});

test("[AG12] kills the slot of a task that is revoked, and reports nothing of it", async () => {
  const { grid, page } = await openWorkingGrid();
  await grid.assign([mapTask(0), mapTask(1)]);
  await grid.revoke(mapTask(0));
  expect(page.killed).toHaveLength(1);
  page.runs.shift();
  await page.finish();
  await grid.clock.advance(100);
  expect(grid.reported()).toEqual(["output 1"]);
  expect(page.started).toHaveLength(2);
});

test("[AG12] forgets what waits when the coordinator drops it, in welcome too", async () => {
  const { grid, page } = await openWorkingGrid();
  await grid.assign([mapTask(0), mapTask(1), mapTask(2)]);
  await grid.disconnect();
  await grid.connect([mapTask(0), mapTask(1)]);
  await grid.clock.advance(LIMITS.heartbeatMs);
  expect(grid.heard.heartbeats.at(-1)?.held).toEqual([mapTask(2)]);
  expect(page.killed).toHaveLength(1);
});

test("[AG13] gives back what a page was running as soon as the page is gone", async () => {
  const { grid, page } = await openWorkingGrid();
  await openFakePage(grid, 1);
  await grid.assign([mapTask(0), mapTask(1)]);
  await page.vanish();
  await grid.clock.advance(50);
  expect(grid.reported()).toEqual(["released 0"]);
  expect(grid.heard.goodbyes).toBe(0);
});

test("[AG14] gives everything back and says goodbye when the last slot stops", async () => {
  const { grid, page } = await openWorkingGrid();
  await grid.assign([mapTask(0), mapTask(1)]);
  page.control.setSlotCount(0);
  await settle();
  expect(grid.reported()).toEqual(["released 0", "released 1"]);
  expect(grid.heard.goodbyes).toBe(1);
  expect(grid.isOpen()).toBe(false);
});

test("[AG14] stays until its outputs are acknowledged", async () => {
  const { grid, page } = await openWorkingGrid();
  grid.answerWith((report) => Promise.resolve({ answers: report.outcomes.map(() => "hold") }));
  await grid.assign([mapTask(0)]);
  await page.finish();
  page.control.setSlotCount(0);
  await settle();
  expect(grid.heard.goodbyes).toBe(0);
  await grid.settleWith(mapTask(0), "done");
  expect(grid.heard.goodbyes).toBe(1);
});

test("[AG44] gives a page's tasks back as ones that broke their worker when the page answers and its sandbox does not", async () => {
  const { grid, page } = await openWorkingGrid();
  await grid.assign([mapTask(0), mapTask(1)]);
  page.setSandboxSilent(true);
  await grid.clock.advance(5_000 + 12_000);
  expect(page.resets()).toBe(1);
  const given = grid.heard.reports.flatMap(({ outcomes }) => outcomes);
  // The other one lay ready, and nothing of it had run.
  expect(given).toMatchObject([
    { type: "released", taskId: mapTask(0), reason: "broke" },
    { type: "released", taskId: mapTask(1), reason: "stopped" },
  ]);
});

test("[AG15] gives a page's tasks back when it does not answer for 14 s, and mends its sandbox", async () => {
  const { grid, page } = await openWorkingGrid();
  await grid.assign([mapTask(0), mapTask(1)]);
  page.setSilent(true);
  await grid.clock.advance(5_000 + 13_900);
  expect(page.resets()).toBe(0);
  await grid.clock.advance(100);
  expect(page.resets()).toBe(1);
  expect(grid.reported().sort()).toEqual(["released 0", "released 1"]);
  page.setSilent(false);
  await grid.clock.advance(13_000);
  expect(page.status()?.slots[0]?.state).toBe("idle");
});

test("[AG16] ends a task that runs longer than its job allows", async () => {
  const { grid, page } = await openWorkingGrid();
  await grid.assign([mapTask(0)]);
  await grid.clock.advance(30_000);
  expect(grid.heard.reports.at(-1)?.outcomes).toEqual([
    {
      type: "error",
      taskId: mapTask(0),
      message: "The task ran longer than 30000 ms",
      stack: "",
      record: null,
      elapsedMs: 30_000,
    },
  ]);
  expect(page.killed).toHaveLength(1);
});

test("[AG16] runs the tasks of a call that took too long again, one by one", async () => {
  const { grid, page } = await openWorkingGrid();
  await grid.assign([mapTask(0)]);
  await page.finish();
  await grid.assign([mapTask(1), mapTask(2)]);
  expect(page.runs[0]?.tasks).toHaveLength(2);
  await grid.clock.advance(30_000);
  page.runs.shift();
  expect(page.runs[0]?.tasks.map(({ taskId }) => taskId)).toEqual([mapTask(1)]);
  await page.finish();
  expect(page.runs[0]?.tasks.map(({ taskId }) => taskId)).toEqual([mapTask(2)]);
});

test("[AG16] every task of a call has its whole time", async () => {
  const { grid, page } = await openWorkingGrid();
  await grid.assign([mapTask(0)]);
  await page.finish();
  await grid.assign([mapTask(1), mapTask(2)]);
  await grid.clock.advance(20_000);
  page.runs[0]?.notice({ taskId: mapTask(2), index: 1, progress: 0.5 });
  await grid.clock.advance(20_000);
  expect(page.killed).toEqual([]);
  expect(page.status()?.slots[0]).toMatchObject({ state: "running", taskId: mapTask(2), progress: 0.5 });
});

test("[AG16] time that the browser slept does not count", async () => {
  const { grid, page } = await openWorkingGrid();
  await grid.assign([mapTask(0)]);
  await grid.clock.advance(25_000);
  for (let time = 0; time < 2; time++) {
    await grid.clock.sleep(3_600_000);
    await grid.clock.advance(2_000);
  }
  expect(page.killed).toEqual([]);
  expect(grid.heard.reports.flatMap(({ outcomes }) => outcomes)).toEqual([]);
  await grid.clock.advance(5_000);
  expect(grid.heard.reports.at(-1)?.outcomes).toMatchObject([{ type: "error", taskId: mapTask(0) }]);
});

test("[AG17] another job gets a fresh worker", async () => {
  const { grid, page } = await openWorkingGrid();
  await grid.assign([mapTask(0), mapTask(0, OTHER_JOB), mapTask(1)], [JOB, OTHER_JOB]);
  await page.finish();
  // The slot stays with its job while tasks of it wait.
  expect(page.runs[0]?.tasks[0]?.taskId).toBe(mapTask(1));
  expect(page.started).toHaveLength(1);
  await page.finish();
  expect(page.runs[0]?.tasks[0]?.taskId).toBe(mapTask(0, OTHER_JOB));
  expect(page.started).toHaveLength(2);
});

test("[AG56] starts a worker while the code of its job is fetched", async () => {
  const { grid, page } = await openWorkingGrid();
  grid.stopFetches();
  await grid.assign([mapTask(0)]);
  expect(page.started).toHaveLength(1);
  expect(page.runs).toEqual([]);
});

test("[AG28] a worker killed before it was up leaves the one after it alone", async () => {
  const { grid, page } = await openWorkingGrid(1);
  page.startSlowly();
  await grid.assign([mapTask(0)]);
  await grid.revoke(mapTask(0));
  await grid.assign([mapTask(1)]);
  await page.endSlowStarts();
  expect(page.killed).toHaveLength(1);
  await page.finish();
  expect(grid.reported()).toEqual(["output 1"]);
});

test("[AG28] gives a task back whose worker is not up after 60 s, however long it may run", async () => {
  const { grid, page } = await openWorkingGrid(1);
  page.startSlowly();
  await grid.assign([mapTask(0)]);
  await grid.clock.advance(60_000);
  expect(grid.releases()).toEqual(["released 0 stopped"]);
  expect(page.killed).toHaveLength(1);
});

test("[AG29] hands the next bundle over while one runs, and takes it back when that one ends the worker", async () => {
  const { grid, page } = await openWorkingGrid(1);
  const runs = () => page.runs.map(({ tasks }) => tasks.map(({ taskId }) => taskId));
  await grid.assign([mapTask(0)]);
  await grid.clock.advance(300);
  await page.finish();
  await grid.assign([mapTask(1), mapTask(2), mapTask(3)]);
  expect(runs()).toEqual([[mapTask(1)], [mapTask(2)]]);
  await grid.revoke(mapTask(1));
  page.runs.splice(0, 2);
  expect(runs()).toEqual([[mapTask(2)]]);
  await page.finish();
  await page.finish();
  await grid.clock.advance(100);
  expect(grid.reported()).toEqual(["output 0", "output 2", "output 3"]);
});

test("[AG29] the time of a bundle that was handed over early begins when it is its turn", async () => {
  const { grid, page } = await openWorkingGrid(1);
  await grid.assign([mapTask(0)]);
  await grid.clock.advance(300);
  await page.finish();
  await grid.assign([mapTask(1), mapTask(2), mapTask(3)]);
  await grid.clock.advance(20_000);
  await page.finish();
  await grid.clock.advance(20_000);
  expect(page.killed).toEqual([]);
  await grid.clock.advance(10_000);
  expect(page.killed).toHaveLength(1);
});

test("[AG18] a program that cannot be loaded is an error of its task", async () => {
  const { grid, page } = await openWorkingGrid();
  page.setLoadAnswer({ type: "unloadable", message: "SyntaxError: no", stack: "" });
  await grid.assign([mapTask(0)]);
  expect(grid.heard.reports.at(-1)?.outcomes[0]).toMatchObject({
    type: "error",
    message: "SyntaxError: no",
    record: null,
  });
});

test("[AG19] believes nothing of a slot that answers for other tasks, or with no outcome at all", async () => {
  const { grid, page } = await openWorkingGrid();
  await grid.assign([mapTask(0)]);
  await page.finish([outputOf(mapTask(9))]);
  expect(grid.reported()).toEqual(["released 0"]);
  expect(page.killed).toHaveLength(1);
});

test("[AG37] says of a task that broke its worker that it did, once it is known which one that was", async () => {
  const { grid, page } = await openWorkingGrid(1);
  await grid.assign([mapTask(0)]);
  await page.finish([outputOf(mapTask(0))]);
  await grid.assign([mapTask(1), mapTask(2)]);
  for (let run = 0; run < 3; run++) {
    if (page.runs.length > 0) await page.finish([outputOf(mapTask(9))]);
    await grid.clock.advance(1_000);
  }
  expect(grid.releases()).toEqual(["released 1 broke", "released 2 broke"]);
});

/** A task's block that is not here. */
const farTask = {
  type: "records",
  block: digestOf(Uint8Array.of(1)),
  from: 0,
  to: 1,
  firstRecord: 0,
} as const;

test("[AG20] gives a task back whose input or program cannot be had, and says whether the coordinator does not have it", async () => {
  const { grid } = await openWorkingGrid();
  grid.blocks.clear();
  grid.setOffline(true);
  await grid.assignWith(farTask, mapTask(0));
  await grid.clock.advance(1_000);
  grid.setOffline(false);
  await grid.assignWith(farTask, mapTask(1));
  await grid.clock.advance(1_000);
  await grid.assign([mapTask(2, OTHER_JOB)], [OTHER_JOB]);
  await grid.clock.advance(1_000);
  expect(grid.releases()).toEqual(["released 0 stopped", "released 1 unread", "released 2 unread"]);
});

test("[AG50] keeps such a task for a moment, which grows each time, and runs others meanwhile", async () => {
  const { grid, page } = await openWorkingGrid();
  grid.answerWith(async (report) => {
    const isBack = report.outcomes.some(({ type }) => type === "released");
    if (isBack) setImmediate(() => void grid.assignWith(farTask, mapTask(0)));
    return { answers: report.outcomes.map(() => "done") };
  });
  await grid.assignWith(farTask, mapTask(0));
  await grid.assign([mapTask(1)]);
  await page.finish();
  const times: number[] = [];
  for (let step = 0; step < 60; step++) {
    await grid.clock.advance(250);
    times.push(grid.releases().length);
  }
  expect(grid.reported()).toContain("output 1");
  expect([250, 750, 1_750, 3_750, 7_750, 11_750].map((ms) => times[ms / 250 - 1])).toEqual([
    1, 2, 3, 4, 5, 6,
  ]);
  expect(times.at(-1)).toBe(6);
});

test("[AG50] gives nothing back that was taken away meanwhile, and has come anew", async () => {
  const { grid, page } = await openWorkingGrid();
  await grid.assignWith(farTask, mapTask(0));
  await grid.revoke(mapTask(0));
  await grid.assign([mapTask(0)]);
  await grid.clock.advance(1_000);
  await page.finish();
  await grid.clock.advance(1_000);
  expect(grid.reported()).toEqual(["output 0"]);
});

test("[AG21] says every 4 s what runs and waits, and nothing of what ended", async () => {
  const { grid, page } = await openWorkingGrid();
  grid.answerWith((report) => Promise.resolve({ answers: report.outcomes.map(() => "hold") }));
  await grid.assign([mapTask(0), mapTask(1), mapTask(2)]);
  await page.finish();
  await grid.clock.advance(LIMITS.heartbeatMs);
  expect(grid.heard.heartbeats).toMatchObject([{ held: [mapTask(1), mapTask(2)], slotCount: 1 }]);
});

test("[AG21] says so at once when its slots become more or fewer", async () => {
  const { grid, page } = await openWorkingGrid();
  page.control.setSlotCount(3);
  expect(grid.heard.heartbeats).toMatchObject([{ held: [], slotCount: 3 }]);
});

test("[AG43] says after welcome that its slots have become more since hello", async () => {
  const grid = await openFakeGrid();
  await openFakePage(grid, 1);
  await grid.connect([], [], () => openFakePage(grid, 2));
  expect(grid.heard.hellos).toMatchObject([{ slotCount: 1 }]);
  expect(grid.heard.heartbeats).toMatchObject([{ slotCount: 3 }]);
});

test("[AG22] one bad outcome does not take the others along", async () => {
  const { grid, page } = await openWorkingGrid();
  grid.answerWith((report) =>
    report.outcomes.some(({ taskId }) => taskId === mapTask(1))
      ? Promise.reject(new Refusal(toProblem(new GridError("message-invalid", "no"))))
      : Promise.resolve({ answers: report.outcomes.map(() => "done") }),
  );
  await grid.assign([mapTask(0)]);
  await page.finish();
  await grid.assign([mapTask(1), mapTask(2), mapTask(3)]);
  await page.finish();
  for (let second = 0; second < 6; second++) await grid.clock.advance(1_000);
  const accepted = grid.heard.reports
    .filter(({ outcomes }) => outcomes.length === 1)
    .flatMap(({ outcomes }) => outcomes);
  expect(accepted.map(({ taskId }) => taskId)).toEqual(
    expect.arrayContaining([mapTask(0), mapTask(2), mapTask(3)]),
  );
  expect(page.status()?.outbox).toBe(0);
});

test("[AG23] waits as long as an overloaded coordinator asks for", async () => {
  const { grid, page } = await openWorkingGrid();
  grid.answerWith(() =>
    Promise.reject(new Refusal(toProblem(new GridError("overloaded", "later", { retryAfterMs: 3_000 })))),
  );
  await grid.assign([mapTask(0)]);
  await page.finish();
  const sent = grid.reported().length;
  await grid.clock.advance(2_900);
  expect(grid.reported()).toHaveLength(sent);
  await grid.clock.advance(200);
  expect(grid.reported().length).toBeGreaterThan(sent);
});

test("[AG24] an outdated agent has its pages reload", async () => {
  const { grid, page } = await openWorkingGrid();
  grid.outdated();
  expect(page.reloads()).toBe(1);
});

test("[AG25] shows pages the state of all tabs at most four times a second", async () => {
  const { grid, page } = await openWorkingGrid(2);
  const other = await openFakePage(grid, 1);
  await grid.clock.advance(250);
  expect(page.status()).toMatchObject({ tabs: 2, slotCount: 3, thisTab: { slotCount: 2, state: "running" } });
  expect(other.status()).toMatchObject({
    tabs: 2,
    slotCount: 3,
    thisTab: { slotCount: 1, state: "running" },
  });
  const shown = page.status();
  await grid.assign([mapTask(0)]);
  expect(page.status()).toBe(shown);
  await grid.clock.advance(250);
  expect(page.status()?.slots[0]).toMatchObject({ state: "running", taskId: mapTask(0) });
});

async function assignLent(grid: FakeGrid, page: FakePage): Promise<SlotRun> {
  const bytes = new Uint8Array([120, 10]);
  const block = digestOf(bytes);
  grid.blocks.set(block, bytes);
  await grid.assignWith({ type: "records", block, from: 0, to: 1, firstRecord: 0 }, mapTask(0));
  return runIn(page);
}

function runIn(page: FakePage): SlotRun {
  const [run] = page.runs;
  if (!run) throw new Error("Nothing runs");
  return run;
}

const bytesOf = ({ tasks: [task] }: SlotRun) => task?.input.type === "records" && task.input.bytes;

test("[BT7] a task whose slot finds its block spoilt runs again, with bytes that the agent has verified", async () => {
  const { grid, page } = await openWorkingGrid();
  expect(bytesOf(await assignLent(grid, page))).toBeInstanceOf(Blob);
  await page.finish([{ type: "spoilt", taskId: mapTask(0) }]);
  await settle();
  expect(bytesOf(runIn(page))).toEqual(new Uint8Array([120, 10]));
  await page.finish();
  await grid.clock.advance(100);
  expect(grid.reported()).toEqual(["output 0"]);
});

test("[BT8] a worker that calls verified bytes spoilt has failed its task", async () => {
  const { grid, page } = await openWorkingGrid();
  await assignLent(grid, page);
  for (let time = 0; time < 2; time++) {
    await page.finish([{ type: "spoilt", taskId: mapTask(0) }]);
    await settle();
  }
  await grid.clock.advance(100);
  expect(grid.reported()).toEqual(["error 0"]);
});
