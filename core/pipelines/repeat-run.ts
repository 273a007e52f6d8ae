/** How far a pipeline that is computed again has come when it begins: it has what is right of the one before. */
import type { JobId } from "../../protocol/ids";
import type { Iteration, PipelineRun, PlannedStep, StepRun } from "./advance-pipeline";

export interface Judgement {
  /** Whether the job was made of a result that is another one now. */
  isOld: (id: JobId) => boolean;
  /** How many outputs of the job have been corrected. */
  correctedOf: (id: JobId) => number;
}

/**
 * A step goes on before its first iteration that is old, and at the first one whose number the condition has to see
 * anew. Steps after such a one begin anew, for they may read another job then.
 *
 * @param run Of a pipeline that is completed.
 */
export function repeatRun(plan: readonly PlannedStep[], run: PipelineRun, judgement: Judgement): PipelineRun {
  const whole = new Set(
    plan.filter((step, at) => isWhole(step, run.steps[at], judgement)).map(({ name }) => name),
  );
  const byName = new Map(plan.map((step) => [step.name, step]));
  // Steps never wait for each other in a circle.
  const stands = (name: string): boolean =>
    whole.has(name) && (byName.get(name)?.after ?? []).every((before) => stands(before));
  return {
    state: "running",
    failure: null,
    steps: run.steps.map((step, at) => {
      if (stands(step.name)) return step;
      const anew = { name: step.name, endedBy: null, keptVersion: null };
      const isReady = (plan[at]?.after ?? []).every((before) => stands(before));
      return { ...anew, iterations: isReady ? begun(plan[at], step, judgement) : [] };
    }),
  };
}

function isWhole(plan: PlannedStep, step: StepRun | undefined, judgement: Judgement): boolean {
  return step?.iterations.every((iteration) => judge(plan, iteration, judgement) === "right") ?? false;
}

function begun(plan: PlannedStep | undefined, { iterations }: StepRun, judgement: Judgement): Iteration[] {
  const place = iterations.findIndex((iteration) => judge(plan, iteration, judgement) !== "right");
  const first = iterations[place];
  if (first?.state !== "done") return [{ state: "starting" }];
  const before = iterations.slice(0, place);
  if (judge(plan, first, judgement) === "old") return [...before, { state: "starting" }];
  return [...before, { state: "measuring", jobId: first.jobId }];
}

function judge(
  plan: PlannedStep | undefined,
  iteration: Iteration,
  { isOld, correctedOf }: Judgement,
): "right" | "old" | "unmeasured" {
  if (iteration.state !== "done" || isOld(iteration.jobId)) return "old";
  const isMeasured = plan !== undefined && plan.repeat !== null;
  return isMeasured && correctedOf(iteration.jobId) > iteration.corrected ? "unmeasured" : "right";
}
