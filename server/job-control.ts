/** What submitters ask for: jobs are stored and begun, begun again, taken along as a file, and changed while they run. */
import type { GridEvent } from "../core/grid-events";
import type { JobId } from "../protocol/ids";
import { GridError } from "../protocol/problems";
import type { JobView } from "../protocol/views";
import type { GridApi } from "./grid-api";
import type { GridParts } from "./grid-parts";
import { storedSubmission } from "./job-xml/stored-submission";
import { jobXml } from "./job-xml/write-job";
import { describeJob } from "./running-jobs";
import { findJob, type JobRecord } from "./store/jobs";
import { storeAgain } from "./submit-again";
import { storeJob, submittedFrom, type StoredOnce } from "./submit-job";

export interface JobControl extends Pick<
  GridApi,
  "submitJob" | "exportJob" | "runAgain" | "cancelJob" | "pauseJob" | "resumeJob" | "changeJob"
> {
  /** Hands a job that is stored to the coordinator, unless it was stored before. */
  begin(stored: StoredOnce): Promise<{ job: JobView; created: boolean }>;
  /** @throws {GridError} What keeps the ledger from writing. */
  refuseUnlessReady(): void;
}

export function openJobControl(
  parts: Pick<
    GridParts,
    "coordinator" | "database" | "ledger" | "blocks" | "readable" | "datasets" | "fetchInput" | "feed" | "now"
  >,
  viewJob: (id: JobId) => Promise<JobView>,
): JobControl {
  const { coordinator, database, ledger, blocks, readable, datasets, fetchInput, feed, now } = parts;

  function refuseUnlessReady(): void {
    const refusal = ledger.refusal();
    if (refusal) throw refusal;
  }

  async function recordOf(id: JobId): Promise<JobRecord> {
    await viewJob(id);
    const record = coordinator.jobs.get(id)?.record ?? (await findJob(database, id));
    if (!record) throw new GridError("job-not-found", `There is no job ${id}`);
    return record;
  }

  /** What its submitter wants of a job that has not ended. */
  async function change(wanted: Extract<GridEvent, { type: SubmitterEvent }>): Promise<JobView> {
    refuseUnlessReady();
    const { jobId } = wanted;
    const job = await viewJob(jobId);
    if (job.endedAt !== null) throw new GridError("job-ended", `${jobId} is ${job.state} already`);
    await coordinator.dispatch(wanted).durable;
    return viewJob(jobId);
  }

  const submitJob: GridApi["submitJob"] = async (request, idempotencyKey, origin) => {
    refuseUnlessReady();
    // A job whose result is wanted may have just ended, and be on its way to the disk.
    if ("result" in request.input) await viewJob(request.input.result);
    return begin(
      await storeJob({ database, blocks, datasets, fetchInput, now }, request, idempotencyKey, origin),
    );
  };

  async function begin({ id, created }: StoredOnce): Promise<{ job: JobView; created: boolean }> {
    if (created) {
      const job = describeJob(created);
      coordinator.jobs.set(id, job);
      await coordinator.dispatch({ type: "job-submitted", job: submittedFrom(created, job.splits) }).durable;
      feed.noteJob(id);
    }
    return { job: await viewJob(id), created: created !== null };
  }

  return {
    begin,
    refuseUnlessReady,
    submitJob,

    async exportJob(id) {
      return jobXml(await storedSubmission(await recordOf(id), readable));
    },

    async runAgain(id) {
      refuseUnlessReady();
      return begin(await storeAgain({ database, blocks, datasets, now }, await recordOf(id)));
    },

    cancelJob: (id) => change({ type: "job-cancelled", jobId: id }),
    pauseJob: (id) => change({ type: "job-paused", jobId: id }),
    resumeJob: (id) => change({ type: "job-resumed", jobId: id }),
    async changeJob(id, changes) {
      const { options } = await viewJob(id);
      const { priority = options.priority, weight = options.weight } = changes;
      return change({ type: "job-reweighted", jobId: id, priority, weight });
    },
  };
}

type SubmitterEvent = "job-cancelled" | "job-paused" | "job-resumed" | "job-reweighted";
