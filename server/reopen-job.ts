/** Takes a completed job up again in which answers came into doubt, if what it takes to compute them is there still. */
import type { PastAcceptance } from "../core/grid-events";
import { sampledTask } from "../core/sampling";
import { blocksOfTask } from "../core/split";
import type { PastAnswer } from "../core/validator";
import { taskIdOf, type StageName } from "../protocol/ids";
import { log } from "./log";
import { outputArea } from "./output-area";
import type { RecheckParts } from "./rechecks";
import { describeJob, type RunningJob } from "./running-jobs";
import type { StoredJob } from "./store/jobs";
import { readHistory, readPendingVotes } from "./store/copies";
import { submittedFrom } from "./submit-job";
import { areHere } from "./take-outcomes";

/** @param isRestart Then answers that came before the coordinator stopped count, and what tabs have been given. */
export async function reopenJob(
  parts: RecheckParts,
  job: StoredJob,
  answers: readonly PastAnswer[],
  { isRestart }: { isRestart: boolean },
): Promise<void> {
  const { coordinator, database, areas, isStored } = parts;
  const { id, stages, startedAt, endedAt } = job;
  if (startedAt === null || endedAt === null) return;
  const described = { ...describeJob(job), correction: job.correction };
  if (!(await haveInputs(described, answers, isStored))) return giveUp(parts, job, answers.length);
  const history = new Map<StageName, readonly PastAcceptance[]>();
  for (const { name } of stages) history.set(name, await readHistory(database, { jobId: id, stage: name }));
  if (!coordinator.jobs.has(id)) coordinator.jobs.set(id, described);
  const votes = isRestart
    ? await readPendingVotes(database, id, async (stage, all) =>
        areHere(all, await outputArea(areas, coordinator.jobs, taskIdOf(id, stage, 0))),
      )
    : [];
  log.info({ jobId: id, outputs: answers.length }, "looks at a completed job again: a volunteer was caught");
  coordinator.dispatch({
    type: "job-reopened",
    job: {
      ...submittedFrom(job, described.splits),
      ...{ startedAt, endedAt, history, isRestored: isRestart, votes, answers },
    },
  });
}

/**
 * Whether the program is stored still, and what the tasks in doubt read: with the jobs, in a dataset that may have been deleted since,
 * or, of items that the program split, with what is kept of the job. Reducers' inputs are made anew.
 */
export async function haveInputs(
  { record, splits }: RunningJob,
  answers: readonly PastAnswer[],
  isStored: RecheckParts["isStored"],
): Promise<boolean> {
  const wanted = new Set([record.program]);
  for (const { stage, index } of answers) {
    if (stage !== "map" && stage !== "sample") continue;
    const blocks = blocksOfTask(splits, stage === "map" ? index : sampledTask(splits, index));
    for (const digest of blocks) wanted.add(digest);
  }
  for (const digest of wanted) if (!(await isStored(digest))) return false;
  return true;
}

/** The job's view says from then on that it rests on a liar's answers. */
async function giveUp(
  { database, now }: RecheckParts,
  { id, correction }: StoredJob,
  outputs: number,
): Promise<void> {
  log.warn({ jobId: id, outputs }, "outputs are in doubt whose inputs are not stored any more");
  const { tasks = 0, unresolved = 0 } = correction ?? {};
  const correctionJson = JSON.stringify({ at: now(), tasks, unresolved: unresolved + outputs });
  await database.$transaction([
    database.job.update({ where: { id }, data: { correctionJson } }),
    database.recheck.updateMany({ where: { jobId: id }, data: { isDone: true } }),
  ]);
}
