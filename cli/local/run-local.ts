/**
 * A job without a grid: checked, cut, mapped, shuffled and reduced by the code that the coordinator and the tabs run it
 * with, each task once, in threads of this process. Its result is the grid's, byte by byte.
 *
 *   submission ── server/ ──▶ plan ── core/ ──▶ tasks ── worker/ ──▶ outputs ──▶ runs ── worker/ ──▶ result
 */
import { indexSplits } from "../../core/split";
import { digestOfText } from "../../protocol/digest";
import { taskIdParts, type Digest, type StageName } from "../../protocol/ids";
import { SubmitJob } from "../../protocol/job";
import { describeIssues, GridError, isGridError, toProblem } from "../../protocol/problems";
import { openManifestWriter, type ListedBlock } from "../../protocol/runs/manifest";
import type { Outcome, Part } from "../../protocol/task";
import type { JobFailure } from "../../protocol/views";
import { JobFailedError, RefusedError } from "../../sdk/errors";
import type { Submission } from "../../sdk/submit";
import { planSplit } from "../../server/plan-split";
import { describeTasks, waitsForSplit, type RunningJob } from "../../server/running-jobs";
import { describeLocal } from "./describe-local";
import { openMemoryBlocks, type MemoryBlocks } from "./memory-blocks";
import type { RunTask } from "./thread-pool";

export interface LocalRun {
  /** Tasks of both stages; `split` has run by then. */
  readonly taskCount: number;
  /** @yields Bytes of NDJSON, in the order of the tasks, as they are done. @throws {JobFailedError} */
  result(): AsyncGenerator<Uint8Array, void>;
}

export interface LocalParts {
  /** Runs tasks, several at once: as many as are asked for before the first is awaited. */
  readonly openRunTask: (job: RunningJob, blocks: MemoryBlocks) => Promise<RunTask>;
  /** Tasks that are begun before the oldest of them has ended. */
  readonly ahead: number;
  readonly onTask: (outcome: Outcome) => void;
}

/** @throws {RefusedError} As the coordinator would refuse it. */
export async function prepareLocal(submission: Submission, parts: LocalParts): Promise<LocalRun> {
  const blocks = openMemoryBlocks();
  let job = await asCoordinator(async () => {
    const parsed = SubmitJob.safeParse(submission);
    if (!parsed.success) throw new GridError("invalid-input", describeIssues(parsed.error, submission));
    return describeLocal(parsed.data, blocks);
  });
  const runTask = await parts.openRunTask(job, blocks);
  if (waitsForSplit(job.record)) {
    const planned = await asCoordinator(() => planSplit(splitParts(), blocks, job.record));
    job = { ...job, record: { ...job.record, ...planned }, splits: indexSplits(planned.splitPlan) };
  }
  const stages = job.record.stages.filter(({ name }) => name !== "split");
  const taskCount = stages.reduce((sum, stage) => sum + stage.taskCount, 0);
  return { taskCount, result };

  /** Runs `split`, before it is known how much there is to do. */
  async function* splitParts() {
    const count = job.source?.taskCount ?? 0;
    for await (const done of runStage(job, "split", count, runTask))
      for (const part of done) {
        if ("run" in part) throw new Error("split gives lines of text");
        yield "text" in part ? { text: part.text, digest: digestOfText(part.text) } : part;
      }
  }

  async function* result(): AsyncGenerator<Uint8Array, void> {
    const [map, reduce] = stages;
    if (!map) return;
    const mapped = runStage(job, map.name, map.taskCount, runTask);
    if (!reduce) return yield* bytesOf(mapped, blocks);
    const manifests = await manifestsOf(mapped, reduce.taskCount, blocks);
    const reducing: RunningJob = { ...job, manifests };
    yield* bytesOf(runStage(reducing, reduce.name, reduce.taskCount, runTask), blocks);
  }

  /** @yields The parts of each task's output, in order. */
  async function* runStage(
    of: RunningJob,
    stage: StageName,
    count: number,
    runTask: RunTask,
  ): AsyncGenerator<readonly Part[], void> {
    const begun: Promise<Outcome>[] = [];
    for (let next = 0, done = 0; done < count; done++) {
      while (next < count && begun.length < parts.ahead) {
        const [task] = describeTasks(of, stage, [{ index: next, count: 1 }]);
        next += 1;
        if (task) begun.push(started(runTask(task)));
      }
      const outcome = await begun.shift();
      if (!outcome) throw new Error("A task was not begun");
      parts.onTask(outcome);
      if (outcome.type === "output") yield outcome.parts;
      else if (outcome.type === "error") failOrSkip(of, outcome);
      else throw new Error(`Task ${outcome.taskId} was given back`);
    }
  }

  function failOrSkip({ record }: RunningJob, outcome: Extract<Outcome, { type: "error" }>): void {
    const { taskId, stack, record: recordNumber } = outcome;
    const isSplit = taskIdParts(taskId).stage === "split";
    if (record.options.onError !== "fail" && !isSplit) return;
    const message = isSplit ? `The program's split failed: ${outcome.message}` : outcome.message;
    const failure: JobFailure = { code: "program-error", taskId, message, stack, record: recordNumber };
    throw new JobFailedError({ id: record.id, state: "failed", failure });
  }
}

/** Whoever stops at the first failure leaves the others to themselves. */
function started(outcome: Promise<Outcome>): Promise<Outcome> {
  outcome.catch(() => {});
  return outcome;
}

async function asCoordinator<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw isGridError(error) ? new RefusedError(toProblem(error), { cause: error }) : error;
  }
}

/** For each reducer, the block that lists its run of every map task. */
async function manifestsOf(
  outputs: AsyncIterable<readonly Part[]>,
  reducers: number,
  blocks: MemoryBlocks,
): Promise<Digest[]> {
  const writers = Array.from({ length: reducers }, openManifestWriter);
  for await (const parts of outputs) {
    for (const [reducer, writer] of writers.entries()) {
      const run = parts.filter((part) => part.records > 0 && partitionOf(part) === reducer);
      if (run.length > 0) writer.addRun(run.map(listed));
    }
  }
  return Promise.all(writers.map((writer) => blocks.write(writer.finish())));
}

const partitionOf = (part: Part) => ("partition" in part ? (part.partition ?? 0) : 0);

function listed(part: Part): ListedBlock {
  if ("text" in part) throw new Error("A map with reducers gives runs");
  return "run" in part ? part.run : { digest: part.digest, bytes: part.bytes };
}

async function* bytesOf(outputs: AsyncIterable<readonly Part[]>, blocks: MemoryBlocks) {
  for await (const parts of outputs)
    for (const part of parts) {
      if ("text" in part) yield Buffer.from(part.text);
      else yield "run" in part ? part.run : await blocks.read(part.digest);
    }
}
