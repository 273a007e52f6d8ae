/** A grid for tests: events in a line each, effects in words. */
import { UNKNOWN_DEVICE, type Device, type Requirements } from "../protocol/device";
import { advanceGrid } from "../core/advance-grid";
import { createGrid, type Grid, type GridPolicy } from "../core/grid";
import type {
  Effect,
  GridEvent,
  ReopenedJob,
  ReportedOutcome,
  RestoredJob,
  SubmittedJob,
} from "../core/grid-events";
import { taskIdsOf } from "../core/packs";
import type { InputBlocks } from "../core/stage-blocks";
import type { BlockKey } from "../protocol/block-key";
import type { JobLife } from "../core/job";
import type { JobShare } from "../core/job-shares";
import type { ValidationPolicy } from "../core/judge";
import type { OnError } from "../protocol/job";
import type { Digest, StageName, TaskId } from "../protocol/ids";
import { after } from "../protocol/ids";
import { unreachable } from "../protocol/unreachable";
import { accountId, GRID_POLICY, jobId, policy, share, T0, taskId, volunteer } from "./builders";
import { checkGrid } from "./invariants";

interface JobSketch extends Partial<ValidationPolicy> {
  share?: Partial<JobShare>;
  requires?: Requirements;
  sameEngine?: boolean;
  program?: Digest;
  onError?: OnError;
  id?: string;
  tasks?: number;
  /** Tasks of a split stage, before which it is not known how many there are to map. */
  splits?: number;
  /** Tasks of the reduce stage; none when absent. */
  reducers?: number;
  /** Where the input's blocks begin; without them, nothing is packed. */
  cuts?: number[];
  /** What its map tasks read. */
  blocks?: InputBlocks;
}

interface JoinSketch {
  want?: number;
  held?: string[];
  /** Of those, the ones that it shows it was given; all when absent. */
  given?: string[];
  slotCount?: number;
  device?: Partial<Device>;
  address?: string | null;
  /** That it says it holds. */
  blocks?: BlockKey[];
}

/**
 * Each method returns the effects in words.
 *
 * @param checks Whether every event is followed by a check of the grid's invariants, which looks at every task.
 */
export function openTestGrid(changes: Partial<GridPolicy> = {}, checks = true) {
  const grid: Grid = createGrid({ ...GRID_POLICY, ...changes }, T0, 1);
  let now = T0;

  function send(event: GridEvent): string[] {
    const effects = advanceGrid(grid, event, now);
    if (checks) checkGrid(grid);
    return inWords(effects);
  }

  return {
    grid,
    send,
    submit: (sketch: JobSketch = {}) => send({ type: "job-submitted", job: submitted(sketch) }),
    restore: (sketch: JobSketch, known: Partial<Omit<RestoredJob, keyof SubmittedJob>>) => {
      const nothing = {
        startedAt: null,
        isPaused: false,
        accepted: new Map(),
        skipped: new Map(),
        history: new Map(),
        votes: [],
        unanswered: [],
        later: [],
      };
      return send({ type: "job-restored", job: { ...submitted(sketch), ...nothing, ...known } });
    },
    reopen: (sketch: JobSketch, known: Omit<ReopenedJob, keyof SubmittedJob>) =>
      send({ type: "job-reopened", job: { ...submitted(sketch), ...known } }),
    join: (
      name: string,
      {
        want = 1,
        held = [],
        given = held,
        slotCount = 1,
        device = {},
        address = null,
        blocks = [],
      }: JoinSketch = {},
    ) => {
      const ids = held.map(taskId);
      return send({
        type: "joined",
        volunteerId: volunteer(name),
        slotCount,
        device: { ...UNKNOWN_DEVICE, ...device },
        address,
        held: ids,
        given: given.map(taskId),
        want,
        blocks,
      });
    },
    report: (name: string, outcomes: ReportedOutcome[], want = 0) =>
      send({ type: "reported", volunteerId: volunteer(name), outcomes, want }),
    beat: (name: string, held: string[], slotCount = 1) =>
      send({ type: "beat", volunteerId: volunteer(name), slotCount, held: held.map(taskId) }),
    /** A volunteer joins an account, or leaves its own. */
    link: (name: string, account: string | null) =>
      send({
        type: "account-changed",
        volunteerId: volunteer(name),
        account: account === null ? null : accountId(account),
      }),
    disconnect: (name: string) => send({ type: "disconnected", volunteerId: volunteer(name) }),
    leave: (name: string) => send({ type: "left", volunteerId: volunteer(name) }),
    cancel: (id = "job") => send({ type: "job-cancelled", jobId: jobId(id) }),
    pause: (id = "job") => send({ type: "job-paused", jobId: jobId(id) }),
    resume: (id = "job") => send({ type: "job-resumed", jobId: jobId(id) }),
    reweigh: (id: string, priority: number, weight: number) =>
      send({ type: "job-reweighted", jobId: jobId(id), priority, weight }),
    stageReady: (id = "job") => send({ type: "stage-ready", jobId: jobId(id), stage: "reduce" }),
    /** What `split` gave has been cut into so many map tasks. */
    planned: (tasks: number, reducers = 0, id = "job") =>
      send({
        type: "stage-ready",
        jobId: jobId(id),
        stage: "map",
        planned: {
          stages: [
            { name: "map", taskCount: tasks },
            { name: "reduce", taskCount: reducers },
          ],
        },
      }),
    jumpClock: (byMs: number) => {
      now = after(now, byMs);
      return send({ type: "clock-jumped", byMs });
    },
    /** Lets time pass, and looks at the deadlines. */
    wait: (ms: number) => {
      now = after(now, ms);
      return send({ type: "tick" });
    },
  };
}

function submitted({
  id = "job",
  tasks = 1,
  splits = 0,
  reducers = 0,
  share: shareChanges,
  requires = {},
  onError = "fail",
  cuts,
  blocks,
  sameEngine = false,
  program,
  ...changes
}: JobSketch): SubmittedJob {
  const stages: { name: StageName; taskCount: number }[] = [
    { name: "map", taskCount: splits > 0 ? 0 : tasks },
  ];
  if (splits > 0) stages.unshift({ name: "split", taskCount: splits });
  if (reducers > 0) stages.push({ name: "reduce", taskCount: reducers });
  const job = {
    id: jobId(id),
    ...(program && { program }),
    policy: policy(changes),
    share: share(shareChanges),
    requires,
    onError,
    stages,
  };
  return { ...job, sameEngine, ...(cuts && { cuts }), ...(blocks && { blocks }) };
}

/** Effects as short sentences, without those that say nothing. */
export function inWords(effects: readonly Effect[]): string[] {
  return effects.map(describe).filter((words) => words !== "");
}

function describe(effect: Effect): string {
  switch (effect.type) {
    case "job-changed":
      return `${effect.jobId} ${effect.life.state}${whereTheyDiffer(effect.life)}`;
    case "job-reweighted":
      return `${effect.jobId} has priority ${effect.priority} and weight ${effect.weight}`;
    case "copy-ended": {
      const { copy, verdict } = effect;
      return `${copy.volunteerId}'s copy of ${short(effect.taskId)} ${copy.state}${AFTERWARDS[verdict] ?? ""}`;
    }
    case "task-accepted": {
      const valid = effect.valid.map(({ volunteerId }) => volunteerId).join(" ");
      if (effect.skipped)
        return `${short(effect.taskId)} skipped${effect.skipped.error ? `: ${effect.skipped.error.message}` : ""}`;
      const against = effect.invalid.length > 0 ? ` against ${effect.invalid.join(" ")}` : "";
      return `${short(effect.taskId)} accepted as ${effect.digest satisfies Digest} by ${valid}${against}`;
    }
    case "task-doubted":
      return `${short(effect.taskId)} doubted: ${effect.reason}`;
    case "task-confirmed":
      return `${short(effect.taskId)} confirmed by ${effect.valid.map(({ volunteerId }) => volunteerId).join(" ")}`;
    case "volunteer-cleared":
      return `${effect.volunteerId} was right about ${short(effect.taskId)}${effect.isNoSuspect ? ", and is no suspect" : ""}`;
    case "volunteer-caught":
      return `${effect.volunteerId} is a suspect`;
    case "job-rechecked":
      return `${effect.jobId} rechecked: ${effect.confirmed} confirmed, ${effect.corrected} corrected, ${effect.unresolved} unresolved`;
    case "stage-finished":
      return `${effect.next} is next`;
    case "answered":
      return effect.answers.length > 0 ? `answered ${effect.answers.join(" ")}` : "";
    case "dropped":
      return effect.taskIds.length > 0 ? `dropped ${effect.taskIds.map(short).join(" ")}` : "";
    case "assign": {
      const tasks = taskIdsOf(effect.jobId, effect.stage, effect.spans).map(short);
      return `${effect.volunteerId} gets ${tasks.join(" ")}`;
    }
    case "revoke":
      return `${effect.volunteerId} stops ${effect.taskIds.map(short).join(" ")}`;
    case "settle":
      return `${effect.volunteerId} told ${effect.answer} ${short(effect.taskId)}`;
    default:
      return unreachable(effect);
  }
}

function whereTheyDiffer(life: JobLife): string {
  const words = life.state === "failed" ? /They differ in .*/.exec(life.failure.message) : null;
  return words ? `. ${words[0]}` : "";
}

const AFTERWARDS: Partial<Record<string, string>> = {
  late: " late",
  valid: " valid after all",
  invalid: " invalid, as a check",
};

const short = (id: TaskId) => id.replace(/^job\//, "");
