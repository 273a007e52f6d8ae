/**
 * Tells watchers what changed, at most four times a second each: a thousand accepted
 * tasks a second are four pictures of the job, not a thousand.
 */
import type { Effect } from "../core/grid-events";
import { taskIdParts, type JobId } from "../protocol/ids";
import type { GridStatus, JobView, LogLine, VolunteerPage } from "../protocol/views";
import type { GridEvent, JobEvent } from "./grid-api";
import { log } from "./log";

const FLUSH_MS = 250;
/** Rates fall and times pass even when nothing happens. */
const REFRESH_EVERY_FLUSHES = 4;
const LOG_LINES_KEPT = 200;

export interface FeedSource {
  viewJob(id: JobId): Promise<JobView | null>;
  activeJobs(): Iterable<JobId>;
  status(): GridStatus;
  volunteers(): VolunteerPage["volunteers"];
}

export interface Feed {
  note(effect: Effect): void;
  noteVolunteers(): void;
  noteJob(id: JobId): void;
  addLog(line: LogLine): void;
  watchGrid(listener: (event: GridEvent) => void): () => void;
  watchJob(id: JobId, listener: (event: JobEvent) => void): () => void;
  close(): void;
}

export function openFeed(source: FeedSource): Feed {
  const gridWatchers = new Set<(event: GridEvent) => void>();
  const jobWatchers = new Map<JobId, Set<(event: JobEvent) => void>>();
  const logs = new Map<JobId, LogLine[]>();
  const changedJobs = new Set<JobId>();
  let volunteersChanged = false;
  let flushes = 0;
  const timer = setInterval(() => void flush().catch(reportBug), FLUSH_MS);

  async function flush(): Promise<void> {
    flushes += 1;
    const isRefresh = flushes % REFRESH_EVERY_FLUSHES === 0;
    if (gridWatchers.size === 0 && jobWatchers.size === 0) return changedJobs.clear();
    if (isRefresh) for (const id of source.activeJobs()) changedJobs.add(id);
    const isQuiet = changedJobs.size === 0 && !volunteersChanged && !isRefresh;
    if (isQuiet) return;
    const ids = [...changedJobs];
    changedJobs.clear();
    if (volunteersChanged || isRefresh) tellGrid({ type: "volunteers", volunteers: source.volunteers() });
    volunteersChanged = false;
    tellGrid({ type: "status", status: source.status() });
    for (const id of ids) await flushJob(id);
  }

  async function flushJob(id: JobId): Promise<void> {
    const watchers = jobWatchers.get(id);
    if (gridWatchers.size === 0 && !watchers) return;
    const job = await source.viewJob(id);
    if (!job) return;
    tellGrid({ type: "job", job });
    for (const tell of watchers ?? []) tell({ type: "job", job });
    if (job.endedAt === null) return;
    for (const tell of watchers ?? []) tell({ type: "end" });
    jobWatchers.delete(id);
    logs.delete(id);
  }

  function tellGrid(event: GridEvent): void {
    for (const tell of gridWatchers) tell(event);
  }

  return {
    note(effect) {
      if ("jobId" in effect) changedJobs.add(effect.jobId);
      if ("taskId" in effect) changedJobs.add(taskIdParts(effect.taskId).jobId);
    },
    noteVolunteers() {
      volunteersChanged = true;
    },
    noteJob: (id) => void changedJobs.add(id),
    addLog(line) {
      const { jobId } = taskIdParts(line.taskId);
      const kept = logs.get(jobId) ?? [];
      logs.set(jobId, [...kept, line].slice(-LOG_LINES_KEPT));
      for (const tell of jobWatchers.get(jobId) ?? []) tell({ type: "log", log: line });
    },
    watchGrid(listener) {
      gridWatchers.add(listener);
      listener({ type: "status", status: source.status() });
      listener({ type: "volunteers", volunteers: source.volunteers() });
      for (const id of source.activeJobs()) changedJobs.add(id);
      return () => gridWatchers.delete(listener);
    },
    watchJob(id, listener) {
      const watchers = jobWatchers.get(id) ?? new Set();
      jobWatchers.set(id, watchers.add(listener));
      for (const line of logs.get(id) ?? []) listener({ type: "log", log: line });
      changedJobs.add(id);
      return () => {
        watchers.delete(listener);
        if (watchers.size === 0) jobWatchers.delete(id);
      };
    },
    close: () => clearInterval(timer),
  };
}

function reportBug(error: unknown): void {
  log.error({ err: error }, "the feed could not tell its watchers");
}
