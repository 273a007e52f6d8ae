/** What the API shows: the answers of REST and of server-sent events. */
import * as z from "zod";
import { Device } from "./device";
import { AccountId, Digest, JobId, StageName, TaskId, VolunteerId } from "./ids";
import { JobOptions } from "./job";
import { ProgramId, Version } from "./program-name";

export const JobState = z.enum(["queued", "running", "paused", "completed", "failed", "cancelled"]);
export type JobState = z.infer<typeof JobState>;

/** Why a job failed, in words its submitter can act on. */
export const JobFailure = z.object({
  /** `tasks-failing`: the first 20 tasks of a stage, in a job that skips failing tasks, all failed. */
  code: z.enum(["program-error", "tasks-failing", "no-agreement", "input-lost"]),
  taskId: TaskId,
  message: z.string(),
  /** Job-wide number of the record that was being worked on, from 0; null when none in particular. */
  record: z.int().nullable(),
  stack: z.string(),
});
export type JobFailure = z.infer<typeof JobFailure>;

/** What a job waits for when nothing of it runs, or when it cannot end as things are. */
export const WaitReason = z.object({
  code: z.enum([
    "paused",
    "no-volunteers",
    "more-volunteers",
    "error-unconfirmed",
    "same-account",
    "bound-out-of-reach",
    "volunteers-excluded",
    "volunteers-busy",
    "volunteers-held-back",
    "volunteers-not-asking",
    "volunteers-unsuited",
    "splitting",
    "shuffling",
    "not-written",
  ]),
  message: z.string(),
});
export type WaitReason = z.infer<typeof WaitReason>;

/** Why a volunteer that holds nothing is given nothing. Where jobs differ, the message counts them all. */
export const IdleReason = z.object({
  code: z.enum([
    "away",
    "not-asking",
    "no-jobs",
    "same-account",
    "none-for-it",
    "held-back",
    "volunteer-limit",
    "in-flight-limit",
    "not-admitted",
    "unsuited",
    "engine-alone",
    "all-out",
    "shuffling",
    "paused",
  ]),
  message: z.string(),
});
export type IdleReason = z.infer<typeof IdleReason>;

/** Where the tasks of a stage that reads blocks were placed; since the coordinator was started again, where it was. */
export const Placing = z.object({
  /** Copies of tasks that were handed out. */
  copies: z.int(),
  /** Of these, those to volunteers that had the task's block, or were fetching it already. */
  local: z.int(),
  /** Of the blocks that the others had to fetch. */
  bytesMoved: z.number(),
});
export type Placing = z.infer<typeof Placing>;

export const StageView = z.object({
  name: StageName,
  state: z.enum(["waiting", "running", "completed"]),
  tasks: z.int(),
  accepted: z.int(),
  /** Of the accepted ones, those that failed and were gone on without. */
  skipped: z.int(),
  /** Copies running or queued in tabs now. */
  copiesOut: z.int(),
  /** Null for a stage that reads no blocks of an input. */
  placing: Placing.nullable(),
});
export type StageView = z.infer<typeof StageView>;

/** What adaptive replication has come to, over all stages; kept when the job ends. */
export const TrustView = z.object({
  /** Outputs that came, for each accepted task. */
  copiesPerTask: z.number(),
  /** Accepted tasks that rest on one answer. */
  alone: z.int(),
  /** Of these, how many are expected to be wrong: no stage ends before that is within the bound. */
  expectedWrong: z.number(),
  /** Tasks that were accepted and then computed again, and those of them that came out otherwise. */
  rechecked: z.int(),
  corrected: z.int(),
  /** Volunteers that gave a wrong output: they get no more tasks of the job. */
  caught: z.int(),
});
export type TrustView = z.infer<typeof TrustView>;

/** What became of a completed job's result, when a volunteer that it rested on was caught later. */
export const CorrectionView = z.object({
  at: z.number().meta({ description: "The last time, in epoch milliseconds" }),
  /** Outputs that were wrong and are right now, tasks whose inputs were among them too. */
  tasks: z.int(),
  /** Outputs in doubt that nobody could compute again: they are as they were. */
  unresolved: z.int(),
});
export type CorrectionView = z.infer<typeof CorrectionView>;

export const ResultUse = z.enum(["input", "config", "dataset"]).meta({
  description:
    "`input`: read as its input. `config`: a step's config, in a pipeline, has what that result said. `dataset`: its input is a version that the result was kept as.",
});
export type ResultUse = z.infer<typeof ResultUse>;

/** A result of another job that this one was made of. */
export const BasisView = z.object({
  jobId: JobId,
  use: ResultUse,
  isOutdated: z.boolean().meta({
    description: "True when that result was corrected since it was read, or is itself made of such a one.",
  }),
});
export type BasisView = z.infer<typeof BasisView>;

/** A running copy of a task whose program says how far it is; a word of a few seconds ago. */
export const TaskProgressView = z.object({
  taskId: TaskId,
  volunteerId: VolunteerId,
  /** 0 to 1, as the program said; believed. */
  progress: z.number(),
});
export type TaskProgressView = z.infer<typeof TaskProgressView>;

export const JobView = z.object({
  id: JobId,
  name: z.string(),
  /** Who says it submitted it, and with whose other jobs it shares; believed. */
  submitter: z.string(),
  state: JobState,
  createdAt: z.number().meta({ description: "Epoch milliseconds" }),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  program: Digest,
  /** The program of the registry that it runs; null when its program came along. */
  registered: z.object({ id: ProgramId, version: Version }).nullable(),
  inputBytes: z.int(),
  inputRecords: z.int(),
  options: JobOptions,
  /** False with quorum 1: every answer is believed. */
  validated: z.boolean(),
  stages: z.array(StageView),
  /** Accepted tasks over all tasks of all stages, 0 to 1. */
  progress: z.number(),
  /** Accepted tasks a second, lately; 0 when the job does not run. */
  tasksPerSecond: z.number(),
  /** Estimate of the time left; null while there is no ground for one. */
  etaMs: z.number().nullable(),
  /** Volunteers that hold a copy of this job now. */
  volunteersAtWork: z.array(VolunteerId),
  /** How far tasks are that run now, as their programs say: at most 20, in the order of their numbers. */
  taskProgress: z.array(TaskProgressView),
  waiting: WaitReason.nullable(),
  /** Of a job with `maxErrorRate`, while it runs and when it has ended. */
  trust: TrustView.nullable(),
  /** Of a completed job while outputs of it are computed again that are in doubt: how many. Its result stays what it was until that is done. */
  rechecking: z.int().nullable(),
  /** Of a completed job whose result was corrected, or should have been. */
  corrected: CorrectionView.nullable(),
  /** The results of other jobs that it was made of. */
  basedOn: z.array(BasisView),
  /** The job that was submitted first, of one that runs it again because of a correction. */
  repeats: JobId.nullable(),
  replacedBy: JobId.nullable().meta({
    description:
      "Of a job that was made of a result which was corrected since: the newest job that runs it again on what is right, under way or completed.",
  }),
  failure: JobFailure.nullable(),
  /** Of a completed job. */
  resultRecords: z.int().nullable(),
});
export type JobView = z.infer<typeof JobView>;

export const JobPage = z.object({
  jobs: z.array(JobView),
  nextCursor: z.string().nullable(),
});
export type JobPage = z.infer<typeof JobPage>;

export const CopyView = z.object({
  volunteerId: VolunteerId,
  /** The account that its volunteer belonged to when it was given the task; null for none. */
  account: AccountId.nullable(),
  state: z.enum(["leased", "returned", "failed", "lost"]),
  /** What validation said: `valid` agreed with the accepted output, `invalid` did not, `late` came after it, or when its copy had been taken back and others had the task. */
  verdict: z.enum(["pending", "valid", "invalid", "late", "none"]),
  digest: Digest.nullable(),
  leasedAt: z.number().nullable(),
  returnedAt: z.number().nullable(),
  elapsedMs: z.number().nullable(),
  error: z.string().nullable(),
  /** Why it has this verdict, in a sentence. */
  reason: z.string(),
});
export type CopyView = z.infer<typeof CopyView>;

export const TaskView = z.object({
  id: TaskId,
  stage: StageName,
  index: z.int(),
  /** The pack that it is handed over in, whose digest, records and copies these are; null for a task by itself. */
  pack: TaskId.nullable(),
  /** `sealed`: somebody had it; what became of it is told when its job, which has an error bound, has ended. */
  state: z.enum(["waiting", "open", "agreed", "accepted", "failed", "sealed"]),
  digest: Digest.nullable(),
  records: z.int().nullable(),
  copies: z.array(CopyView),
});
export type TaskView = z.infer<typeof TaskView>;

export const TaskPage = z.object({ tasks: z.array(TaskView), nextCursor: z.string().nullable() });
export type TaskPage = z.infer<typeof TaskPage>;

/** A task that failed for good, of a job with `onError: "collect"`. */
export const TaskErrorView = z.object({
  taskId: TaskId,
  message: z.string(),
  /** Job-wide number of the record that was being worked on, from 0; null when none in particular. */
  record: z.int().nullable(),
  stack: z.string(),
});
export type TaskErrorView = z.infer<typeof TaskErrorView>;

export const TaskErrorPage = z.object({
  errors: z.array(TaskErrorView),
  nextCursor: z.string().nullable(),
});
export type TaskErrorPage = z.infer<typeof TaskErrorPage>;

export const VolunteerView = z.object({
  id: VolunteerId,
  state: z.enum(["connected", "away"]),
  connectedAt: z.number(),
  slotCount: z.int(),
  device: Device,
  /** The account that links it with its owner's other devices; null for none. */
  account: AccountId.nullable(),
  /** Copies running or waiting in its tab. */
  copiesOut: z.int(),
  /** Tasks it may hold after it failed in several jobs; null when nothing is held against it. */
  quota: z.int().nullable(),
  /** Null while it holds something. */
  waiting: IdleReason.nullable(),
  acceptedTasks: z.int(),
  invalidTasks: z.int(),
  computeMs: z.number(),
});
export type VolunteerView = z.infer<typeof VolunteerView>;

export const VolunteerPage = z.object({ volunteers: z.array(VolunteerView) });
export type VolunteerPage = z.infer<typeof VolunteerPage>;

/** The whole grid in a few numbers; sent to the dashboard as it changes. */
export const GridStatus = z.object({
  version: z.string(),
  startedAt: z.number(),
  volunteers: z.int(),
  slots: z.int(),
  copiesOut: z.int(),
  jobs: z.object({ queued: z.int(), running: z.int(), paused: z.int() }),
  tasksPerSecond: z.number(),
});
export type GridStatus = z.infer<typeof GridStatus>;

/** Server-sent events of one job, by event name: `job` (its view), `log` (a line of `context.log`), `end`. */
export const LogLine = z.object({ taskId: TaskId, volunteerId: VolunteerId, line: z.string() });
export type LogLine = z.infer<typeof LogLine>;
