/**
 * When a volunteer is caught: finds the jobs that rest on what it answered alone, and has the scheduler look at that again.
 *
 *   caught, on the disk ─▶ jobs with answers of it alone ─▶ noted ─▶ runs: doubts, for its end │ completed: taken up again
 *
 * Everything is noted before it is begun, and can be done twice: a coordinator that stops in the middle goes on at its next start.
 */
import type { PastAnswer } from "../core/validator";
import type { Digest, EpochMs, JobId, VolunteerId } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import type { Coordinator } from "./coordinator";
import { log } from "./log";
import type { OutputAreas } from "./output-area";
import { reopenJob } from "./reopen-job";
import type { Database } from "./store/database";
import { findJob } from "./store/jobs";
import type { Ledger } from "./store/ledger";
import {
  findJobsOf,
  forgetCatches,
  noteRecheck,
  readAnswersAlone,
  readCatches,
  readRechecks,
  setCatchHandled,
} from "./store/rechecks";

export interface RecheckParts {
  coordinator: Pick<Coordinator, "grid" | "jobs" | "dispatch" | "prepared">;
  database: Database;
  ledger: Ledger;
  areas: OutputAreas;
  /** Whether a program or an input is there still, in whatever area. */
  isStored: (digest: Digest) => Promise<boolean>;
  now: () => EpochMs;
}

export interface Rechecks {
  /** The catch is on the disk. Resolves when all that rests on the volunteer has been taken up. */
  caught(volunteerId: VolunteerId, caughtAt: EpochMs): Promise<void>;
  /** To be called before jobs are restored: who is known to lie. */
  restoreSuspects(): Promise<void>;
  /** What was being looked at again of a job that has not ended. */
  doubtsOf(jobId: JobId): Promise<readonly PastAnswer[]>;
  /** To be called when they are: goes on where the coordinator stopped. */
  resume(): Promise<void>;
}

const RETRY_MS = 5_000;

export function openRechecks(parts: RecheckParts): Rechecks {
  const { coordinator, database, ledger, now } = parts;
  const since = () => (now() - LIMITS.recheckWindowMs) as EpochMs;
  /** One after the other: two catches may concern one job. */
  let latest: Promise<void> = Promise.resolve();

  async function handle(volunteerId: VolunteerId, caughtAt: EpochMs): Promise<void> {
    try {
      for (const jobId of await findJobsOf(database, volunteerId, since())) await look(jobId, volunteerId);
      await setCatchHandled(database, volunteerId, caughtAt);
    } catch (error) {
      log.warn({ err: error, volunteerId, retryMs: RETRY_MS }, "what rests on a liar could not be looked up");
      setTimeout(() => void caught(volunteerId, caughtAt), RETRY_MS).unref();
    }
  }

  function caught(volunteerId: VolunteerId, caughtAt: EpochMs): Promise<void> {
    return (latest = latest.then(() => handle(volunteerId, caughtAt)));
  }

  async function look(jobId: JobId, volunteerId: VolunteerId): Promise<void> {
    const job = await findJob(database, jobId);
    // With a quorum nothing rests on one answer, and a quorum of 1 asks for no validation.
    if (!job || job.options.maxErrorRate === null) return;
    const answers = await readAnswersAlone(database, jobId, [volunteerId]);
    if (answers.length === 0) return;
    await noteRecheck(database, jobId, volunteerId);
    if (coordinator.grid.jobs.has(jobId)) {
      coordinator.dispatch({ type: "answers-doubted", jobId, answers });
      return;
    }
    // It has ended since, but for its last commit, which may have taken the note for its own.
    await ledger.record([], []);
    await noteRecheck(database, jobId, volunteerId);
    const ended = await findJob(database, jobId);
    if (ended?.state === "completed") await reopenJob(parts, ended, answers, { isRestart: false });
  }

  return {
    caught,
    async restoreSuspects() {
      await forgetCatches(database, since());
      const suspects = (await readCatches(database, since())).map(({ volunteerId, jobId, caughtAt }) => ({
        ...{ volunteerId, jobId },
        until: (caughtAt + LIMITS.recheckWindowMs) as EpochMs,
      }));
      coordinator.dispatch({ type: "suspects-known", suspects });
    },
    async doubtsOf(jobId) {
      const volunteerIds = (await readRechecks(database)).get(jobId);
      return volunteerIds ? readAnswersAlone(database, jobId, volunteerIds) : [];
    },
    async resume() {
      for (const [jobId, volunteerIds] of await readRechecks(database)) {
        const job = await findJob(database, jobId);
        if (job?.state !== "completed") continue;
        const answers = await readAnswersAlone(database, jobId, volunteerIds);
        if (answers.length > 0) await reopenJob(parts, job, answers, { isRestart: true });
        else await database.recheck.updateMany({ where: { jobId }, data: { isDone: true } });
      }
      // Before tabs come with what they have: to a reducer that is not open again yet, what it reads now would look wrong.
      await coordinator.prepared();
      for (const { volunteerId, caughtAt, isHandled } of await readCatches(database, since())) {
        if (!isHandled) void caught(volunteerId, caughtAt);
      }
    },
  };
}
