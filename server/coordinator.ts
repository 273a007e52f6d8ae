/**
 * The shell around the scheduler: events in, effects carried out.
 *
 *   socket, API, clock ─▶ dispatch(event) ─▶ core ─▶ effects
 *                                              ├─ facts ───────▶ ledger (group commit)
 *                                              ├─ assignments, revocations ─▶ tabs, at once
 *                                              └─ answers, settlements ─▶ tabs, once durable
 *
 * It decides nothing: what should happen is `advanceGrid`'s to say.
 */
import { advanceGrid } from "../core/advance-grid";
import { createGrid, type Grid, type GridPolicy } from "../core/grid";
import type { Effect, GridEvent } from "../core/grid-events";
import { hasEnded } from "../core/job";
import { indexSplits } from "../core/split";
import type { Recheck } from "../core/recheck";
import {
  taskIdOf,
  type Digest,
  type EpochMs,
  type JobId,
  type TaskId,
  type VolunteerId,
  type StageName,
} from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import type { Answer } from "../protocol/messages/report";
import { isGridError, isPassing } from "../protocol/problems";
import type { AssignedTask, JobSpec } from "../protocol/task";
import type { JobFailure } from "../protocol/views";
import { namingFullDisk } from "./disk-full";
import { openJumpWatch } from "./jump-watch";
import { log } from "./log";
import type { OutputAreas } from "./output-area";
import { openRechecks, type Rechecks } from "./rechecks";
import { remakeInputs } from "./remake-inputs";
import { partsOf, planSplit } from "./plan-split";
import { writeInputs } from "./prepare-stage";
import { describeTasks, waitsForSplit, type RunningJob, type RunningJobs } from "./running-jobs";
import { viewTrust } from "./trust-view";
import type { Database } from "./store/database";
import { setSplitPlan } from "./store/jobs";
import { submittedFrom } from "./submit-job";
import type { Tickets } from "./tickets";
import type { Fact } from "./store/facts";
import type { JobRowChange, Ledger } from "./store/ledger";

/** How the coordinator speaks to tabs. To a volunteer that is gone, nothing is sent. */
export interface Volunteers {
  assign(volunteerId: VolunteerId, spec: JobSpec, tasks: readonly AssignedTask[]): void;
  revoke(volunteerId: VolunteerId, taskIds: readonly TaskId[]): void;
  settle(volunteerId: VolunteerId, taskId: TaskId, answer: Answer): void;
  /** What `act` assigns to this volunteer may come with the answer to its report. */
  withAnswer<T>(volunteerId: VolunteerId, act: () => T): T;
}

export interface CoordinatorParts {
  database: Database;
  ledger: Ledger;
  areas: OutputAreas;
  /** Whether a program or an input is there still, in whatever area. */
  isStored: (digest: Digest) => Promise<boolean>;
  now: () => EpochMs;
  /** Milliseconds since any moment, by a clock that is never set. */
  steadyNow: () => number;
  policy: GridPolicy;
  tickets: Tickets;
  /** A whole number that volunteers cannot know: it decides whose answers are checked. */
  seed: number;
  /** Told of every effect, after it has been carried out. */
  onEffect: (effect: Effect) => void;
}

export interface Coordinator {
  grid: Grid;
  jobs: RunningJobs;
  /** What rests on volunteers that were caught. */
  rechecks: Rechecks;
  /** The tabs' line; the gateway sets it when it opens. */
  volunteers: Volunteers;
  /** @returns What the event's sender is told, and when that may be said. */
  dispatch(event: GridEvent): Dispatched;
  /** Resolves when stages that could begin have their inputs, or have to wait for them. */
  prepared(): Promise<void>;
}

export interface Dispatched {
  answers: readonly Answer[];
  dropped: readonly TaskId[];
  /** Resolves when every fact of this event is on the disk. */
  durable: Promise<void>;
}

export function openCoordinator(parts: CoordinatorParts): Coordinator {
  const { database, ledger, areas, isStored, now, onEffect } = parts;
  const { runs } = areas;
  const clockJumpedBy = openJumpWatch(now, parts.steadyNow);
  const grid = createGrid(parts.policy, now(), parts.seed);
  const jobs: RunningJobs = new Map();
  const preparing = new Set<Promise<void>>();
  const rechecks = openRechecks({
    coordinator: { grid, jobs, dispatch, prepared },
    ...{ database, ledger, areas, isStored, now },
  });
  const coordinator: Coordinator = {
    grid,
    jobs,
    rechecks,
    volunteers: { assign() {}, revoke() {}, settle() {}, withAnswer: (_, act) => act() },
    dispatch,
    prepared,
  };
  return coordinator;

  function dispatch(event: GridEvent): Dispatched {
    const byMs = clockJumpedBy();
    if (byMs !== 0)
      log.warn({ byMs }, "the clock was set, or this machine slept: all deadlines move with it");
    const jump: GridEvent[] = byMs === 0 ? [] : [{ type: "clock-jumped", byMs }];
    const effects = [...jump, event].flatMap((each) => advanceGrid(grid, each, now()));
    for (const effect of effects) if (effect.type === "job-reweighted") reweigh(effect);
    const record = effects.some(isWhole) ? ledger.recordWhole : ledger.record;
    const durable = record(
      effects.filter(isFact),
      effects.flatMap((effect) => jobRowChange(effect, jobs)),
    );
    for (const effect of effects) {
      tellNow(effect);
      onEffect(effect);
    }
    if (effects.some(waitsForCommit)) void durable.then(() => effects.forEach(afterCommit));
    return {
      answers: effects.flatMap((effect) => (effect.type === "answered" ? effect.answers : [])),
      dropped: effects.flatMap((effect) => (effect.type === "dropped" ? effect.taskIds : [])),
      durable,
    };
  }

  function reweigh({ jobId, priority, weight }: Extract<Effect, { type: "job-reweighted" }>): void {
    const job = jobs.get(jobId);
    if (job) job.record = { ...job.record, options: { ...job.record.options, priority, weight } };
  }

  /**
   * What starts or stops work goes out at once, in order: a copy that is taken back and given
   * again must not reach its tab the other way round.
   */
  function tellNow(effect: Effect): void {
    if (effect.type === "assign") assign(effect);
    if (effect.type === "revoke") coordinator.volunteers.revoke(effect.volunteerId, effect.taskIds);
  }

  function assign({ volunteerId, jobId, stage, spans }: Extract<Effect, { type: "assign" }>): void {
    const job = jobs.get(jobId);
    if (!job) throw new Error(`${jobId} was scheduled but is not known`);
    const leasedAt = now();
    const tasks = describeTasks(job, stage, spans).map((task) => ({
      ...task,
      ticket: parts.tickets.write(volunteerId, task.taskId, leasedAt),
    }));
    coordinator.volunteers.assign(volunteerId, job.spec, tasks);
  }

  function afterCommit(effect: Effect): void {
    if (effect.type === "settle")
      coordinator.volunteers.settle(effect.volunteerId, effect.taskId, effect.answer);
    if (effect.type === "stage-finished") prepare(effect.jobId, effect.next);
    if (effect.type === "volunteer-caught" && effect.isNews)
      void rechecks.caught(effect.volunteerId, effect.at);
    if (effect.type === "job-rechecked") logRecheck(effect);
    const isOver = effect.type === "job-changed" && hasEnded(effect.life) && !grid.jobs.has(effect.jobId);
    if (isOver) endOf(effect.jobId);
  }

  function prepare(jobId: JobId, stage: StageName): void {
    const done = prepareStage(jobId, stage).finally(() => preparing.delete(done));
    preparing.add(done);
  }

  async function prepared(): Promise<void> {
    // What ends a stage is on the disk before the next one begins.
    await ledger.record([], []);
    await Promise.all(preparing);
  }

  /** Tasks whose runs were corrected read other manifests, and are computed anew. */
  async function remake(job: RunningJob, jobId: JobId, stage: StageName, { held }: Recheck): Promise<void> {
    const stores = { database, blocks: await runs.of(jobId) };
    const stale = await remakeInputs(stores, jobId, job, stage, held);
    dispatch({ type: "stage-ready", jobId, stage, stale });
  }

  /** Its runs are of no use to anybody from here on, or when the job can no longer be looked at again. */
  function endOf(jobId: JobId): void {
    const { maxErrorRate = null } = jobs.get(jobId)?.record.options ?? {};
    jobs.delete(jobId);
    if (maxErrorRate === null) freeRuns(jobId);
    else setTimeout(() => freeRuns(jobId), LIMITS.recheckWindowMs).unref();
  }

  function freeRuns(jobId: JobId): void {
    runs.free(jobId).catch((error: unknown) => log.error({ err: error, jobId }, "runs could not be freed"));
  }

  /** Writes what the stage's tasks need. A full disk is waited for; the job fails if it cannot be done at all. */
  async function prepareStage(jobId: JobId, stage: StageName): Promise<void> {
    const job = jobs.get(jobId);
    if (!job) return;
    try {
      if (waitsForSplit(job.record)) return await planItems(job, stage);
      const recheck = grid.jobs.get(jobId)?.recheck;
      if (recheck && (stage === "merge" || stage === "reduce"))
        return await remake(job, jobId, stage, recheck);
      const stores = { database, blocks: await runs.of(jobId) };
      dispatch({ type: "stage-ready", jobId, stage, ...(await writeInputs(stores, jobId, job, stage)) });
    } catch (thrown) {
      const error = namingFullDisk(thrown);
      if (isPassing(error) && grid.jobs.has(jobId)) {
        log.warn({ err: error, jobId, retryMs: RETRY_MS }, "the shuffle has to wait");
        setTimeout(() => void prepareStage(jobId, stage), RETRY_MS).unref();
        return;
      }
      log.error({ err: error, jobId }, "the shuffle could not be prepared");
      dispatch({ type: "job-failed", jobId, failure: failureOf(jobId, stage, job, error) });
    }
  }

  /** What `split` gave becomes tasks. It is on the disk before anything of it is handed out. */
  async function planItems(job: RunningJob, stage: StageName): Promise<void> {
    const { id: jobId } = job.record;
    const planned = await planSplit(partsOf(database, jobId), await runs.of(jobId), job.record);
    await setSplitPlan(database, jobId, planned);
    job.record = { ...job.record, ...planned };
    job.splits = indexSplits(planned.splitPlan);
    const { stages, cuts, blocks } = submittedFrom(job.record, job.splits);
    const input = { ...(cuts && { cuts }), ...(blocks && { blocks }) };
    dispatch({ type: "stage-ready", jobId, stage, planned: { stages, ...input } });
  }
}

/** Why a stage cannot begin. */
/** A result is corrected as a whole; and who is outvoted is caught in the same commit, or might never be. */
const isWhole = ({ type }: Effect) => type === "job-rechecked" || type === "volunteer-caught";

function failureOf(jobId: JobId, stage: StageName, { record }: RunningJob, error: unknown): JobFailure {
  const nowhere = { record: null, stack: "" };
  const isTooMuch = isGridError(error) && (error.code === "invalid-input" || error.code === "data-invalid");
  if (waitsForSplit(record) && isTooMuch) {
    const message = `What the program's split gave cannot be mapped. ${error.message}`;
    return { code: "program-error", taskId: taskIdOf(jobId, "split", 0), message, ...nowhere };
  }
  const message =
    "What the stage before gave could not be listed for this one; the coordinator's log has the cause";
  return { code: "input-lost", taskId: taskIdOf(jobId, stage, 0), message, ...nowhere };
}

/** Says so when a result that was believed is another one now. */
function logRecheck(effect: Extract<Effect, { type: "job-rechecked" }>): void {
  const { jobId, confirmed, corrected, unresolved } = effect;
  log.warn({ jobId, confirmed, corrected, unresolved }, "what rested on a liar's answers was computed again");
}

const RETRY_MS = 5_000;

const FACTS: ReadonlySet<Effect["type"]> = new Set<Fact["type"]>([
  "copy-ended",
  "task-accepted",
  "task-confirmed",
  "volunteer-caught",
  "volunteer-cleared",
]);

function isFact(effect: Effect): effect is Fact {
  return FACTS.has(effect.type);
}

const COMMITTED_FIRST: ReadonlySet<Effect["type"]> = new Set<Effect["type"]>([
  "settle",
  "stage-finished",
  "job-changed",
  "job-rechecked",
  "volunteer-caught",
]);

/** What tabs are told only once it is true for good, and what reads the facts back. */
function waitsForCommit({ type }: Effect): boolean {
  return COMMITTED_FIRST.has(type);
}

/** A job that had not ended needs no mark: nobody has seen what was wrong. */
function correctionOf(effect: Extract<Effect, { type: "job-rechecked" }>, jobs: RunningJobs): JobRowChange[] {
  const { jobId, corrected, unresolved, wasCompleted, at } = effect;
  if (!wasCompleted || corrected + unresolved === 0) return [];
  const before = jobs.get(jobId)?.correction;
  const correction = {
    at,
    tasks: (before?.tasks ?? 0) + corrected,
    unresolved: (before?.unresolved ?? 0) + unresolved,
  };
  return [{ jobId, correctionJson: JSON.stringify(correction) }];
}

function jobRowChange(effect: Effect, jobs: RunningJobs): JobRowChange[] {
  if (effect.type === "job-reweighted") {
    const options = jobs.get(effect.jobId)?.record.options;
    return options ? [{ jobId: effect.jobId, optionsJson: JSON.stringify(options) }] : [];
  }
  if (effect.type === "job-rechecked") return correctionOf(effect, jobs);
  if (effect.type !== "job-changed") return [];
  const { jobId, life, standing, records } = effect;
  return [
    {
      jobId,
      state: life.state,
      startedAt: life.state === "queued" ? null : life.startedAt,
      endedAt: hasEnded(life) && "endedAt" in life ? life.endedAt : null,
      failureJson: life.state === "failed" ? JSON.stringify(life.failure) : null,
      ...(effect.placing && { placingJson: JSON.stringify(effect.placing) }),
      ...(standing && { trustJson: JSON.stringify(viewTrust(standing)) }),
      ...(records && { records }),
    },
  ];
}
