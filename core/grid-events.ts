/** What can happen to the grid, and what is to be done about it. */
import type { Device, Requirements } from "../protocol/device";
import type { AccountId, Digest, EpochMs, JobId, StageName, TaskId, VolunteerId } from "../protocol/ids";
import type { BlockKey } from "../protocol/block-key";
import type { Answer } from "../protocol/messages/report";
import type { OnError } from "../protocol/job";
import type { ReleaseReason } from "../protocol/task";
import type { JobFailure, Placing } from "../protocol/views";
import type { JobLife } from "./job";
import type { JobShare } from "./job-shares";
import type { Doubted } from "./grid";
import type { ValidationPolicy } from "./judge";
import type { TaskSpan } from "./packs";
import type { InputBlocks } from "./stage-blocks";
import type { Copy, EndedCopy, ProgramError, ReturnedCopy, StoredPart } from "./task";
import type { StaleTask } from "./recheck";
import type { KeptRecords } from "./trust/program-records";
import type { Doubt, PastAnswer, Standing } from "./validator";

export interface SubmittedStage {
  name: StageName;
  /** 0 while it is not known. */
  taskCount: number;
  /** False while it is not known how many tasks there are; absent when it is. */
  isPlanned?: boolean;
}

export interface SubmittedJob {
  id: JobId;
  /** Its program, byte for byte: what volunteers have shown in other jobs of it counts in this one. Null or absent to begin anew. */
  program?: Digest | null;
  policy: ValidationPolicy;
  share: JobShare;
  requires: Requirements;
  /** True when copies are compared only among volunteers whose engines compute alike. */
  sameEngine?: boolean;
  /** What becomes of a task that fails for good. */
  onError: OnError;
  stages: readonly SubmittedStage[];
  /** First tasks of the blocks that map tasks are cut from, ascending; absent when several tasks can't be one pack. */
  cuts?: readonly number[];
  /** The blocks that map tasks read; absent when they read none. */
  blocks?: InputBlocks;
}

/** What the stages after `split` are, once its items are cut into tasks. */
export type PlannedStages = Pick<SubmittedJob, "stages" | "cuts" | "blocks">;

/** An accepted task, with the volunteers whose outputs were compared. */
export interface PastAcceptance {
  index: number;
  digest: Digest;
  votes: readonly { volunteerId: VolunteerId; digest: Digest }[];
  /** Whose copies failed, where others' did not. */
  failed: readonly VolunteerId[];
}

/** A copy that gave no answer, of a task that others have answered. */
export interface UnansweredCopy extends TaskSpan {
  stage: StageName;
  volunteerId: VolunteerId;
  /** What the task was accepted as. */
  accepted: Digest;
}

/** What the database knows of a job that had not ended when the coordinator stopped. */
export interface RestoredJob extends SubmittedJob {
  startedAt: EpochMs | null;
  isPaused: boolean;
  accepted: ReadonlyMap<StageName, readonly TaskSpan[]>;
  /** How many of the accepted tasks were gone on without. */
  skipped: ReadonlyMap<StageName, number>;
  /** Of jobs with `maxErrorRate`, by stage: what was accepted by whom, in that order. Volunteers' records are made of it again. */
  history: ReadonlyMap<StageName, readonly PastAcceptance[]>;
  /** Answers that nothing was decided on: of tasks that are not accepted yet, or that were in doubt. */
  votes: readonly (TaskSpan & { stage: StageName; copy: Copy })[];
  /** Answers that are no votes, of tasks that are not accepted yet; the latest ones. Absent for none. */
  uncounted?: readonly (TaskSpan & { stage: StageName; copy: ReturnedCopy })[];
  /** The latest ones. */
  unanswered: readonly UnansweredCopy[];
  /** What was in doubt of stages that are over. */
  later: readonly PastAnswer[];
}

/** A completed job, outputs of which are to be looked at again. */
export interface ReopenedJob extends SubmittedJob {
  startedAt: EpochMs;
  endedAt: EpochMs;
  history: RestoredJob["history"];
  /** True when that had begun before the coordinator was started: then tabs may have copies of it. */
  isRestored: boolean;
  /** Answers that came while it was looked at, before the coordinator stopped. */
  votes: RestoredJob["votes"];
  answers: readonly PastAnswer[];
}

/** Caught in this job. A volunteer may have been caught in several. */
export interface KnownSuspect {
  volunteerId: VolunteerId;
  jobId: JobId;
  until: EpochMs;
}

/** What is known of a copy without a lease: that its volunteer was given it. */
export interface Given {
  leasedAt: EpochMs;
  /** What its task was accepted as; null when it is not decided, and when the volunteer has answered it. */
  accepted: Digest | null;
}

/** How a copy ended, as its volunteer tells it; an output's small parts have been hashed and named. */
export type ReportedOutcome =
  | {
      type: "output";
      taskId: TaskId;
      digest: Digest;
      parts: readonly StoredPart[];
      bytesHere: boolean;
      elapsedMs: number;
      given?: Given;
    }
  | { type: "error"; taskId: TaskId; error: ProgramError; elapsedMs: number; given?: Given }
  | { type: "released"; taskId: TaskId; reason: ReleaseReason };

export type GridEvent =
  | { type: "job-submitted"; job: SubmittedJob }
  | { type: "job-restored"; job: RestoredJob }
  /**
   * The input of the stage is stored. `taskCount`: how many tasks a merge stage turned out to have. `stale`: tasks of it that were accepted
   * for other inputs, because what these are made of was corrected; with what they were accepted as. `planned`: after `split`, when it is
   * known what there is to do.
   */
  | {
      type: "stage-ready";
      jobId: JobId;
      stage: StageName;
      taskCount?: number;
      stale?: readonly StaleTask[];
      planned?: PlannedStages;
    }
  /** Volunteers that were caught before the coordinator was started, those first for whom that is over soonest. */
  | { type: "suspects-known"; suspects: readonly KnownSuspect[] }
  /** What volunteers had shown in jobs of this program before the coordinator was started. */
  | { type: "records-known"; records: Pick<KeptRecords, "program" | "agreed"> }
  /** Volunteers that belonged to accounts before the coordinator was started. */
  | { type: "accounts-known"; members: readonly { volunteerId: VolunteerId; account: AccountId }[] }
  /** A volunteer, connected or not, joined an account, or left its own. */
  | { type: "account-changed"; volunteerId: VolunteerId; account: AccountId | null }
  /** These answers were believed alone, and their volunteer was caught. */
  | { type: "answers-doubted"; jobId: JobId; answers: readonly PastAnswer[] }
  | { type: "job-reopened"; job: ReopenedJob }
  | { type: "job-cancelled"; jobId: JobId }
  | { type: "job-paused"; jobId: JobId }
  | { type: "job-resumed"; jobId: JobId }
  | { type: "job-reweighted"; jobId: JobId; priority: number; weight: number }
  /** The job cannot go on for a reason outside its tasks. */
  | { type: "job-failed"; jobId: JobId; failure: JobFailure }
  | {
      type: "joined";
      volunteerId: VolunteerId;
      slotCount: number;
      device: Device;
      /** Key of where the connection comes from; null, or absent, when it does not count. */
      address?: string | null;
      held: readonly TaskId[];
      /** Those of the held ones that it was given, which a coordinator that was restarted does not know itself. Absent for none. */
      given?: readonly TaskId[];
      want: number;
      /** Blocks that it holds, the latest last. */
      blocks?: readonly BlockKey[];
    }
  | {
      type: "reported";
      volunteerId: VolunteerId;
      outcomes: readonly ReportedOutcome[];
      want: number;
    }
  | {
      type: "beat";
      volunteerId: VolunteerId;
      slotCount: number;
      held: readonly TaskId[];
      /** What has changed of the blocks that it holds. */
      blocks?: { added: readonly BlockKey[]; dropped: readonly BlockKey[] };
    }
  /** The connection broke; the volunteer may come back. */
  | { type: "disconnected"; volunteerId: VolunteerId }
  /** It said goodbye, or has been silent too long. */
  | { type: "left"; volunteerId: VolunteerId }
  /** The clock that `now` comes from was set, or stood still: all times before are to be counted so much later. */
  | { type: "clock-jumped"; byMs: number }
  /** The part of the latest `overMs` milliseconds, from 0 to 1, in which the coordinator had something to do. */
  | { type: "loaded"; busy: number; overMs: number }
  | { type: "tick" };

/** What the shell has to do, in this order. The first group are facts: to be stored before any answer leaves. */
export type Effect =
  /**
   * Of a job that has ended: `standing`, what an error bound came to; `placing`, of one that read blocks, where its copies went; `records`,
   * what volunteers have shown, to be stored in one commit with that end.
   */
  | {
      type: "job-changed";
      jobId: JobId;
      life: JobLife;
      standing?: Standing;
      placing?: Placing;
      records?: KeptRecords;
    }
  | { type: "job-reweighted"; jobId: JobId; priority: number; weight: number }
  | {
      type: "copy-ended";
      taskId: TaskId;
      copy: EndedCopy;
      /**
       * `valid`, `late`: the task was decided already, as this or otherwise; the first gets its credit. `invalid`: it was
       * given out as a check, and the answer is not the one on which others agreed. `none`: the copy was lost, or is given out as a check:
       * an answer takes the place of that.
       */
      verdict: "pending" | "valid" | "invalid" | "late" | "none";
      leasedAt: EpochMs | null;
      at: EpochMs;
    }
  | {
      type: "task-accepted";
      taskId: TaskId;
      digest: Digest;
      parts: readonly StoredPart[];
      /** Each gets credit for its own time. */
      valid: readonly { volunteerId: VolunteerId; elapsedMs: number }[];
      invalid: readonly VolunteerId[];
      /** What it was accepted as before; null for a task that never was. */
      replaces: Doubted | null;
      /** Of a task that failed and is gone on without: the error, if the job collects them. */
      skipped: { error: ProgramError | null } | null;
      at: EpochMs;
    }
  /** An accepted task is open again: what it was accepted as may be wrong. */
  | { type: "task-doubted"; taskId: TaskId; reason: Doubt["reason"]; at: EpochMs }
  /** A doubted task was accepted as the same again. If it was not, `task-accepted` brings what takes its place. */
  | {
      type: "task-confirmed";
      taskId: TaskId;
      /** Without the volunteer by whose answer it had been accepted, which has its credit. */
      valid: readonly { volunteerId: VolunteerId; elapsedMs: number }[];
      invalid: readonly VolunteerId[];
      at: EpochMs;
    }
  /** `isNews`: false when another job caught it less than an hour ago, and all that rests on it is in doubt already. */
  | { type: "volunteer-caught"; volunteerId: VolunteerId; jobId: JobId; isNews: boolean; at: EpochMs }
  /** It was outvoted on a task and was right after all: what it said counts as valid, and if it was caught by that alone, it was not. */
  | {
      type: "volunteer-cleared";
      volunteerId: VolunteerId;
      taskId: TaskId;
      /** Of its copy. */
      elapsedMs: number;
      /** True when nothing else in the job speaks against it. */
      isHonest: boolean;
      /** True when it is no suspect any more: it is honest, and was caught in no other job. */
      isNoSuspect: boolean;
      at: EpochMs;
    }
  /** What was in doubt of stages that were over has been computed again. The facts of that come before it, and belong into one commit with it. */
  | {
      type: "job-rechecked";
      jobId: JobId;
      confirmed: number;
      corrected: number;
      /** Those that could not be computed again. */
      unresolved: number;
      /** True when the job had been completed before. */
      wasCompleted: boolean;
      at: EpochMs;
    }
  | { type: "stage-finished"; jobId: JobId; next: StageName }
  /** One answer for each outcome of the report, in order; leaves after the facts are stored. */
  | { type: "answered"; answers: readonly Answer[] }
  /** Of what was announced as held, those that nobody waits for. */
  | { type: "dropped"; taskIds: readonly TaskId[] }
  | { type: "assign"; volunteerId: VolunteerId; jobId: JobId; stage: StageName; spans: readonly TaskSpan[] }
  | { type: "revoke"; volunteerId: VolunteerId; taskIds: readonly TaskId[] }
  | { type: "settle"; volunteerId: VolunteerId; taskId: TaskId; answer: Answer };
