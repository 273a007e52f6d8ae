/**
 * Who waits for work that it could have: found by looking at every volunteer, job and task, which the scheduler itself never does.
 *
 * By the written rules alone, and not by the logs, marks and queues by which work is handed out. What is held back from a volunteer for
 * a while is told apart from what is forgotten.
 */
import {
  currentStage,
  type Grid,
  type GridJob,
  type GridVolunteer,
  type OpenTask,
  type Stage,
} from "../core/grid";

export interface Starving {
  readonly volunteer: GridVolunteer;
  readonly job: GridJob;
  readonly index: number;
  /**
   * Why it may have to wait, though not for ever: for its own copies, while others have nothing to do or hold the task's block, or for
   * those of the task that run, as by their answers it may turn out to need no more, or for its next look, as it has had its share of a
   * job. Null when it is forgotten.
   */
  readonly heldBack: "has-enough-to-do" | "may-not-be-needed" | "has-had-share" | null;
}

/** @returns One task at most for each volunteer and job. O(tasks + volunteers × open tasks). */
export function starvingIn(grid: Grid): Starving[] {
  const asking = [...grid.volunteers.values()].filter((one) => wantsMore(grid, one));
  return [...grid.jobs.values()].filter(isGivenOut).flatMap((job) => {
    const lacking = tasksLacking(job);
    return asking
      .filter((one) => suits(grid, job, one))
      .flatMap((one) => findFor(grid, job, lacking, one) ?? []);
  });
}

/** Open tasks that lack a copy, and the first that nobody has had. */
export function tasksLacking(job: GridJob): number[] {
  const stage = currentStage(job);
  const open = [...stage.open].filter(([, each]) => lacksCopy(job, each)).map(([index]) => index);
  const fresh = firstFresh(stage);
  return fresh === null ? open : [...open, fresh];
}

function wantsMore(
  { policy }: Grid,
  { presence, wanted, leases, heldMs, slowness, slotCount }: GridVolunteer,
): boolean {
  const slots = Math.max(1, slotCount);
  const hasAll = leases.size >= 2 * slots && heldMs * slowness >= policy.heldMs * slots;
  return presence.state === "connected" && wanted > 0 && !hasAll;
}

function isGivenOut(job: GridJob): boolean {
  const { isReady, copiesOut } = currentStage(job);
  return isReady && job.life.state !== "paused" && copiesOut < (job.share.maxInFlight ?? Infinity);
}

function suits({ volunteers }: Grid, job: GridJob, { id, device, slotCount }: GridVolunteer): boolean {
  const { tags = [], slots = 0 } = job.requires;
  if (slotCount < slots || !tags.every((tag) => device.tags.includes(tag))) return false;
  if (!job.validator.admits(id)) return false;
  const others = [...job.atWork.keys()].filter((other) => other !== id);
  if (others.length >= (job.share.maxVolunteers ?? Infinity)) return false;
  if (!job.sameEngine) return true;
  const alike = [...volunteers.values()].filter((other) => other.device.arithmetic === device.arithmetic);
  return device.arithmetic !== null && alike.length >= (job.policy.adaptive ? 1 : job.policy.quorum);
}

function findFor(
  grid: Grid,
  job: GridJob,
  lacking: readonly number[],
  volunteer: GridVolunteer,
): Starving | undefined {
  const stage = currentStage(job);
  const found = lacking
    .filter((index) => mayShare(grid, job, stage.open.get(index), volunteer))
    .filter((index) => hasRoomFor(job, stage.open.get(index)?.count ?? 1))
    .filter((index) => !stage.judged.get(index)?.includes(volunteer.id))
    .map((index) => ({ volunteer, job, index, heldBack: heldBackBy(job, stage.open.get(index), volunteer) }));
  return found.find(({ heldBack }) => heldBack === null) ?? found[0];
}

function hasRoomFor(job: GridJob, count: number): boolean {
  return currentStage(job).copiesOut + count <= (job.share.maxInFlight ?? Infinity);
}

function lacksCopy(job: GridJob, { task, isChecked }: OpenTask): boolean {
  if (task.state !== "open") return false;
  const judgement = job.validator.judge(task, isChecked);
  return judgement.type === "wait" && judgement.missing > 0;
}

function firstFresh({ taskCount, accepted, open, packed }: Stage): number | null {
  for (let index = 0; index < taskCount; index++)
    if (!accepted.has(index) && !open.has(index) && !packed.has(index)) return index;
  return null;
}

function mayShare(
  { policy }: Grid,
  { sameEngine }: GridJob,
  open: OpenTask | undefined,
  { id, place, device }: GridVolunteer,
): boolean {
  const copies = open?.task.copies ?? [];
  const there = copies.filter(({ state }) => state !== "lost");
  if (there.some(({ volunteerId }) => volunteerId === id)) return false;
  const places = there.flatMap(({ place }) => place ?? []);
  if (sameEngine && places.some(({ arithmetic }) => arithmetic !== device.arithmetic)) return false;
  // Where it had lost a copy of the task counts as well.
  const own = copies.flatMap((copy) => (copy.volunteerId === id && copy.place ? [copy.place] : []));
  return [place, ...own].every(({ address, account }) =>
    places.every(
      (other) =>
        (!policy.onePerAddress || address === null || other.address !== address) &&
        (account === null || other.account !== account),
    ),
  );
}

/** Nothing holds for a volunteer without a copy, or for a task that nobody runs. */
function heldBackBy(
  job: GridJob,
  open: OpenTask | undefined,
  { leases, slotCount, passedOver, heldBack }: GridVolunteer,
): Starving["heldBack"] {
  const isRunning = open?.task.copies.some(({ state }) => state === "leased") ?? false;
  if (job.policy.adaptive !== null && isRunning) return "may-not-be-needed";
  if (heldBack?.jobIds.has(job.id)) return "has-had-share";
  return leases.size > 0 && leases.size >= slotCount && passedOver.length > 0 ? "has-enough-to-do" : null;
}
