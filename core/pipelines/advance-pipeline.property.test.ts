import { describe, expect, it } from "vitest";
import { JobId } from "../../protocol/ids";
import { Condition } from "../../protocol/pipeline";
import { seededChance } from "../chance";
import {
  advancePipeline,
  hasEnded,
  newRun,
  outstanding,
  type PipelineAction,
  type PipelineEvent,
  type PipelineRun,
  type PlannedStep,
} from "./advance-pipeline";

const until = Condition.parse({ below: 0.1 });

/** Steps that wait for some of those before them. */
function planOf(chance: () => number): PlannedStep[] {
  return Array.from({ length: 1 + Math.floor(chance() * 5) }, (_, at) => ({
    name: `s${at}`,
    after: Array.from({ length: at }, (_none, other) => `s${other}`).filter(() => chance() < 0.4),
    repeat:
      chance() < 0.5 ? { until, maxIterations: 1 + Math.floor(chance() * 6), atLimit: "complete" } : null,
    keep: null,
  }));
}

/** A world that is slow, says things twice, loses what it was told in a crash, and carries out what it finds then. */
function simulate(seed: number) {
  const chance = seededChance(seed).next;
  const plan = planOf(chance);
  const jobs = new Map<string, JobId>();
  const submitted: string[] = [];
  const ends: ("completed" | "failed")[] = [];
  let run: PipelineRun = newRun(plan);
  let todo: PipelineAction[] = [];
  let cancelled = false;
  const failsAt = chance() < 0.3 ? chance() * 0.2 : 0;

  tell({ type: "begun" });
  for (let turn = 0; turn < 3_000 && (!hasEnded(run) || outstanding(plan, run).length > 0); turn++) {
    if (chance() < 0.05) todo = outstanding(plan, run);
    if (chance() < 0.003) {
      cancelled = true;
      tell({ type: "cancelled" });
    }
    if (chance() < 0.02) tell({ type: chance() < 0.5 ? "paused" : "resumed" });
    if (run.state === "paused" && chance() < 0.3) tell({ type: "resumed" });
    if (todo.length === 0) todo = outstanding(plan, run);
    const [action] = todo.splice(Math.floor(chance() * todo.length), 1);
    if (!action) continue;
    if (chance() < 0.1) todo.push(action);
    perform(action);
  }
  return { plan, run, submitted, ends, cancelled };

  function perform(action: PipelineAction): void {
    const { step, iteration } = action;
    const key = `${step} ${iteration}`;
    switch (action.type) {
      case "start": {
        // What is no longer wanted is not begun; the server looks before it acts.
        if (
          !outstanding(plan, run).some(
            (own) => own.type === "start" && `${own.step} ${own.iteration}` === key,
          )
        )
          return;
        if (!jobs.has(key)) {
          expectReady(step);
          submitted.push(key);
          jobs.set(key, JobId.parse(`job_${String(jobs.size).padStart(16, "0")}`));
        }
        // A crash may lose the word of it.
        const jobId = jobs.get(key);
        if (jobId && chance() < 0.8) tell({ type: "started", step, iteration, jobId });
        return;
      }
      case "watch":
        if (chance() < failsAt)
          return tell({ type: "failed", code: "job-failed", message: "boom", step, iteration });
        return tell({ type: "completed", step, iteration });
      case "measure":
        return tell({ type: "measured", step, iteration, value: chance(), corrected: 0 });
      case "stop": {
        const jobId = jobs.get(key);
        if (action.jobId === null && jobId) return tell({ type: "started", step, iteration, jobId });
        return tell({ type: "stopped", step, iteration });
      }
      case "keep":
        return tell({ type: "kept", step, iteration, version: 1 });
    }
  }

  function expectReady(name: string): void {
    const after = plan.find((step) => step.name === name)?.after ?? [];
    for (const before of after)
      expect(
        run.steps.find((step) => step.name === before)?.endedBy,
        `${name} after ${before}`,
      ).not.toBeNull();
  }

  function tell(event: PipelineEvent): void {
    const wasOver = hasEnded(run);
    const advanced = advancePipeline(plan, run, event);
    if (wasOver) expect(advanced.run.state).toBe(run.state);
    run = advanced.run;
    todo.push(...advanced.actions);
    expect(advancePipeline(plan, run, event).run).toEqual(run);
    if (hasEnded(run) && !wasOver) ends.push("completed");
  }
}

describe("a pipeline's course", () => {
  it("[PI1] ends whatever is late, said twice or lost, and no iteration is submitted twice or too early", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const { plan, run, submitted, ends, cancelled } = simulate(seed);
      const named = `seed ${seed}`;
      expect(hasEnded(run), named).toBe(true);
      expect(outstanding(plan, run), named).toEqual([]);
      expect(new Set(submitted).size, named).toBe(submitted.length);
      expect(ends.length, named).toBe(1);
      if (run.state === "cancelled") expect(cancelled, named).toBe(true);
      if (run.state !== "completed") continue;
      for (const [at, { repeat }] of plan.entries()) {
        const { iterations = [], endedBy } = run.steps[at] ?? {};
        const values = iterations.map((own) => (own.state === "done" ? own.value : NaN));
        if (!repeat) expect([endedBy, values], named).toEqual(["once", [null]]);
        else if (endedBy === "limit") expect(values.length, named).toBe(repeat.maxIterations);
        else
          expect(
            values.findIndex((value) => (value ?? 1) < 0.1),
            named,
          ).toBe(values.length - 1);
      }
    }
  });
});
