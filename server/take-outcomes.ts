/** Turns what a tab reports into what the scheduler takes: small parts are hashed here, large ones looked up. */
import { hash } from "node:crypto";
import type { ReportedOutcome } from "../core/grid-events";
import { isInline, type StoredPart } from "../core/task";
import { textOfParts } from "../protocol/digest";
import { taskIdParts, type Digest } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import { GridError } from "../protocol/problems";
import { RUN_BLOCK_VALUES } from "../protocol/runs/run-block";
import type { Outcome, Part } from "../protocol/task";
import type { BlockStore } from "./grid-api";
import { outputArea, type OutputAreas } from "./output-area";
import { partitionsOf, type RunningJobs } from "./running-jobs";

/**
 * What a tab says of itself is cut to what can be: credit is given for time, and one number too large for the
 * database would keep all others out.
 *
 * @returns At once when all of its bytes have come along: then nothing that its tab says next, such as goodbye, overtakes it.
 * @throws {GridError} `message-invalid` when an output has parts that its stage does not make, or lacks some that are to be compared.
 */
export function takeOutcome(
  outcome: Outcome,
  jobs: RunningJobs,
  areas: OutputAreas,
): ReportedOutcome | Promise<ReportedOutcome> {
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
      checkParts(outcome, jobs);
      const parts = outcome.parts.map(storedPart);
      const digest = digestOf(textOfParts(parts));
      const elapsedMs = Math.min(outcome.elapsedMs, longestMs);
      const output = { type: "output", taskId, digest, parts, bytesHere: true, elapsedMs } as const;
      return parts.every(isInline) ? output : lookUp(output, jobs, areas);
    }
  }
}

async function lookUp(
  output: Extract<ReportedOutcome, { type: "output" }>,
  jobs: RunningJobs,
  areas: OutputAreas,
): Promise<ReportedOutcome> {
  const { taskId, parts } = output;
  return { ...output, bytesHere: await areHere(parts, await outputArea(areas, jobs, taskId)) };
}

/** True when the coordinator holds all bytes of an output. */
export async function areHere(parts: readonly StoredPart[], blocks: BlockStore): Promise<boolean> {
  for (const part of parts) {
    if (!isInline(part) && !(await blocks.has(part.digest))) return false;
  }
  return true;
}

function checkParts({ taskId, parts }: Extract<Outcome, { type: "output" }>, jobs: RunningJobs): void {
  const { jobId, stage } = taskIdParts(taskId);
  const job = jobs.get(jobId);
  if (!job) return;
  if (job.spec.sendsAll && stage !== "split" && parts.some((part) => "digest" in part)) {
    const rule = `An output of ${taskId} is compared by what it says, and comes whole`;
    throw new GridError("message-invalid", `${rule}; got the digest of a part`);
  }
  const partitions = partitionsOf(job, stage);
  const [wrong, right] = partitions === 0 ? (["run", "text"] as const) : (["text", "run"] as const);
  if (parts.some((part) => wrong in part))
    throw new GridError(
      "message-invalid",
      `An output of ${taskId} is made of parts with a ${right}; got a ${wrong}`,
    );
  let before = 0;
  for (const part of parts) {
    const partition = partitionOf(part);
    if (partition >= before && partition < Math.max(1, partitions)) before = partition;
    else
      throw new GridError(
        "message-invalid",
        `An output of ${taskId} has partitions in order, below ${Math.max(1, partitions)}; got ${partition} after ${before}`,
      );
  }
}

const partitionOf = (part: Part) => ("partition" in part ? (part.partition ?? 0) : 0);

function storedPart(part: Part): StoredPart {
  const partition = partitionOf(part);
  const place = partition > 0 ? { partition } : {};
  if ("digest" in part) {
    const { digest, bytes } = part;
    return { digest, bytes, records: Math.min(part.records, Math.max(bytes, RUN_BLOCK_VALUES)), ...place };
  }
  const bytes = "run" in part ? part.run : Buffer.from(part.text);
  const digest = digestOf(bytes);
  const named = { digest, bytes: bytes.length, ...place };
  if ("run" in part) return { ...named, records: Math.min(part.records, RUN_BLOCK_VALUES), run: part.run };
  return { ...named, records: Math.min(part.records, bytes.length), text: part.text };
}

/** The engine's own: of thousands of outputs a second, the library that tabs use took as long as all of the scheduler. */
const digestOf = (content: string | Uint8Array) => hash("sha256", content, "hex") as Digest;
