/** What the database must not lose, in the shape it is written: many rows of one kind at once. */
import type { Effect } from "../../core/grid-events";
import type { EndedCopy, ProgramError, StoredPart } from "../../core/task";
import {
  taskIdParts,
  type AccountId,
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
  taskCount: number;
  volunteerId: VolunteerId;
  address: string | null;
  account: AccountId | null;
  arithmetic: string | null;
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
  taskCount: number;
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
  /** True when the copy had been valid before. */
  isRetracted: boolean;
}

/** What one volunteer earns by one copy, once; if the copy turns out to be wrong later, it loses that again. */
export interface CreditRow {
  jobId: JobId;
  stage: StageName;
  taskIndex: number;
  taskCount: number;
  volunteerId: VolunteerId;
  verdict: "valid" | "invalid";
  isRetracted: boolean;
  computeMs: number;
  at: EpochMs;
}

/** Takes the place of what the task was accepted as before. */
export interface CorrectionRow extends AcceptanceRow {
  replaces: string;
}

/** A volunteer that was outvoted in a job; of each job, only the latest time is kept. */
export interface CatchRow {
  volunteerId: VolunteerId;
  jobId: JobId;
  caughtAt: EpochMs;
  isHandled: boolean;
}

/** A copy that was outvoted and was right after all. */
export interface ClearedRow {
  jobId: JobId;
  stage: StageName;
  taskIndex: number;
  volunteerId: VolunteerId;
  /** True when nothing else in the job speaks against the volunteer. */
  isHonest: boolean;
  at: EpochMs;
}

export interface FactBatch {
  catches: CatchRow[];
  cleared: ClearedRow[];
  copies: CopyRow[];
  acceptances: AcceptanceRow[];
  corrections: CorrectionRow[];
  /** For copies that an earlier commit holds. */
  verdicts: VerdictRow[];
  credits: CreditRow[];
}

export type Fact = Extract<
  Effect,
  { type: "copy-ended" | "task-accepted" | "task-confirmed" | "volunteer-caught" | "volunteer-cleared" }
>;

/** Gathers the facts of many events into rows, each row once, with its verdict if that is known already. */
export function gatherFacts(facts: readonly Fact[]): FactBatch {
  const copies = new Map<string, CopyRow>();
  const credits = new Map<string, CreditRow>();
  const accepted = new Set<TaskId>();
  const batch: FactBatch = {
    copies: [],
    acceptances: [],
    corrections: [],
    verdicts: [],
    credits: [],
    catches: [],
    cleared: [],
  };
  for (const fact of facts) {
    if (fact.type === "volunteer-caught") addCatch(batch, fact);
    else if (fact.type === "volunteer-cleared") addCleared(batch, fact);
    else if (fact.type === "copy-ended") addCopy(credits, copies, fact);
    else if (fact.type === "task-confirmed") settleCopies(batch, credits, copies, fact);
    else if (fact.replaces !== null || !accepted.has(fact.taskId))
      addAcceptance(batch, credits, copies, fact);
    if (fact.type === "task-accepted") accepted.add(fact.taskId);
  }
  batch.copies = [...copies.values()];
  batch.credits = [...credits.values()];
  return batch;
}

/** About how many bytes the fact takes on its way to the disk. */
export function bytesOf(fact: Fact): number {
  if (fact.type === "task-accepted") return ROW_BYTES + bytesOfParts(fact.parts);
  if (fact.type !== "copy-ended") return ROW_BYTES;
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
  return parts.reduce((sum, { text, run }) => sum + PART_BYTES + (text ?? run ?? "").length, 0);
}

function addCatch({ catches }: FactBatch, fact: Extract<Fact, { type: "volunteer-caught" }>): void {
  const { volunteerId, jobId, isNews, at: caughtAt } = fact;
  const before = catches.findIndex((row) => row.volunteerId === volunteerId && row.jobId === jobId);
  if (before >= 0) catches.splice(before, 1);
  catches.push({ volunteerId, jobId, caughtAt, isHandled: !isNews });
}

/** What was caught before it in the same commit is cleared with it; a later catch counts. */
function addCleared(batch: FactBatch, fact: Extract<Fact, { type: "volunteer-cleared" }>): void {
  const { volunteerId, isHonest, at } = fact;
  const { jobId, stage, index: taskIndex } = taskIdParts(fact.taskId);
  batch.cleared.push({ jobId, stage, taskIndex, volunteerId, isHonest, at });
  const isCleared = (row: CatchRow) => row.volunteerId === volunteerId && row.jobId === jobId;
  if (isHonest) batch.catches = batch.catches.filter((row) => !isCleared(row));
}

function addCopy(
  credits: Map<string, CreditRow>,
  copies: Map<string, CopyRow>,
  fact: Extract<Fact, { type: "copy-ended" }>,
): void {
  const { copy, verdict, leasedAt, at } = fact;
  const { jobId, stage, index: taskIndex, count: taskCount } = taskIdParts(fact.taskId);
  const key = `${fact.taskId} ${copy.volunteerId}`;
  const before = copies.get(key);
  // As in the database: nothing replaces a verdict.
  if (before?.verdict === "valid" || before?.verdict === "invalid") return;
  const returned = copy.state === "returned" ? copy : null;
  if (verdict === "invalid" || (verdict === "valid" && returned)) {
    const { volunteerId } = copy;
    const computeMs = verdict === "valid" && returned ? returned.elapsedMs : 0;
    credits.set(key, {
      jobId,
      stage,
      taskIndex,
      taskCount,
      volunteerId,
      verdict,
      isRetracted: false,
      computeMs,
      at,
    });
  }
  copies.set(key, {
    jobId,
    stage,
    taskIndex,
    taskCount,
    volunteerId: copy.volunteerId,
    address: copy.place?.address ?? null,
    account: before ? before.account : (copy.place?.account ?? null),
    arithmetic: copy.place?.arithmetic ?? null,
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
  credits: Map<string, CreditRow>,
  copies: Map<string, CopyRow>,
  fact: Extract<Fact, { type: "task-accepted" }>,
): void {
  const { jobId, stage, index: taskIndex, count: taskCount } = taskIdParts(fact.taskId);
  const { at } = fact;
  const row: AcceptanceRow = {
    jobId,
    stage,
    taskIndex,
    taskCount,
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
  };
  if (fact.replaces === null) batch.acceptances.push(row);
  else batch.corrections.push({ ...row, replaces: fact.replaces.digest });
  settleCopies(batch, credits, copies, fact);
}

/** Gives the copies of a decided task their verdicts, and their volunteers their credit. */
function settleCopies(
  batch: FactBatch,
  credits: Map<string, CreditRow>,
  copies: Map<string, CopyRow>,
  fact: Extract<Fact, { type: "task-accepted" | "task-confirmed" }>,
): void {
  const { jobId, stage, index: taskIndex, count: taskCount } = taskIdParts(fact.taskId);
  const { at } = fact;
  const retracted = fact.type === "task-accepted" ? (fact.replaces?.volunteerIds ?? []) : [];
  const settle = (volunteerId: VolunteerId, verdict: "valid" | "invalid", computeMs: number) => {
    const isRetracted = verdict === "invalid" && retracted.includes(volunteerId);
    const key = { jobId, stage, taskIndex, volunteerId, isRetracted };
    const copy = copies.get(`${fact.taskId} ${volunteerId}`);
    if (copy) Object.assign(copy, { verdict, partsJson: null });
    else batch.verdicts.push({ ...key, verdict });
    // A later verdict within one commit takes the place of an earlier one.
    credits.set(`${fact.taskId} ${volunteerId}`, { ...key, taskCount, verdict, computeMs, at });
  };
  for (const { volunteerId, elapsedMs } of fact.valid) settle(volunteerId, "valid", elapsedMs);
  for (const volunteerId of fact.invalid) settle(volunteerId, "invalid", 0);
}

/** The largest number that an Int of the database holds. */
const MAX_INT = 2 ** 31 - 1;

/** Runs in Base64: the row goes to the database as JSON. */
export function encodeParts(parts: readonly StoredPart[]): string {
  return JSON.stringify(
    parts.map(({ run, ...part }) => (run ? { ...part, run: Buffer.from(run).toString("base64") } : part)),
  );
}
