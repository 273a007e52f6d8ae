/**
 * Shows jobs as they are now, to the API and the feed: those that run from memory, the others from the database, and of each what it
 * was made of. How one is put into words and numbers: `job-views.ts`.
 */
import type { GridJob } from "../core/grid";
import { explainWaiting } from "../core/waiting";
import type { JobId } from "../protocol/ids";
import type { GridError } from "../protocol/problems";
import type { JobView, WaitReason } from "../protocol/views";
import type { GridParts } from "./grid-parts";
import { viewEnded, viewRunning } from "./job-views";
import { findJob, readReplacements, type JobRecord, type StoredJob } from "./store/jobs";
import { findOutdated, viewReads } from "./store/result-reads";
import { countAccepted } from "./store/acceptances";

/** Job views, for the service and the feed. */
export interface JobViewer {
  view(id: JobId): Promise<JobView | null>;
  viewStored(jobs: readonly StoredJob[]): Promise<JobView[]>;
}

export function openJobViewer(
  parts: Pick<GridParts, "coordinator" | "database" | "ledger" | "progress" | "now">,
): JobViewer {
  const { coordinator, database, ledger, progress, now } = parts;
  let explain: ReturnType<typeof explainWaiting> | null = null;

  function viewLive(id: JobId): JobView | null {
    const job = coordinator.grid.jobs.get(id);
    const running = coordinator.jobs.get(id);
    if (!job || !running || job.life.state === "completed") return null;
    const refusal = ledger.refusal();
    const waiting = refusal ? notWritten(refusal) : whyWaiting(job);
    return viewRunning(waiting, job, running, progress.of(id), now());
  }

  /** The volunteers are looked through once for all jobs that are shown together. */
  function whyWaiting(job: GridJob): WaitReason | null {
    if (!explain) {
      explain = explainWaiting(coordinator.grid);
      setImmediate(() => (explain = null));
    }
    return explain(job);
  }

  async function viewOne(job: StoredJob): Promise<JobView> {
    const live = viewLive(job.id);
    if (live) return live;
    const counts = await countAccepted(database, job.id);
    return viewEnded(job, counts, coordinator.grid.jobs.get(job.id) ?? null);
  }

  async function viewStored(jobs: readonly StoredJob[]): Promise<JobView[]> {
    return withBasis(await Promise.all(jobs.map(viewOne)), jobs);
  }

  /** Says of each what it was made of, whether that is right still, and what takes its place if not. */
  async function withBasis(
    views: readonly JobView[],
    records: readonly Pick<JobRecord, "reads">[],
  ): Promise<JobView[]> {
    const outdated = await findOutdated(
      database,
      records.flatMap(({ reads }) => reads),
    );
    const based = views.map((view, at) => ({
      ...view,
      basedOn: viewReads(records[at]?.reads ?? [], outdated),
    }));
    const firstOf = ({ id, repeats }: JobView) => repeats ?? id;
    const old = based.filter(({ basedOn }) => basedOn.some(({ isOutdated }) => isOutdated));
    const replacements = await readReplacements(database, [...new Set(old.map(firstOf))]);
    return based.map((view) =>
      old.includes(view) ? { ...view, replacedBy: replacements.get(firstOf(view)) ?? null } : view,
    );
  }

  return {
    viewStored,
    async view(id) {
      const live = viewLive(id);
      const running = coordinator.jobs.get(id);
      if (live && running) return (await withBasis([live], [running.record]))[0] ?? null;
      // A job that has just ended may still be on its way to the disk. While that takes no commits, what it has is shown.
      if (coordinator.jobs.has(id) && ledger.refusal() === null) await ledger.record([], []);
      const stored = await findJob(database, id);
      return stored && ((await viewStored([stored]))[0] ?? null);
    },
  };
}

/** Nothing is lost by it, and nobody has to do anything but to make room. */
function notWritten({ message }: GridError): WaitReason {
  const words = `What is computed cannot be written down: ${message}. Tabs keep their outputs, and the job goes on by itself.`;
  return { code: "not-written", message: words };
}
