/** What the SDK throws. Tell them apart by `name`: a page and a bundle may hold two copies of a class. */
import type { JobView } from "../protocol/views";
import type { PipelineView } from "../protocol/pipeline";
import type { Problem } from "../protocol/problems";

/** The coordinator answered, and said no. `problem` has its words: what was expected and what came. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(describeProblem(problem), options);
    this.problem = problem;
  }

  /** The kind of problem, such as `job-not-found`. */
  get code(): string {
    return codeOf(this.problem);
  }
}

/** Nothing answered at the coordinator's address, however often it was tried. `cause` is the last failure. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  readonly url: string;

  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`${url} cannot be reached: ${reason}`, options);
    this.url = url;
  }
}

/** What answered is not a coordinator that this client understands. */
export class UnreadableAnswerError extends Error {
  override readonly name = "UnreadableAnswerError";
}

/** What an error tells of its job. */
export type FailedJob = Pick<JobView, "id" | "state" | "failure">;

/** The job has ended without a result. `job.failure` names task, record, message and stack, unless it was cancelled. */
export class JobFailedError extends Error {
  override readonly name = "JobFailedError";
  readonly job: FailedJob;

  constructor(job: FailedJob) {
    super(describeFailure(job));
    this.job = job;
  }
}

/** The pipeline has ended without all of its steps. `pipeline.failure` names step, iteration, job and message, unless it was cancelled. */
export class PipelineFailedError extends Error {
  override readonly name = "PipelineFailedError";
  readonly pipeline: PipelineView;

  constructor(pipeline: PipelineView) {
    super(describePipelineFailure(pipeline));
    this.pipeline = pipeline;
  }
}

/** One line: which step and iteration, and why. */
export function describePipelineFailure({ id, state, failure }: PipelineView): string {
  if (!failure) return `${id} was ${state}`;
  return `${id} failed in step ${failure.step}, iteration ${failure.iteration}: ${failure.message}`;
}

export function codeOf({ type }: Problem): string {
  return type.replace(/^\/problems\//, "");
}

/** One line: the rule that was broken and what came, and where in a program. */
export function describeProblem({ title, detail, line, column }: Problem): string {
  const place =
    line === undefined ? "" : ` (line ${line}${column === undefined ? "" : `, column ${column}`})`;
  return `${detail === undefined ? title : `${title}: ${detail}`}${place}`;
}

/** The message, where it happened, and the program's own frames below. */
export function describeFailure({ id, state, failure }: FailedJob): string {
  if (!failure) return `${id} was ${state}`;
  const { taskId, record, message, stack } = failure;
  const task = taskId.slice(id.length + 1);
  const place = record === null ? `task ${task}` : `task ${task}, record ${record}`;
  const frames = stack
    .split("\n")
    .filter((line) => line.trim() !== "" && !message.includes(line.trim()))
    .map((line) => `\n    ${line.trim()}`);
  return `${id} failed in ${place}: ${message}${frames.join("")}`;
}
