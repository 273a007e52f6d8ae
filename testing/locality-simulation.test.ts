/** What placing by the blocks that volunteers hold saves: the real scheduler, in virtual time. */
import { describe, expect, it } from "vitest";
import { seededChance } from "../core/chance";
import type { SubmittedJob } from "../core/grid-events";
import type { Locality } from "../core/locality";
import type { BlockKey } from "../protocol/block-key";
import { after, type Digest } from "../protocol/ids";
import { jobId, policy, share, T0, volunteer } from "./builders";
import { hasUnendedJobs, startCoordinator } from "./simulated-coordinator";
import { createVolunteer } from "./simulated-volunteer";
import { startClock } from "./virtual-clock";

const BLOCKS = 400;
const TABS = 8;
const SEEDS = [1, 2, 3, 4, 5, 6];

interface Crowd {
  quorum: number;
  /** How many times as fast as the slowest the fastest is. */
  spread: number;
  /** Blocks that each tab holds from the beginning. */
  heldBy?: (tab: number) => BlockKey[];
}

/** Runs the same job twice, on the same blocks, by the same tabs. @returns What was placed where, and how long each took. */
function runTwice({ quorum, spread, heldBy = () => [] }: Crowd, seed: number) {
  const clock = startClock(T0);
  const chance = seededChance(seed);
  const coordinator = startCoordinator(clock, chance, {});
  for (let tab = 0; tab < TABS; tab++) {
    const id = volunteer(`v${tab}`);
    const nature = {
      ...{ id, latencyMs: 20, slots: 1, repeats: 0, losesAnswers: 0 },
      // Blocks of one size take about the same time.
      draw: [0.8, 1.25] as const,
      taskMs: 400 * spread ** (tab / (TABS - 1)),
      answerTo: (taskId: string) => ({ digest: `small ${taskId}` as Digest }),
    };
    createVolunteer(nature, coordinator, clock, chance).connect();
  }
  clock.run(() => false, after(T0, 1_000));
  for (let tab = 0; tab < TABS; tab++) coordinator.grid().catalog.replace(volunteer(`v${tab}`), heldBy(tab));
  return ["first", "second"].map((name) => {
    const begunAt = clock.now();
    coordinator.submit(jobOf(name, quorum));
    const placed = coordinator.grid().jobs.get(jobId(name))?.stages[0]?.locality;
    if (!placed) throw new Error("The job reads no blocks");
    clock.run(() => !hasUnendedJobs(coordinator), after(begunAt, 3_600_000));
    return { placed, tookMs: clock.now() - begunAt };
  });
}

const key = (place: number) => (place + 1) as BlockKey;

function jobOf(name: string, quorum: number): SubmittedJob {
  const places = Array.from({ length: BLOCKS }, (_, place) => place);
  const blocks = { keys: places.map(key), bytes: places.map(() => 4_194_304), firstTasks: places };
  return {
    ...{ id: jobId(name), policy: policy({ quorum }), share: share(), requires: {}, onError: "fail" },
    stages: [{ name: "map", taskCount: BLOCKS }],
    blocks,
  };
}

const localShare = ({ localTasks, placedTasks }: Locality) => localTasks / placedTasks;

describe("placing by blocks", () => {
  for (const seed of SEEDS) {
    it(`[PL11] a second run on the same blocks by the same tabs moves under 2 % of the bytes of the first, with seed ${seed}`, () => {
      for (const quorum of [1, 2]) {
        const [first, second] = runTwice({ quorum, spread: 1 }, seed);
        expect(first?.placed.movedBytes).toBeGreaterThanOrEqual(quorum * BLOCKS * 4_194_304);
        expect((second?.placed.movedBytes ?? 0) / (first?.placed.movedBytes ?? 1)).toBeLessThan(0.02);
      }
    });

    it(`[PL12] with eight tabs that hold an eighth each, at least 90 % of the tasks are local, with seed ${seed}`, () => {
      const heldBy = (tab: number) => Array.from({ length: BLOCKS / TABS }, (_, at) => key(at * TABS + tab));
      const [first] = runTwice({ quorum: 1, spread: 1, heldBy }, seed);
      expect(first && localShare(first.placed)).toBeGreaterThanOrEqual(0.9);
    });

    it(`[PL13] tabs four times as fast as others are not kept waiting for those that hold the blocks, with seed ${seed}`, () => {
      const heldBy = (tab: number) =>
        tab < TABS - 1 ? [] : Array.from({ length: BLOCKS }, (_, at) => key(at));
      // The slowest one holds all.
      const kept = runTwice({ quorum: 1, spread: 4, heldBy }, seed)[0];
      const free = runTwice({ quorum: 1, spread: 4 }, seed)[0];
      expect(kept && free ? kept.tookMs / free.tookMs : Infinity).toBeLessThan(1.05);
    });
  }
});
