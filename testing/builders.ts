/** Short names for the things that tests of the scheduler are about. Brands are made here, unparsed: `ada` is a volunteer. */
import type { GridPolicy } from "../core/grid";
import type { ReportedOutcome } from "../core/grid-events";
import type { JobShare } from "../core/job-shares";
import type { ValidationPolicy } from "../core/judge";
import type { Copy, EndedCopy, StoredPart, Task } from "../core/task";
import type { ReleaseReason } from "../protocol/task";
import type { AccountId, Digest, EpochMs, JobId, TaskId, VolunteerId } from "../protocol/ids";

export const T0 = 1_000_000 as EpochMs;
export const at = (ms: number) => (T0 + ms) as EpochMs;

export const volunteer = (name: string) => name as VolunteerId;
export const accountId = (name: string) => name as AccountId;
export const jobId = (name: string) => name as JobId;
export const digest = (name: string) => name as Digest;

/** `map/0` is task 0 of the job that is called `job`; other jobs are named: `old/map/0`. */
export const taskId = (name: string) => (name.split("/").length === 3 ? name : `job/${name}`) as TaskId;

export const GRID_POLICY: GridPolicy = {
  silenceMs: 15_000,
  leastLeaseMs: 10_000,
  onePerAddress: true,
  localityMs: 2_000,
  graceMs: 2_000,
  recheckWindowMs: 3 * 24 * 3_600_000,
  uploadMs: 30_000,
  tasksHeld: 64,
  heldMs: Infinity,
  paceMs: 4_000,
  leastPaceMs: 0,
  packMs: 100,
  packTasks: 64,
  packBytes: 65_536,
  tailPatience: 1.5,
  submitterWeights: new Map(),
};

/** @param changes What differs from a quorum of two, three errors, ten answers. */
export function policy(changes: Partial<ValidationPolicy> = {}): ValidationPolicy {
  const { quorum = 2, copies = quorum } = changes;
  return { maxErrors: 3, maxCopies: 10, compare: null, adaptive: null, ...changes, quorum, copies };
}

/** @param changes What differs from a job like any other of the one submitter. */
export function share(changes: Partial<JobShare> = {}): JobShare {
  return { submitter: "ann", priority: 0, weight: 1, maxVolunteers: null, maxInFlight: null, ...changes };
}

/** Tasks by themselves, as what is stored names them. */
export const singly = (...indexes: number[]) => indexes.map((index) => ({ index, count: 1 }));

export function openTask(...copies: Copy[]): Task {
  return { state: "open", copies };
}

export function runBy(name: string): Copy {
  return { state: "leased", volunteerId: volunteer(name), leasedAt: T0 };
}

export function returnedBy(name: string, output: string, { bytesHere = true } = {}) {
  const copy = { volunteerId: volunteer(name), digest: digest(output), parts: partsOf(output), elapsedMs: 5 };
  return { state: "returned", ...copy, bytesHere } satisfies EndedCopy;
}

export function failedAt(name: string, message: string, record: number | null = null) {
  const error = { message, stack: "", record };
  return { state: "failed", volunteerId: volunteer(name), error, elapsedMs: 5 } satisfies EndedCopy;
}

export function lostBy(name: string) {
  return { state: "lost", volunteerId: volunteer(name) } satisfies EndedCopy;
}

/** What a volunteer reports: `output("map/0", "x")`; a large one leaves its bytes in the tab at first. */
export function output(
  task: string,
  value: string,
  { bytesHere = true, elapsedMs = 5 } = {},
): Extract<ReportedOutcome, { type: "output" }> {
  const parts = partsOf(value);
  return { type: "output", taskId: taskId(task), digest: digest(value), parts, bytesHere, elapsedMs };
}

export function failure(task: string, message: string): ReportedOutcome {
  return { type: "error", taskId: taskId(task), error: { message, stack: "", record: null }, elapsedMs: 5 };
}

export function released(task: string, reason: ReleaseReason = "stopped"): ReportedOutcome {
  return { type: "released", taskId: taskId(task), reason };
}

function partsOf(output: string): StoredPart[] {
  return [{ digest: digest(output), bytes: 10, records: 1 }];
}
