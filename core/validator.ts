/**
 * How one job decides which outputs to believe: by a fixed quorum, or by what its volunteers have shown.
 *
 * The scheduler asks; a validator answers and remembers. It hands out nothing and ends nothing itself.
 */
import type { Digest, StageName, VolunteerId } from "../protocol/ids";
import { createAdaptiveValidator } from "./trust/adaptive-validator";
import type { Agreed } from "./trust/program-records";
import type { Chance } from "./chance";
import { judge, type Judgement, type ValidationPolicy } from "./judge";
import type { ReturnedCopy, Task } from "./task";

export type Acceptance = Extract<Judgement, { type: "accept" }>;

/** An accepted task that has to be looked at again. */
export interface Doubt {
  index: number;
  /** What it was accepted as. */
  digest: Digest;
  /** The answers it was accepted by. */
  copies: readonly ReturnedCopy[];
  /** True when one further answer is not enough, however trusted its volunteer. */
  isChecked: boolean;
  reason: "volunteer-caught" | "audit" | "contradicted";
}

/** An answer by which alone a task of a stage that is over was accepted. */
export interface PastAnswer {
  stage: StageName;
  index: number;
  digest: Digest;
  volunteerId: VolunteerId;
}

export interface Validator {
  /** True when the volunteer may be given tasks of this job. */
  admits(volunteerId: VolunteerId): boolean;
  /** False while the volunteer's answers take others that agree: what it is given is then limited to its share. */
  isProven(volunteerId: VolunteerId): boolean;
  /** Drawn whenever a copy is given out: whether the task then needs more than one answer, whoever gives it. */
  drawCheck(volunteerId: VolunteerId): boolean;
  /** Drawn before a task is given out: whether the volunteer is to be checked by one whose output is known. */
  drawSpotCheck(volunteerId: VolunteerId): boolean;
  /**
   * The volunteer's answer to such a task has been compared.
   *
   * @returns As `learn`.
   */
  learnChecked(volunteerId: VolunteerId, isRight: boolean): readonly Doubt[];
  /** What to do about an open task. Asked often; changes nothing. */
  judge(task: Task, isChecked: boolean): Judgement;
  /**
   * Learns from a task that was just accepted.
   *
   * @returns Accepted tasks of the same stage that are not to be relied on any more.
   */
  learn(index: number, task: Task, acceptance: Acceptance): readonly Doubt[];
  /**
   * Looks a stage over whose tasks are all accepted.
   *
   * @returns What to look at again before it ends; nothing when it may end.
   */
  review(taskCount: number): readonly Doubt[];
  /**
   * The volunteer was caught elsewhere: what it has shown counts for nothing.
   *
   * @returns What it was believed alone in the running stage.
   */
  distrust(volunteerId: VolunteerId): readonly Doubt[];
  /** The volunteer was outvoted by what turned out to be wrong: it counts as if it had not been caught. */
  clear(volunteerId: VolunteerId): void;
  /** Notes that answers of stages that are over are looked at again. */
  doubtAgain(answers: readonly PastAnswer[]): readonly Doubt[];
  /**
   * Notes that an accepted task is looked at again, because another answer came that weighs too much.
   *
   * @param copies What it was accepted by, one or more.
   */
  contradict(index: number, copies: readonly [ReturnedCopy, ...ReturnedCopy[]]): Doubt;
  /** Of each volunteer that was not caught, the outputs that others agreed with, in earlier jobs of the program too. */
  agreed(): Iterable<readonly [VolunteerId, number]>;
  /** How many volunteers that nothing is known of have to agree. */
  newcomersNeeded(): number;
  /** Null with a fixed quorum. */
  standing(): Standing | null;
}

/** What adaptive replication has come to, in all stages so far. */
export interface Standing {
  /** Tasks learnt from, each once, and the outputs that came for them. */
  tasks: number;
  outputs: number;
  alone: number;
  expectedWrong: number;
  rechecked: number;
  corrected: number;
  caught: number;
}

/**
 * @param isSuspect Whether a volunteer was caught in any job of late: then nobody believes it alone.
 * @param earlier What volunteers have shown in earlier jobs of the same program.
 */
export function validatorFor(
  policy: ValidationPolicy,
  chance: Chance,
  isSuspect: (volunteerId: VolunteerId) => boolean = () => false,
  earlier: Agreed = new Map(),
): Validator {
  return policy.adaptive === null
    ? createQuorumValidator(policy)
    : createAdaptiveValidator(policy, policy.adaptive, chance, isSuspect, earlier);
}

/** The doubt in an accepted task whose copies another answer contradicts. */
export function contradicted(index: number, copies: readonly [ReturnedCopy, ...ReturnedCopy[]]): Doubt {
  return { index, digest: copies[0].digest, copies, isChecked: true, reason: "contradicted" };
}

/** Every task needs its quorum, and an agreement is believed for good. */
function createQuorumValidator(policy: ValidationPolicy): Validator {
  return {
    admits: () => true,
    isProven: () => true,
    drawCheck: () => false,
    drawSpotCheck: () => false,
    learnChecked: () => [],
    judge: (task) => judge(task, policy),
    learn: () => [],
    review: () => [],
    distrust: () => [],
    clear: () => {},
    doubtAgain: () => [],
    contradict: contradicted,
    agreed: () => [],
    newcomersNeeded: () => policy.quorum,
    standing: () => null,
  };
}
