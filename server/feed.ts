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
/** Jobs whose log lines are kept for those who look later: the last that logged. */
const LOGS_KEPT = 50;
/** Jobs, the oldest that run, whose picture is sent again though nothing happened to them. */
const JOBS_REFRESHED = 100;

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
  let isTellingJobs = false;
  const timer = setInterval(flush, FLUSH_MS);

  function flush(): void {
    flushes += 1;
    const isRefresh = flushes % REFRESH_EVERY_FLUSHES === 0;
    if (gridWatchers.size === 0 && jobWatchers.size === 0) return changedJobs.clear();
    if (isRefresh) noteActiveJobs();
    if (changedJobs.size === 0 && !volunteersChanged && !isRefresh) return;
    if (volunteersChanged || isRefresh) tellGrid({ type: "volunteers", volunteers: source.volunteers() });
    volunteersChanged = false;
    tellGrid({ type: "status", status: source.status() });
    // The database may be slow: what changes meanwhile is told with the next picture.
    if (isTellingJobs) return;
    isTellingJobs = true;
    void tellJobs().finally(() => (isTellingJobs = false));
  }

  async function tellJobs(): Promise<void> {
    const ids = [...changedJobs];
    changedJobs.clear();
    for (const id of ids) {
      try {
        await tellJob(id);
      } catch (error) {
        log.error({ err: error, jobId: id }, "the feed could not tell of a job");
        // Somebody may be waiting for its end.
        changedJobs.add(id);
      }
    }
  }

  async function tellJob(id: JobId): Promise<void> {
    if (gridWatchers.size === 0 && !jobWatchers.has(id)) return;
    const job = await source.viewJob(id);
    if (!job) return;
    tellGrid({ type: "job", job });
    const watchers = jobWatchers.get(id);
    for (const tell of watchers ?? []) tell({ type: "job", job });
    if (job.endedAt === null || job.rechecking !== null) return;
    for (const tell of watchers ?? []) tell({ type: "end" });
    jobWatchers.delete(id);
  }

  function noteActiveJobs(): void {
    let noted = 0;
    for (const id of source.activeJobs()) {
      if (noted === JOBS_REFRESHED) break;
      changedJobs.add(id);
      noted += 1;
    }
    for (const id of jobWatchers.keys()) changedJobs.add(id);
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
      kept.push(line);
      if (kept.length > 2 * LOG_LINES_KEPT) kept.splice(0, kept.length - LOG_LINES_KEPT);
      // Puts it last, so that the first is the one that has been silent longest.
      logs.delete(jobId);
      logs.set(jobId, kept);
      const [oldest] = logs.keys();
      if (logs.size > LOGS_KEPT && oldest !== undefined) logs.delete(oldest);
      for (const tell of jobWatchers.get(jobId) ?? []) tell({ type: "log", log: line });
    },
    watchGrid(listener) {
      gridWatchers.add(listener);
      listener({ type: "status", status: source.status() });
      listener({ type: "volunteers", volunteers: source.volunteers() });
      noteActiveJobs();
      return () => gridWatchers.delete(listener);
    },
    watchJob(id, listener) {
      const watchers = jobWatchers.get(id) ?? new Set();
      jobWatchers.set(id, watchers.add(listener));
      for (const line of logs.get(id)?.slice(-LOG_LINES_KEPT) ?? []) listener({ type: "log", log: line });
      changedJobs.add(id);
      return () => {
        watchers.delete(listener);
        if (watchers.size === 0 && jobWatchers.get(id) === watchers) jobWatchers.delete(id);
      };
    },
    close: () => clearInterval(timer),
  };
}
