/**
 * A grid that lives at random: volunteers of many kinds come, work, lie, vanish and come back from elsewhere, while jobs of many shapes run.
 *
 *   seed ──▶ shape (jobs, addresses, engines, limits) ──▶ moves, one after the other ──▶ the real scheduler
 *                                                          └── after each, all that the shell has to do is done: nothing is in motion
 *
 * Who is handed something mostly works through it, so that tasks come to their ends in all ways there are.
 */
import { advanceGrid } from "../core/advance-grid";
import { seededChance } from "../core/chance";
import { createGrid, type Grid, type GridVolunteer } from "../core/grid";
import type { Effect, GridEvent, ReportedOutcome, SubmittedJob } from "../core/grid-events";
import { taskIdsOf } from "../core/packs";
import type { BlockKey } from "../protocol/block-key";
import { UNKNOWN_DEVICE } from "../protocol/device";
import { after, taskIdOf, type TaskId, type VolunteerId } from "../protocol/ids";
import { isFact, openFactStore, type Fact } from "./fact-store";
import type { VoteWatch } from "./fair-votes";
import { failure, GRID_POLICY, jobId, output, policy, released, share, T0, volunteer } from "./builders";

const ADDRESSES: [string, ...(string | null)[]] = ["home", "school", "work", null];
const ENGINES: [string, ...(string | null)[]] = ["aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", null];
const PLACES = [0, 1, 2, 3, 4, 5];
const keyAt = (place: number) => (place + 1) as BlockKey;

/** Of a job that was under way when the coordinator stopped: nobody had answered yet. */
const NOTHING_KNOWN = {
  startedAt: null,
  isPaused: false,
  accepted: new Map(),
  skipped: new Map(),
  history: new Map(),
  votes: [],
  unanswered: [],
  later: [],
};

/** Draws of one life: all of it follows from its seed. */
function drawsOf(seed: number) {
  const chance = seededChance(seed);
  return {
    happens: (probability: number) => chance.happens(probability),
    pick: <const T>(items: readonly [T, ...T[]]): T =>
      items[Math.floor(chance.between(0, items.length))] ?? items[0],
  };
}

type Draws = ReturnType<typeof drawsOf>;

export interface Life {
  readonly grid: Grid;
  /** Lets something happen. */
  readonly move: () => void;
  /** Nobody says anything for so long. */
  readonly passTime: (ms: number) => void;
}

export interface Unrest {
  /** Volunteers answer, and go on with, what they were ever given, whoever has it now; and the coordinator is killed now and then. */
  readonly isUnruly: boolean;
  readonly watch: VoteWatch;
}

/** @param unrest None when absent; then the same seed lives the same life as ever. */
export function beginLife(seed: number, unrest: Unrest | null = null): Life {
  const draws = drawsOf(seed);
  const { pick, happens } = draws;
  const gridPolicy = policyOf(draws);
  let grid = createGrid(gridPolicy, T0, seed);
  const facts = openFactStore();
  const given = new Map<VolunteerId, TaskId[]>();
  const volunteerCount = pick([3, 4, 5, 8, 12, 24, 40]);
  const isAdaptive = happens(0.25);
  let now = T0;
  let jobCount = 0;

  /** Does all that the shell has to do as well. */
  function send(event: GridEvent): void {
    unrest?.watch.before(event);
    const effects = advanceGrid(grid, event, now);
    unrest?.watch.after(grid, effects);
    if (unrest) facts.commit(effects.filter(isStored));
    for (const effect of effects) {
      if (effect.type === "assign") noteGiven(effect);
      if (effect.type === "stage-finished") send(nextStage(grid, effect, pick([1, 3, 12])));
    }
  }

  function noteGiven({ volunteerId, jobId: id, stage, spans }: Extract<Effect, { type: "assign" }>): void {
    given.set(volunteerId, [...(given.get(volunteerId) ?? []), ...taskIdsOf(id, stage, spans)]);
  }

  /** As their tickets say. */
  const someGiven = (id: VolunteerId) => (given.get(id) ?? []).filter(() => happens(0.3)).slice(-5);

  /** It comes with, or answers, what it was given at any time. */
  function beUnruly(): void {
    const volunteerId = volunteer(`v${pick(upTo(volunteerCount))}`);
    const taskIds = someGiven(volunteerId);
    const one = grid.volunteers.get(volunteerId);
    if (happens(0.2)) return send({ type: pick(["left", "disconnected"]), volunteerId });
    if (!one || happens(0.3)) {
      const joined = joining(draws, grid, volunteerId);
      const held = [...new Set([...joined.held, ...taskIds])];
      return send({ ...joined, held, given: taskIds });
    }
    const ticket = { leasedAt: now, accepted: null };
    const outcomes = taskIds.map((taskId) => ({ ...output(taskId, pick(["x", "x", "y"])), given: ticket }));
    send({ type: "reported", volunteerId, outcomes, want: pick([0, 1]) });
  }

  /** Only what was committed is left. What a job's `split` gave is not kept here. */
  function restart(): void {
    for (const { id, stages } of [...grid.jobs.values()])
      if (stages[0]?.name === "split") send({ type: "job-cancelled", jobId: id });
    facts.forgetDoubts();
    grid = createGrid(gridPolicy, now, seed + jobCount);
    for (const job of facts.unendedJobs(() => true)) send({ type: "job-restored", job });
  }

  function submit(): void {
    const job = jobOf(draws, `j${jobCount++}`, isAdaptive);
    facts.insertJob(job);
    if (happens(0.8)) return send({ type: "job-submitted", job });
    send({ type: "job-restored", job: { ...job, ...NOTHING_KNOWN } });
  }

  function passTime(ms: number): void {
    now = after(now, ms);
    send({ type: "tick" });
  }

  function moveJob(): void {
    const id = pick([jobId("none"), ...grid.jobs.keys()]);
    const type = pick(["job-submitted", "job-paused", "job-resumed", "job-resumed", "job-cancelled"]);
    if (type === "job-submitted") submit();
    else send({ type, jobId: id });
  }

  function moveVolunteer(): void {
    const volunteerId = volunteer(`v${pick(upTo(volunteerCount))}`);
    const one = grid.volunteers.get(volunteerId);
    if (!one || happens(0.1)) return send(joining(draws, grid, volunteerId));
    if (happens(0.05)) return send({ type: pick(["left", "disconnected"]), volunteerId });
    send(happens(0.05) ? beating(draws, one) : working(draws, one));
  }

  for (let jobs = pick([1, 1, 2, 4]); jobs > 0; jobs--) submit();

  return {
    get grid() {
      return grid;
    },
    passTime,
    move() {
      now = after(now, pick([0, 0, 10, 100, 1_000]));
      if (unrest?.isUnruly && happens(0.3)) return beUnruly();
      if (unrest?.isUnruly && happens(0.01)) return restart();
      if (happens(0.04)) moveJob();
      else if (happens(0.08)) passTime(pick([100, 1_000, 3_000, 16_000]));
      else moveVolunteer();
    },
  };
}

type Joined = Extract<GridEvent, { type: "joined" }>;

/** Of a task that was gone on without, the store of simulations knows nothing. */
function isStored(effect: Effect): effect is Fact {
  return isFact(effect) && (effect.type !== "task-accepted" || effect.skipped === null);
}

function upTo(count: number): [number, ...number[]] {
  return [0, ...Array.from({ length: count - 1 }, (_, number) => number + 1)];
}

function policyOf({ pick, happens }: Draws): Grid["policy"] {
  return {
    ...GRID_POLICY,
    onePerAddress: happens(0.8),
    heldMs: pick([Infinity, 500]),
    tasksHeld: pick([64, 3]),
    tailPatience: pick([1.5, 1.5, null]),
  };
}

function jobOf({ pick, happens }: Draws, name: string, isAdaptive: boolean): SubmittedJob {
  const quorum = pick([1, 2, 2, 3]);
  const tasks = pick([1, 2, 5, 12, 40]);
  const isSplit = happens(0.15);
  const firstTasks = PLACES.map((place) => Math.floor((place * tasks) / PLACES.length));
  const blocks = { keys: PLACES.map(keyAt), bytes: PLACES.map(() => 1_000), firstTasks };
  return {
    id: jobId(name),
    policy: policy({
      quorum,
      copies: quorum + pick([0, 0, 0, 0, 1]),
      maxErrors: pick([2, 9]),
      maxCopies: pick([4, 9]),
      adaptive: isAdaptive ? { maxErrorRate: pick([0.01, 0.05]) } : null,
    }),
    share: share({
      submitter: pick(["ann", "ben"]),
      maxVolunteers: pick([null, null, null, 1, 2, 3]),
      maxInFlight: pick([null, null, null, 1, 4]),
    }),
    requires: pick([{}, {}, {}, { tags: ["lab"] }, { slots: 2 }]),
    sameEngine: happens(0.4),
    onError: pick(["fail", "skip"]),
    stages: [
      ...(isSplit ? [{ name: "split" as const, taskCount: 1 }] : []),
      { name: "map", taskCount: isSplit ? 0 : tasks },
      ...(happens(0.4) ? [{ name: "reduce" as const, taskCount: 2 }] : []),
    ],
    ...(!isSplit && tasks >= PLACES.length && happens(0.3) && { blocks }),
    ...(!isSplit && happens(0.2) && { cuts: [0] }),
  };
}

function nextStage(
  { jobs }: Grid,
  { jobId: id, next }: Extract<Effect, { type: "stage-finished" }>,
  taskCount: number,
): GridEvent {
  const isPlannedNow = next === "map" && jobs.get(id)?.stages[0]?.name === "split";
  const planned = { stages: [{ name: "map" as const, taskCount }] };
  return { type: "stage-ready", jobId: id, stage: next, ...(isPlannedNow && { planned }) };
}

/** Half of those who were there come back as they were; the others from elsewhere, or with another browser. */
function joining({ pick, happens }: Draws, grid: Grid, volunteerId: VolunteerId): Joined {
  const known = grid.volunteers.get(volunteerId);
  const before = happens(0.5) ? known : undefined;
  const unknown = [...grid.jobs.values()]
    .filter(({ isRestored }) => isRestored)
    .map(({ id, stages, stageIndex }) => taskIdOf(id, stages[stageIndex]?.name ?? "map", pick([0, 1, 2])));
  return {
    type: "joined",
    volunteerId,
    slotCount: pick([1, 1, 2]),
    device: before?.device ?? { ...UNKNOWN_DEVICE, arithmetic: pick(ENGINES), tags: pick([[], ["lab"]]) },
    address: before ? before.place.address : pick(ADDRESSES),
    held: [...(known?.leases.keys() ?? []), ...unknown].filter(() => happens(0.7)),
    want: pick([0, 1, 2, 4]),
    blocks: PLACES.filter(() => happens(0.2)).map(keyAt),
  };
}

function beating({ pick, happens }: Draws, { id, slotCount, leases }: GridVolunteer): GridEvent {
  return {
    type: "beat",
    volunteerId: id,
    slotCount: pick([slotCount, slotCount, slotCount, 1, 2]),
    held: [...leases.keys()].filter(() => happens(0.9)),
  };
}

function working(draws: Draws, { id, leases }: GridVolunteer): GridEvent {
  const outcomes = [...leases.values()]
    .filter(() => draws.happens(0.7))
    .map(({ type, taskId }) => (type === "run" ? outcomeOf(draws, taskId) : output(taskId, "x")));
  return { type: "reported", volunteerId: id, outcomes, want: draws.pick([0, 1, 2, outcomes.length]) };
}

function outcomeOf({ pick, happens }: Draws, taskId: TaskId): ReportedOutcome {
  if (happens(0.1)) return released(taskId, pick(["stopped", "stopped", "broke"]));
  if (happens(0.05)) return failure(taskId, pick(["no", "never"]));
  const took = { bytesHere: happens(0.85), elapsedMs: pick([5, 100, 100, 1_000, 5_000]) };
  return output(taskId, happens(0.1) ? "y" : "x", took);
}
