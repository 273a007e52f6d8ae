/** Takes up the jobs that were under way when the coordinator stopped, as the database knows them. */
import type { PastAcceptance } from "../core/grid-events";
import type { TaskSpan } from "../core/packs";
import { cutsOf, inputBlocksOf } from "../core/split";
import type { StageName } from "../protocol/ids";
import type { Coordinator } from "./coordinator";
import type { BlockStore } from "./grid-api";
import { log } from "./log";
import { describeJob } from "./running-jobs";
import type { Database } from "./store/database";
import { readUnendedJobs, type StoredJob } from "./store/jobs";
import { countAccepted, readAcceptedSpans, readHistory, readPendingVotes } from "./store/tasks";
import { policyOf, shareOf } from "./submit-job";
import { areHere } from "./take-outcomes";

export async function restoreJobs(
  coordinator: Coordinator,
  database: Database,
  blocks: BlockStore,
): Promise<void> {
  for (const job of await readUnendedJobs(database)) await restore(coordinator, database, blocks, job);
}

async function restore(
  coordinator: Coordinator,
  database: Database,
  blocks: BlockStore,
  job: StoredJob,
): Promise<void> {
  const { id, stages, options, startedAt, state } = job;
  const accepted = new Map<StageName, readonly TaskSpan[]>();
  for (const { name } of stages) {
    accepted.set(name, await readAcceptedSpans(database, { jobId: id, stage: name }));
  }
  const counts = await countAccepted(database, id);
  const skipped = new Map([...counts].map(([name, count]) => [name, count.skipped]));
  const votes = await readPendingVotes(database, id, (parts) => areHere(parts, blocks));
  const described = describeJob(job);
  coordinator.jobs.set(id, described);
  const cuts = cutsOf(described.splits);
  const inputBlocks = inputBlocksOf(described.splits);
  const submitted = {
    id,
    policy: policyOf(options),
    share: shareOf(job),
    requires: options.requires,
    sameEngine: options.sameEngine,
    onError: options.onError,
    stages,
    ...(cuts && { cuts }),
    ...(inputBlocks && { blocks: inputBlocks }),
  };
  const isPaused = state === "paused";
  const history = new Map<StageName, readonly PastAcceptance[]>();
  // With a fixed quorum nothing is learnt of volunteers.
  if (options.maxErrorRate !== null) {
    for (const { name } of stages) history.set(name, await readHistory(database, { jobId: id, stage: name }));
  }
  const known = { startedAt, isPaused, accepted, skipped, history, votes };
  coordinator.dispatch({
    type: "job-restored",
    job: { ...submitted, ...known },
  });
  log.info({ jobId: id, accepted: counts.get("map")?.accepted, votes: votes.length }, "took up a job again");
}
