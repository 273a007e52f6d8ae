/** How the API shows a job: from memory while it runs, from the database once it has ended. */
import { placingOf } from "../core/locality";
import { eventsPerSecond } from "../core/rate";
import { indexSplits, type SplitIndex } from "../core/split";
import type { GridJob } from "../core/grid";
import type { EpochMs, StageName } from "../protocol/ids";
import type { JobView, StageView, TaskProgressView, WaitReason } from "../protocol/views";
import { viewTrust } from "./trust-view";
import { waitsForSplit, type RunningJob } from "./running-jobs";
import type { JobRecord, StoredJob } from "./store/jobs";
import type { StageCount } from "./store/acceptances";

/**
 * @param waiting What it waits for.
 * @param taskProgress How far its tasks are, as their programs say.
 */
export function viewRunning(
  waiting: WaitReason | null,
  job: GridJob,
  { record, splits, source }: RunningJob,
  taskProgress: TaskProgressView[],
  now: EpochMs,
): JobView {
  const stages = job.stages
    .map((stage, place): StageView => {
      const { name, taskCount, accepted, skipped, copiesOut } = stage;
      const isDone = place < job.stageIndex;
      const state = isDone ? "completed" : place === job.stageIndex && stage.isReady ? "running" : "waiting";
      const placing = stage.locality ? placingOf(job) : null;
      return { name, state, tasks: taskCount, accepted: accepted.size, skipped, copiesOut, placing };
    })
    .filter(isShown);
  const tasksPerSecond = eventsPerSecond(job.rate, now);
  const isUnknown = waitsForSplit(record);
  const isGettingOn = !isUnknown && job.life.state !== "paused" && tasksPerSecond > 0.01;
  const tasksLeft = stages.reduce((sum, { tasks, accepted }) => sum + tasks - accepted, 0);
  return {
    ...viewRecord(record, source ?? splits, stages),
    ...(isUnknown && { progress: 0 }),
    state: job.life.state,
    startedAt: "startedAt" in job.life ? job.life.startedAt : null,
    endedAt: null,
    tasksPerSecond,
    etaMs: isGettingOn ? (tasksLeft / tasksPerSecond) * 1000 : null,
    volunteersAtWork: [...job.atWork.keys()].slice(0, VOLUNTEERS_SHOWN),
    taskProgress,
    waiting,
    trust: viewTrust(job.validator.standing()),
    rechecking: null,
    corrected: null,
    failure: null,
    resultRecords: null,
  };
}

const VOLUNTEERS_SHOWN = 100;

/** @param running The job in the scheduler, when it is looked at again. */
export function viewEnded(
  job: StoredJob,
  counts: ReadonlyMap<StageName, StageCount>,
  running: GridJob | null = null,
): JobView {
  const stages = job.stages
    .map(({ name, taskCount }): StageView => {
      const { accepted = 0, skipped = 0 } = counts.get(name) ?? {};
      const state =
        job.state === "completed" || (taskCount > 0 && accepted === taskCount) ? "completed" : "waiting";
      return {
        name,
        state,
        tasks: taskCount,
        accepted,
        skipped,
        copiesOut: 0,
        placing: name === "map" ? job.placing : null,
      };
    })
    .filter(isShown);
  const last = job.stages.at(-1)?.name ?? "map";
  return {
    ...viewRecord(job, indexSplits(job.plan), stages),
    ...(job.state === "completed" && { progress: 1 }),
    state: job.state,
    startedAt: job.startedAt,
    endedAt: job.endedAt,
    tasksPerSecond: 0,
    etaMs: null,
    volunteersAtWork: [],
    taskProgress: [],
    waiting: null,
    trust: job.trust,
    rechecking: running === null ? null : countOpen(running),
    corrected: job.correction,
    failure: job.failure,
    resultRecords: job.state === "completed" ? (counts.get(last)?.records ?? 0) : null,
  };
}

/** Few jobs have anything to merge. */
const isShown = ({ name, tasks }: StageView) => name !== "merge" || tasks > 0;

const countOpen = ({ stages }: GridJob) => stages.reduce((sum, { open }) => sum + open.size, 0);

function viewRecord(record: JobRecord, splits: SplitIndex, stages: StageView[]) {
  const { id, name, submitter, createdAt, program, registered, plan, options, repeats } = record;
  const blocks = plan.type === "blocks" ? plan.blocks : [];
  const tasks = stages.reduce((sum, stage) => sum + stage.tasks, 0);
  const accepted = stages.reduce((sum, stage) => sum + stage.accepted, 0);
  return {
    id,
    name,
    submitter,
    createdAt,
    program,
    registered,
    inputBytes: blocks.reduce((sum, { bytes }) => sum + bytes, 0),
    inputRecords: splits.recordCount,
    options,
    validated: options.quorum > 1 || options.maxErrorRate !== null,
    stages,
    progress: tasks === 0 ? 1 : accepted / tasks,
    // Whoever shows it looks that up.
    basedOn: [],
    repeats,
    replacedBy: null,
  };
}
