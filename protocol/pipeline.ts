/** Pipelines: jobs that follow one another, as they are submitted and shown. */
import * as z from "zod";
import { DatasetPath } from "./dataset";
import { JobId } from "./ids";
import { EVERYBODY, JobInput, JobOptions, Submitter } from "./job";
import { Json } from "./json";
import { LIMITS } from "./limits";
import { StoredProgram } from "./program-name";
import { Program } from "./runtime";

export const PipelineId = z
  .string()
  .regex(/^pipe_[0-9a-z]{16}$/, "must look like pipe_0123456789abcdef")
  .brand<"PipelineId">();
export type PipelineId = z.infer<typeof PipelineId>;

const STEP_NAME_RULE = "must have 1 to 64 letters, digits, _ and -, the first one a letter";
export const StepName = z.string().regex(/^[A-Za-z][\w-]{0,63}$/, STEP_NAME_RULE);

export const Aggregate = z.enum(["sum", "mean", "min", "max", "count"]);
export type Aggregate = z.infer<typeof Aggregate>;

const choice = {
  key: Json.optional().meta({ description: "Only the record with this key." }),
  path: z
    .array(z.union([z.string(), z.int().nonnegative()]))
    .max(20)
    .default([])
    .meta({ description: "Where in a record's value: names of members, places in lists." }),
};

const NUMBER = "must be a number";
const than = (description: string) => z.number({ error: NUMBER }).optional().meta({ description });

const COMPARISONS = ["below", "atMost", "above", "atLeast", "equals", "changeBelow"] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** A number out of a result, and what it is to be. */
export const Condition = z
  .strictObject({
    ...choice,
    aggregate: Aggregate.default("sum").meta({ description: "Makes one number of those of all records." }),
    below: than("The number is less than this."),
    atMost: than("Or is at most this."),
    above: than("Or is more than this."),
    atLeast: than("Or is at least this."),
    equals: than("Or is this."),
    changeBelow: than("Or differs by less than this from what it was after the iteration before."),
  })
  .refine((condition) => COMPARISONS.filter((name) => condition[name] !== undefined).length === 1, {
    message: `must have exactly one of ${COMPARISONS.join(", ")}`,
  });
export type Condition = z.infer<typeof Condition>;

/** The comparison of a condition, which has one. */
export function comparisonOf(condition: Condition): { name: Comparison; than: number } {
  for (const name of COMPARISONS) {
    const value = condition[name];
    if (value !== undefined) return { name, than: value };
  }
  throw new Error("the condition compares with nothing");
}

const ITERATIONS = `must be a whole number from 1 to ${LIMITS.pipelineIterations}`;

export const Repeat = z.strictObject({
  until: Condition,
  maxIterations: z
    .int({ error: ITERATIONS })
    .min(1, { error: ITERATIONS })
    .max(LIMITS.pipelineIterations, { error: ITERATIONS }),
  atLimit: z.enum(["complete", "fail"]).default("complete").meta({
    description: "What becomes of the step when the last iteration is over and the condition does not hold.",
  }),
});
export type Repeat = z.infer<typeof Repeat>;

/** In a config, `{"$result": …}` stands for what it names of a step's result. */
export const Reference = z
  .strictObject({
    step: StepName,
    ...choice,
    aggregate: Aggregate.optional(),
    first: Json.optional().meta({
      description:
        "Of a step's own result: what stands there in the first iteration, when there is none yet.",
    }),
  })
  .refine(({ key, aggregate }) => key === undefined || aggregate === undefined, {
    message: "must not have both key and aggregate",
  });
export type Reference = z.infer<typeof Reference>;

const OfStep = z.strictObject({ step: StepName.meta({ description: "The result of that step." }) });
const OfStepOrFirst = z.strictObject({
  step: StepName,
  first: z.union([OfStep, JobInput]).optional().meta({
    description: "Of a step's own result: what is read in the first iteration, when there is none yet.",
  }),
});
export const StepInput = z.union([OfStepOrFirst, JobInput], {
  error: "must be {step, first?} or the input of a job",
});
export type StepInput = z.infer<typeof StepInput>;

export const Step = z.strictObject({
  name: StepName,
  program: z.union([StoredProgram, Program]),
  input: StepInput,
  options: JobOptions.prefault({}),
  config: Json.default(null).meta({
    description:
      'As of a job; `{"$result": {"step", "key"?, "path"?, "aggregate"?, "first"?}}` anywhere in it stands for what it names of a step\'s result.',
  }),
  repeat: Repeat.nullable().default(null),
  keep: DatasetPath.nullable().default(null).meta({
    description: "Keeps the step's last result as a version of this dataset.",
  }),
});
export type Step = z.infer<typeof Step>;

const NAME_RULE = "must have 1 to 200 characters, spaces at its ends not counted";
const STEPS_RULE = `must have 1 to ${LIMITS.pipelineSteps} steps`;

export const SubmitPipeline = z.strictObject({
  name: z.string().trim().min(1, { error: NAME_RULE }).max(200, { error: NAME_RULE }).default("unnamed"),
  submitter: Submitter.default(EVERYBODY),
  steps: z
    .array(Step)
    .min(1, { error: STEPS_RULE })
    .max(LIMITS.pipelineSteps, { error: STEPS_RULE })
    .meta({ description: "In any order: a step begins when those that it names are completed." }),
});
export type SubmitPipeline = z.infer<typeof SubmitPipeline>;

export const PipelineState = z.enum(["running", "paused", "completed", "failed", "cancelled"]);
export type PipelineState = z.infer<typeof PipelineState>;

export const PipelineFailure = z.object({
  step: StepName,
  /** From 1. */
  iteration: z.int(),
  code: z.enum(["job-failed", "job-cancelled", "refused", "no-value", "not-reached"]).meta({
    description:
      "`job-failed`, `job-cancelled`: its job. `refused`: the job, or the dataset, was not taken. `no-value`: the result has no such number or record. `not-reached`: the condition, within its iterations.",
  }),
  message: z.string(),
  jobId: JobId.nullable(),
});
export type PipelineFailure = z.infer<typeof PipelineFailure>;

export const IterationView = z.object({
  /** From 1. */
  number: z.int(),
  state: z.enum(["starting", "running", "measuring", "done", "stopped"]),
  jobId: JobId.nullable(),
  value: z
    .number()
    .nullable()
    .meta({ description: "What the condition looks at; null where there is none." }),
  isOutdated: z.boolean().meta({
    description: "True when its job was made of a result that was corrected since: see `basedOn` of the job.",
  }),
});
export type IterationView = z.infer<typeof IterationView>;

export const StepView = z.object({
  name: StepName,
  state: z.enum(["waiting", "running", "keeping", "completed", "failed", "stopped"]),
  after: z.array(StepName).meta({ description: "The steps that it waits for." }),
  until: z
    .string()
    .nullable()
    .meta({ description: "The condition, in words; null for a step that runs once." }),
  maxIterations: z.int(),
  iterations: z.array(IterationView),
  endedBy: z.enum(["once", "condition", "limit"]).nullable(),
  keep: DatasetPath.nullable(),
  keptVersion: z.int().nullable().meta({ description: "The version of the dataset that its result became." }),
  resultJobId: JobId.nullable().meta({
    description: "The job whose result is the step's, once it is completed.",
  }),
});
export type StepView = z.infer<typeof StepView>;

export const PipelineView = z.object({
  id: PipelineId,
  name: z.string(),
  submitter: z.string(),
  state: PipelineState,
  createdAt: z.number().meta({ description: "Epoch milliseconds" }),
  endedAt: z.number().nullable(),
  steps: z.array(StepView),
  failure: PipelineFailure.nullable(),
  repeats: PipelineId.nullable().meta({
    description:
      "The pipeline that was submitted first, of one that computes it again because of a correction. Iterations that were right are the jobs of that one.",
  }),
  replacedBy: PipelineId.nullable().meta({
    description: "The newest pipeline that computes this one again, under way or completed.",
  }),
});
export type PipelineView = z.infer<typeof PipelineView>;

export const PipelinePage = z.object({ pipelines: z.array(PipelineView), nextCursor: z.string().nullable() });
export type PipelinePage = z.infer<typeof PipelinePage>;

/** Keeps a job's result as a dataset. */
export const KeepResult = z.strictObject({ dataset: DatasetPath });
