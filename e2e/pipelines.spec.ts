import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { JobPage } from "../protocol/views";
import { PipelinePage, PipelineView } from "../protocol/pipeline";
import { runPipeline } from "../testing/run-pipeline";
import { runCli } from "./fixtures/cli";
import { expectNarrow } from "./fixtures/narrow";
import { expect, test } from "./fixtures/test";
import { until } from "./fixtures/until";

const Centres = z.array(z.object({ key: z.string(), value: z.record(z.string(), z.number()) }));

/** The sample, with a program that takes its time in steps: it is not over when a machine that stood still for seconds goes on. */
async function slowKmeans(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-kmeans-"));
  await cp("examples/kmeans", folder, { recursive: true });
  const program = readFileSync("examples/kmeans/program.js", "utf8");
  const slowly = `export async function reduce(cluster, parts, context) {
  for (let steps = 10; steps > 0; steps -= 1) await new Promise((resolve) => setTimeout(resolve, 50));
  return centreOf(cluster, parts, context);
}`;
  const changed = program.replace("export function reduce(", "function centreOf(");
  await writeFile(path.join(folder, "program.js"), `${changed}\n${slowly}\n`);
  return folder;
}

test("[E4001] k-means, a pipeline from files, outlives a coordinator that is killed in its middle, and finds the centres of a run in one process", async ({
  coordinator,
  volunteer,
  rest,
  page,
}) => {
  const { origin } = coordinator;
  const command = { url: origin };
  const wanted = await runPipeline("examples/kmeans");
  const folder = await slowKmeans();
  const submitted = await runCli(["pipeline", "submit", path.join(folder, "pipeline.json")], command);
  expect(submitted).toMatchObject({ code: 0 });
  await rm(folder, { recursive: true });
  const id = submitted.stdout.trim();
  const see = async () => PipelineView.parse(await (await rest.fetch(`/api/v1/pipelines/${id}`)).json());
  await page.goto(`${origin}/pipelines`);
  await page.getByRole("link", { name: "k-means" }).click();
  await expect(page.getByTestId("pipeline-state")).toHaveText("running");

  await volunteer();
  for (const least of [2, 4]) {
    await until("some iterations are over", see, ({ steps }) => (steps[0]?.iterations.length ?? 0) >= least);
    await coordinator.kill();
    await coordinator.start();
    expect(await see()).toMatchObject({ state: "running" });
  }
  const { state, steps } = await until("the pipeline ends", see, ({ endedAt }) => endedAt !== null);
  expect(state).toBe("completed");
  const [cluster] = steps;
  expect(cluster?.endedBy).toBe("condition");
  const values = wanted.iterations.cluster ?? [];
  expect(cluster?.iterations.map(({ state: own }) => own)).toEqual(values.map(() => "done"));
  // Sums may be taken in another order.
  for (const [at, { value }] of (cluster?.iterations ?? []).entries())
    expect(value).toBeCloseTo(values[at] ?? NaN, 9);
  const { jobs } = JobPage.parse(await (await rest.fetch("/api/v1/jobs?limit=100")).json());
  expect(jobs.map((job) => job.id).sort()).toEqual(cluster?.iterations.map(({ jobId }) => jobId).sort());

  const job = cluster?.resultJobId;
  if (!job) throw new Error("the step has no result");
  const lines = (await rest.result(job)).trimEnd().split("\n");
  const found = new Map(
    Centres.parse(lines.map((line): unknown => JSON.parse(line))).map((own) => [own.key, own.value]),
  );
  const centres = Centres.parse(wanted.records("cluster"));
  expect(found.size).toBe(centres.length);
  for (const { key, value } of centres) {
    expect(found.get(key)?.x, key).toBeCloseTo(value.x ?? NaN, 9);
    expect(found.get(key)?.count, key).toBe(value.count);
  }

  await expect(page.getByTestId("pipeline-state")).toHaveText("completed");
  await expect(page.getByTestId("step-cluster")).toContainText("max of value.shift below 0.000001");
  await expect(page.getByTestId("iteration")).toHaveCount(values.length);
  await expectNarrow(page);
  const kept = await rest.post(`/api/v1/jobs/${job}/keep`, { dataset: "/ada/centres" });
  expect(kept.status).toBe(201);
  expect(await kept.json()).toMatchObject({ version: 1, records: centres.length });

  // What cannot be is refused with its place; what fails says where; both from a terminal.
  const step = (own: object) => ({ program: { source: "export const map = (n) => n.x.y;" }, ...own });
  const refused = await rest.post("/api/v1/pipelines", {
    steps: [step({ name: "a", input: { step: "b" } })],
  });
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain("steps.0.input.step: must be the name of a step");
  const failing = {
    steps: [step({ name: "wrong", input: { dataset: "/ada/centres" }, options: { quorum: 1 } })],
  };
  const begun = PipelineView.parse(await (await rest.post("/api/v1/pipelines", failing)).json());
  await until(
    "the pipeline fails",
    () => runCli(["pipeline", "status", begun.id], command),
    ({ stdout }) => stdout.includes("failed in wrong, iteration 1") && stdout.includes("TypeError"),
  );
  await page.goto(`${origin}/pipelines/${begun.id}`);
  await expect(page.getByTestId("pipeline-failure")).toContainText("Step wrong, iteration 1");
  const late = await runCli(["pipeline", "cancel", begun.id], command);
  expect(late).toMatchObject({ code: 4, stderr: expect.stringContaining("is failed already") });
});

const Ranks = z.array(
  z.object({ key: z.string(), value: z.object({ rank: z.number(), links: z.unknown() }) }),
);

test("[E4002] PageRank, two steps that read each other's results and figures, finds in a tab the ranks of a run in one process", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  await volunteer();
  const wanted = await runPipeline("examples/pagerank");
  const run = await runCli(["pipeline", "run", "examples/pagerank/pipeline.json", "-q"], {
    url: coordinator.origin,
  });
  expect(run).toMatchObject({ code: 0, stderr: "" });
  const { pipelines } = PipelinePage.parse(await (await rest.fetch("/api/v1/pipelines")).json());
  const rounds = pipelines[0]?.steps.find(({ name }) => name === "rank")?.iterations ?? [];
  expect(rounds.at(-1)?.number).toBe(wanted.iterations.rank?.length);
  const lines = run.stdout.trimEnd().split("\n");
  const found = new Map(
    Ranks.parse(lines.map((line): unknown => JSON.parse(line))).map((own) => [own.key, own.value]),
  );
  const pages = Ranks.parse(wanted.records("rank"));
  expect(found.size).toBe(pages.length);
  for (const { key, value } of pages) {
    expect(found.get(key)?.rank, key).toBeCloseTo(value.rank, 9);
    expect(found.get(key)?.links, key).toEqual(value.links);
  }
});

test("[E4704] the page begins a pipeline from a sample that is edited first, says of every problem at which field and line it is, and leads to where it can be followed", async ({
  coordinator,
  volunteer,
  page,
}) => {
  await volunteer();
  await page.goto(`${coordinator.origin}/pipelines`);
  await page.getByRole("link", { name: "New pipeline" }).click();
  await page.getByRole("button", { name: "Edit first: k-means" }).click();
  await expect(page.getByTestId("pipeline-file")).toHaveText([/program\.js/, /points\.csv/]);
  const editor = page.getByRole("textbox", { name: "Pipeline", exact: true });
  const submit = page.getByRole("button", { name: "Submit pipeline" });
  const problems = page.getByTestId("pipeline-problems").getByRole("listitem");
  const sample = readFileSync("examples/kmeans/pipeline.json", "utf8");
  const once = sample.replace('"maxIterations": 50', '"maxIterations": 2');

  await editor.fill(once.replace('"cluster",', '"cluster"'));
  await submit.click();
  await expect(problems).toHaveText([
    /This is no JSON from line 6, column 7, on\. \(the pipeline, line 6\)$/,
  ]);
  await editor.fill(
    once.replace('"quorum": 1', '"quorum": 0').replace('"file": "points.csv"', '"file": "lost.csv"'),
  );
  await expect(page.getByText("Still to be added: lost.csv")).toBeVisible();
  await submit.click();
  await expect(problems).toHaveText([
    /^steps\.0\.input\.file must be one of the files .*got lost\.csv \(the pipeline, line 7\)$/,
  ]);
  await editor.fill(once.replace('"quorum": 1', '"quorum": 0').replace('"below"', '"under"'));
  await submit.click();
  await expect(problems.first()).toHaveText(
    /^steps\.0\.options\.quorum must be a whole number from 1 to \d+; got 0 \(the pipeline, line 8\)$/,
  );
  await expect(problems).toHaveCount(3);
  await expectNarrow(page);

  await editor.fill(once);
  await page.getByRole("textbox", { name: "program.js" }).fill("export const map = (n) => 1 +;\n");
  await submit.click();
  await expect(problems).toHaveText([/^steps\.0\.program .*\(program\.js, line 1\)$/]);
  await page
    .getByRole("textbox", { name: "program.js" })
    .fill(readFileSync("examples/kmeans/program.js", "utf8"));
  await submit.click();
  await expect(page.getByTestId("pipeline-state")).toHaveText("completed", { timeout: 30_000 });
  await expect(page.getByTestId("iteration")).toHaveCount(2);
  await expectNarrow(page);
});
