/**
 * Adaptive replication: volunteers that have shown themselves reliable answer alone, and are checked at random.
 *
 *   answers ──▶ judge ──▶ accepted by agreement: adds to the records of all who agree
 *                 │  └──▶ accepted alone: kept in mind until its stage ends
 *                 └─────▶ outvoted: the volunteer is caught, and all that it did alone is in doubt
 *
 * An agreement is accepted when its estimated error is at most the job's bound. One answer alone is accepted
 * for the time being at up to `PROVISIONAL` times that, and the stage does not end before the wrong outputs
 * expected among all such answers are within the bound: until then answers given alone are drawn at
 * random and computed again.
 */
import type { Digest, VolunteerId } from "../../protocol/ids";
import type { Chance } from "../chance";
import {
  isReturned,
  judgeAgreement,
  judgeDisagreement,
  type AdaptivePolicy,
  type Judgement,
  type ValidationPolicy,
} from "../judge";
import type { Copy, ReturnedCopy, Task } from "../task";
import {
  contradicted,
  type Acceptance,
  type Doubt,
  type PastAnswer,
  type Standing,
  type Validator,
} from "../validator";
import { Agreements, type Agreement } from "./agreements";
import { AloneAnswers, type AloneAnswer } from "./alone-answers";
import { chanceOfWrongAlone, errorOfGroup, oddsOfGroup, type Evidence } from "./credibility";
import { Digests } from "./digests";
import type { Agreed } from "./program-records";
import { NEW_POPULATION, noteComparison, surprise } from "./population";

/** Share of all tasks that are answered twice whoever answers them: each check adds to the records of two. */
const DOUBLED = 0.03;
/** Share of what trusted volunteers are given that others have agreed on already: a wrong answer shows at once. */
const SPOT_CHECKS = 0.01;

/** What one answer may err, for the time being, in multiples of the bound. */
const PROVISIONAL = 10;

/** Compared outputs without which nobody is believed alone, however wide the bound is. */
export const PROVEN = 3;

interface VolunteerRecord extends Evidence {
  /** Of its compared outputs that agreed, those in earlier jobs. */
  before: number;
  /** Outvoted once: from then on its answers count for nothing, and it gets no more tasks of the job. */
  isCaught: boolean;
  /** What it was believed alone, in the running stage. */
  alone: AloneAnswers;
  hasAnsweredAlone: boolean;
  wasCompared: boolean;
}

export function createAdaptiveValidator(
  policy: ValidationPolicy,
  { maxErrorRate }: AdaptivePolicy,
  chance: Chance,
  isSuspect: (volunteerId: VolunteerId) => boolean = () => false,
  earlier: Agreed = new Map(),
): Validator {
  const records = new Map<VolunteerId, VolunteerRecord>();
  const population = { ...NEW_POPULATION };
  const counts = { tasks: 0, outputs: 0, rechecked: 0, corrected: 0 };
  /** What stages that are over left resting on one answer. */
  const settled = { alone: 0, expectedWrong: 0 };
  /** Accepted tasks that are being computed again, with what they were accepted as. */
  const doubts = new Map<number, InDoubt>();
  /** Of the tasks of the running stage that were answered alone. */
  const digests = new Digests();
  const agreements = new Agreements(digests);

  const isCaught = (volunteerId: VolunteerId) => records.get(volunteerId)?.isCaught ?? false;
  const evidenceOf = (volunteerIds: readonly VolunteerId[]) =>
    volunteerIds.map((id) => (isSuspect(id) ? NO_EVIDENCE : (records.get(id) ?? shownBefore(id))));
  const shownBefore = (id: VolunteerId) => ({ agreed: earlier.get(id) ?? 0, sampled: 0 });

  /** Whether what these volunteers agree on can be accepted, if this is its estimated error. */
  function suffices(voters: readonly VolunteerId[], error: number, needsTwo: boolean): boolean {
    if (voters.length > 1) return error <= maxErrorRate;
    const [only = NO_EVIDENCE] = evidenceOf(voters);
    return !needsTwo && only.agreed >= PROVEN && error <= PROVISIONAL * maxErrorRate;
  }

  function judge(task: Task, isChecked: boolean): Judgement {
    const groups = groupsOf(task);
    const odds = groups.map(({ voters }) => oddsOfGroup(population, evidenceOf(voters)));
    // No volunteer decides alone against another one.
    const needsTwo = isChecked || (groups.length > 1 && groups.filter(hasVoters).length > 1);
    const best = odds.indexOf(Math.max(...odds));
    const group = groups[best];
    if (group && suffices(group.voters, errorOfGroup(odds[best] ?? 0, odds), needsTwo))
      return judgeAgreement(task, group.copies);
    // Nothing speaks against a task before its first answer.
    const givenUp = task.copies.some(hasEnded) ? judgeDisagreement(task, policy) : null;
    if (givenUp) return givenUp;

    const hoped = group?.voters ?? [];
    for (const { state, volunteerId } of task.copies)
      if (state === "leased" && !isCaught(volunteerId)) hoped.push(volunteerId);
    odds[Math.max(0, best)] = oddsOfGroup(population, evidenceOf(hoped));
    const error = errorOfGroup(odds[Math.max(0, best)] ?? 0, odds);
    return { type: "wait", missing: suffices(hoped, error, needsTwo) ? 0 : 1 };
  }

  /** Copies that returned the same, the first to return first, with those of their volunteers that have a say. */
  function groupsOf({ copies }: Task): { copies: ReturnedCopy[]; voters: VolunteerId[] }[] {
    const groups: { copies: ReturnedCopy[]; voters: VolunteerId[] }[] = [];
    for (const copy of copies) {
      if (copy.state !== "returned") continue;
      const voters = isCaught(copy.volunteerId) ? [] : [copy.volunteerId];
      const group = groups.find((other) => other.copies[0]?.digest === copy.digest);
      if (!group) groups.push({ copies: [copy], voters });
      else {
        group.copies.push(copy);
        group.voters.push(...voters);
      }
    }
    return groups;
  }

  /** Whose next answer would be believed alone, for the time being. */
  function isTrusted(volunteerId: VolunteerId): boolean {
    if (isCaught(volunteerId)) return false;
    const odds = oddsOfGroup(population, evidenceOf([volunteerId]));
    return suffices([volunteerId], errorOfGroup(odds, [odds]), false);
  }

  function expectedOf(record: Evidence): number {
    return chanceOfWrongAlone(population, record) / surprise(population);
  }

  function recordOf(volunteerId: VolunteerId): VolunteerRecord {
    const known = records.get(volunteerId);
    if (known) return known;
    const record = newRecord(digests, isSuspect(volunteerId) ? 0 : (earlier.get(volunteerId) ?? 0));
    records.set(volunteerId, record);
    return record;
  }

  function noteCompared(record: VolunteerRecord): void {
    if (!record.wasCompared) population.compared += 1;
    record.wasCompared = true;
  }

  function agree(volunteerId: VolunteerId): void {
    const record = recordOf(volunteerId);
    noteCompared(record);
    if (record.hasAnsweredAlone) noteComparison(population, expectedOf(record), false);
    record.agreed += 1;
    if (record.hasAnsweredAlone) record.sampled += 1;
  }

  function learn(index: number, task: Task, { output, valid }: Acceptance): readonly Doubt[] {
    const before = doubts.get(index);
    countTask(index, task, output.digest, before);
    const voters = valid.map(({ volunteerId }) => volunteerId).filter((id) => !isCaught(id));
    const [only] = voters;
    if (voters.length > 1) {
      agreements.add({ index, digest: output.digest, voters });
      voters.filter((id) => !before?.agreed.includes(id)).forEach(agree);
    } else if (only !== undefined) {
      const record = recordOf(only);
      record.hasAnsweredAlone = true;
      record.alone.add(index, output.digest);
    }
    // A program that fails on one device is no lie.
    const outvoted = task.copies.filter(isReturned).filter(({ digest }) => digest !== output.digest);
    return outvoted.flatMap(({ volunteerId }) => catchLiar(volunteerId));
  }

  function countTask(index: number, task: Task, digest: Digest, before: InDoubt | undefined): void {
    doubts.delete(index);
    agreements.remove(index);
    // What it was accepted by before is among the copies again.
    counts.outputs += task.copies.filter(isReturned).length - (before?.copies ?? 0);
    if (before === undefined) counts.tasks += 1;
    else counts.rechecked += 1;
    if (before !== undefined && before.digest !== digest) counts.corrected += 1;
  }

  function doubt(volunteerId: VolunteerId, answer: AloneAnswer, reason: Doubt["reason"]): Doubt {
    doubts.set(answer.index, { digest: answer.digest, copies: 1, agreed: [] });
    return doubtOf(volunteerId, answer, reason);
  }

  function newcomersNeeded(): number {
    for (let count = 1; count < policy.maxCopies; count++) {
      const odds = oddsOfGroup(population, Array<Evidence>(count).fill(NO_EVIDENCE));
      if (count > 1 && errorOfGroup(odds, [odds]) <= maxErrorRate) return count;
    }
    return policy.maxCopies;
  }

  function standing(): Standing {
    const believed = [...records.values()].filter(({ alone }) => alone.size > 0);
    return {
      ...counts,
      alone: believed.reduce((sum, { alone }) => sum + alone.size, settled.alone),
      expectedWrong: believed.reduce(
        (sum, record) => sum + record.alone.size * chanceOfWrongAlone(population, record),
        settled.expectedWrong,
      ),
      caught: population.caught,
    };
  }

  function catchLiar(volunteerId: VolunteerId): Doubt[] {
    const record = recordOf(volunteerId);
    if (record.isCaught) return [];
    noteCompared(record);
    population.caught += 1;
    if (record.hasAnsweredAlone) population.caughtLate += 1;
    population.agreedOfCaught += agreedHere(record);
    if (record.hasAnsweredAlone) noteComparison(population, expectedOf(record), true);
    record.isCaught = true;
    return [
      ...record.alone.takeAll().map((answer) => doubt(volunteerId, answer, "volunteer-caught")),
      ...agreements.takeFallen(volunteerId, stands).map(doubtAgreement),
    ];
  }

  /** Whether an agreement would be believed still, by those of its volunteers who have not been caught since. */
  function stands(voters: readonly VolunteerId[]): boolean {
    const left = voters.filter((id) => !isCaught(id));
    const odds = oddsOfGroup(population, evidenceOf(left));
    return left.length > 0 && suffices(left, errorOfGroup(odds, [odds]), false);
  }

  function doubtAgreement({ index, digest, voters }: Agreement): Doubt {
    doubts.set(index, { digest, copies: voters.length, agreed: voters });
    const copies = voters.map((id) => storedCopy(id, digest));
    return { index, digest, copies, isChecked: false, reason: "volunteer-caught" };
  }

  /** Takes back what `catchLiar` noted: since then its record has not changed. */
  function clear(volunteerId: VolunteerId): void {
    const record = records.get(volunteerId);
    if (!record?.isCaught) return;
    record.isCaught = false;
    population.caught -= 1;
    population.agreedOfCaught -= agreedHere(record);
    if (!record.hasAnsweredAlone) return;
    population.caughtLate -= 1;
    population.foundLies = Math.max(0, population.foundLies - 1);
  }

  function distrust(volunteerId: VolunteerId): Doubt[] {
    const record = records.get(volunteerId);
    if (!record || record.isCaught) return [];
    Object.assign(record, NO_EVIDENCE, { before: 0, hasAnsweredAlone: false });
    return record.alone.takeAll().map((answer) => doubt(volunteerId, answer, "volunteer-caught"));
  }

  function doubtAgain(answers: readonly PastAnswer[]): Doubt[] {
    settled.alone = Math.max(0, settled.alone - answers.length);
    return answers.map((answer) => doubt(answer.volunteerId, answer, "volunteer-caught"));
  }

  function contradict(index: number, copies: readonly [ReturnedCopy, ...ReturnedCopy[]]): Doubt {
    const volunteerIds = copies.map(({ volunteerId }) => volunteerId);
    const agreed = volunteerIds.filter((id) => records.get(id)?.alone.remove(index) !== true);
    doubts.set(index, { digest: copies[0].digest, copies: copies.length, agreed });
    agreements.remove(index);
    return contradicted(index, copies);
  }

  function review(taskCount: number): readonly Doubt[] {
    const alone = [...records].filter(([, record]) => record.alone.size > 0);
    const answers = alone.reduce((sum, [, record]) => sum + record.alone.size, 0);
    const expected = alone.reduce(
      (sum, [, record]) => sum + record.alone.size * chanceOfWrongAlone(population, record),
      0,
    );
    const allowed = maxErrorRate * taskCount;
    if (expected <= allowed) {
      settled.alone += answers;
      settled.expectedWrong += expected;
      for (const [, record] of alone) record.alone.clear();
      agreements.clear();
      digests.clear();
      return [];
    }
    const lacking = alone.map(([volunteerId, record]) => {
      const samples = samplesLacking(record, allowed / answers);
      // Whoever does a check is checked by it as well: half of what each lacks is nearly enough for all.
      return { volunteerId, record, drawn: Math.floor(samples / 2 + chance.next()), samples };
    });
    const isAnyDrawn = lacking.some(({ drawn }) => drawn > 0);
    return lacking.flatMap(({ volunteerId, record, drawn, samples }) =>
      Array.from({ length: isAnyDrawn ? drawn : samples }, () =>
        doubt(volunteerId, record.alone.takeRandom(chance), "audit"),
      ),
    );
  }

  /** How many more of a volunteer's answers have to agree until the others err as seldom as that. */
  function samplesLacking({ agreed, sampled, alone }: VolunteerRecord, error: number): number {
    let more = 0;
    while (more < alone.size) {
      const evidence = { agreed: agreed + more, sampled: sampled + more };
      if (chanceOfWrongAlone(population, evidence) <= error) break;
      more += 1;
    }
    return more;
  }

  return {
    admits: (volunteerId) => !isCaught(volunteerId),
    isProven: isTrusted,
    drawCheck: () => chance.happens(DOUBLED),
    drawSpotCheck: (volunteerId) => isTrusted(volunteerId) && chance.happens(SPOT_CHECKS),
    learnChecked(volunteerId, isRight) {
      counts.outputs += 1;
      if (!isRight) return catchLiar(volunteerId);
      if (!isCaught(volunteerId)) agree(volunteerId);
      return [];
    },
    judge,
    learn,
    review,
    distrust,
    clear,
    doubtAgain,
    contradict,
    *agreed() {
      for (const [id, { agreed, isCaught: wasCaught }] of records)
        if (agreed > 0 && !wasCaught && !isSuspect(id)) yield [id, agreed];
    },
    newcomersNeeded,
    standing,
  };
}

/** In this job: of who was believed alone, since then. */
function agreedHere({ hasAnsweredAlone, sampled, agreed, before }: VolunteerRecord): number {
  return hasAnsweredAlone ? sampled : agreed - before;
}

/** What an accepted task that is being computed again was accepted as, and by how many copies. */
interface InDoubt {
  digest: Digest;
  copies: number;
  /** Whose agreement on it is in their records already. */
  agreed: readonly VolunteerId[];
}

const hasVoters = ({ voters }: { voters: readonly VolunteerId[] }) => voters.length > 0;

const hasEnded = ({ state }: Copy) => state === "returned" || state === "failed";

const NO_EVIDENCE: Evidence = { agreed: 0, sampled: 0 };

function newRecord(digests: Digests, before: number): VolunteerRecord {
  const alone = new AloneAnswers(digests);
  // Written out: what is spread into an object lies apart from it.
  return {
    agreed: before,
    sampled: 0,
    before,
    isCaught: false,
    alone,
    hasAnsweredAlone: false,
    wasCompared: false,
  };
}

function doubtOf(volunteerId: VolunteerId, { index, digest }: AloneAnswer, reason: Doubt["reason"]): Doubt {
  const copies = [storedCopy(volunteerId, digest)];
  return { index, digest, copies, isChecked: reason === "audit", reason };
}

/** Its bytes are stored; only its digest is needed to compare it. */
function storedCopy(volunteerId: VolunteerId, digest: Digest): ReturnedCopy {
  return { state: "returned", volunteerId, digest, parts: [], bytesHere: true, elapsedMs: 0 };
}
