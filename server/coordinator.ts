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
import { taskIdOf, type EpochMs, type JobId, type TaskId, type VolunteerId } from "../protocol/ids";
import type { Answer } from "../protocol/messages/report";
import { isGridError } from "../protocol/problems";
import type { AssignedTask, JobSpec } from "../protocol/task";
import type { BlockStore } from "./grid-api";
import { openJumpWatch } from "./jump-watch";
import { log } from "./log";
import { describeTasks, type RunningJobs } from "./running-jobs";
import { writeManifests } from "./shuffle";
import { viewTrust } from "./trust-view";
import type { Database } from "./store/database";
import type { Fact } from "./store/facts";
import type { JobRowChange, Ledger } from "./store/ledger";

/** How the coordinator speaks to tabs. To a volunteer that is gone, nothing is sent. */
export interface Volunteers {
  assign(volunteerId: VolunteerId, spec: JobSpec, tasks: readonly AssignedTask[]): void;
  revoke(volunteerId: VolunteerId, taskIds: readonly TaskId[]): void;
  settle(volunteerId: VolunteerId, taskId: TaskId, answer: Answer): void;
}

export interface CoordinatorParts {
  database: Database;
  ledger: Ledger;
  blocks: BlockStore;
  now: () => EpochMs;
  /** Milliseconds since any moment, by a clock that is never set. */
  steadyNow: () => number;
  policy: GridPolicy;
  /** A whole number that volunteers cannot know: it decides whose answers are checked. */
  seed: number;
  /** Told of every effect, after it has been carried out. */
  onEffect: (effect: Effect) => void;
}

export interface Coordinator {
  grid: Grid;
  jobs: RunningJobs;
  /** The tabs' line; the gateway sets it when it opens. */
  volunteers: Volunteers;
  /** @returns What the event's sender is told, and when that may be said. */
  dispatch(event: GridEvent): Dispatched;
}

export interface Dispatched {
  answers: readonly Answer[];
  dropped: readonly TaskId[];
  /** Resolves when every fact of this event is on the disk. */
  durable: Promise<void>;
}

export function openCoordinator(parts: CoordinatorParts): Coordinator {
  const { database, ledger, blocks, now, onEffect } = parts;
  const clockJumpedBy = openJumpWatch(now, parts.steadyNow);
  const grid = createGrid(parts.policy, now(), parts.seed);
  const jobs: RunningJobs = new Map();
  const coordinator: Coordinator = {
    grid,
    jobs,
    volunteers: { assign() {}, revoke() {}, settle() {} },
    dispatch,
  };
  return coordinator;

  function dispatch(event: GridEvent): Dispatched {
    const byMs = clockJumpedBy();
    if (byMs !== 0)
      log.warn({ byMs }, "the clock was set, or this machine slept: all deadlines move with it");
    const jump: GridEvent[] = byMs === 0 ? [] : [{ type: "clock-jumped", byMs }];
    const effects = [...jump, event].flatMap((each) => advanceGrid(grid, each, now()));
    for (const effect of effects) if (effect.type === "job-reweighted") reweigh(effect);
    const durable = ledger.record(
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
    coordinator.volunteers.assign(volunteerId, job.spec, describeTasks(job, stage, spans));
  }

  function afterCommit(effect: Effect): void {
    if (effect.type === "settle")
      coordinator.volunteers.settle(effect.volunteerId, effect.taskId, effect.answer);
    if (effect.type === "stage-finished") void prepareReduce(effect.jobId);
    if (effect.type === "job-changed" && hasEnded(effect.life)) jobs.delete(effect.jobId);
  }

  /** Lists the runs of each reducer. A full disk is waited for; the job fails if it cannot be done at all. */
  async function prepareReduce(jobId: JobId): Promise<void> {
    const job = jobs.get(jobId);
    if (!job) return;
    try {
      job.manifests = await writeManifests({ database, blocks }, jobId, job.spec.reducers);
      dispatch({ type: "stage-ready", jobId });
    } catch (error) {
      if (isGridError(error) && error.code === "overloaded" && grid.jobs.has(jobId)) {
        log.warn({ err: error, jobId, retryMs: RETRY_MS }, "the shuffle has to wait");
        setTimeout(() => void prepareReduce(jobId), RETRY_MS).unref();
        return;
      }
      log.error({ err: error, jobId }, "the shuffle could not be prepared");
      const taskId = taskIdOf(jobId, "reduce", 0);
      const message =
        "The map outputs could not be listed for the reducers; the coordinator's log has the cause";
      const failure = { code: "input-lost", taskId, message, record: null, stack: "" } as const;
      dispatch({ type: "job-failed", jobId, failure });
    }
  }
}

const RETRY_MS = 5_000;

function isFact(effect: Effect): effect is Fact {
  return effect.type === "copy-ended" || effect.type === "task-accepted" || effect.type === "task-confirmed";
}

/** What tabs are told only once it is true for good, and what reads the facts back. */
function waitsForCommit({ type }: Effect): boolean {
  return type === "settle" || type === "stage-finished" || type === "job-changed";
}

function jobRowChange(effect: Effect, jobs: RunningJobs): JobRowChange[] {
  if (effect.type === "job-reweighted") {
    const options = jobs.get(effect.jobId)?.record.options;
    return options ? [{ jobId: effect.jobId, optionsJson: JSON.stringify(options) }] : [];
  }
  if (effect.type !== "job-changed") return [];
  const { jobId, life, standing } = effect;
  return [
    {
      jobId,
      state: life.state,
      startedAt: life.state === "queued" ? null : life.startedAt,
      endedAt: hasEnded(life) && "endedAt" in life ? life.endedAt : null,
      failureJson: life.state === "failed" ? JSON.stringify(life.failure) : null,
      ...(effect.placing && { placingJson: JSON.stringify(effect.placing) }),
      ...(standing && { trustJson: JSON.stringify(viewTrust(standing)) }),
    },
  ];
}
