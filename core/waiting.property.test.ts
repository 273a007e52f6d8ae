/** Whatever happens, what is said of why nothing runs is true, and something is said whenever nothing runs. */
import fc from "fast-check";
import { UNKNOWN_DEVICE } from "../protocol/device";
import { expect, it } from "vitest";
import {
  accountId,
  failure,
  GRID_POLICY,
  jobId,
  output,
  policy,
  released,
  share,
  T0,
  volunteer,
} from "../testing/builders";
import { after } from "../protocol/ids";
import { advanceGrid } from "./advance-grid";
import { createGrid, currentStage, type Grid, type GridJob, type GridVolunteer } from "./grid";
import type { GridEvent, SubmittedJob } from "./grid-events";
import { explainIdle, obstacleFor } from "./idling";
import { explainWaiting } from "./waiting";

const TASKS = ["j0/map/0", "j0/map/1", "j0/reduce/0", "j1/map/0"];
/** Two of them behind one address. */
const ADDRESSES = { ada: "10.0.0.1", bo: "10.0.0.1", cy: "10.0.0.2", di: null };
const addresses = new Map(Object.entries(ADDRESSES).map(([name, address]) => [volunteer(name), address]));
const anyone = fc.constantFrom(...addresses.keys());
const anyJob = fc.constantFrom("j0", "j1").map(jobId);
const want = fc.nat(3);
const outcome = fc
  .constantFrom(...TASKS)
  .chain((task) =>
    fc.constantFrom(output(task, "x"), output(task, "y"), failure(task, "no"), released(task)),
  );
const type = <T extends GridEvent["type"]>(name: T) => fc.constant(name);
const slotCount = fc.constantFrom(1, 2);
const device = fc.constantFrom(UNKNOWN_DEVICE, { ...UNKNOWN_DEVICE, tags: ["lab"] });
const held = fc.constant([]);
const event: fc.Arbitrary<GridEvent> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: type("reported"), volunteerId: anyone, outcomes: fc.array(outcome), want }),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ type: type("joined"), volunteerId: anyone, slotCount, device, held, want })
      .map((joined) => ({ ...joined, address: addresses.get(joined.volunteerId) ?? null })),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: type("account-changed"),
      volunteerId: anyone,
      account: fc.constantFrom(accountId("ann"), accountId("ben"), null),
    }),
  },
  fc.record({ type: type("disconnected"), volunteerId: anyone }),
  fc.record({ type: type("left"), volunteerId: anyone }),
  fc.record({
    type: type("stage-ready"),
    jobId: anyJob,
    stage: fc.constantFrom("map" as const, "reduce" as const),
  }),
  fc.record({ type: type("job-paused"), jobId: anyJob }),
  fc.record({ type: type("job-resumed"), jobId: anyJob }),
  fc.record({ type: type("tick") }),
);
const limit = fc.constantFrom(null, null, 1);
const job = fc.record({ quorum: fc.integer({ min: 1, max: 3 }), maxVolunteers: limit, maxInFlight: limit });
const setting = fc.record({ jobs: fc.tuple(job, job), events: fc.array(event, { maxLength: 50 }) });

it("[WA20] is always true of jobs and of idle volunteers, and asking changes nothing", () => {
  fc.assert(
    fc.property(setting, ({ jobs, events }) => {
      const grid = createGrid(GRID_POLICY, T0, 1);
      let now = T0;
      jobs.forEach(({ quorum, ...limits }, number) => {
        const map = { name: "map", taskCount: 2 } as const;
        const submitted: SubmittedJob = {
          id: jobId(`j${number}`),
          policy: policy({ quorum, maxErrors: 9, maxCopies: 9 }),
          share: share(limits),
          requires: number === 1 ? { tags: ["lab"] } : {},
          onError: "fail",
          stages: number === 0 ? [map, { name: "reduce", taskCount: 1 }] : [map],
        };
        advanceGrid(grid, { type: "job-submitted", job: submitted }, now);
      });
      for (const each of events) {
        now = after(now, 100);
        advanceGrid(grid, each, now);
        for (const one of grid.jobs.values()) checkJob(grid, one);
        for (const one of grid.volunteers.values()) checkVolunteer(grid, one);
      }
    }),
    { numRuns: 400 },
  );
});

function checkJob(grid: Grid, job: GridJob): void {
  const connected = [...grid.volunteers.values()].filter(({ presence }) => presence.state === "connected");
  const idle = connected.filter(({ wanted }) => wanted > 0);
  const busy = connected.filter(({ wanted, leases }) => wanted === 0 && leases.size > 0);
  const stage = currentStage(job);
  const reason = explainWaiting(grid)(job);
  switch (reason?.code) {
    case undefined:
      return expect(stage.copiesOut).toBeGreaterThan(0);
    case "paused":
      return expect(job.life.state).toBe("paused");
    case "no-volunteers":
      return expect(connected).toEqual([]);
    case "shuffling":
      return expect(stage.isReady).toBe(false);
    case "splitting":
      expect(job.stages[0]?.name).toBe("split");
      return expect(stage.name === "split" ? stage.copiesOut > 0 : !stage.isReady).toBe(true);
    case "more-volunteers":
    case "same-account": {
      const isAccount = reason.code === "same-account";
      const { quorum } = job.policy;
      const fit = connected.filter((each) => !isUnsuited(job, each));
      if (fit.length < quorum || mostApart(fit, ["account", "address"]) < quorum) {
        const areAtOneAddress = mostApart(fit, ["account"]) >= quorum && mostApart(fit, ["address"]) < quorum;
        return expect(isAccount).toBe(fit.length >= quorum && !areAtOneAddress);
      }
      expect([idle.length > 0, busy.length, stage.copiesOut]).toEqual([true, 0, 0]);
      const waiting = idle.filter((each) => !isUnsuited(job, each));
      expect(waiting.some((each) => isBarredByAccount(job, each))).toBe(isAccount);
      return waiting.forEach((each) => expect(takesNothingOf(job, each)).toBe(true));
    }
    case "volunteers-busy":
      expect([busy.some((each) => !isUnsuited(job, each)), stage.copiesOut]).toEqual([true, 0]);
      return idle.forEach((each) => expect(isUnsuited(job, each) || takesNothingOf(job, each)).toBe(true));
    case "volunteers-not-asking":
      expect(busy.every((each) => isUnsuited(job, each))).toBe(true);
      return expect([idle.length, stage.copiesOut]).toEqual([0, 0]);
    case "volunteers-unsuited":
      if (connected.every((each) => isUnsuited(job, each))) return;
      expect([idle.length > 0, stage.copiesOut]).toEqual([true, 0]);
      return idle.forEach((each) => expect(isUnsuited(job, each)).toBe(true));
    case "error-unconfirmed":
      expect(stage.copiesOut).toBe(0);
      return expect(
        [...stage.open.values()].some(({ task }) => task.copies.some(({ state }) => state === "failed")),
      ).toBe(true);
    case "bound-out-of-reach":
    case "volunteers-excluded":
    case "volunteers-held-back":
      throw new Error("Nobody is excluded or held back with a fixed quorum");
    case "not-written":
      throw new Error("What the disk takes is not for these rules to know");
  }
}

function checkVolunteer(grid: Grid, one: GridVolunteer): void {
  const before = JSON.stringify(
    [...grid.jobs.values()].map(({ stages }) => stages.map(({ wants }) => wants.size)),
  );
  const reason = explainIdle(grid)(one);
  expect(
    JSON.stringify([...grid.jobs.values()].map(({ stages }) => stages.map(({ wants }) => wants.size))),
  ).toBe(before);
  if (reason === null) return expect(one.leases.size).toBeGreaterThan(0);
  expect(one.leases.size).toBe(0);
  if (reason.code === "away") return expect(one.presence.state).toBe("away");
  if (reason.code === "not-asking") return expect(one.wanted).toBe(0);
  expect(one.wanted).toBeGreaterThan(0);
  if (reason.code === "no-jobs") return expect(grid.jobs.size).toBe(0);
  const obstacles = [...grid.jobs.values()].map((job) => {
    const obstacle = obstacleFor(grid, job, one);
    checkObstacle(job, one, obstacle);
    return obstacle;
  });
  expect(obstacles).toContain(reason.code);
}

/** By the state itself, not by the functions that decide. */
function checkObstacle(job: GridJob, one: GridVolunteer, obstacle: ReturnType<typeof obstacleFor>): void {
  const { copiesOut, isReady } = currentStage(job);
  switch (obstacle) {
    case null:
      throw new Error(`${one.id} waits for work though it could have some of ${job.id}`);
    case "paused":
      return expect(job.life.state).toBe("paused");
    case "shuffling":
      return expect(isReady).toBe(false);
    case "in-flight-limit":
      return expect(copiesOut).toBeGreaterThanOrEqual(job.share.maxInFlight ?? Infinity);
    case "volunteer-limit":
      expect(job.atWork.size).toBeGreaterThanOrEqual(job.share.maxVolunteers ?? Infinity);
      return expect(job.atWork.has(one.id)).toBe(false);
    case "all-out":
      expect(tasksLacking(job)).toEqual([]);
      return expect(copiesOut).toBeGreaterThan(0);
    case "same-account":
    case "none-for-it":
      expect(isBarredByAccount(job, one)).toBe(obstacle === "same-account");
      return expect(takesNothingOf(job, one)).toBe(true);
    case "unsuited":
      return expect(isUnsuited(job, one)).toBe(true);
    case "engine-alone":
      throw new Error("No job compares within an engine here");
    case "not-admitted":
    case "held-back":
      throw new Error("Nobody is excluded or held back with a fixed quorum");
  }
}

/** How many there are of which no two share any of these: of all choices of them, the largest. */
function mostApart(volunteers: readonly GridVolunteer[], parts: readonly ("account" | "address")[]): number {
  const choices = Array.from({ length: 2 ** volunteers.length }, (_, choice) =>
    volunteers.filter((_, place) => (choice >> place) % 2 === 1),
  );
  const isApart = (chosen: readonly GridVolunteer[]) =>
    parts.every((part) => {
      const all = chosen.flatMap(({ place }) => place[part] ?? []);
      return new Set(all).size === all.length;
    });
  return Math.max(...choices.filter(isApart).map(({ length }) => length));
}

/** The only thing that jobs require here is the tag. */
const isUnsuited = ({ requires }: GridJob, { device }: GridVolunteer) =>
  requires.tags !== undefined && !device.tags.includes("lab");

/** Open tasks that lack a copy, and fresh ones. */
function tasksLacking(job: GridJob): number[] {
  const { open, accepted, taskCount } = currentStage(job);
  return Array.from({ length: taskCount }, (_, index) => index).filter((index) => {
    const task = open.get(index)?.task;
    if (accepted.has(index)) return false;
    const judgement = task && job.validator.judge(task, false);
    return !judgement || (judgement.type === "wait" && judgement.missing > 0);
  });
}

function takesNothingOf(job: GridJob, one: GridVolunteer): boolean {
  return tasksLacking(job).every(
    (index) =>
      isAtWork(job, index, one) ||
      sharesIn(job, index, one, "account") ||
      sharesIn(job, index, one, "address"),
  );
}

function isBarredByAccount(job: GridJob, one: GridVolunteer): boolean {
  return tasksLacking(job).some(
    (index) => !isAtWork(job, index, one) && sharesIn(job, index, one, "account"),
  );
}

const copiesOf = (job: GridJob, index: number) => currentStage(job).open.get(index)?.task.copies ?? [];

/** It has the task, or has answered it. */
function isAtWork(job: GridJob, index: number, one: GridVolunteer): boolean {
  return copiesOf(job, index).some(({ volunteerId, state }) => state !== "lost" && volunteerId === one.id);
}

/** Somebody else has a copy with the same account or address as this volunteer, or as the copy that it lost. */
function sharesIn(job: GridJob, index: number, one: GridVolunteer, part: "account" | "address"): boolean {
  const copies = copiesOf(job, index);
  const own = copies.filter(({ volunteerId }) => volunteerId === one.id).map(({ place }) => place);
  const values = [one.place, ...own].flatMap((place) => place?.[part] ?? []);
  return copies.some(
    ({ volunteerId, state, place }) =>
      state !== "lost" && volunteerId !== one.id && values.some((value) => place?.[part] === value),
  );
}
