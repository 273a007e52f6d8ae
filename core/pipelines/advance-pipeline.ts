/**
 * A pipeline's life: events in, actions out. Decides which iteration of which step runs; starts nothing itself.
 *
 * What there is to do is always seen from the state alone (`outstanding`), so a coordinator that was killed takes up
 * where it was: it does what is outstanding again, and every action may be done twice.
 *
 *   iteration: starting ── started ─▶ running ── completed ─▶ measuring ── measured ─▶ done
 */
import type { DatasetPath } from "../../protocol/dataset";
import type { JobId } from "../../protocol/ids";
import type { PipelineFailure, Repeat } from "../../protocol/pipeline";
import { unreachable } from "../../protocol/unreachable";
import { isMet } from "./condition";

/** What a pipeline is, as far as its course depends on it. */
export interface PlannedStep {
  readonly name: string;
  /** Steps whose results it takes, itself not among them. */
  readonly after: readonly string[];
  readonly repeat: Repeat | null;
  /** The dataset that its result is to become a version of. */
  readonly keep: DatasetPath | null;
}

export type Iteration =
  | { readonly state: "starting" }
  | { readonly state: "running" | "measuring"; readonly jobId: JobId }
  | {
      readonly state: "done";
      readonly jobId: JobId;
      readonly value: number | null;
      /** How many outputs of the job had been corrected when the value was read. */
      readonly corrected: number;
    }
  /** The pipeline ended before it was done. */
  | { readonly state: "stopped"; readonly jobId: JobId | null };

export interface StepRun {
  readonly name: string;
  readonly iterations: readonly Iteration[];
  readonly endedBy: "once" | "condition" | "limit" | null;
  readonly keptVersion: number | null;
}

export interface PipelineRun {
  readonly state: "running" | "paused" | "completed" | "failed" | "cancelled";
  /** In the order of the plan. */
  readonly steps: readonly StepRun[];
  readonly failure: PipelineFailure | null;
}

/** Which iteration of which step, from 1. */
interface Place {
  readonly step: string;
  readonly iteration: number;
}

export type PipelineEvent =
  | ({ readonly type: "started"; readonly jobId: JobId } & Place)
  | ({ readonly type: "completed" } & Place)
  | ({ readonly type: "measured"; readonly value: number; readonly corrected: number } & Place)
  | ({ readonly type: "kept"; readonly version: number } & Place)
  | ({ readonly type: "failed"; readonly code: PipelineFailure["code"]; readonly message: string } & Place)
  /** Its job was ended, or was never there. */
  | ({ readonly type: "stopped" } & Place)
  | { readonly type: "begun" | "cancelled" | "paused" | "resumed" };

export type PipelineAction =
  /** Submit the iteration's job, under a key that is its own. */
  | ({ readonly type: "start" } & Place)
  /** Tell when the job has ended. */
  | ({ readonly type: "watch"; readonly jobId: JobId } & Place)
  /** Read the number that the condition is about. */
  | ({ readonly type: "measure"; readonly jobId: JobId } & Place)
  | ({ readonly type: "keep"; readonly jobId: JobId } & Place)
  /** End the job; one that nobody knows of may have been submitted just before. */
  | ({ readonly type: "stop"; readonly jobId: JobId | null } & Place);

export interface Advanced {
  readonly run: PipelineRun;
  /** What was not outstanding before. */
  readonly actions: readonly PipelineAction[];
}

export function newRun(plan: readonly PlannedStep[]): PipelineRun {
  const steps = plan.map(({ name }) => ({ name, iterations: [], endedBy: null, keptVersion: null }));
  return { state: "running", steps, failure: null };
}

/** The only way a pipeline changes. What comes twice, or too late, changes nothing. */
export function advancePipeline(
  plan: readonly PlannedStep[],
  run: PipelineRun,
  event: PipelineEvent,
): Advanced {
  const next = goOn(plan, take(plan, run, event));
  const before = new Set(event.type === "begun" ? [] : outstanding(plan, run).map(nameOf));
  return { run: next, actions: outstanding(plan, next).filter((action) => !before.has(nameOf(action))) };
}

/** All that is to be done as things stand. */
export function outstanding(plan: readonly PlannedStep[], run: PipelineRun): PipelineAction[] {
  const isOver = hasEnded(run);
  return run.steps.flatMap((step, at): PipelineAction[] => {
    const iteration = step.iterations.length;
    const last = step.iterations.at(-1);
    const place = { step: step.name, iteration };
    if (!last) return [];
    switch (last.state) {
      case "starting":
        if (isOver) return [{ type: "stop", jobId: null, ...place }];
        return run.state === "paused" ? [] : [{ type: "start", ...place }];
      case "running":
        return [{ type: isOver ? "stop" : "watch", jobId: last.jobId, ...place }];
      case "measuring":
        return isOver ? [] : [{ type: "measure", jobId: last.jobId, ...place }];
      case "done": {
        const isWanted = plan[at]?.keep && step.endedBy !== null && step.keptVersion === null;
        return isWanted && !isOver ? [{ type: "keep", jobId: last.jobId, ...place }] : [];
      }
      case "stopped":
        return [];
      default:
        return unreachable(last);
    }
  });
}

export const hasEnded = ({ state }: Pick<PipelineRun, "state">): boolean =>
  state === "completed" || state === "failed" || state === "cancelled";

function take(plan: readonly PlannedStep[], run: PipelineRun, event: PipelineEvent): PipelineRun {
  switch (event.type) {
    case "begun":
      return run;
    case "cancelled":
      return hasEnded(run) ? run : { ...run, state: "cancelled" };
    case "paused":
      return run.state === "running" ? { ...run, state: "paused" } : run;
    case "resumed":
      return run.state === "paused" ? { ...run, state: "running" } : run;
    case "failed":
      return failed(run, event);
    case "started":
    case "completed":
    case "measured":
    case "kept":
    case "stopped":
      return { ...run, steps: run.steps.map((step, at) => advanceStep(plan[at], step, event)) };
    default:
      return unreachable(event);
  }
}

function failed(run: PipelineRun, event: Extract<PipelineEvent, { type: "failed" }>): PipelineRun {
  const at = run.steps.find(({ name }) => name === event.step);
  const last = at?.iterations.at(-1);
  if (hasEnded(run) || !at || !last || at.iterations.length !== event.iteration) return run;
  const jobId = "jobId" in last ? last.jobId : null;
  const { step, iteration, code, message } = event;
  const steps = run.steps.map((own) =>
    own === at ? withLast(own, last.state === "done" ? last : { state: "stopped", jobId }) : own,
  );
  return { state: "failed", steps, failure: { step, iteration, code, message, jobId } };
}

function advanceStep(
  plan: PlannedStep | undefined,
  step: StepRun,
  event: Extract<PipelineEvent, { type: "started" | "completed" | "measured" | "kept" | "stopped" }>,
): StepRun {
  const last = step.iterations.at(-1);
  if (!last || step.name !== event.step || step.iterations.length !== event.iteration) return step;
  const repeat = plan?.repeat ?? null;
  switch (event.type) {
    case "started":
      return last.state === "starting" ? withLast(step, { state: "running", jobId: event.jobId }) : step;
    case "completed":
      if (last.state !== "running") return step;
      if (repeat) return withLast(step, { state: "measuring", jobId: last.jobId });
      return {
        ...withLast(step, { state: "done", jobId: last.jobId, value: null, corrected: 0 }),
        endedBy: "once",
      };
    case "measured":
      if (last.state !== "measuring" || !repeat) return step;
      return measured(repeat, step, {
        ...{ state: "done", jobId: last.jobId },
        ...{ value: event.value, corrected: event.corrected },
      });
    case "kept":
      return step.endedBy !== null && step.keptVersion === null
        ? { ...step, keptVersion: event.version }
        : step;
    case "stopped":
      if (last.state === "starting") return withLast(step, { state: "stopped", jobId: null });
      return last.state === "running" ? withLast(step, { state: "stopped", jobId: last.jobId }) : step;
    default:
      return unreachable(event);
  }
}

function measured(
  { until, maxIterations }: Repeat,
  step: StepRun,
  done: Extract<Iteration, { state: "done" }>,
): StepRun {
  const before = step.iterations.at(-2);
  const previous = before?.state === "done" ? before.value : null;
  const after = withLast(step, done);
  if (isMet(until, done.value ?? NaN, previous)) return { ...after, endedBy: "condition" };
  if (after.iterations.length >= maxIterations) return { ...after, endedBy: "limit" };
  return { ...after, iterations: [...after.iterations, { state: "starting" }] };
}

/** What follows from the state of the steps: steps that may begin, and the end. */
function goOn(plan: readonly PlannedStep[], run: PipelineRun): PipelineRun {
  if (hasEnded(run)) return run;
  const overrun = plan.find(
    ({ repeat }, at) => repeat?.atLimit === "fail" && run.steps[at]?.endedBy === "limit",
  );
  if (overrun) {
    const iteration = overrun.repeat?.maxIterations ?? 1;
    const message = `The condition does not hold after ${iteration} iterations, which are all it may have`;
    return failed(run, { type: "failed", code: "not-reached", message, step: overrun.name, iteration });
  }
  const ended = new Set(run.steps.filter(({ endedBy }) => endedBy !== null).map(({ name }) => name));
  const isDone = run.steps.every(
    ({ endedBy, keptVersion }, at) => endedBy !== null && (!plan[at]?.keep || keptVersion !== null),
  );
  if (isDone) return { ...run, state: "completed" };
  const steps = run.steps.map((step, at) => {
    const isReady = step.iterations.length === 0 && plan[at]?.after.every((name) => ended.has(name));
    return isReady ? { ...step, iterations: [{ state: "starting" as const }] } : step;
  });
  return { ...run, steps };
}

function withLast(step: StepRun, iteration: Iteration): StepRun {
  return { ...step, iterations: [...step.iterations.slice(0, -1), iteration] };
}

const nameOf = ({ type, step, iteration }: PipelineAction) => `${type} ${step} ${iteration}`;
