/**
 * The state of the running grid: jobs, their open tasks, volunteers, leases.
 *
 * Kept in place rather than copied, so that an event costs O(1) or O(log n); it is
 * changed only by `advanceGrid`, and depends on nothing but the events and their times.
 */
import type { CompareRule } from "../protocol/compare";
import type { Device, Requirements } from "../protocol/device";
import type { AccountId, Digest, EpochMs, JobId, StageName, TaskId, VolunteerId } from "../protocol/ids";
import type { Allowances } from "./allowance";
import type { BitSet } from "./bit-set";
import { Catalog } from "./catalog";
import { seededChance, type Chance } from "./chance";
import type { OnError } from "../protocol/job";
import type { JobLife } from "./job";
import { Hungry } from "./hungry";
import { Kinds, type Kind } from "./kinds";
import { JobShares, type JobShare } from "./job-shares";
import type { ValidationPolicy } from "./judge";
import type { Locality } from "./locality";
import type { Kin } from "./placing";
import type { Mixed } from "./mixing";
import type { Quota } from "./quota";
import { startRate, type Rate } from "./rate";
import type { TaskCost } from "./task-cost";
import type { Place, ReturnedCopy, StoredPart, Task } from "./task";
import { Timers, type Timer } from "./timers";
import type { Recheck } from "./recheck";
import type { KnownTask } from "./spot-checks";
import type { Suspicion, Tally } from "./suspects";
import { ProgramRecords } from "./trust/program-records";
import { validatorFor, type PastAnswer, type Validator } from "./validator";
import { WantLog } from "./want-log";
import type { RevokedCopies } from "./revoked-copies";

export interface GridPolicy {
  /** How long a copy may go unmentioned by its volunteer. */
  silenceMs: number;
  /** The least time that a copy has, whatever its task costs: a busy machine or a slow network may take as much. */
  leastLeaseMs: number;
  /** True when the copies of a task go to volunteers at different network addresses. */
  onePerAddress: boolean;
  /** How long a volunteer whose connection broke may take to come back. */
  graceMs: number;
  /** How long a volunteer that was caught is believed nowhere alone. */
  recheckWindowMs: number;
  /** How long a volunteer may take to upload the bytes of an output. */
  uploadMs: number;
  /** How long a task waits for a volunteer that holds its block while others have enough to do. */
  localityMs: number;
  /** Tasks one volunteer may hold. */
  tasksHeld: number;
  /** Computing time that one slot may hold, beyond two tasks. */
  heldMs: number;
  /** How long tabs are asked to gather outputs at most, and at least, before they report them. */
  paceMs: number;
  leastPaceMs: number;
  /** Computing time that a pack of small tasks should be worth; 0 for no packs. */
  packMs: number;
  /** Tasks in one pack. */
  packTasks: number;
  /** Text of a pack's output. */
  packBytes: number;
  /** How many times its mean cost a task of a stage's tail may take before it is given to a second volunteer; null for never. */
  tailPatience: number | null;
  /** Shares of the computing time against that of 1, which every other submitter has; each above 0. */
  submitterWeights: ReadonlyMap<string, number>;
}

/** What a task was accepted as before, and by whose answers; by nobody's when its input was corrected. */
export interface Doubted {
  digest: Digest;
  volunteerIds: readonly VolunteerId[];
}

/** A task, or a pack of them: named by the first, with how many there are. */
export interface OpenTask {
  /** Made once: leases, facts and messages share it. */
  readonly id: TaskId;
  task: Task;
  count: number;
  /** Entries of this task and round in the stage's want log. */
  asked: number;
  /** Another one when a copy is lost: its volunteer may take the task again, and has read past the entries of earlier rounds. */
  round: number;
  /** True when one answer is not enough, whoever gives it. */
  isChecked: boolean;
  /** What it was accepted as before that came into doubt; null for a task that never was. */
  doubted: Doubted | null;
  /** How often a copy of it was taken away because it took too long: the next has twice the time. */
  overran: number;
  /** Whose workers it has ended, once for each time. */
  breaks: readonly VolunteerId[];
  /** Answers of volunteers that had a copy and may have no say beside those who have the task now: no votes. */
  uncounted: readonly ReturnedCopy[];
}

/** A task whose error too few volunteers have seen. */
export interface Unconfirmed {
  readonly taskId: TaskId;
  /** True once nobody took it for a while: then only those count who ask for work, or have some. */
  isLate: boolean;
}

/** Learnt from valid copies alone: who answers anything at once must not make others' packs large. */
export interface Packing {
  cost: TaskCost;
  /** Tasks in the largest pack that was accepted so far. */
  largest: number;
}

export interface Stage {
  name: StageName;
  taskCount: number;
  /** False while it is not known how many tasks it has: that of a merge stage depends on what the maps give. */
  isPlanned: boolean;
  /** False until its input is there: a reduce stage waits for the shuffle. */
  isReady: boolean;
  /** Tasks from here on have never been handed out, but for those in `open` or `accepted`; those before have, but for `Locality.kept`. */
  cursor: number;
  /** Tasks and packs with at least one copy and no end yet, by their first task. */
  open: Map<number, OpenTask>;
  /** Goes through `open`, to find those whose answers do by now. */
  round: Iterator<[number, OpenTask]>;
  /** How often it has to begin anew, or end, until all have been looked at since a volunteer's record has changed. */
  roundsLeft: number;
  /** The tasks of open packs but the first of each. */
  packed: BitSet;
  /** First tasks of the input's blocks, ascending, for packs lie in one block each; null when tasks are not packed. */
  cuts: readonly number[] | null;
  /** What is known of the tasks for packing them. */
  packing: Packing;
  accepted: BitSet;
  /** Some of the accepted tasks on which several agreed, for checking others by them. */
  known: KnownTask[];
  /**
   * Of accepted tasks, volunteers that have a verdict on them and are not among those by whose answers they were accepted: they failed
   * where others did not, came late, or were checked.
   */
  judged: Map<number, readonly VolunteerId[]>;
  /** Of the accepted tasks, those that failed and were gone on without. */
  skipped: number;
  wants: WantLog;
  /** Tasks that want a copy, and do not come to `wants` in the order in which they were begun. */
  mixing: Mixed[];
  /** Open tasks that wait for another volunteer to see an error too. */
  unconfirmed: Map<number, Unconfirmed>;
  /** Of all its tasks, so far: no two of one task are alike. */
  rounds: number;
  /** True once the last fresh task was handed out. */
  isDry: boolean;
  /** Tasks of the tail whose copies take too long. */
  overdue: WantLog;
  copiesOut: number;
  cost: TaskCost;
  /** Where its input lies; null when its tasks read no blocks. */
  locality: Locality | null;
}

export interface GridJob {
  id: JobId;
  /** By what outputs of the current stage are accepted. */
  policy: ValidationPolicy;
  /** The same, of all stages but `split`. */
  submittedPolicy: ValidationPolicy;
  share: JobShare;
  program: Digest | null;
  requires: Requirements;
  /** True when copies are compared only among volunteers whose engines compute alike. */
  sameEngine: boolean;
  onError: OnError;
  validator: Validator;
  life: JobLife;
  /** Whose outputs were compared, and who of them was outvoted. */
  tally: Tally;
  /** Answers of stages that are over that came into doubt: they are looked at again when the last stage is over. */
  later: readonly PastAnswer[];
  /** While stages that were over are looked at again; a job that had been completed stays so meanwhile. */
  recheck: Recheck | null;
  stages: readonly Stage[];
  /** Place in `stages` of the one that runs. */
  stageIndex: number;
  /** How many copies each volunteer holds. */
  atWork: Map<VolunteerId, number>;
  /** What each may be given of it, for now. */
  allowances: Allowances;
  rate: Rate;
  /** True when the coordinator was restarted since the job was submitted: leases from before are unknown to it. */
  isRestored: boolean;
  /** Copies that were out when the coordinator stopped, of tasks that were accepted by then, and as what: their outputs may still come. */
  unanswered: Map<VolunteerId, Map<TaskId, Digest>>;
  /** `aside`: some volunteer found nothing in it that it may take; the others look for it in `Grid.aside`. */
  offer: { state: "none" | "aside"; round: number };
}

/** To run a copy, or to upload the bytes of one that ran. */
export type Lease = RunLease | UploadLease;

export interface RunLease extends Watched {
  type: "run";
  /** By then its volunteer has to mention it. */
  mentionBy: EpochMs;
  leasedAt: EpochMs;
  /** What the job was charged for it so far, in milliseconds. */
  chargedMs: number;
  /** In `Grid.paceChecks`; null when nothing will ask whether it takes too long. */
  paceTimer: Timer | null;
  /** What is known of the task already, when its volunteer is checked by it; null for a copy that is needed. */
  check: KnownTask | null;
}

export interface UploadLease extends Watched {
  type: "upload";
  deadlineAt: EpochMs;
}

interface Watched {
  volunteerId: VolunteerId;
  taskId: TaskId;
  /** In `Grid.deadlines`; null when it is not watched, or came up. */
  deadlineTimer: Timer | null;
}

/** `away`: the connection broke; until then it may come back to what it held. */
export type Presence = { state: "connected" } | { state: "away"; until: EpochMs };

export interface GridVolunteer {
  id: VolunteerId;
  presence: Presence;
  connectedAt: EpochMs;
  slotCount: number;
  device: Device;
  /** By what jobs require. */
  kind: Kind;
  /** Where it is, as copies have it that it is given now: one object for all of them, and for as long as it stays there. It reads want logs as this. */
  place: Place;
  /** Those with the same arithmetic, this one among them; null when it does not tell its own. */
  kin: Kin | null;
  /** How many more tasks it has asked for. */
  wanted: number;
  quota: Quota;
  /** What its copies take over what the tasks take on average, lately. */
  slowness: number;
  /** How long it gathers outputs before it reports them, as it was told last. */
  paceMs: number;
  leases: Map<TaskId, Lease>;
  /** Tasks that it runs or will run, each of a pack counted. */
  heldTasks: number;
  /** What these should take together, on a volunteer like all others. */
  heldMs: number;
  /** Jobs with tasks that are kept back from it: it looks at them again when it asks the next time. */
  passedOver: JobId[];
  /** Null when there is no job in which it has had its share for now. */
  heldBack: HeldBack | null;
  /** The latest copies it was told to stop: their outputs may still come. Null for none. */
  revoked: RevokedCopies | null;
}

/** What late answers of an accepted task are compared with: by its digest, or by a job's rule while what it says is at hand. */
export interface Accepted {
  digest: Digest;
  compared?: { parts: readonly StoredPart[]; rule: CompareRule };
}

/** What may have run out: a lease, an absent volunteer's grace, or the time for which a volunteer is held back. */
export type Deadline = Lease | { type: "grace"; volunteerId: VolunteerId } | HeldBack;

/** Then the volunteer looks again at jobs in which it has had its share, whether it asks or not. What its volunteer has no more is over. */
export interface HeldBack {
  type: "held-back";
  volunteerId: VolunteerId;
  readonly jobIds: Set<JobId>;
}

export interface Grid {
  policy: GridPolicy;
  /** Jobs that have not ended, oldest first. */
  jobs: Map<JobId, GridJob>;
  /** Whose turn it is, of the jobs that have tasks to give out. */
  shares: JobShares;
  /** Jobs with tasks to give out, though not to everybody. */
  aside: WantLog<JobId, string>;
  volunteers: Map<VolunteerId, GridVolunteer>;
  /** Of all volunteers that belong to one, connected or not. */
  accounts: Map<VolunteerId, AccountId>;
  /** Of those that left with something held against them. */
  quotas: Map<VolunteerId, Quota>;
  /** What volunteers have shown in jobs that have ended. */
  records: ProgramRecords;
  catalog: Catalog;
  /** Volunteers by their engines' arithmetic. */
  kin: Map<string, Kin>;
  /** Connected volunteers that want more than they have. */
  hungry: Hungry;
  kinds: Kinds;
  deadlines: Timers<Deadline>;
  /** When running copies may have taken too long. */
  paceChecks: Timers<RunLease>;
  /** When tasks that wait for an error to be confirmed are looked at again. */
  unconfirmed: Timers<Unconfirmed>;
  /** Jobs with an error bound whose volunteers' records have changed since all their open tasks were looked at. */
  grown: Set<GridJob>;
  /** Set when tasks were found overdue that nobody has been offered yet. */
  hasOverdue: boolean;
  /** Set when work appeared that hungry volunteers have not been offered yet. */
  hasNewWork: boolean;
  rate: Rate;
  /** The part of the time in which the coordinator is at work, lately. */
  busy: number;
  /** How long volunteers are asked to gather outputs before they report them. */
  paceMs: number;
  /** Decides which answers are checked. */
  chance: Chance;
  /** Decides whom a task is shared with. Nothing else is left to chance. */
  mixer: Chance;
  /** Volunteers that were caught in any job, those first for whom that is over soonest. */
  suspects: Map<VolunteerId, Suspicion>;
  validatorFor: typeof validatorFor;
}

/**
 * @param seed A whole number that volunteers cannot know: who knew it would know which answers are checked, and with whom a task is shared.
 * @param makeValidator How jobs validate; simulations compare ways.
 */
export function createGrid(
  policy: GridPolicy,
  now: EpochMs,
  seed: number,
  makeValidator: typeof validatorFor = validatorFor,
): Grid {
  return {
    policy,
    jobs: new Map(),
    shares: new JobShares(policy.submitterWeights),
    aside: new WantLog(),
    volunteers: new Map(),
    accounts: new Map(),
    quotas: new Map(),
    records: new ProgramRecords(),
    catalog: new Catalog(),
    kin: new Map(),
    hungry: new Hungry(),
    kinds: new Kinds(),
    deadlines: new Timers(),
    paceChecks: new Timers(),
    unconfirmed: new Timers(),
    grown: new Set(),
    hasOverdue: false,
    hasNewWork: false,
    rate: startRate(now),
    busy: 0,
    paceMs: policy.leastPaceMs,
    chance: seededChance(seed),
    mixer: seededChance(~seed),
    suspects: new Map(),
    validatorFor: makeValidator,
  };
}

export function currentStage(job: GridJob): Stage {
  const stage = job.stages[job.stageIndex];
  if (!stage) throw new Error(`${job.id} has no stage ${job.stageIndex}`);
  return stage;
}
