/** A pipeline as the API shows it. */
import { hasEnded, type PlannedStep, type StepRun } from "../../core/pipelines/advance-pipeline";
import { describeCondition } from "../../core/pipelines/condition";
import type { IterationView, PipelineId, PipelineView, StepView } from "../../protocol/pipeline";
import type { JobId } from "../../protocol/ids";
import type { Database } from "../store/database";
import { readReplacements, type StoredPipeline } from "../store/pipelines";
import { findOutdated } from "../store/result-reads";

/** For lists: of each step only the newest iteration, for there may be a thousand. */
export async function viewBriefly(
  database: Database,
  pipelines: readonly StoredPipeline[],
): Promise<PipelineView[]> {
  const views = pipelines.map((pipeline) => {
    const view = viewAsStored(pipeline);
    return { ...view, steps: view.steps.map((step) => ({ ...step, iterations: step.iterations.slice(-1) })) };
  });
  return markOutdated(database, views);
}

export async function viewPipeline(database: Database, pipeline: StoredPipeline): Promise<PipelineView> {
  const view = viewAsStored(pipeline);
  const [marked = view] = await markOutdated(database, [view]);
  return marked;
}

/** Says which jobs of the iterations that are shown were made of results that were corrected since. */
async function markOutdated(database: Database, views: readonly PipelineView[]): Promise<PipelineView[]> {
  const jobs = views.flatMap(({ steps }) =>
    steps.flatMap(({ iterations }) => iterations.flatMap(({ jobId }) => (jobId === null ? [] : [{ jobId }]))),
  );
  const { isMadeOfOld } = await findOutdated(database, jobs);
  const isOutdated = (jobId: JobId | null) => jobId !== null && isMadeOfOld(jobId);
  const replacements = await readReplacements(
    database,
    views.map(({ id, repeats }) => repeats ?? id),
  );
  return views.map((view) => ({
    ...view,
    replacedBy: replacementOf(view, replacements.get(view.repeats ?? view.id)),
    steps: view.steps.map((step) => ({
      ...step,
      iterations: step.iterations.map((each) => ({ ...each, isOutdated: isOutdated(each.jobId) })),
    })),
  }));
}

/** The newest of a family stands for all others. */
function replacementOf({ id }: PipelineView, newest: PipelineId | undefined): PipelineId | null {
  return newest === undefined || newest === id ? null : newest;
}

function viewAsStored(pipeline: StoredPipeline): PipelineView {
  const { id, name, submitter, createdAt, endedAt, plan, run, repeats } = pipeline;
  const steps = plan.map((step, at) => viewStep(step, run.steps[at], pipeline));
  return {
    ...{ id, name, submitter, createdAt, endedAt, steps, repeats, replacedBy: null },
    ...{ state: run.state, failure: run.failure },
  };
}

function viewStep(plan: PlannedStep, step: StepRun | undefined, { run }: StoredPipeline): StepView {
  const { name, after, repeat, keep } = plan;
  const { iterations = [], endedBy = null, keptVersion = null } = step ?? {};
  const last = iterations.at(-1);
  return {
    ...{ name, after: [...after], keep, keptVersion, endedBy },
    state: stateOf(plan, step, run),
    until: repeat && describeCondition(repeat.until),
    maxIterations: repeat?.maxIterations ?? 1,
    iterations: iterations.map((iteration, place): IterationView => {
      const isCut = hasEnded(run) && iteration.state !== "done";
      return {
        number: place + 1,
        state: isCut ? "stopped" : iteration.state,
        jobId: "jobId" in iteration ? iteration.jobId : null,
        value: iteration.state === "done" ? iteration.value : null,
        isOutdated: false,
      };
    }),
    resultJobId: endedBy !== null && last?.state === "done" ? last.jobId : null,
  };
}

function stateOf(
  { keep }: PlannedStep,
  step: StepRun | undefined,
  run: StoredPipeline["run"],
): StepView["state"] {
  if (run.failure && run.failure.step === step?.name) return "failed";
  const isKept = keep === null || step?.keptVersion !== null;
  if (step && step.endedBy !== null && isKept) return "completed";
  if (hasEnded(run)) return "stopped";
  if (!step || step.iterations.length === 0) return "waiting";
  return step.endedBy === null ? "running" : "keeping";
}
