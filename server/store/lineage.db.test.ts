import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AT, JOB, storedJob } from "../../testing/facts";
import { openTestStore, type TestStore } from "../../testing/open-store";
import { insertJob } from "./jobs";
import { readLineage } from "./lineage";

const nameOf = (place: number) => String(place).padStart(16, "0");

describe("of a correction that concerns more than a statement takes parameters", () => {
  let store: TestStore;
  beforeEach(async () => {
    store = await openTestStore();
    await insertJob(store.database, storedJob(), null);
    const correctionJson = JSON.stringify({ at: AT, tasks: 1, unresolved: 0 });
    await store.database.job.update({ where: { id: JOB }, data: { correctionJson, state: "completed" } });
  });
  afterEach(() => store.close());

  const names = (count: number) => Array.from({ length: count }, (_, place) => nameOf(place));

  it("[RM31] all pipelines are found, with those that compute them again, oldest first", async () => {
    const all = names(600);
    const row = await store.database.job.findUniqueOrThrow({ where: { id: JOB } });
    const readsJson = JSON.stringify([{ jobId: JOB, use: "input", corrected: 0 }]);
    const reader = { ...row, readsJson, correctionJson: null };
    const jobs = all.map((name) => ({
      ...reader,
      id: `job_${name}`,
      idempotencyKey: `pipe_${name} step 1`,
    }));
    await store.database.job.createMany({ data: jobs });
    await store.database.jobRead.createMany({ data: jobs.map(({ id }) => ({ sourceId: JOB, jobId: id })) });
    const pipeline = {
      ...{ name: "p", submitter: "ada", state: "completed", specDigest: row.programDigest, version: 1 },
      planJson: JSON.stringify([{ name: "step", after: [], repeat: null, keep: null }]),
    };
    const runJson = JSON.stringify({ state: "completed", steps: [], failure: null });
    const again = {
      id: `pipe_${nameOf(all.length)}`,
      repeats: `pipe_${nameOf(0)}`,
      createdAt: AT + all.length,
    };
    const pipelines = all.map((name, at) => ({ id: `pipe_${name}`, repeats: null, createdAt: AT + at }));
    await store.database.pipeline.createMany({
      data: [again, ...pipelines].map((own) => ({ ...pipeline, runJson, isSettled: true, ...own })),
    });
    const found = (await readLineage(store.database)).pipelines;
    expect(found.map(({ id }) => id)).toEqual([...pipelines, again].map(({ id }) => id));
    expect(found.at(-1)).toMatchObject({ first: `pipe_${nameOf(0)}`, createdAt: AT + all.length });
  });

  it("[RM32] all datasets are found that the result was kept as, and which of their versions is the latest", async () => {
    const all = names(1_200);
    const terms = { format: { type: "lines" }, options: {}, sentDigest: null, sentBytes: null, isGzip: null };
    const version = {
      ...{ state: "complete", readingJson: JSON.stringify({ type: "lines" }), sha256: "" },
      ...{ bytes: 1, records: 1, blockCount: 1, createdAt: AT, changedAt: AT },
    };
    const stored = (path: string, number: number, source?: string) => ({
      ...{ ...version, path, version: number, id: `${path} ${number}` },
      optionsJson: JSON.stringify({ ...terms, source }),
    });
    const kept = all.map((name) => stored(`/ada/${name}`, 1, JOB));
    // Something else was stored since.
    const since = stored(`/ada/${nameOf(0)}`, 2);
    await store.database.datasetVersion.createMany({ data: [...kept, since] });
    const { versions } = await readLineage(store.database);
    expect(versions).toHaveLength(all.length);
    const replaced = versions.filter(({ isLatest }) => !isLatest);
    expect(replaced).toMatchObject([{ path: since.path, version: 1 }]);
  });
});
