/** What a grid remembers of those who lie, and what submitters see of it. */
import { UNKNOWN_DEVICE } from "../protocol/device";
import { VersionPage } from "../protocol/dataset";
import { JobId } from "../protocol/ids";
import { PROTOCOL_VERSION } from "../protocol/messages";
import { PipelineView } from "../protocol/pipeline";
import type { AssignedTask } from "../protocol/task";
import type { CopyView, JobView } from "../protocol/views";
import { expectSquares, honest, squares } from "./fixtures/jobs";
import { believeLie, isLie } from "./fixtures/liar";
import { expect, test } from "./fixtures/test";
import { connectVolunteer, makeSession, type Session, type TestVolunteer } from "./fixtures/test-volunteer";
import { until } from "./fixtures/until";

test("[E3101] two submitters share the computing time evenly though one has ten jobs, and who gives no name is everybody", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  const many: JobView[] = [];
  for (let one = 0; one < 10; one++)
    many.push(await rest.submit({ ...squares(2_000, 10), submitter: "ann" }));
  const single = await rest.submit({ ...squares(2_000, 10), submitter: "bob & sons" });
  expect((await rest.submit(squares(1, 0))).submitter).toBe("everybody");
  await volunteer();
  const counts = async () => {
    const views = await Promise.all([single, ...many].map(({ id }) => rest.job(id)));
    const [ofBob = 0, ...ofAnn] = views.map(({ stages }) => stages[0]?.accepted ?? 0);
    return { ofBob, ofAnn: ofAnn.reduce((sum, count) => sum + count, 0), least: Math.min(ofBob, ...ofAnn) };
  };
  // Until a task of each is done, what it costs is a guess.
  const before = await until("all jobs have begun", counts, ({ least }) => least > 0);
  const after = await until("both had some turns", counts, ({ ofBob }) => ofBob > before.ofBob + 400);
  const ratio = (after.ofAnn - before.ofAnn) / (after.ofBob - before.ofBob);
  // Turns are of about a second, so a short look is uneven; a share for each job would make it ten.
  expect(ratio, JSON.stringify({ before, after })).toBeGreaterThan(0.25);
  expect(ratio, JSON.stringify({ before, after })).toBeLessThan(4);

  await page.goto(`${coordinator.origin}/jobs/${single.id}`);
  await page.getByText("What was submitted").click();
  await expect(page.getByText(/ by bob & sons$/)).toBeVisible();
  for (const submitter of ["", " ann", "a".repeat(65), "line\nbreak"]) {
    const { detail } = await rest.refusal({ ...squares(1, 0), submitter });
    expect(detail, JSON.stringify(submitter)).toContain("submitter: must have 1 to 64 visible characters");
  }
});

test("[E3102] what an error bound came to, and why each copy has its verdict, stay when the job has ended and after a restart", async ({
  coordinator,
  testVolunteer,
  page,
  rest,
}) => {
  for (let one = 0; one < 4; one++) await testVolunteer(honest);
  const { id } = await rest.submit(squares(200, 0, { maxErrorRate: 0.01 }));
  const { trust } = await rest.completed(id);
  expect(trust).toMatchObject({ corrected: 0, caught: 0 });
  expect(trust?.copiesPerTask).toBeGreaterThan(1);
  expect(trust?.alone).toBeGreaterThan(0);
  expect(trust?.expectedWrong).toBeLessThanOrEqual(2);
  await coordinator.kill();
  await coordinator.start();
  expect((await rest.job(id)).trust).toEqual(trust);
  expectSquares(await rest.result(id), 200);
  const copies = (await rest.tasks(id)).flatMap((task) => task.copies);
  const alone = copies.filter(({ reason }) => reason.startsWith("Was believed alone")).length;
  expect(alone).toBeGreaterThan(0);
  // Some of them were found to be right by copies that came after all.
  expect(alone).toBeLessThanOrEqual(trust?.alone ?? 0);
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await expect(page.getByTestId("trust")).toContainText("on one answer");
  await page.getByRole("tab", { name: "Tasks and copies" }).click();
  await expect(page.getByTestId("verdict-reason").first()).toContainText("Has the same digest as");
});

test("[E3103] a completed job is put right when a volunteer that it rests on is caught in another one, though the coordinator is killed meanwhile", async ({
  coordinator,
  volunteer,
  testVolunteer,
  page,
  rest,
}) => {
  const TASKS = 200;
  await volunteer();
  await volunteer();
  for (let one = 0; one < 2; one++) await testVolunteer(honest);
  const liar = { isCaught: false };
  const { id } = await believeLie(rest, testVolunteer, TASKS, liar);
  const { endedAt } = await rest.job(id);
  const reader = await rest.submit({
    program: { source: "export const map = ({ key, value }, { emit }) => emit(key, value);" },
    input: { result: id },
    // By a tab: the others here know only squares.
    options: { quorum: 1, requires: { engine: "v8" }, onCorrection: "mark" },
  });
  await rest.completed(reader.id);
  expect(isLie(await rest.result(reader.id))).toBe(true);
  liar.isCaught = true;
  // With a bound it might be believed alone in whatever it gets of so few tasks.
  await rest.submit(squares(60, 10, { quorum: 2 }));
  await rest.jobUntil(
    id,
    "is in doubt",
    ({ rechecking, corrected }) => rechecking !== null || corrected !== null,
  );
  await coordinator.kill();
  await coordinator.start();
  const put = await rest.jobUntil(
    id,
    "is put right",
    ({ corrected, rechecking }) => corrected !== null && rechecking === null,
  );
  expect(put).toMatchObject({ state: "completed", endedAt, corrected: { tasks: 1, unresolved: 0 } });
  expectSquares(await rest.result(id), TASKS);
  const copies = (await rest.tasks(id)).flatMap((task) => task.copies);
  expect(copies.filter(({ verdict }) => verdict === "invalid")).toHaveLength(1);
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await expect(page.getByTestId("correction")).toContainText("1 output of this job was wrong");
  await expect(page.getByTestId("job-state")).toHaveText("completed");

  // What was made of it says so, and, being only marked, is made anew when that is asked for.
  await page.goto(`${coordinator.origin}/jobs/${reader.id}`);
  const note = page.getByTestId("outdated");
  await expect(note.getByRole("link", { name: `result of ${id}` })).toBeVisible();
  await expect(note).not.toContainText("takes its place");
  await note.getByRole("button", { name: "Run again" }).click();
  await page.waitForURL((url) => !url.pathname.endsWith(reader.id));
  await expect(page.getByTestId("job-state")).toHaveText("completed");
  await expect(note).toHaveCount(0);
  const again = JobId.parse(new URL(page.url()).pathname.split("/").at(-1));
  expect(await rest.job(again)).toMatchObject({ repeats: reader.id, basedOn: [{ jobId: id }] });
  expectSquares(await rest.result(again), TASKS);
});

test("[E5401] what was made of a result that is corrected is computed again by itself: a job, the dataset that it is kept as, and a job and a pipeline after that", async ({
  coordinator,
  volunteer,
  testVolunteer,
  page,
  rest,
}) => {
  const TASKS = 120;
  const path = "/ada/squares";
  const program = { source: "export const map = ({ key, value }, { emit }) => emit(key, value);" };
  // By a tab: the others here know only squares.
  const options = { quorum: 1, requires: { engine: "v8" as const } };
  const isReplaced = ({ replacedBy }: { replacedBy: string | null }) => replacedBy !== null;
  const replacementOf = async (id: JobId) => {
    const { replacedBy } = await rest.jobUntil(id, "is run again", isReplaced);
    return rest.completed(JobId.parse(replacedBy));
  };
  const pipelineOf = async (id: string) =>
    PipelineView.parse(await (await rest.fetch(`/api/v1/pipelines/${id}`)).json());
  const hasEnded = ({ state }: PipelineView) => state === "completed";

  await volunteer();
  for (let one = 0; one < 3; one++) await testVolunteer(honest);
  const liar = { isCaught: false };
  const { id } = await believeLie(rest, testVolunteer, TASKS, liar);
  const first = await rest.submit({ program, options, input: { result: id } });
  await rest.completed(first.id);
  expect((await rest.post(`/api/v1/jobs/${first.id}/keep`, { dataset: path })).ok).toBe(true);
  const reader = await rest.submit({ name: "reader", program, options, input: { dataset: path } });
  const submitted = await rest.post("/api/v1/pipelines", {
    name: "after squares",
    steps: [{ name: "copy", program, options, input: { dataset: path } }],
  });
  const pipeline = PipelineView.parse(await submitted.json());
  await until("the pipeline ends", () => pipelineOf(pipeline.id), hasEnded);
  await rest.completed(reader.id);
  expect(isLie(await rest.result(reader.id))).toBe(true);

  liar.isCaught = true;
  // With a bound it might be believed alone in whatever it gets of so few tasks.
  await rest.submit(squares(60, 10, { quorum: 2 }));
  const anew = await replacementOf(first.id);
  expect(anew).toMatchObject({ repeats: first.id, basedOn: [{ jobId: id, isOutdated: false }] });
  const last = await replacementOf(reader.id);
  expect(last.basedOn).toEqual([{ jobId: anew.id, use: "dataset", isOutdated: false }]);
  for (const each of [anew, last]) expectSquares(await rest.result(each.id), TASKS);
  const { replacedBy } = await until("the pipeline is repeated", () => pipelineOf(pipeline.id), isReplaced);
  const repeated = await until("that ends", () => pipelineOf(replacedBy ?? ""), hasEnded);
  const copy = JobId.parse(repeated.steps[0]?.resultJobId);
  expectSquares(await rest.result(copy), TASKS);
  // A job and a version for each, and not one more.
  const versions = await rest.fetch(`/api/v1/datasets${path}/versions`);
  expect(VersionPage.parse(await versions.json()).versions).toHaveLength(2);

  const old = await rest.fetch(`/api/v1/jobs/${reader.id}/result`);
  expect(isLie(await old.text())).toBe(true);
  expect(old.headers.get("result-outdated")).toBe("?1");
  expect(old.headers.get("link")).toBe(`</api/v1/jobs/${last.id}/result>; rel="successor-version"`);
  await page.goto(`${coordinator.origin}/jobs/${reader.id}`);
  const note = page.getByTestId("outdated");
  await expect(note).toContainText("takes its place");
  await note.getByRole("link", { name: last.id }).click();
  await expect(page.getByTestId("repeats").getByRole("link")).toHaveText(reader.id);
  await expect(note).toHaveCount(0);
  await page.goto(`${coordinator.origin}/pipelines/${pipeline.id}`);
  await page.getByTestId("replaced").getByRole("link").click();
  await expect(page.getByTestId("repeats")).toContainText(pipeline.id);
});

test("[E3104] volunteers that are trusted are given tasks again on which others agreed, like any other, and one that lies there is caught", async ({
  volunteer,
  testVolunteer,
  rest,
}) => {
  const TASKS = 3_000;
  const isLying = { at: Infinity };
  await volunteer(1);
  const trusted = [];
  for (let one = 0; one < 4; one++) trusted.push(await testVolunteer(honest));
  let answered = 0;
  const liar = await testVolunteer((task) => {
    answered += 1;
    // The record that it has by then lets it answer alone.
    return answered > isLying.at ? ['{"key":0,"value":"a lie"}\n'] : honest(task);
  });
  // On a busy machine the others do most of it.
  isLying.at = 30;
  // The tab, which takes its time for each, must not do nearly all of them.
  const { id } = await rest.submit(squares(TASKS, 10, { maxErrorRate: 0.001 }));
  const { trust } = await rest.completed(id);
  expect(trust, `the liar has answered ${answered} tasks`).toMatchObject({ caught: 1 });
  expectSquares(await rest.result(id), TASKS);

  const tasks = await rest.tasks(id);
  const isDecidedBefore = (leasedAt: number | null, others: (number | null)[]) =>
    leasedAt !== null && others.filter((at) => at !== null && at < leasedAt).length >= 2;
  const checks = tasks.flatMap(({ id: taskId, copies }) =>
    copies
      .filter(({ volunteerId, leasedAt, verdict }) => {
        const others = copies.filter((copy) => copy.volunteerId !== volunteerId && copy.verdict === "valid");
        return (
          verdict !== "none" &&
          isDecidedBefore(
            leasedAt,
            others.map(({ returnedAt }) => returnedAt),
          )
        );
      })
      .map((copy) => ({ taskId, copy })),
  );
  expect(checks.length, "tasks that were agreed on were given out again").toBeGreaterThan(0);
  for (const { taskId, copy } of checks) {
    expect(["valid", "invalid"]).toContain(copy.verdict);
    const by = [...trusted, liar].find((each) => each.id === copy.volunteerId);
    const given = by?.given.find((task) => task.taskId === taskId);
    const other = by?.given.find((task) => task.taskId !== taskId);
    // A real tab has no such list.
    if (!given || !other) continue;
    expect(Object.keys(given).sort()).toEqual(Object.keys(other).sort());
    expect(given.input.type).toBe(other.input.type);
  }
});

test("[E4801] who was being checked when the coordinator was killed gets the credit for its answer, once", async ({
  coordinator,
  testVolunteer,
  rest,
}) => {
  const TASKS = 20_000;
  const TRUSTED_AFTER = 60;
  const answered = new Map<string, number>();
  const check: { task?: AssignedTask; by?: Session } = {};
  const checked: TestVolunteer[] = [];
  for (let one = 0; one < 4; one++) {
    const session = await makeSession(coordinator.origin);
    let own = 0;
    const answer = (task: AssignedTask) => {
      const others = answered.get(task.taskId) ?? 0;
      // A third answer to a task that two have agreed on: nobody needs it.
      const isCheck = others >= 2 && own > TRUSTED_AFTER && !check.task;
      if (isCheck) Object.assign(check, { task, by: session });
      if (isCheck) return null;
      own += 1;
      answered.set(task.taskId, others + 1);
      return honest(task);
    };
    checked.push(await testVolunteer(answer, 2, { session }));
  }
  const { id } = await rest.submit(squares(TASKS, 0, { maxErrorRate: 0.001 }));
  const givenTo = () => checked.find((each) => each.id === check.by?.volunteerId)?.given.length ?? 0;
  await until(
    "somebody is checked",
    async () => check.task,
    (task) => task !== undefined,
  );
  const before = givenTo();
  // What it was given since came when that it was being checked was on the disk.
  await until(
    "it was given more",
    async () => givenTo(),
    (given) => given > before + 10,
  );
  await coordinator.kill();
  for (const each of checked) each.close();
  await coordinator.start();

  const { task, by } = check;
  if (!task || !by) throw new Error("Nobody was checked");
  const { taskId } = task;
  const again = await connectVolunteer(coordinator.origin, by);
  const hello = {
    protocolVersion: PROTOCOL_VERSION,
    slotCount: 1,
    device: UNKNOWN_DEVICE,
    held: [taskId],
    want: 0,
  };
  expect(await again.ask("hello", hello)).toMatchObject({ body: { dropped: [] } });
  const earned = async () =>
    (await rest.volunteers()).find((each) => each.id === by.volunteerId)?.acceptedTasks ?? NaN;
  const credit = await until("its credit is known", earned, (tasks) => tasks > TRUSTED_AFTER);
  const parts = honest(task).map((text) => ({ text, records: 1 }));
  const outcome = { type: "output", taskId, parts, elapsedMs: 1 };
  for (let time = 0; time < 2; time++) await again.ask("report", { outcomes: [outcome], want: 0 });
  expect(await earned()).toBe(credit + 1);
  await again.ask("heartbeat", { held: [], slotCount: 1 });
  expect((await rest.post(`/api/v1/jobs/${id}/cancel`, undefined)).status).toBe(200);
  const { copies = [] } = (await rest.tasks(id)).find((each) => each.id === taskId) ?? {};
  expect(copies.filter(({ volunteerId }) => volunteerId === by.volunteerId)).toMatchObject([
    { state: "returned", verdict: "valid" },
  ]);
  again.close();
});

test("[E3105] nobody learns from the audit trail of a running job what others answered, or which tasks may be checks", async ({
  coordinator,
  volunteer,
  testVolunteer,
  page,
  rest,
}) => {
  await volunteer(1);
  const { id: voted } = await rest.submit(squares(3, 0, { quorum: 2 }));
  const copies = async () => (await rest.tasks(voted)).flatMap((task) => task.copies);
  const areVotes = (all: readonly CopyView[]) => all.filter(({ state }) => state === "returned").length === 3;
  const pending = await until("all wait for a second answer", copies, areVotes);
  for (const copy of pending) expect(copy).toMatchObject({ verdict: "pending", digest: null });

  const { id } = await rest.submit(squares(30, 0, { maxErrorRate: 0.01 }));
  const begun = () => rest.tasks(id);
  await until("all are begun", begun, (tasks) => tasks.every(({ state }) => state === "sealed"));
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await page.getByRole("tab", { name: "Tasks and copies" }).click();
  await expect(page.getByTestId("sealed-note")).toContainText("told when the job has ended");
  for (let one = 0; one < 4; one++) await testVolunteer(honest);
  const seen = new Set<string>();
  const look = async () => {
    const told = (await begun()).map(({ state, digest, copies }) =>
      JSON.stringify({ state, digest, copies }),
    );
    const { endedAt } = await rest.job(id);
    if (endedAt === null) for (const each of told) seen.add(each);
    return endedAt;
  };
  await until("it has ended", look, (endedAt) => endedAt !== null);
  for (const told of seen) expect(told).toBe('{"state":"sealed","digest":null,"copies":[]}');
  await rest.completed(voted);
  for (const { copies } of [...(await rest.tasks(voted)), ...(await rest.tasks(id))])
    expect(copies.filter(({ digest }) => digest !== null).length).toBeGreaterThan(0);
});
