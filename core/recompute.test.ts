import { describe, expect, it } from "vitest";
import type { DatasetPath } from "../protocol/dataset";
import type { JobId } from "../protocol/ids";
import type { PipelineId } from "../protocol/pipeline";
import type { Iteration, PipelineRun, PlannedStep } from "./pipelines/advance-pipeline";
import { repeatRun } from "./pipelines/repeat-run";
import {
  openLineage,
  whatToRecompute,
  type Known,
  type KnownJob,
  type KnownPipeline,
  type KnownRead,
  type KnownVersion,
} from "./recompute";

const id = (name: string) => name as JobId;
const path = "/ada/kept" as DatasetPath;

const read = (name: string, changes: Partial<KnownRead> = {}): KnownRead => ({
  ...{ jobId: id(name), use: "input", corrected: 0 },
  ...changes,
});

/** Completed, and numbered by when it was submitted. */
let clock = 0;
const job = (name: string, reads: KnownRead[] = [], changes: Partial<KnownJob> = {}): KnownJob => ({
  ...{ id: id(name), first: id(name), createdAt: ++clock, state: "completed", corrected: 0 },
  ...{ isInDoubt: false, onCorrection: "recompute", reads },
  ...changes,
});
const again = (name: string, first: string, reads: KnownRead[], changes: Partial<KnownJob> = {}) =>
  job(name, reads, { first: id(first), ...changes });

const known = (jobs: KnownJob[], changes: Partial<Known> = {}): Known => ({
  ...{ jobs, pipelines: [], versions: [] },
  ...changes,
});
const wanted = (...jobs: KnownJob[]) => whatToRecompute(known(jobs));
const corrected = job("a", [], { corrected: 1 });
const runs = (first: string, jobId: string, attempt = 0) => ({
  ...{ type: "job", first, attempt, source: { type: "result", jobId } },
});

describe("after a result was corrected", () => {
  it("[RM1] what read it is run again first, and what read that when it is completed anew", () => {
    const [b, c] = [job("b", [read("a")]), job("c", [read("b")])];
    expect(wanted(corrected, b, c)).toEqual([runs("b", "a")]);
    const underWay = again("b2", "b", [read("a", { corrected: 1 })], { state: "running" });
    expect(wanted(corrected, b, c, underWay)).toEqual([]);
    const anew = { ...underWay, state: "completed" as const };
    expect(wanted(corrected, b, c, anew)).toEqual([runs("c", "b2")]);
    expect(wanted(corrected, b, c, anew, again("c2", "c", [read("b2")]))).toEqual([]);
  });

  it("[RM2] waits while what it reads is looked at once more, and while a job that read it still runs", () => {
    const b = job("b", [read("a")]);
    expect(wanted({ ...corrected, isInDoubt: true }, b)).toEqual([]);
    for (const state of ["queued", "running", "paused"] as const)
      expect(wanted(corrected, { ...b, state })).toEqual([]);
    for (const state of ["failed", "cancelled"] as const)
      expect(wanted(corrected, { ...b, state })).toEqual([]);
  });

  it("[RM3] runs nothing again twice for one correction, also when that failed or was cancelled, and once more for the next", () => {
    const b = job("b", [read("a")]);
    for (const state of ["completed", "failed", "cancelled"] as const) {
      const anew = again("b2", "b", [read("a", { corrected: 1 })], { state });
      expect(wanted(corrected, b, anew)).toEqual([]);
      expect(wanted({ ...corrected, corrected: 2 }, b, anew)).toEqual([runs("b", "a", 1)]);
    }
  });

  it("[RM4] leaves a job that only wants to be marked, and what was made of it", () => {
    const b = job("b", [read("a")], { onCorrection: "mark" });
    const c = job("c", [read("b")]);
    expect(wanted(corrected, b, c)).toEqual([]);
    // Somebody ran it again.
    const anew = again("b2", "b", [read("a", { corrected: 1 })], { onCorrection: "mark" });
    expect(wanted(corrected, b, c, anew)).toEqual([runs("c", "b2")]);
  });

  it("[RM5] leaves what nobody can say how to make anew: by a config without its pipeline, or a version that is not known", () => {
    expect(wanted(corrected, job("b", [read("a", { use: "config" })]))).toEqual([]);
    expect(wanted(corrected, job("b", [read("a", { use: "dataset" })]))).toEqual([]);
  });
});

describe("a result that was kept as a dataset and is corrected", () => {
  const version = (number: number, changes: Partial<KnownVersion> = {}): KnownVersion => ({
    ...{ path, version: number, isLatest: true, jobId: id("a"), corrected: 0 },
    ...changes,
  });
  const reader = job("d", [read("a", { use: "dataset", dataset: { path, version: 1 } })]);
  const of = (versions: KnownVersion[], a = corrected) => whatToRecompute(known([a, reader], { versions }));

  it("[RM6] is kept again, and then jobs that read the version run again on the new one", () => {
    expect(of([version(1)])).toEqual([{ type: "keep", jobId: "a", path, corrected: 1 }]);
    const kept = [version(1, { isLatest: false }), version(2, { corrected: 1 })];
    const source = { type: "dataset", path, version: 2 };
    expect(of(kept)).toEqual([{ type: "job", first: "d", attempt: 0, source }]);
  });

  it("[RM7] does not become the latest version in place of what was stored since: its readers read the result itself", () => {
    expect(of([version(1, { isLatest: false })])).toEqual([runs("d", "a")]);
    expect(of([])).toEqual([runs("d", "a")]);
  });

  it("[RM8] is not kept again when its job only wants to be marked", () => {
    expect(of([version(1)], { ...corrected, onCorrection: "mark" })).toEqual([]);
  });
});

describe("a pipeline with a result that is corrected", () => {
  const planned = (name: string, after: string[], repeat: PlannedStep["repeat"] = null): PlannedStep => ({
    ...{ name, after, repeat, keep: null },
  });
  const REPEAT = {
    until: { path: [], aggregate: "sum", below: 1 },
    maxIterations: 9,
    atLimit: "complete",
  } as const as never;
  const done = (name: string, changes: object = {}): Iteration => ({
    ...{ state: "done", jobId: id(name), value: null, corrected: 0 },
    ...changes,
  });
  const step = (name: string, ...iterations: Iteration[]) => ({
    ...{ name, iterations, endedBy: "once" as const, keptVersion: null },
  });
  const pipeline = (
    name: string,
    plan: PlannedStep[],
    steps: PipelineRun["steps"],
    changes: Partial<KnownPipeline> & { state?: PipelineRun["state"] } = {},
  ): KnownPipeline => ({
    ...{ id: name as PipelineId, first: name as PipelineId, createdAt: ++clock, plan },
    run: { state: changes.state ?? "completed", steps, failure: null },
    ...(changes.first && { first: changes.first }),
  });

  const PLAN = [planned("s", []), planned("t", ["s"]), planned("u", ["t"])];
  const steps = (names: string[]) => names.map((name, at) => step(PLAN[at]?.name ?? "", done(name)));
  const p = pipeline("p", PLAN, steps(["a", "t1", "u1"]));
  const t1 = job("t1", [read("a", { use: "config" })]);
  const u1 = job("u1", [read("t1")]);
  const reader = job("d", [read("u1")]);
  const JOBS = [corrected, t1, u1, reader];
  const wantedOf = (pipelines: KnownPipeline[], jobs: KnownJob[] = []) =>
    whatToRecompute(known([...JOBS, ...jobs], { pipelines }));

  it("[RM9] is computed again as a whole, none of its jobs by itself, and then what read its result", () => {
    expect(wantedOf([p])).toEqual([{ type: "pipeline", id: "p", first: "p", attempt: 0 }]);
    const anew = (state: PipelineRun["state"]) =>
      pipeline("p2", PLAN, steps(["a", "t2", "u2"]), { first: p.id, state });
    const made = [
      again("t2", "t1", [read("a", { use: "config", corrected: 1 })]),
      again("u2", "u1", [read("t2")]),
    ];
    expect(wantedOf([p, anew("running")], made)).toEqual([]);
    expect(wantedOf([p, anew("completed")], made)).toEqual([runs("d", "u2")]);
    expect(wantedOf([p, anew("failed")], made.slice(0, 1))).toEqual([]);
  });

  it("[RM10] waits for what it reads of others, and is left when a step that is outdated only wants to be marked", () => {
    const other = job("o", [read("a")]);
    const outside = job("t1", [read("o")]);
    const own = pipeline("q", [planned("t", [])], [step("t", done("t1"))]);
    const all = (...jobs: KnownJob[]) => whatToRecompute(known([corrected, ...jobs], { pipelines: [own] }));
    expect(all(other, outside)).toEqual([runs("o", "a")]);
    const anew = again("o2", "o", [read("a", { corrected: 1 })]);
    expect(all(other, outside, anew)).toEqual([{ type: "pipeline", id: "q", first: "q", attempt: 0 }]);
    expect(all(other, { ...outside, onCorrection: "mark" }, anew)).toEqual([]);
  });

  it("[RM11] begins with what is right of it, at the first iteration that is old, and anew in the steps after", () => {
    const plan = [planned("s", []), planned("t", ["s"], REPEAT), planned("u", ["t"]), planned("v", ["s"])];
    const before = {
      ...{ state: "completed" as const, failure: null },
      steps: [
        step("s", done("s1")),
        step("t", done("t1"), done("t2"), done("t3")),
        step("u", done("u1")),
        step("v", done("v1")),
      ],
    };
    const old = new Set([id("t2"), id("t3"), id("u1")]);
    const judgement = { isOld: (jobId: JobId) => old.has(jobId), correctedOf: () => 0 };
    const { state, steps: now } = repeatRun(plan, before, judgement);
    expect(state).toBe("running");
    expect(now[0]).toBe(before.steps[0]);
    expect(now[1]).toMatchObject({ endedBy: null, iterations: [{ jobId: "t1" }, { state: "starting" }] });
    expect(now[2]).toMatchObject({ endedBy: null, iterations: [] });
    expect(now[3]).toBe(before.steps[3]);
  });

  it("[RM12] has a condition see the number again when the result of that very iteration was corrected", () => {
    const plan = [planned("t", [], REPEAT), planned("u", ["t"])];
    const first = job("t1", [], { corrected: 1 });
    const before = pipeline("p", plan, [
      step("t", done("t1", { value: 3 }), done("t2", { value: 0 })),
      step("u", done("u1")),
    ]);
    expect(whatToRecompute(known([first], { pipelines: [before] }))).toMatchObject([{ type: "pipeline" }]);
    const correctedOf = (jobId: JobId) => (jobId === "t1" ? 1 : 0);
    const { steps: now } = repeatRun(plan, before.run, { isOld: () => false, correctedOf });
    expect(now).toMatchObject([{ iterations: [{ state: "measuring", jobId: "t1" }] }, { iterations: [] }]);
    const seen = pipeline("p2", plan, [step("t", done("t1", { value: 0, corrected: 1 }))], {
      first: before.id,
    });
    expect(whatToRecompute(known([first], { pipelines: [before, seen] }))).toEqual([]);
  });

  it("[RM13] has the last iteration of a step stand for its last one of before, however many there are", () => {
    const plan = [planned("t", [], REPEAT)];
    const before = pipeline("p", plan, [step("t", done("a"), done("t2"), done("t3"))]);
    const after = pipeline("p2", plan, [step("t", done("a", { corrected: 1 }), done("n2"))], {
      first: before.id,
    });
    const jobs = [
      corrected,
      job("t2", [read("a")]),
      job("t3", [read("t2")]),
      again("n2", "t2", [read("a", { corrected: 1 })]),
    ];
    const lineage = openLineage(known(jobs, { pipelines: [before, after] }));
    expect(lineage.rightOf(id("t3"))).toBe("n2");
    expect(lineage.rightOf(id("t2"))).toBe("n2");
    expect(lineage.rightOf(id("a"))).toBe("a");
  });

  it("[RM14] is computed again once, though a clock was set back meanwhile, and what read it goes on", () => {
    const early = (pipeline: KnownPipeline) => ({ ...pipeline, createdAt: p.createdAt - 1_000 });
    const anew = (state: PipelineRun["state"]) =>
      early(pipeline("p2", PLAN, steps(["a", "t2", "u2"]), { first: p.id, state }));
    const made = [
      again("t2", "t1", [read("a", { use: "config", corrected: 1 })], { createdAt: -2 }),
      again("u2", "u1", [read("t2")], { createdAt: -1 }),
    ];
    expect(wantedOf([p, anew("running")], made)).toEqual([]);
    expect(wantedOf([p, anew("failed")], made)).toEqual([]);
    expect(wantedOf([p, anew("completed")], made)).toEqual([runs("d", "u2")]);
    const twice = [{ ...corrected, corrected: 2 }, t1, u1, reader, ...made];
    const next = whatToRecompute(known(twice, { pipelines: [p, anew("completed")] }));
    expect(next).toMatchObject([{ type: "pipeline", first: "p", attempt: 1 }]);
  });
});
