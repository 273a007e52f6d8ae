/** What the database must not lose, in the shape it is written: many rows of one kind at once. */
import type { Effect } from "../../core/grid-events";
import type { EndedCopy, ProgramError, StoredPart } from "../../core/task";
import { taskIdParts, type EpochMs, type JobId, type StageName, type VolunteerId } from "../../protocol/ids";

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
}

/** What one volunteer's validated answers in one commit add to its record. */
export interface Credit {
  acceptedTasks: number;
  invalidTasks: number;
  computeMs: number;
}

export interface VerdictRow {
  jobId: JobId;
  stage: StageName;
  taskIndex: number;
  volunteerId: VolunteerId;
  verdict: "valid" | "invalid";
}

export interface FactBatch {
  copies: CopyRow[];
  acceptances: AcceptanceRow[];
  /** For copies that an earlier commit holds as pending. */
  verdicts: VerdictRow[];
  credits: Map<VolunteerId, Credit>;
}

export type Fact = Extract<Effect, { type: "copy-ended" | "task-accepted" }>;

/** Gathers the facts of many events into rows, each row once, with its verdict if that is known already. */
export function gatherFacts(facts: readonly Fact[]): FactBatch {
  const copies = new Map<string, CopyRow>();
  const batch: FactBatch = { copies: [], acceptances: [], verdicts: [], credits: new Map() };
  for (const fact of facts) {
    if (fact.type === "copy-ended") addCopy(copies, fact);
    else addAcceptance(batch, copies, fact);
  }
  batch.copies = [...copies.values()];
  return batch;
}

function addCopy(copies: Map<string, CopyRow>, fact: Extract<Fact, { type: "copy-ended" }>): void {
  const { copy, verdict, leasedAt, at } = fact;
  const { jobId, stage, index } = taskIdParts(fact.taskId);
  const key = `${fact.taskId} ${copy.volunteerId}`;
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
    leasedAt: leasedAt ?? copies.get(key)?.leasedAt ?? null,
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
  const { jobId, stage, index } = taskIdParts(fact.taskId);
  batch.acceptances.push({
    jobId,
    stage,
    taskIndex: index,
    digest: fact.digest,
    partsJson: encodeParts(fact.parts),
    recordCount: fact.parts.reduce((sum, { records }) => sum + records, 0),
    byteCount: fact.parts.reduce((sum, { bytes }) => sum + bytes, 0),
    acceptedAt: fact.at,
  });
  const settle = (volunteerId: VolunteerId, verdict: "valid" | "invalid") => {
    const copy = copies.get(`${fact.taskId} ${volunteerId}`);
    if (copy) Object.assign(copy, { verdict, partsJson: null });
    else batch.verdicts.push({ jobId, stage, taskIndex: index, volunteerId, verdict });
  };
  for (const { volunteerId, elapsedMs } of fact.valid) {
    settle(volunteerId, "valid");
    addCredit(batch, volunteerId, { acceptedTasks: 1, invalidTasks: 0, computeMs: elapsedMs });
  }
  for (const volunteerId of fact.invalid) {
    settle(volunteerId, "invalid");
    addCredit(batch, volunteerId, { acceptedTasks: 0, invalidTasks: 1, computeMs: 0 });
  }
}

function addCredit({ credits }: FactBatch, volunteerId: VolunteerId, credit: Credit): void {
  const sum = credits.get(volunteerId);
  if (!sum) return void credits.set(volunteerId, { ...credit });
  sum.acceptedTasks += credit.acceptedTasks;
  sum.invalidTasks += credit.invalidTasks;
  sum.computeMs += credit.computeMs;
}

export function encodeParts(parts: readonly StoredPart[]): string {
  return JSON.stringify(parts);
}
