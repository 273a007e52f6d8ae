/** Turns what a tab reports into what the scheduler takes: small parts are hashed here, large ones looked up. */
import { createHash } from "node:crypto";
import type { ReportedOutcome } from "../core/grid-events";
import type { StoredPart } from "../core/task";
import { digestOfParts } from "../protocol/digest";
import { taskIdParts, type Digest } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import { GridError } from "../protocol/problems";
import type { Outcome, Part } from "../protocol/task";
import type { BlockStore } from "./grid-api";
import { partsExpected, type RunningJobs } from "./running-jobs";

/**
 * What a tab says of itself is cut to what can be: credit is given for time, and one number too large for the
 * database would keep all others out.
 *
 * @throws {GridError} `message-invalid` when an output has not as many parts as its stage makes, or lacks text that is to be compared.
 */
export async function takeOutcome(
  outcome: Outcome,
  jobs: RunningJobs,
  blocks: BlockStore,
): Promise<ReportedOutcome> {
  const { taskId } = outcome;
  const { jobId, count } = taskIdParts(taskId);
  const longestMs = count * (jobs.get(jobId)?.spec.taskTimeoutMs ?? LIMITS.taskTimeoutMs);
  switch (outcome.type) {
    case "released":
      return { type: "released", taskId, reason: outcome.reason };
    case "error": {
      const { message, stack, record } = outcome;
      const elapsedMs = Math.min(outcome.elapsedMs, longestMs);
      return { type: "error", taskId, error: { message, stack, record }, elapsedMs };
    }
    case "output": {
      checkPartCount(outcome, jobs);
      const parts = outcome.parts.map(storedPart);
      const digest = digestOfParts(parts);
      return {
        type: "output",
        taskId,
        digest,
        parts,
        bytesHere: await areHere(parts, blocks),
        elapsedMs: Math.min(outcome.elapsedMs, longestMs),
      };
    }
  }
}

/** True when the coordinator holds all bytes of an output. */
export async function areHere(parts: readonly StoredPart[], blocks: BlockStore): Promise<boolean> {
  for (const { text, digest } of parts) {
    if (text === undefined && !(await blocks.has(digest))) return false;
  }
  return true;
}

function checkPartCount({ taskId, parts }: Extract<Outcome, { type: "output" }>, jobs: RunningJobs): void {
  const { jobId, stage } = taskIdParts(taskId);
  const job = jobs.get(jobId);
  if (job?.spec.sendsAll && parts.some((part) => "digest" in part)) {
    const rule = `An output of ${taskId} is compared by what it says, and comes whole`;
    throw new GridError("message-invalid", `${rule}; got the digest of a part`);
  }
  if (!job || parts.length === partsExpected(job, stage)) return;
  const expected = partsExpected(job, stage);
  throw new GridError("message-invalid", `An output of ${taskId} has ${expected} parts; got ${parts.length}`);
}

function storedPart(part: Part): StoredPart {
  if ("digest" in part) return { ...part, records: Math.min(part.records, part.bytes) };
  const { text } = part;
  const bytes = Buffer.from(text);
  const digest = createHash("sha256").update(bytes).digest("hex") as Digest;
  return { digest, bytes: bytes.length, records: Math.min(part.records, bytes.length), text };
}
