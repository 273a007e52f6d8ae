/** The coordinator as an operator and a script see it. */
import { readFileSync } from "node:fs";
import { JobView, LogLine } from "../protocol/views";
import { expectSquares, honest, squareLine, squares } from "./fixtures/jobs";
import { readEvents, readLines } from "./fixtures/streams";
import { expect, test } from "./fixtures/test";
import { until } from "./fixtures/until";

test("[E2901] says that it is alive, that it takes work, and which version it is", async ({ rest }) => {
  for (const path of ["/healthz", "/readyz"]) {
    const response = await rest.fetch(path);
    expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
  }
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  expect(await rest.status()).toMatchObject({ version, volunteers: 0, jobs: { queued: 0, running: 0 } });
});

test("[E2902] ends cleanly when asked, and a second start on the same data knows every job and result", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  const tab = await volunteer();
  const ended = await rest.submit(squares(6, 10));
  await rest.completed(ended.id);
  const result = await rest.result(ended.id);
  const tasks = await rest.tasks(ended.id);
  await tab.context.close();
  await until(
    "nobody is there",
    () => rest.volunteers(),
    ({ length }) => length === 0,
  );
  const queued = await rest.submit(squares(6, 10));
  expect(await coordinator.stop()).toBe(0);

  await coordinator.start();
  expect(await rest.job(ended.id)).toMatchObject({ state: "completed", progress: 1, resultRecords: 6 });
  expect(await rest.result(ended.id)).toBe(result);
  expect(await rest.tasks(ended.id)).toEqual(tasks);
  expect(await rest.job(queued.id)).toMatchObject({ state: "queued", progress: 0 });
  await volunteer();
  await rest.completed(queued.id);
  expectSquares(await rest.result(queued.id), 6);
});

test("[E2903] a job's events stream its growing progress and its log lines, and end with `end`", async ({
  volunteer,
  rest,
}) => {
  const source = `export async function map(n, { log, config }) {
    await new Promise((resolve) => setTimeout(resolve, config.ms));
    log("at", n);
    return n;
  }`;
  // Seconds in all, of which a coordinator that is held up may miss some.
  const TASKS = 24;
  const { id } = await rest.submit({ ...squares(TASKS, 400), program: { source } });
  const events = readEvents(await rest.fetch(`/api/v1/jobs/${id}/events`));
  await volunteer();
  const progress: number[] = [];
  const lines: string[] = [];
  let last = "";
  for await (const { name, data } of events) {
    last = name;
    if (name === "job") progress.push(JobView.parse(data).progress);
    if (name === "log") lines.push(LogLine.parse(data).line);
  }
  expect(last).toBe("end");
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
  expect(new Set(progress).size, "it was seen on its way").toBeGreaterThan(2);
  expect(progress.at(-1)).toBe(1);
  expect(lines.sort()).toEqual(Array.from({ length: TASKS }, (_, n) => `at ${n}`).sort());
});

test("[E2904] a followed result streams in order while the job runs, and ends with it", async ({
  volunteer,
  testVolunteer,
  rest,
}) => {
  const { id } = await rest.submit(squares(16, 200));
  expect(await rest.problem(`/api/v1/jobs/${id}/result`)).toMatchObject({
    type: "/problems/job-not-finished",
    detail: expect.stringContaining("follow=1"),
  });
  const response = await rest.fetch(`/api/v1/jobs/${id}/result?follow=1`);
  // It answers for three tasks and keeps those that it is given then, so that the job cannot end meanwhile.
  let answers = 3;
  const early = await testVolunteer((task) => (answers-- > 0 ? honest(task) : null));
  const lines: string[] = [];
  let stateSeen = "";
  for await (const line of readLines(response)) {
    lines.push(`${line}\n`);
    if (lines.length !== 1) continue;
    stateSeen = (await rest.job(id)).state;
    early.close();
    await volunteer();
  }
  expect(lines).toEqual(Array.from({ length: 16 }, (_, n) => squareLine(n)));
  expect(stateSeen, "the first line came while it ran").toBe("running");
  expect((await rest.job(id)).state).toBe("completed");
});

test("[E2905] the same Idempotency-Key makes one job of the same request, and refuses another", async ({
  coordinator,
  rest,
}) => {
  const key = { "idempotency-key": "e2e-1" };
  const first = await rest.post("/api/v1/jobs", squares(3, 1), key);
  const { id } = JobView.parse(await first.json());
  expect([first.status, first.headers.get("location")]).toEqual([201, `/api/v1/jobs/${id}`]);
  const again = await rest.post("/api/v1/jobs", squares(3, 1), key);
  expect([again.status, JobView.parse(await again.json()).id]).toEqual([200, id]);
  await coordinator.kill();
  await coordinator.start();
  const afterKill = await rest.post("/api/v1/jobs", squares(3, 1), key);
  expect([afterKill.status, JobView.parse(await afterKill.json()).id]).toEqual([200, id]);
  const other = await rest.post("/api/v1/jobs", squares(4, 1), key);
  expect([other.status, await other.json()]).toMatchObject([409, { type: "/problems/idempotency-conflict" }]);
});
