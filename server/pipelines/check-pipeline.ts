/** Whether a pipeline can be begun: what its steps name, and every step as the job that it will be. */
import type { PlannedStep } from "../../core/pipelines/advance-pipeline";
import { planPipeline } from "../../core/pipelines/references";
import { SubmitJob } from "../../protocol/job";
import type { Step, SubmitPipeline } from "../../protocol/pipeline";
import { describeIssues, GridError, isGridError } from "../../protocol/problems";
import { prepareProgram } from "../program-prepare";
import { resolveProgram } from "../programs/resolve-program";
import type { Database } from "../store/database";

/** @throws {GridError} `invalid-input`, `program-invalid`, `program-not-found`, with the place in the submission. */
export async function checkPipeline(database: Database, { steps }: SubmitPipeline): Promise<PlannedStep[]> {
  const plan = planPipeline(steps);
  if (!Array.isArray(plan)) throw new GridError("invalid-input", `${plan.path}: ${plan.message}`);
  for (const [at, step] of steps.entries()) {
    checkJob(step, at);
    await checkProgram(database, step, at);
  }
  return plan;
}

/** The rules that options have among each other. */
function checkJob({ program, options }: Step, at: number): void {
  const job = { program, options, input: { items: [] } };
  const parsed = SubmitJob.safeParse(job);
  if (!parsed.success)
    throw new GridError("invalid-input", `steps.${at}.${describeIssues(parsed.error, job)}`);
}

async function checkProgram(database: Database, { program }: Step, at: number): Promise<void> {
  try {
    if ("id" in program) await resolveProgram(database, program);
    else await prepareProgram(program);
  } catch (error) {
    if (!isGridError(error)) throw error;
    throw new GridError(error.code, `steps.${at}.program: ${error.message}`, error.extras, { cause: error });
  }
}
