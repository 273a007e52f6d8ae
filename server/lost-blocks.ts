/**
 * Fails the jobs that cannot end because a block of theirs is no longer in the store: whoever asks for it would be told so for
 * ever, and the task be given out again and again. Other jobs go on.
 */
import { blockKeyOf } from "../protocol/block-key";
import { taskIdOf, type Digest, type StageName, type TaskId } from "../protocol/ids";
import { currentStage, type GridJob } from "../core/grid";
import type { PlannedBlock } from "../core/split";
import type { Coordinator } from "./coordinator";
import { log } from "./log";
import type { RunningJob } from "./running-jobs";

/** @returns To be called when a block was asked for and is not there. O(jobs × log blocks), and whoever likes may cause it. */
export function openLostBlocks({ grid, jobs, dispatch }: Coordinator): (digest: Digest) => void {
  return (digest) => {
    for (const [jobId, job] of jobs) {
      const running = grid.jobs.get(jobId);
      const loss = running && lossIn(running, job, digest);
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

function lossIn(running: GridJob, job: RunningJob, digest: Digest): { taskId: TaskId; what: string } | null {
  const { id } = running;
  const stage = currentStage(running);
  if (job.spec.program === digest) return { taskId: taskIdOf(id, stage.name, 0), what: "The program" };
  const reader = manifestsOf(job, stage.name).indexOf(digest);
  if (reader >= 0 && !stage.accepted.has(reader))
    return { taskId: taskIdOf(id, stage.name, reader), what: "The list of a task's runs" };
  if (stage.name === "split") {
    const source = job.source?.plan.type === "blocks" ? job.source.plan.blocks : [];
    // Each of its blocks is one task.
    const task = source.findIndex((block, index) => isOf(block, digest) && !stage.accepted.has(index));
    return task < 0 ? null : { taskId: taskIdOf(id, "split", task), what: "A part of the input" };
  }
  const { plan, firstTasks } = job.splits;
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
    const isNeeded = Array.from({ length: end - first }, (_, at) => first + at).some(
      (task) => !stage.accepted.has(task),
    );
    if (isNeeded) return { taskId: taskIdOf(id, "map", first), what: "A part of the input" };
  }
  return null;
}

const isOf = (block: PlannedBlock, digest: Digest) =>
  block.digest === digest || block.parts?.includes(digest) === true;

function manifestsOf({ manifests, pieceManifests }: RunningJob, stage: StageName): readonly Digest[] {
  if (stage === "merge") return pieceManifests;
  return stage === "reduce" ? manifests : [];
}
