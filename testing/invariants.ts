/**
 * What is true of the grid after every event, whatever happened.
 *
 * Walks over everything, which the scheduler itself never does: for tests only.
 */
import { isHeldBackIn } from "../core/allowance";
import { currentStage, type Grid, type GridJob, type OpenTask, type Stage } from "../core/grid";
import { hasEnded } from "../core/job";
import { hasRoom } from "../core/leases";
import { isOnOffer, mayFind, mayWorkOn } from "../core/offer";
import { taskIdOf, taskIdParts, type TaskId, type VolunteerId } from "../protocol/ids";
import { starvingIn } from "./starving";

/** @throws {Error} That names the first rule found broken. */
export function checkGrid(grid: Grid): void {
  const counts = countLeases(grid);
  for (const job of grid.jobs.values()) checkJob(grid, job, counts);
  for (const volunteer of grid.volunteers.values()) {
    const { id, presence, wanted } = volunteer;
    for (const taskId of volunteer.leases.keys()) checkLease(grid, id, taskId);
    const isHungry = presence.state === "connected" && wanted > 0 && hasRoom(grid, volunteer);
    // Who was passed over for those who hold its blocks, or have nothing else to do, has enough to do, and need not be asked.
    const isPatient = volunteer.passedOver.length > 0 && volunteer.leases.size >= volunteer.slotCount;
    claim(
      grid.hungry.has(id) === isHungry || (isHungry && isPatient),
      `${id} wants ${wanted}, is ${presence.state}, and hungry is wrong`,
    );
  }
  checkHungry(grid);
  checkTimers(grid);
  checkNobodyStarves(grid);
}

function checkJob(grid: Grid, job: GridJob, counts: LeaseCounts): void {
  claim(!hasEnded(job.life) || job.recheck !== null, `${job.id} is ${job.life.state} and still in the grid`);
  job.stages.forEach((stage, place) => {
    const counted = counts.get(`${job.id}/${stage.name}`) ?? new Map<VolunteerId, number>();
    const copiesOut = countTasksOut(grid, `${job.id}/${stage.name}/`);
    claim(copiesOut === stage.copiesOut, `${stage.copiesOut} copies out, ${copiesOut} in leases`);
    checkPacks(stage);
    if (place < job.stageIndex) {
      claim(stage.open.size === 0, `${stage.name} is over and has open tasks`);
      claim(stage.accepted.size === stage.taskCount, `${stage.name} is over and not all is accepted`);
    }
    if (place !== job.stageIndex) return;
    claim(sameCounts(counted, job.atWork), `atWork of ${job.id} is not what the leases say`);
    for (const [index, open] of stage.open) checkTask(grid, job, stage, index, open);
    checkLimits(grid, job);
  });
}

/** Of copies that run: an upload of what has run is no more work. */
function checkLimits({ volunteers }: Grid, { id, share }: GridJob): void {
  const running = [...volunteers.values()].map(({ leases }) =>
    [...leases.values()].filter(({ type, taskId }) => type === "run" && taskIdParts(taskId).jobId === id),
  );
  const tasks = running.flat().reduce((sum, { taskId }) => sum + taskIdParts(taskId).count, 0);
  claim(
    tasks <= (share.maxInFlight ?? Infinity),
    `${tasks} copies of ${id} are out, of ${share.maxInFlight}`,
  );
  const atWork = running.filter(({ length }) => length > 0).length;
  claim(
    atWork <= (share.maxVolunteers ?? Infinity),
    `${atWork} volunteers work on ${id}, of ${share.maxVolunteers}`,
  );
}

/** Every task of an open pack is marked, and nothing else is: no task is in two packs, or in one and accepted. */
function checkPacks({ name, taskCount, open, packed, accepted }: Stage): void {
  const inPacks = new Set<number>();
  for (const [index, { count }] of open) {
    for (let each = index; each < index + count; each++) {
      claim(!inPacks.has(each) && !accepted.has(each), `${name}/${each} is open twice, or accepted`);
      inPacks.add(each);
      claim(packed.has(each) === each > index, `${name}/${each} of ${index}+${count} is marked wrongly`);
    }
  }
  for (let each = 0; each < taskCount; each++)
    claim(!packed.has(each) || inPacks.has(each), `${name}/${each} is in no pack and marked`);
}

/** Leases of a job's stage, each task of a pack counted. */
function countTasksOut({ volunteers }: Grid, prefix: string): number {
  const held = [...volunteers.values()].flatMap(({ leases }) => [...leases.keys()]);
  const ofStage = held.filter((taskId) => taskId.startsWith(prefix));
  return ofStage.reduce((sum, taskId) => sum + taskIdParts(taskId).count, 0);
}

function checkTask(grid: Grid, job: GridJob, stage: Stage, index: number, open: OpenTask): void {
  const { task } = open;
  const taskId = taskIdOf(job.id, stage.name, index, open.count);
  claim(!stage.accepted.has(index), `${taskId} is open and accepted`);
  claim(task.state === "open" || task.state === "agreed", `${taskId} is ${task.state} and not forgotten`);
  const holders = new Set(task.copies.map(({ volunteerId }) => volunteerId));
  claim(holders.size === task.copies.length, `a volunteer has two copies of ${taskId}`);
  for (const copy of task.copies) {
    if (copy.state !== "leased") continue;
    const lease = grid.volunteers.get(copy.volunteerId)?.leases.get(taskId);
    claim(lease?.type === "run", `${copy.volunteerId} runs ${taskId} without a lease`);
    claim(job.life.state !== "paused", `${copy.volunteerId} runs ${taskId} of a job that is paused`);
  }
  checkApart(grid, taskId, open);
  if (task.state === "agreed") {
    const lease = grid.volunteers.get(task.uploader)?.leases.get(taskId);
    claim(lease?.type === "upload", `${task.uploader} uploads ${taskId} without a lease`);
    return;
  }
  const running = task.copies.filter(({ state }) => state === "leased").length;
  if (job.policy.adaptive !== null) {
    // What suffices changes with the volunteers' records; the task only has to come up again.
    return claim(open.asked + running > 0, `${taskId} is forgotten: nobody runs it or is asked to`);
  }
  const judgement = job.validator.judge(task, open.isChecked);
  claim(judgement.type === "wait", `${taskId} was left undecided: ${judgement.type}`);
  if (judgement.type !== "wait") return;
  claim(
    open.asked >= judgement.missing,
    `${taskId} lacks ${judgement.missing} copies; asked for ${open.asked}`,
  );
}

/** What had come into doubt was answered by volunteers that may have moved since. */
function checkApart({ policy }: Grid, taskId: TaskId, { task, doubted }: OpenTask): void {
  if (doubted !== null) return;
  const places = task.copies.flatMap(({ state, place }) => (state !== "lost" && place ? [place] : []));
  const accounts = places.flatMap(({ account }) => account ?? []);
  claim(new Set(accounts).size === accounts.length, `${taskId} is with two volunteers of one account`);
  const addresses = policy.onePerAddress ? places.flatMap(({ address }) => address ?? []) : [];
  claim(new Set(addresses).size === addresses.length, `${taskId} is with two volunteers at one address`);
}

function checkLease(grid: Grid, volunteerId: VolunteerId, taskId: TaskId): void {
  const { jobId, stage: name, index } = taskIdParts(taskId);
  const job = grid.jobs.get(jobId);
  const open = job && currentStage(job).name === name ? currentStage(job).open.get(index) : undefined;
  const lease = grid.volunteers.get(volunteerId)?.leases.get(taskId);
  if (lease?.type === "run" && lease.check !== null) {
    claim(
      job !== undefined && currentStage(job).name === name,
      `${volunteerId} is checked by ${taskId} of a stage that is over`,
    );
    return claim(
      !lease.check.copies.some((copy) => copy.volunteerId === volunteerId),
      `${volunteerId} is checked by its own ${taskId}`,
    );
  }
  claim(open !== undefined, `${volunteerId} has a lease of ${taskId}, which nobody waits for`);
  const copy = open?.task.copies.find((one) => one.volunteerId === volunteerId);
  claim(copy?.state === "leased" || copy?.state === "returned", `${volunteerId}'s lease has no copy`);
}

/** No lease outlives its volunteer: each that is watched is one that a volunteer of the grid has, and each of these is watched. */
function checkTimers({ volunteers, deadlines, paceChecks }: Grid): void {
  const leases = [...volunteers.values()].flatMap((volunteer) => [...volunteer.leases.values()]);
  for (const { volunteerId, taskId, deadlineTimer } of leases) {
    claim(
      volunteers.get(volunteerId)?.leases.has(taskId) ?? false,
      `${volunteerId} is gone and has ${taskId}`,
    );
    claim(deadlineTimer !== null, `nothing ends ${volunteerId}'s lease of ${taskId}`);
  }
  const watched = deadlines.items().filter(({ type }) => type === "run" || type === "upload");
  claim(watched.length === leases.length, `${watched.length} leases are watched, ${leases.length} there`);
  const paced = leases.filter((lease) => lease.type === "run" && lease.paceTimer !== null);
  claim(
    paced.length === paceChecks.size,
    `${paceChecks.size} paces are watched, ${paced.length} leases say so`,
  );
}

/** Everybody who waits is in a line, and is left out only when no job on offer is for it. */
function checkHungry(grid: Grid): void {
  const inLine = new Set(grid.hungry.longestFirst(() => true));
  claim(inLine.size === grid.hungry.size, `${grid.hungry.size} wait, and ${inLine.size} are in line`);
  for (const id of grid.hungry) {
    const volunteer = grid.volunteers.get(id);
    claim(volunteer !== undefined && inLine.has(id), `${id} is hungry and gone, or in no line`);
    if (!volunteer || mayFind(grid, volunteer)) continue;
    for (const job of grid.jobs.values())
      claim(
        !isOnOffer(job) || !mayWorkOn(job, volunteer) || isHeldBackIn(job, volunteer),
        `${id} is not asked, and may work on ${job.id}`,
      );
  }
}

/** Nobody waits for work that it could have, but for a reason that passes. */
function checkNobodyStarves(grid: Grid): void {
  for (const { volunteer, job, index, heldBack } of starvingIn(grid))
    claim(heldBack !== null, `${volunteer.id} starves while ${job.id} ${index} lacks a copy`);
}

/** How many leases each volunteer has, by job and stage: `job/map`. */
type LeaseCounts = ReadonlyMap<string, ReadonlyMap<VolunteerId, number>>;

function countLeases(grid: Grid): LeaseCounts {
  const counts = new Map<string, Map<VolunteerId, number>>();
  for (const { id, leases } of grid.volunteers.values()) {
    for (const taskId of leases.keys()) {
      const stage = taskId.slice(0, taskId.lastIndexOf("/"));
      const ofStage = counts.get(stage) ?? new Map<VolunteerId, number>();
      counts.set(stage, ofStage.set(id, (ofStage.get(id) ?? 0) + 1));
    }
  }
  return counts;
}

function sameCounts(a: ReadonlyMap<VolunteerId, number>, b: ReadonlyMap<VolunteerId, number>): boolean {
  return a.size === b.size && [...a].every(([id, count]) => b.get(id) === count);
}

function claim(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(`Invariant broken: ${otherwise}`);
}
