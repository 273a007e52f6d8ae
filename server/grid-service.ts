/** The running grid as the rest of the process sees it: the API's functions over coordinator, store and feed. */
import type { GridJob } from "../core/grid";
import { eventsPerSecond } from "../core/rate";
import { hasEnded as jobHasEnded } from "../core/job";
import { explainWaiting } from "../core/waiting";
import { DatasetPath } from "../protocol/dataset";
import { JobId, taskIdOf, taskIdParts, type EpochMs } from "../protocol/ids";
import { GridError } from "../protocol/problems";
import type { GridStatus, JobView, TaskErrorView, TaskView, WaitReason } from "../protocol/views";
import { Changes } from "./changes";
import type { AccountsApi } from "./accounts";
import type { Coordinator } from "./coordinator";
import type { Datasets } from "./datasets/datasets";
import type { Feed } from "./feed";
import type { BlockStore, GridApi } from "./grid-api";
import type { JobOutputs } from "./job-output";
import { viewEnded, viewRunning } from "./job-views";
import { viewStatistics } from "./job-statistics";
import { storedSubmission } from "./job-xml/stored-submission";
import { jobXml } from "./job-xml/write-job";
import { openPipelines, type Pipelines } from "./pipelines/pipelines";
import { openRegistry } from "./programs/registry";
import { keepInTurn } from "./keep-result";
import type { ServiceControl } from "./services/service-control";
import { readResult } from "./read-result";
import { inputNow, openRecomputing, type Recomputing } from "./recomputing";
import type { Roster } from "./roster";
import { describeJob, waitsForSplit } from "./running-jobs";
import type { FetchInput } from "./sources/fetch-input";
import type { Database } from "./store/database";
import {
  findJob,
  readEdition,
  readJobPage,
  readReplacements,
  type JobRecord,
  type StoredJob,
} from "./store/jobs";
import type { Ledger } from "./store/ledger";
import { countAccepted, readErrors } from "./store/tasks";
import { findOutdated, viewReads } from "./store/result-reads";
import { storeAgain } from "./submit-again";
import { storeJob, submittedFrom, type StoredOnce } from "./submit-job";
import type { TaskProgress } from "./task-progress";
import { viewTasks } from "./task-views";
import type { Effect, GridEvent } from "../core/grid-events";

export interface GridParts {
  coordinator: Coordinator;
  database: Database;
  ledger: Ledger;
  blocks: BlockStore;
  /** Every block that a job may read, wherever it is kept. */
  readable: Pick<BlockStore, "read">;
  datasets: Datasets;
  fetchInput: FetchInput;
  roster: Roster;
  feed: Feed;
  outputs: JobOutputs;
  services: ServiceControl;
  progress: TaskProgress;
  accounts: AccountsApi;
  now: () => EpochMs;
  version: string;
}

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

export function openGridService(
  parts: GridParts,
  viewer: JobViewer,
): GridApi & { note(effect: Effect): void; pipelines: Pipelines; recomputing: Recomputing } {
  const { coordinator, database, ledger, blocks, datasets, fetchInput, roster, feed, outputs } = parts;
  const { services, now, version } = parts;
  const startedAt = now();
  /** Of jobs that run and whose result is being followed. */
  const changes = new Map<JobId, Changes>();
  const told = new Map<JobId, Promise<void>>();

  async function viewJob(id: JobId): Promise<JobView> {
    const view = await viewer.view(id);
    if (!view) throw new GridError("job-not-found", `There is no job ${id}`);
    return view;
  }

  async function recordOf(id: JobId): Promise<JobRecord> {
    await viewJob(id);
    const record = coordinator.jobs.get(id)?.record ?? (await findJob(database, id));
    if (!record) throw new GridError("job-not-found", `There is no job ${id}`);
    return record;
  }

  function refuseUnlessReady(): void {
    const refusal = ledger.refusal();
    if (refusal) throw refusal;
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

  const cancelJob = (id: JobId) => change({ type: "job-cancelled", jobId: id });
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

  const readWhole = (id: JobId, signal: AbortSignal) => readJobResult(id, { follow: false, signal });

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
    settled: () => void recomputing.look(),
  });
  const recomputing = openRecomputing({
    ...{ database, blocks, datasets, now, begin, refuseUnlessReady, keepResult: keep },
    repeatPipeline: pipelines.repeat,
  });

  /** Once it is on the disk. */
  function lookWhatFollows(effect: Effect): void {
    const isEnd = effect.type === "job-changed" && jobHasEnded(effect.life);
    if (isEnd || effect.type === "job-rechecked") void ledger.record([], []).then(recomputing.look);
  }

  return {
    submitJob,
    programs,
    pipelines,
    services,
    recomputing,
    keepResult: keep,
    accounts: parts.accounts,

    async listJobs({ state, cursor, limit }) {
      const before = cursor === null ? null : parseCursor(cursor);
      const jobs = await readJobPage(database, { state, before, limit });
      const last = jobs.length === limit ? jobs.at(-1) : undefined;
      return {
        jobs: await viewer.viewStored(jobs),
        nextCursor: last ? `${last.createdAt}_${last.id}` : null,
      };
    },

    getJob: viewJob,

    async exportJob(id) {
      return jobXml(await storedSubmission(await recordOf(id), parts.readable));
    },

    async runAgain(id) {
      refuseUnlessReady();
      return begin(await storeAgain({ database, blocks, datasets, now }, await recordOf(id)));
    },

    cancelJob,
    pauseJob: (id) => change({ type: "job-paused", jobId: id }),
    resumeJob: (id) => change({ type: "job-resumed", jobId: id }),
    async changeJob(id, changes) {
      const { options } = await viewJob(id);
      const { priority = options.priority, weight = options.weight } = changes;
      return change({ type: "job-reweighted", jobId: id, priority, weight });
    },

    async listTasks(id, { stage, cursor, limit }) {
      const job = await viewJob(id);
      const wanted = job.stages.filter(({ name }) => stage === null || name === stage);
      let skip = cursor === null ? 0 : parseOffset(cursor);
      const first = skip;
      const tasks: TaskView[] = [];
      for (const { name, tasks: taskCount } of wanted) {
        const from = Math.min(skip, taskCount);
        const room = limit - tasks.length;
        const running = coordinator.grid.jobs.get(id);
        tasks.push(...(await viewTasks(database, job, { name, taskCount }, running, from, room)));
        skip -= from;
      }
      const total = wanted.reduce((sum, { tasks: count }) => sum + count, 0);
      const next = first + tasks.length;
      return { tasks, nextCursor: next < total ? String(next) : null };
    },

    async getStatistics(id) {
      return viewStatistics(database, await viewJob(id));
    },

    async listErrors(id, { cursor, limit }) {
      const { stages } = await viewJob(id);
      const first = cursor === null ? { place: 0, index: 0 } : parsePlace(cursor);
      const errors: TaskErrorView[] = [];
      for (const [place, { name }] of stages.entries()) {
        if (place < first.place) continue;
        const from = place === first.place ? first.index : 0;
        // One more than is shown tells whether there is more.
        const more = limit - errors.length + 1;
        for (const { index, error } of await readErrors(database, { jobId: id, stage: name }, from, more)) {
          if (errors.length === limit) return { errors, nextCursor: `${place}_${index}` };
          errors.push({ taskId: taskIdOf(id, name, index), ...error });
        }
      }
      return { errors, nextCursor: null };
    },

    readResult: readJobResult,

    async readOutput(id) {
      await viewJob(id);
      return outputs.read(id);
    },

    listVolunteers: () => ({ volunteers: roster.list(coordinator.grid) }),
    status,
    whyNotReady: async () => ledger.refusal()?.message ?? null,
    watchGrid: feed.watchGrid,
    async watchJob(id, listener) {
      await viewJob(id);
      return feed.watchJob(id, listener);
    },
    note(effect) {
      const id = jobOf(effect);
      if (id !== null) tellReaders(id);
      pipelines.note(effect);
      lookWhatFollows(effect);
    },
  };

  function status(): GridStatus {
    const { grid } = coordinator;
    const volunteers = [...grid.volunteers.values()].filter(({ presence }) => presence.state === "connected");
    const states = [...grid.jobs.values()].map(({ life }) => life.state);
    return {
      version,
      startedAt,
      volunteers: volunteers.length,
      slots: volunteers.reduce((sum, { slotCount }) => sum + slotCount, 0),
      copiesOut: volunteers.reduce((sum, { heldTasks }) => sum + heldTasks, 0),
      jobs: {
        queued: states.filter((state) => state === "queued").length,
        running: states.filter((state) => state === "running").length,
        paused: states.filter((state) => state === "paused").length,
      },
      tasksPerSecond: eventsPerSecond(grid.rate, now()),
    };
  }
}

type SubmitterEvent = "job-cancelled" | "job-paused" | "job-resumed" | "job-reweighted";

/** Nothing is lost by it, and nobody has to do anything but to make room. */
function notWritten({ message }: GridError): WaitReason {
  const words = `What is computed cannot be written down: ${message}. Tabs keep their outputs, and the job goes on by itself.`;
  return { code: "not-written", message: words };
}

function jobOf(effect: Effect): JobId | null {
  if ("jobId" in effect) return effect.jobId;
  return effect.type === "task-accepted" ? taskIdParts(effect.taskId).jobId : null;
}

function parseCursor(cursor: string): { createdAt: number; id: string } {
  const [createdAt, ...id] = cursor.split("_");
  const parsed = JobId.safeParse(id.join("_"));
  if (!parsed.success || !Number.isFinite(Number(createdAt))) throw badCursor(cursor);
  return { createdAt: Number(createdAt), id: parsed.data };
}

function parseOffset(cursor: string): number {
  if (!/^\d{1,9}$/.test(cursor)) throw badCursor(cursor);
  return Number(cursor);
}

/** A stage's place among the job's, and a task in it: `1_20`. */
function parsePlace(cursor: string): { place: number; index: number } {
  const match = /^(\d)_(\d{1,9})$/.exec(cursor);
  if (!match) throw badCursor(cursor);
  return { place: Number(match[1]), index: Number(match[2]) };
}

function badCursor(cursor: string): GridError {
  return new GridError(
    "invalid-input",
    `cursor: must be what an earlier page gave as nextCursor; got ${cursor.slice(0, 80)}`,
  );
}
