/** What the database must not lose, in the shape it is written: many rows of one kind at once. */
import type { Effect } from "../../core/grid-events";
import type { EndedCopy, ProgramError, StoredPart } from "../../core/task";
import {
  taskIdParts,
  type EpochMs,
  type JobId,
  type StageName,
  type TaskId,
  type VolunteerId,
} from "../../protocol/ids";

export interface CopyRow {
  jobId: JobId;
  stage: StageName;
  taskIndex: number;
  volunteerId: VolunteerId;
  state: EndedCopy["state"];
  digest: string | null;
  /** Kept while the vote is pending: after a restart the output must still be there. */
  partsJson: string | null;
  verdict: "pending" | "valid" | "invalid" | "late" | "none";
  leasedAt: EpochMs | null;
  endedAt: EpochMs;
  elapsedMs: number;
  errorJson: string | null;
}

export interface AcceptanceRow {
  jobId: JobId;
  stage: StageName;
  taskIndex: number;
  digest: string;
  partsJson: string;
  recordCount: number;
  byteCount: number;
  acceptedAt: EpochMs;
  isSkipped: boolean;
  errorJson: string | null;
}

export interface VerdictRow {
  jobId: JobId;
  stage: StageName;
  taskIndex: number;
  volunteerId: VolunteerId;
  verdict: "valid" | "invalid";
}

/** What one volunteer earns by one task; given with the task's acceptance, and only with the first. */
export interface CreditRow {
  jobId: JobId;
  stage: StageName;
  taskIndex: number;
  volunteerId: VolunteerId;
  accepted: number;
  invalid: number;
  computeMs: number;
  at: EpochMs;
}

export interface FactBatch {
  copies: CopyRow[];
  acceptances: AcceptanceRow[];
  /** For copies that an earlier commit holds as pending. */
  verdicts: VerdictRow[];
  credits: CreditRow[];
}

export type Fact = Extract<Effect, { type: "copy-ended" | "task-accepted" }>;

/** Gathers the facts of many events into rows, each row once, with its verdict if that is known already. */
export function gatherFacts(facts: readonly Fact[]): FactBatch {
  const copies = new Map<string, CopyRow>();
  const accepted = new Set<TaskId>();
  const batch: FactBatch = { copies: [], acceptances: [], verdicts: [], credits: [] };
  for (const fact of facts) {
    if (fact.type === "copy-ended") addCopy(copies, fact);
    else if (!accepted.has(fact.taskId)) addAcceptance(batch, copies, fact);
    if (fact.type === "task-accepted") accepted.add(fact.taskId);
  }
  batch.copies = [...copies.values()];
  return batch;
}

/** About how many bytes the fact takes on its way to the disk. */
export function bytesOf(fact: Fact): number {
  if (fact.type === "task-accepted") return ROW_BYTES + bytesOfParts(fact.parts);
  const { copy } = fact;
  if (copy.state === "returned") return ROW_BYTES + bytesOfParts(copy.parts);
  return copy.state === "failed"
    ? ROW_BYTES + copy.error.message.length + copy.error.stack.length
    : ROW_BYTES;
}

/** A row without its parts. */
const ROW_BYTES = 300;
/** A part without its text. */
const PART_BYTES = 120;

function bytesOfParts(parts: readonly StoredPart[]): number {
  return parts.reduce((sum, { text }) => sum + PART_BYTES + (text?.length ?? 0), 0);
}

function addCopy(copies: Map<string, CopyRow>, fact: Extract<Fact, { type: "copy-ended" }>): void {
  const { copy, verdict, leasedAt, at } = fact;
  const { jobId, stage, index } = taskIdParts(fact.taskId);
  const key = `${fact.taskId} ${copy.volunteerId}`;
  const before = copies.get(key);
  // As in the database: nothing replaces a verdict.
  if (before?.verdict === "valid" || before?.verdict === "invalid") return;
  const returned = copy.state === "returned" ? copy : null;
  copies.set(key, {
    jobId,
    stage,
    taskIndex: index,
    volunteerId: copy.volunteerId,
    state: copy.state,
    digest: returned?.digest ?? null,
    partsJson: returned && verdict === "pending" ? encodeParts(returned.parts) : null,
    verdict,
    leasedAt: leasedAt ?? before?.leasedAt ?? null,
    endedAt: at,
    elapsedMs: copy.state === "lost" ? 0 : copy.elapsedMs,
    errorJson: copy.state === "failed" ? JSON.stringify(copy.error satisfies ProgramError) : null,
  });
}

function addAcceptance(
  batch: FactBatch,
  copies: Map<string, CopyRow>,
  fact: Extract<Fact, { type: "task-accepted" }>,
): void {
  const { jobId, stage, index: taskIndex } = taskIdParts(fact.taskId);
  const { at } = fact;
  batch.acceptances.push({
    jobId,
    stage,
    taskIndex,
    digest: fact.digest,
    partsJson: encodeParts(fact.parts),
    recordCount: Math.min(
      MAX_INT,
      fact.parts.reduce((sum, { records }) => sum + records, 0),
    ),
    byteCount: fact.parts.reduce((sum, { bytes }) => sum + bytes, 0),
    acceptedAt: at,
    isSkipped: fact.skipped !== null,
    errorJson: fact.skipped?.error ? JSON.stringify(fact.skipped.error satisfies ProgramError) : null,
  });
  const settle = (volunteerId: VolunteerId, verdict: "valid" | "invalid", computeMs: number) => {
    const key = { jobId, stage, taskIndex, volunteerId };
    const copy = copies.get(`${fact.taskId} ${volunteerId}`);
    if (copy) Object.assign(copy, { verdict, partsJson: null });
    else batch.verdicts.push({ ...key, verdict });
    const [accepted, invalid] = verdict === "valid" ? [1, 0] : [0, 1];
    batch.credits.push({ ...key, accepted, invalid, computeMs, at });
  };
  for (const { volunteerId, elapsedMs } of fact.valid) settle(volunteerId, "valid", elapsedMs);
  for (const volunteerId of fact.invalid) settle(volunteerId, "invalid", 0);
}

/** The largest number that an Int of the database holds. */
const MAX_INT = 2 ** 31 - 1;

export function encodeParts(parts: readonly StoredPart[]): string {
  return JSON.stringify(parts);
}
