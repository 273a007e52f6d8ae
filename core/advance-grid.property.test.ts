/** The grid's invariants under any sequence of events at all, sensible or not. */
import fc from "fast-check";
import { UNKNOWN_DEVICE } from "../protocol/device";
import { expect, it } from "vitest";
import {
  accountId,
  GRID_POLICY,
  jobId,
  output,
  failure,
  policy,
  released,
  share,
  T0,
  taskId,
  volunteer,
} from "../testing/builders";
import { checkGrid } from "../testing/invariants";
import { watchedValidators } from "../testing/watched-validators";
import { after, type AccountId, type TaskId, type VolunteerId } from "../protocol/ids";
import { taskIdsOf } from "./packs";
import { advanceGrid } from "./advance-grid";
import { createGrid, type Grid } from "./grid";
import type { Effect, GridEvent, ReportedOutcome } from "./grid-events";
import type { JobShare } from "./job-shares";
import type { AdaptivePolicy } from "./judge";

const NAMES = ["ada", "bo", "cy", "di"];
const TASKS = [
  ...["j0/map/0", "j0/map/1", "j0/reduce/0", "j1/map/0", "j1/map/7", "gone/map/0"],
  ...["j2/split/0", "j2/map/0", "j2/map/1", "j2/reduce/0"],
];

const anyone = fc.constantFrom(...NAMES).map(volunteer);
const anyJob = fc.constantFrom("j0", "j1", "j2").map(jobId);
const anyTasks = fc.uniqueArray(fc.constantFrom(...TASKS).map(taskId), { maxLength: 4 });
const want = fc.nat(4);

const anyOutcome: fc.Arbitrary<ReportedOutcome> = fc.oneof(
  fc
    .record({ task: fc.constantFrom(...TASKS), value: fc.constantFrom("x", "y"), bytesHere: fc.boolean() })
    .map(({ task, value, bytesHere }) => output(task, value, { bytesHere })),
  fc.constantFrom(...TASKS).map((task) => failure(task, "no")),
  fc.constantFrom(...TASKS).map((task) => released(task)),
  fc.constantFrom(...TASKS).map((task) => released(task, "broke")),
);
const anyAccount = fc.constantFrom(accountId("ann"), accountId("ben"), null);
const anyAddress = fc.constantFrom("here", "there", null);
const outcomes = fc.array(anyOutcome, { maxLength: 3 });

const type = <T extends GridEvent["type"]>(name: T) => fc.constant(name);
const slotCount = fc.constantFrom(1, 2);
const device = fc.constantFrom(UNKNOWN_DEVICE, { ...UNKNOWN_DEVICE, tags: ["lab"] });
const event: fc.Arbitrary<GridEvent> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: type("reported"), volunteerId: anyone, outcomes, want }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: type("joined"),
      volunteerId: anyone,
      slotCount,
      device,
      held: anyTasks,
      want,
      address: anyAddress,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: type("account-changed"), volunteerId: anyone, account: anyAccount }),
  },
  fc.record({ type: type("beat"), volunteerId: anyone, slotCount, held: anyTasks }),
  fc.record({ type: type("disconnected"), volunteerId: anyone }),
  fc.record({ type: type("left"), volunteerId: anyone }),
  fc.record({
    type: type("stage-ready"),
    jobId: anyJob,
    stage: fc.constantFrom("map" as const, "reduce" as const),
  }),
  {
    weight: 2,
    arbitrary: fc.nat(3).map((tasks): GridEvent => {
      const stages = [{ name: "map" as const, taskCount: tasks }];
      return { type: "stage-ready", jobId: jobId("j2"), stage: "map", planned: { stages } };
    }),
  },
  fc.record({ type: type("job-cancelled"), jobId: anyJob }),
  fc.record({ type: type("job-paused"), jobId: anyJob }),
  fc.record({ type: type("job-resumed"), jobId: anyJob }),
  fc.record({
    type: type("job-reweighted"),
    jobId: anyJob,
    priority: fc.constantFrom(-10, 0, 10),
    weight: fc.constantFrom(1, 100),
  }),
  { weight: 2, arbitrary: fc.record({ type: type("tick") }) },
);

const steps = fc.array(fc.record({ event, passMs: fc.constantFrom(0, 10, 1_000, 15_000) }), {
  maxLength: 60,
});
const isRestored = fc.boolean();
const limit = fc.constantFrom(null, null, 1, 2);
const anyShare = fc.record({ maxVolunteers: limit, maxInFlight: limit });
const shares = fc.tuple(anyShare, anyShare);
const setting = fc.record({ quorum: fc.integer({ min: 1, max: 3 }), isRestored, shares, steps });

it("[SC15] keeps its invariants, and accepts each task once with a quorum, whatever events come", () => {
  fc.assert(
    fc.property(setting, ({ quorum, isRestored, shares, steps }) => {
      const grid = createGrid(GRID_POLICY, T0, 1);
      const accepted = new Set<TaskId>();
      const accounts = watchAccounts();
      let now = T0;
      for (const started of jobsOf(quorum, isRestored, shares)) check(advanceGrid(grid, started, now));
      for (const { event, passMs } of steps) {
        now = after(now, passMs);
        if (event.type === "account-changed") accounts.change(event);
        check(advanceGrid(grid, event, now));
      }

      function check(effects: Effect[]): void {
        checkGrid(grid);
        for (const effect of effects) {
          accounts.note(effect);
          if (effect.type !== "task-accepted") continue;
          expect(accepted.has(effect.taskId)).toBe(false);
          accepted.add(effect.taskId);
          if (effect.skipped) continue;
          const owners = effect.valid.flatMap(
            ({ volunteerId }) => accounts.of(effect.taskId, volunteerId) ?? [],
          );
          expect(new Set(owners).size, "accounts of those who agreed").toBe(owners.length);
          expect(new Set(effect.valid.map(({ volunteerId }) => volunteerId)).size).toBeGreaterThanOrEqual(
            quorum,
          );
        }
      }
    }),
    { numRuns: 400 },
  );
});

/** Under which account each copy was given out first, by what happened and not by what the grid keeps. */
function watchAccounts() {
  const now = new Map<VolunteerId, AccountId | null>();
  const given = new Map<string, AccountId | null>();
  const keyOf = (taskId: TaskId, volunteerId: VolunteerId) => `${taskId} ${volunteerId}`;
  return {
    change: ({ volunteerId, account }: { volunteerId: VolunteerId; account: AccountId | null }) =>
      void now.set(volunteerId, account),
    note(effect: Effect) {
      if (effect.type === "assign") {
        for (const id of taskIdsOf(effect.jobId, effect.stage, effect.spans)) {
          const key = keyOf(id, effect.volunteerId);
          if (!given.has(key)) given.set(key, now.get(effect.volunteerId) ?? null);
        }
      }
      if (effect.type !== "copy-ended" || effect.verdict !== "pending") return;
      const { volunteerId, place } = effect.copy;
      const key = keyOf(effect.taskId, volunteerId);
      // What was out when the coordinator stopped is not known to it.
      if (!given.has(key)) given.set(key, now.get(volunteerId) ?? null);
      expect(place?.account).toBe(given.get(key));
    },
    of: (taskId: TaskId, volunteerId: VolunteerId) => given.get(keyOf(taskId, volunteerId)),
  };
}

it("[SC16] gives the same effects for the same events at the same times", () => {
  fc.assert(
    fc.property(setting, ({ quorum, isRestored, shares, steps }) => {
      const run = () => {
        const grid = createGrid(GRID_POLICY, T0, 1);
        let now = T0;
        const effects = jobsOf(quorum, isRestored, shares).map((started) => advanceGrid(grid, started, now));
        for (const { event, passMs } of steps) {
          now = after(now, passMs);
          effects.push(advanceGrid(grid, event, now));
        }
        return effects;
      };
      expect(run()).toEqual(run());
    }),
    { numRuns: 50 },
  );
});

/** Somebody answers all that it has, and asks for more: at random nobody would ever be trusted. */
const work = fc.record({
  type: fc.constant("works" as const),
  volunteerId: anyone,
  value: fc.constantFrom("x", "x", "x", "x", "y"),
});
const workSteps = fc.array(
  fc.record({
    event: fc.oneof({ weight: 5, arbitrary: work }, event),
    passMs: fc.constantFrom(0, 10, 1_000),
  }),
  { maxLength: 60, size: "max" },
);

it("[TR18] keeps its invariants with answers alone, accepts nothing but what its validator judges so, by two or one that is proven, and again only when it was doubted", () => {
  fc.assert(
    fc.property(fc.record({ isRestored, shares, steps: workSteps }), ({ isRestored, shares, steps }) => {
      let unreported = 0;
      const grid = createGrid(
        GRID_POLICY,
        T0,
        1,
        watchedValidators(() => (unreported += 1)),
      );
      const accepted = new Set<TaskId>();
      let now = T0;
      for (const started of jobsOf(2, isRestored, shares, { maxErrorRate: 0.02 }))
        advanceGrid(grid, started, now);
      for (const event of NAMES.map(joining)) advanceGrid(grid, event, now);
      for (const { event, passMs } of steps) {
        now = after(now, passMs);
        const effects = advanceGrid(grid, event.type === "works" ? answersOf(grid, event) : event, now);
        checkGrid(grid);
        for (const effect of effects) {
          if (effect.type === "task-doubted") expect(accepted.delete(effect.taskId)).toBe(true);
          if (effect.type !== "task-accepted" && effect.type !== "task-confirmed") continue;
          expect(accepted.has(effect.taskId)).toBe(false);
          accepted.add(effect.taskId);
          if (effect.type === "task-accepted" && effect.skipped) continue;
          unreported -= 1;
          expect(unreported, `${effect.taskId} was judged`).toBeGreaterThanOrEqual(0);
        }
      }
    }),
    { numRuns: 250 },
  );
});

function joining(name: string): GridEvent {
  const device = { ...UNKNOWN_DEVICE, tags: ["lab"] };
  return { type: "joined", volunteerId: volunteer(name), slotCount: 2, device, held: [], want: 4 };
}

function answersOf(
  { volunteers }: Grid,
  { volunteerId, value }: { volunteerId: VolunteerId; value: string },
) {
  const held = [...(volunteers.get(volunteerId)?.leases.keys() ?? [])];
  const outcomes = held.map((task) => output(task, value));
  return { type: "reported" as const, volunteerId, outcomes, want: 4 };
}

function jobsOf(
  quorum: number,
  isRestored: boolean,
  shares: readonly [Partial<JobShare>, Partial<JobShare>],
  adaptive: AdaptivePolicy | null = null,
): GridEvent[] {
  // Somebody has to show enough to be believed alone.
  const map = { name: "map", taskCount: adaptive === null ? 2 : 12 } as const;
  const reduce = { name: "reduce", taskCount: 1 } as const;
  const few = policy({ quorum, maxErrors: 3, maxCopies: 4, adaptive });
  const jobs = [
    {
      id: jobId("j0"),
      policy: few,
      share: share(shares[0]),
      requires: { slots: 2 },
      onError: "collect" as const,
      stages: [map, reduce],
    },
    {
      id: jobId("j1"),
      policy: few,
      share: share(shares[1]),
      requires: { tags: ["lab"] },
      onError: "fail" as const,
      stages: [map],
    },
    {
      id: jobId("j2"),
      policy: few,
      share: share(),
      requires: {},
      onError: "skip" as const,
      stages: [{ name: "split" as const, taskCount: 1 }, { ...map, taskCount: 0 }, reduce],
    },
  ];
  if (!isRestored) return jobs.map((job) => ({ type: "job-submitted", job }));
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
  return jobs.map((job) => ({ type: "job-restored", job: { ...job, ...nothing } }));
}
