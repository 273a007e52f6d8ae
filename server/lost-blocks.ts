/**
 * Fails the jobs that cannot end because a block of theirs is no longer in the store: whoever asks for it would be told so for
 * ever, and the task be given out again and again. Other jobs go on.
 */
import { blockKeyOf } from "../protocol/block-key";
import { taskIdOf, type Digest, type TaskId } from "../protocol/ids";
import { unreachable } from "../protocol/unreachable";
import { currentStage, type GridJob, type Stage } from "../core/grid";
import { sampledTask } from "../core/sampling";
import { blocksOfTask, type PlannedBlock } from "../core/split";
import type { RunAreas } from "./blocks/run-areas";
import type { Coordinator } from "./coordinator";
import { log } from "./log";
import type { RunningJob } from "./running-jobs";

/** @returns To be called when a block was asked for and is not there. O(jobs × log blocks), and whoever likes may cause it. */
export function openLostBlocks(
  { grid, jobs, dispatch }: Coordinator,
  runs: Pick<RunAreas, "jobsWith">,
): (digest: Digest) => void {
  return (digest) => {
    const holders = new Set(runs.jobsWith(digest));
    for (const [jobId, job] of jobs) {
      const running = grid.jobs.get(jobId);
      const loss = running && lossIn(running, job, digest, holders.has(jobId));
      if (!loss) continue;
      log.error({ jobId, digest }, "a block of a job is not in the store any more");
      const { taskId, what } = loss;
      const message =
        `${what}, block ${digest}, is not in the coordinator's store any more: it was removed or damaged there. ` +
        "Submit the job again, with its input.";
      const failure = { code: "input-lost", taskId, message, record: null, stack: "" } as const;
      dispatch({ type: "job-failed", jobId, failure });
    }
  };
}

interface Loss {
  readonly taskId: TaskId;
  readonly what: string;
}

/** @param isKept Whether it is among what is kept of the job until it ends, as its runs are. */
function lossIn(running: GridJob, job: RunningJob, digest: Digest, isKept: boolean): Loss | null {
  const stage = currentStage(running);
  const lost = (what: string, task: number): Loss => ({
    taskId: taskIdOf(running.id, stage.name, task),
    what,
  });
  if (job.spec.program === digest) return lost("The program", 0);
  switch (stage.name) {
    case "split": {
      const source = job.source?.plan.type === "blocks" ? job.source.plan.blocks : [];
      // Each of its blocks is one task.
      const task = source.findIndex((block, index) => isOf(block, digest) && !stage.accepted.has(index));
      return task < 0 ? null : lost("A part of the input", task);
    }
    case "sample": {
      // Few of the map stage's tasks.
      const isReader = (task: number) =>
        blocksOfTask(job.splits, sampledTask(job.splits, task)).includes(digest);
      for (let task = 0; task < stage.taskCount; task++)
        if (!stage.accepted.has(task) && isReader(task)) return lost("A part of the input", task);
      return null;
    }
    case "map": {
      if (job.ranges === digest) return lost("The list of its reducers' ranges", firstNeeded(stage));
      const task = readerOf(stage, job.splits, digest);
      return task === null ? null : lost("A part of the input", task);
    }
    case "merge":
    case "reduce": {
      const reader = (stage.name === "merge" ? job.pieceManifests : job.manifests).indexOf(digest);
      if (reader >= 0) return stage.accepted.has(reader) ? null : lost("The list of a task's runs", reader);
      // Which of the tasks reads it is only in those lists, which are not at hand.
      return isKept ? lost("A run of its shuffle", firstNeeded(stage)) : null;
    }
    default:
      return unreachable(stage.name);
  }
}

/** The first map task of the block, if one of its tasks is still to be done. */
function readerOf(stage: Stage, { plan, firstTasks }: RunningJob["splits"], digest: Digest): number | null {
  if (plan.type !== "blocks") return null;
  // A task on Parquet reads several blocks, and is found by one of them only.
  const places =
    plan.format.type === "parquet"
      ? plan.blocks.keys()
      : (stage.locality?.blocks.placesOf(blockKeyOf(digest)) ?? []);
  for (const place of places) {
    const block = plan.blocks[place];
    if (!block || !isOf(block, digest)) continue;
    const first = firstTasks[place] ?? 0;
    const end = firstTasks[place + 1] ?? stage.taskCount;
    if (firstNeeded(stage, first, end) < end) return first;
  }
  return null;
}

/** @returns `end` when all are done. */
function firstNeeded({ accepted, taskCount }: Stage, from = 0, end = taskCount): number {
  let index = from;
  while (index < end && accepted.has(index)) index += 1;
  return index;
}

const isOf = (block: PlannedBlock, digest: Digest) =>
  block.digest === digest || block.parts?.includes(digest) === true;
