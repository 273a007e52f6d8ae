/** Answers "why is nothing running?" by what the scheduler decides by: `obstacleOf`, `barrierFor` and who waits for work. */
import { taskIdParts } from "../protocol/ids";
import type { WaitReason } from "../protocol/views";
import { currentStage, type Grid, type GridJob, type GridVolunteer } from "./grid";
import { isHeldBackIn } from "./allowance";
import { countApart, type Apart } from "./apart";
import { obstacleFor } from "./idling";
import { lacking } from "./matching";
import { barrierFor } from "./offer";
import { volunteersLacking, whyUnfitFor, wordsOf } from "./why-unfit";
import { unconfirmedIn } from "./unconfirmed";

/**
 * Explains jobs of the grid as it is now. Who is there is counted once: O(volunteers), and for each job that requires something, or has
 * found somebody out, O(volunteers) again.
 *
 * @returns What a job waits for; null when it is getting on. Also says so when copies run but the job cannot end as things are: a quorum
 *   of two is never reached by one volunteer.
 */
export function explainWaiting(grid: Grid): (job: GridJob) => WaitReason | null {
  const connected = [...grid.volunteers.values()].filter(({ presence }) => presence.state === "connected");
  const all = crowdOf(grid, connected);
  return (job) => {
    if (job.life.state === "paused")
      return { code: "paused", message: "The job is paused: nothing of it runs until it is resumed." };
    if (connected.length === 0) return NOBODY;
    const suited = mayTurnAway(job) ? connected.filter((one) => isFitFor(job, one)) : connected;
    const fit = suited === connected ? all : crowdOf(grid, suited);
    const lacking = volunteersLacking(grid, job, suited, quorumOf(job));
    if (lacking > 0 && connected.length < quorumOf(job)) return tooFew(job, all, connected.length, lacking);
    if (lacking > 0 && suited.length === 0) return turnedAway(job, connected);
    return lacking > 0
      ? tooFew(job, fit, connected.length, lacking)
      : whyNothingOut(grid, job, fit, connected.length);
  };
}

const NOBODY: WaitReason = {
  code: "no-volunteers",
  message: "No volunteer is connected. Open the volunteer page and press start.",
};

/** Volunteers that are connected. */
interface Crowd {
  readonly members: readonly GridVolunteer[];
  /** As many of them as there are of which no two may share a task. */
  readonly apart: Apart;
  /** Those that hold something and do not ask for more. */
  readonly busy: number;
}

function crowdOf(grid: Grid, members: readonly GridVolunteer[]): Crowd {
  const busy = members.filter(({ id, leases }) => leases.size > 0 && !grid.hungry.has(id)).length;
  return { members, apart: countApart(grid, members), busy };
}

/** Others let everybody in, and nobody has to be asked. */
function mayTurnAway({ requires, sameEngine, policy }: GridJob): boolean {
  return Object.keys(requires).length > 0 || sameEngine || policy.adaptive !== null;
}

/** Though perhaps not now: a limit on how many are at work passes. */
function isFitFor(job: GridJob, volunteer: GridVolunteer): boolean {
  const barrier = barrierFor(job, volunteer);
  return barrier === null || barrier === "volunteer-limit";
}

function turnedAway(job: GridJob, connected: readonly GridVolunteer[]): WaitReason {
  const { code, why } = whyNoneOf(job, connected);
  return {
    code,
    message: `All connected volunteers (${connected.length}) ${why}. The job goes on when another volunteer joins.`,
  };
}

/** With an error bound, how many must agree differs from task to task. */
function quorumOf({ policy }: GridJob): number {
  return policy.adaptive ? 1 : policy.quorum;
}

/** @param lacking How many more it takes. */
function tooFew(job: GridJob, { members, apart }: Crowd, connected: number, lacking: number): WaitReason {
  const quorum = quorumOf(job);
  const suit = members.length < connected ? ` and ${members.length === 1 ? "suits" : "suit"} the job` : "";
  if (members.length >= quorum)
    return tooClose(quorum, apart, `the ${members.length} that are connected${suit}`, lacking);
  const end =
    lacking === 1
      ? "another volunteer joins: another browser, profile or device"
      : `${lacking} more volunteers join: other browsers, profiles or devices`;
  const message =
    `${quorum} different volunteers must agree on every task, and ${members.length} ` +
    `${members.length === 1 ? "is" : "are"} connected${suit}. The job ends when ${end}.`;
  return { code: "more-volunteers", message };
}

/** Enough are there, and too few of them may share a task. */
function tooClose(
  quorum: number,
  { count, accounts, addresses }: Apart,
  those: string,
  lacking: number,
): WaitReason {
  const addressWords = addresses === 1 ? "one address" : `${addresses} addresses`;
  if (accounts >= quorum && addresses < quorum) {
    const message =
      `${quorum} volunteers at different network addresses must agree on every task, and ${those} ` +
      `come from ${addressWords}. The job ends when ${lacking === 1 ? "one joins from another" : `${lacking} join from others`}; the operator may allow copies to share an address.`;
    return { code: "more-volunteers", message };
  }
  const who = lacking === 1 ? "a volunteer joins that is" : `${lacking} volunteers join that are`;
  const end = `The job ends when ${who} nobody's of these.`;
  if (accounts < quorum) {
    const whose =
      accounts === 1 ? "are devices of one account" : `are devices of ${accounts} people, by their accounts`;
    const message = `${quorum} volunteers of different people must agree on every task, and ${those} ${whose}. ${end}`;
    return { code: "same-account", message };
  }
  const message =
    `${quorum} volunteers of different people at different network addresses must agree on every task, and of ${those} ` +
    `no more than ${count} ${count === 1 ? "is" : "are"} that. ${end}`;
  return { code: "same-account", message };
}

function whyNothingOut(
  grid: Grid,
  job: GridJob,
  { members, busy }: Crowd,
  connected: number,
): WaitReason | null {
  const stage = currentStage(job);
  if (!stage.isReady) return notReady(job);
  if (stage.copiesOut > 0) return stage.name === "split" ? SPLITTING : null;
  const unconfirmed = unconfirmedIn(job, stage);
  if (unconfirmed !== null) return notConfirmed(unconfirmed);
  const held = members.filter((one) => isWaitingForShare(grid, job, one));
  if (held.length > 0) return heldBack(held.length, members.length);
  if (grid.hungry.size > 0) return whyNobodyTakes(grid, job, connected, busy);
  const suited = members.length < connected ? " that suit the job" : "";
  if (busy === 0) {
    const message = `None of the connected volunteers${suited} (${members.length}) asks for work: their slots are starting, or were stopped.`;
    return { code: "volunteers-not-asking", message };
  }
  const message = `${busy} of ${members.length} connected volunteers${suited} are busy with other work, and the others do not ask for any. The job has its turn as they get free.`;
  return { code: "volunteers-busy", message };
}

function notConfirmed({
  taskId,
  error,
  seenBy,
  lacking: more,
}: NonNullable<ReturnType<typeof unconfirmedIn>>): WaitReason {
  const seen = seenBy === 1 ? "1 volunteer" : `${seenBy} volunteers`;
  const message =
    `Task ${taskIdParts(taskId).stage}/${taskIdParts(taskId).index} failed with ${seen} (${error.message}). Before that is held to be the program's fault, the job waits ` +
    `for ${more === 1 ? "another volunteer" : `${more} other volunteers`} to confirm it; should nobody else be there who could, it ends without.`;
  return { code: "error-unconfirmed", message };
}

/** Who asks, would be given some of the job, and is looked at again in a moment because it has had its share. */
function isWaitingForShare(grid: Grid, job: GridJob, volunteer: GridVolunteer): boolean {
  return (
    isHeldBackIn(job, volunteer) && volunteer.wanted > 0 && obstacleFor(grid, job, volunteer) === "held-back"
  );
}

function heldBack(count: number, members: number): WaitReason {
  const message = `${count} of ${members} connected volunteers have had their share of the job for now, and the others do not ask for any of it. The job goes on by itself within seconds.`;
  return { code: "volunteers-held-back", message };
}

const SPLITTING: WaitReason = {
  code: "splitting",
  message:
    "The job waits for split: the program's own split makes its tasks, and how many there are is known when it is done.",
};

function notReady({ stages, stageIndex }: GridJob): WaitReason {
  if (stages[stageIndex - 1]?.name === "split")
    return { code: "splitting", message: "What the program's split gave is being cut into tasks." };
  return { code: "shuffling", message: "Map outputs are being listed for the reducers." };
}

/** Some wait for work and have none of this job: nothing of it is for them, or they would have got it. */
function whyNobodyTakes(grid: Grid, job: GridJob, connected: number, busy: number): WaitReason {
  const waiting = grid.hungry.size;
  const { code, why } = whyNot(grid, job);
  if (busy > 0) {
    const message = `${waiting} of ${connected} connected volunteers wait for work, but ${why}; ${busy} are busy with other work.`;
    return { code: "volunteers-busy", message };
  }
  const message = `All volunteers that ask for work (${waiting}) ${why}. The job goes on when another volunteer joins.`;
  return { code, message };
}

function whyNot(grid: Grid, job: GridJob): { code: WaitReason["code"]; why: string } {
  const asking = [...grid.hungry].flatMap((id) => grid.volunteers.get(id) ?? []);
  const fit = mayTurnAway(job) ? asking.filter((one) => isFitFor(job, one)) : asking;
  if (fit.length === 0) return whyNoneOf(job, asking);
  const reasons = whyUnfitFor(grid, job, fit);
  const { size } = currentStage(job).open;
  const why = wordsOf(
    reasons,
    size === 1 ? "the task that is open" : `all ${size} tasks that are open`,
    false,
  );
  const { adaptive } = job.policy;
  // Where others might agree with them, or what has come would do by now, it is no matter of the bound.
  if (adaptive !== null && reasons.size === 1 && reasons.has("has-answered")) {
    const least = job.validator.newcomersNeeded();
    const bound =
      `${why}, and what they agree on may still be wrong more often than ` +
      `the job's error bound of ${adaptive.maxErrorRate} allows: as things are, it cannot be kept. It takes ${least} volunteers that agree if nothing is known of them, two or three of proven ones`;
    return { code: "bound-out-of-reach", why: bound };
  }
  const others = fit.length < asking.length ? ", or lack what the job requires" : "";
  const code = reasons.has("same-account") ? "same-account" : "more-volunteers";
  return { code, why: `${why}${others}` };
}

/** Of volunteers that do not suit the job. */
function whyNoneOf(job: GridJob, unfit: readonly GridVolunteer[]): { code: WaitReason["code"]; why: string } {
  const barriers = new Set(unfit.map((volunteer) => barrierFor(job, volunteer)));
  if (barriers.has("unsuited")) {
    const lacks = new Set(unfit.flatMap((volunteer) => lacking(job.requires, volunteer)));
    return { code: "volunteers-unsuited", why: `lack what the job requires (${[...lacks].join(", ")})` };
  }
  if (barriers.has("engine-alone")) {
    const why = `have JavaScript engines of which there are fewer than ${job.policy.quorum} here, and the job compares outputs of one engine only`;
    return { code: "volunteers-unsuited", why };
  }
  const why = "are not believed in this job any more, for they gave wrong outputs";
  return { code: "volunteers-excluded", why };
}
