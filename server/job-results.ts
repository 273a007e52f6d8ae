/**
 * The results of jobs, read whole or followed while their tasks are accepted.
 *
 *   a task is accepted ── tellReaders, once it is on the disk ──▶ `Changes` of its job ──▶ `readResult` looks again
 */
import type { JobId } from "../protocol/ids";
import { GridError } from "../protocol/problems";
import type { JobView } from "../protocol/views";
import { Changes } from "./changes";
import type { GridApi } from "./grid-api";
import type { GridParts } from "./grid-parts";
import { readResult } from "./read-result";
import { waitsForSplit } from "./running-jobs";
import { findJob, readEdition } from "./store/jobs";

export interface JobResults {
  read: GridApi["readResult"];
  /** Something of the job has changed. */
  tellReaders(id: JobId): void;
}

export function openJobResults(
  parts: Pick<GridParts, "coordinator" | "database" | "ledger" | "blocks">,
  viewJob: (id: JobId) => Promise<JobView>,
): JobResults {
  const { coordinator, database, ledger, blocks } = parts;
  /** Of jobs that run and whose result is being followed. */
  const changes = new Map<JobId, Changes>();
  const told = new Map<JobId, Promise<void>>();

  /** Tells those who follow the job's result, after the commit that holds the change: they look into the database. */
  function tellReaders(id: JobId): void {
    const jobChanges = changes.get(id);
    if (!coordinator.grid.jobs.has(id)) changes.delete(id);
    const committed = ledger.record([], []);
    // One word is enough for all changes of a commit.
    if (!jobChanges || told.get(id) === committed) return;
    told.set(id, committed);
    void committed.then(() => {
      if (told.get(id) === committed) told.delete(id);
      // What else waits for that commit, such as letting go of the job, comes first.
      setImmediate(() => jobChanges.happened());
    });
  }

  function changesOf(id: JobId): Changes {
    const jobChanges = changes.get(id) ?? new Changes();
    if (coordinator.grid.jobs.has(id)) changes.set(id, jobChanges);
    return jobChanges;
  }

  async function readJobResult(
    id: JobId,
    { follow, signal }: { follow: boolean; signal: AbortSignal },
  ): Promise<AsyncIterable<Uint8Array>> {
    const job = await viewJob(id);
    if (job.state === "failed" || job.state === "cancelled") {
      throw new GridError("job-ended", `${id} is ${job.state} and has no result`);
    }
    if (job.endedAt === null && !follow) {
      throw new GridError(
        "job-not-finished",
        `${id} is ${job.state}; ask with ?follow=1 to wait for its result`,
      );
    }
    const last = job.stages.at(-1);
    if (!last) throw new Error(`${id} has no stages`);
    // Nobody tells of a job that has ended but for its last commit.
    if (coordinator.jobs.has(id) && !coordinator.grid.jobs.has(id)) await ledger.record([], []);
    const hasEnded = () =>
      !coordinator.jobs.has(id) || coordinator.grid.jobs.get(id)?.life.state === "completed";
    const isProvisional = job.options.maxErrorRate !== null;
    const edition = () => readEdition(database, id);
    const source = { database, blocks, changes: changesOf(id), hasEnded, isProvisional, edition };
    const countTasks = async () => {
      // A program that splits its input says later how much there is.
      if (job.stages[0]?.name !== "split") return last.tasks;
      const record = coordinator.jobs.get(id)?.record;
      if (record) return waitsForSplit(record) ? null : (record.stages.at(-1)?.taskCount ?? 0);
      return (await findJob(database, id))?.stages.at(-1)?.taskCount ?? 0;
    };
    return readResult(source, { jobId: id, stage: last.name }, countTasks, signal);
  }

  return { read: readJobResult, tellReaders };
}
