/**
 * The running grid as the rest of the process sees it: the API's functions, put together from those over coordinator, store and feed.
 *
 *   job-control.ts   jobs are submitted, and changed while they run
 *   job-pages.ts     lists, page by page
 *   job-results.ts   results, also while they are made
 *   job-viewer.ts    how a job is
 *
 * What the coordinator decides is passed on from here to whatever follows from it (`note`).
 */
import type { Effect } from "../core/grid-events";
import { hasEnded as jobHasEnded } from "../core/job";
import { DatasetPath } from "../protocol/dataset";
import { taskIdParts, type JobId } from "../protocol/ids";
import { GridError } from "../protocol/problems";
import type { JobView } from "../protocol/views";
import type { GridApi } from "./grid-api";
import type { GridParts } from "./grid-parts";
import { gridStatus } from "./grid-status";
import { openJobControl } from "./job-control";
import { openJobPages } from "./job-pages";
import { openJobResults } from "./job-results";
import { viewStatistics } from "./job-statistics";
import type { JobViewer } from "./job-viewer";
import { keepInTurn } from "./keep-result";
import { openPipelines, type Pipelines } from "./pipelines/pipelines";
import { openRegistry } from "./programs/registry";
import { inputNow, openRecomputing, type Recomputing } from "./recomputing";

export function openGridService(
  parts: GridParts,
  viewer: JobViewer,
): GridApi & { note(effect: Effect): void; pipelines: Pipelines; recomputing: Recomputing } {
  const { coordinator, database, ledger, blocks, datasets, roster, feed, outputs } = parts;
  const { services, now, version } = parts;
  const startedAt = now();

  async function viewJob(id: JobId): Promise<JobView> {
    const view = await viewer.view(id);
    if (!view) throw new GridError("job-not-found", `There is no job ${id}`);
    return view;
  }

  const { begin, refuseUnlessReady, ...control } = openJobControl(parts, viewJob);
  const { submitJob, cancelJob } = control;
  const programs = openRegistry({
    database,
    blocks,
    now,
    async findDataset(path) {
      const dataset = DatasetPath.safeParse(path);
      const found = dataset.success ? await datasets.find(dataset.data, null) : null;
      if (!found) return null;
      const { version, bytes } = found;
      return { version, bytes, input: { dataset: found.path, version } };
    },
    submitJob,
    cancelJob,
    services,
  });

  const results = openJobResults(parts, viewJob);
  const readWhole = (id: JobId, signal: AbortSignal) => results.read(id, { follow: false, signal });
  const keeping = {
    database,
    datasets,
    readResult: (id: JobId) => readWhole(id, new AbortController().signal),
  };
  const keep = keepInTurn(keeping);
  const pipelines = openPipelines({
    ...{ database, blocks, now, submitJob, cancelJob, getJob: viewJob, readResult: readWhole },
    keepResult: keep,
    inputNow: (input, replaced) => inputNow(database, input, replaced),
    settled: () => recomputing.lookSoon(),
  });
  const recomputing = openRecomputing({
    ...{ database, blocks, datasets, now, begin, refuseUnlessReady, keepResult: keep },
    repeatPipeline: pipelines.repeat,
  });

  /** Once it is on the disk. Nothing follows from the end of a job that was made of no result. */
  function lookWhatFollows(effect: Effect): void {
    const isEnd = effect.type === "job-changed" && jobHasEnded(effect.life);
    const hasRead = isEnd && coordinator.jobs.get(effect.jobId)?.record.reads.length !== 0;
    if (hasRead || effect.type === "job-rechecked") void ledger.record([], []).then(recomputing.lookSoon);
  }

  return {
    ...control,
    ...openJobPages(parts, viewer, viewJob),
    programs,
    pipelines,
    services,
    recomputing,
    keepResult: keep,
    accounts: parts.accounts,
    getJob: viewJob,
    readResult: results.read,

    async getStatistics(id) {
      return viewStatistics(database, await viewJob(id));
    },

    async readOutput(id) {
      await viewJob(id);
      return outputs.read(id);
    },

    listVolunteers: () => ({ volunteers: roster.list(coordinator.grid) }),
    status: () => gridStatus(coordinator.grid, version, startedAt, now()),
    whyNotReady: async () => ledger.refusal()?.message ?? null,
    watchGrid: feed.watchGrid,
    async watchJob(id, listener) {
      await viewJob(id);
      return feed.watchJob(id, listener);
    },
    note(effect) {
      const id = jobOf(effect);
      if (id !== null) results.tellReaders(id);
      pipelines.note(effect);
      lookWhatFollows(effect);
    },
  };
}

function jobOf(effect: Effect): JobId | null {
  if ("jobId" in effect) return effect.jobId;
  return effect.type === "task-accepted" ? taskIdParts(effect.taskId).jobId : null;
}
