/** Takes up the jobs that were under way when the coordinator stopped, as the database knows them. */
import type { PastAcceptance } from "../core/grid-events";
import type { TaskSpan } from "../core/packs";
import { taskIdOf, type EpochMs, type StageName } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import type { Coordinator } from "./coordinator";
import { log } from "./log";
import { outputArea, type OutputAreas } from "./output-area";
import { describeJob } from "./running-jobs";
import type { Database } from "./store/database";
import { readUnendedJobs, type StoredJob } from "./store/jobs";
import { findPrograms, forgetOldRecords, readRecords } from "./store/records";
import { countAccepted, readAcceptedSpans } from "./store/acceptances";
import { readHistory, readPendingVotes } from "./store/copies";
import { readUnanswered, readUncounted } from "./store/late-copies";
import { submittedFrom } from "./submit-job";
import { areHere } from "./take-outcomes";

export async function restoreJobs(
  coordinator: Coordinator,
  database: Database,
  areas: OutputAreas,
  now: EpochMs,
): Promise<void> {
  await coordinator.rechecks.restoreSuspects();
  await restoreRecords(coordinator, database, now);
  for (const job of await readUnendedJobs(database)) await restore(coordinator, database, areas, job);
  await coordinator.rechecks.resume();
}

/** Before the jobs: what they learn goes on from there. */
async function restoreRecords(coordinator: Coordinator, database: Database, now: EpochMs): Promise<void> {
  await forgetOldRecords(database, (now - LIMITS.recordMs) as EpochMs);
  for (const program of await findPrograms(database)) {
    const agreed = await readRecords(database, program);
    coordinator.dispatch({ type: "records-known", records: { program, agreed } });
  }
}

async function restore(
  coordinator: Coordinator,
  database: Database,
  areas: OutputAreas,
  job: StoredJob,
): Promise<void> {
  const { id, stages, options, startedAt, state } = job;
  const accepted = new Map<StageName, readonly TaskSpan[]>();
  for (const { name } of stages) {
    accepted.set(name, await readAcceptedSpans(database, { jobId: id, stage: name }));
  }
  const counts = await countAccepted(database, id);
  const skipped = new Map([...counts].map(([name, count]) => [name, count.skipped]));
  const described = describeJob(job);
  coordinator.jobs.set(id, described);
  const votes = await readPendingVotes(database, id, async (stage, parts) =>
    areHere(parts, await outputArea(areas, coordinator.jobs, taskIdOf(id, stage, 0))),
  );
  const submitted = submittedFrom(job, described.splits);
  const isPaused = state === "paused";
  const history = new Map<StageName, readonly PastAcceptance[]>();
  // With a fixed quorum nothing is learnt of volunteers.
  if (options.maxErrorRate !== null) {
    // Of what `split` gave nothing is believed alone.
    for (const { name } of stages.filter(({ name }) => name !== "split"))
      history.set(name, await readHistory(database, { jobId: id, stage: name }));
  }
  const later = await coordinator.rechecks.doubtsOf(id);
  const unanswered = await readUnanswered(database, id);
  const uncounted = await readUncounted(database, id);
  const known = { startedAt, isPaused, accepted, skipped, history, votes, uncounted, unanswered, later };
  coordinator.dispatch({
    type: "job-restored",
    job: { ...submitted, ...known },
  });
  log.info({ jobId: id, accepted: counts.get("map")?.accepted, votes: votes.length }, "took up a job again");
}
