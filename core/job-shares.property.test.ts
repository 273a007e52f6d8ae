/** Fair share, measured by computing time, whatever the tasks of the jobs cost. */
import fc from "fast-check";
import { UNKNOWN_DEVICE } from "../protocol/device";
import { expect, it } from "vitest";
import { GRID_POLICY, jobId, policy, share, T0, volunteer } from "../testing/builders";
import { after, taskIdOf, type Digest, type JobId } from "../protocol/ids";
import { advanceGrid } from "./advance-grid";
import { createGrid } from "./grid";
import type { Effect, ReportedOutcome } from "./grid-events";
import { weightOf } from "./job-shares";

const WINDOW_MS = 400_000;
const VOLUNTEERS = 4;

const anyJob = fc.record({
  submitter: fc.constantFrom("ann", "ben"),
  priority: fc.integer({ min: -2, max: 2 }),
  weight: fc.integer({ min: 1, max: 4 }),
  taskMs: fc.integer({ min: 20, max: 1_500 }),
});

/** One submitter's; the other's is 1. */
const anyWeight = fc.constantFrom(1, 1, 0.5, 3);

it("[FS1] shares computing time by weight between submitters and between their jobs, within 5 % over a window", () => {
  fc.assert(
    fc.property(fc.array(anyJob, { minLength: 2, maxLength: 4 }), anyWeight, (jobs, annsWeight) => {
      const spent = run(jobs, annsWeight);
      const submitters = new Set(jobs.map(({ submitter }) => submitter));
      const weightIn = (submitter: string) => (submitter === "ann" ? annsWeight : 1);
      const allWeights = [...submitters].reduce((sum, submitter) => sum + weightIn(submitter), 0);
      jobs.forEach((job, number) => {
        const ofSubmitter = jobs.filter(({ submitter }) => submitter === job.submitter);
        const weights = ofSubmitter.reduce((sum, other) => sum + weightOf(share(other)), 0);
        const due = (weightOf(share(job)) / weights) * (weightIn(job.submitter) / allWeights);
        expect(Math.abs((spent.get(jobId(`j${number}`)) ?? 0) / (VOLUNTEERS * WINDOW_MS) - due)).toBeLessThan(
          0.05,
        );
      });
    }),
    { numRuns: 30 },
  );
});

/** Volunteers that work without a pause, two tasks ahead. @returns The computing time that each job had. */
function run(
  jobs: readonly { submitter: string; priority: number; weight: number; taskMs: number }[],
  annsWeight: number,
) {
  const grid = createGrid({ ...GRID_POLICY, submitterWeights: new Map([["ann", annsWeight]]) }, T0, 1);
  const spent = new Map<JobId, number>();
  const queues = new Map<string, { id: JobId; index: number }[]>();
  const take = (effects: readonly Effect[]) => {
    for (const effect of effects) {
      if (effect.type !== "assign") continue;
      const tasks = effect.spans.map(({ index }) => ({ id: effect.jobId, index }));
      queues.set(effect.volunteerId, [...(queues.get(effect.volunteerId) ?? []), ...tasks]);
    }
  };
  jobs.forEach(({ taskMs: _, ...job }, number) => {
    const stages = [{ name: "map", taskCount: 1_000_000 }] as const;
    const submitted = {
      id: jobId(`j${number}`),
      policy: policy({ quorum: 1 }),
      share: share(job),
      requires: {},
      onError: "fail" as const,
      stages,
    };
    take(advanceGrid(grid, { type: "job-submitted", job: submitted }, T0));
  });
  const clocks = Array.from({ length: VOLUNTEERS }, (_, number) => ({ name: `v${number}`, now: T0 }));
  for (const { name } of clocks) {
    take(
      advanceGrid(
        grid,
        {
          type: "joined",
          volunteerId: volunteer(name),
          slotCount: 1,
          device: UNKNOWN_DEVICE,
          held: [],
          want: 2,
        },
        T0,
      ),
    );
  }
  for (;;) {
    const next = clocks.reduce((first, other) => (other.now < first.now ? other : first));
    if (next.now >= T0 + WINDOW_MS) return spent;
    const task = queues.get(next.name)?.shift();
    if (!task) throw new Error(`${next.name} has nothing to do`);
    const elapsedMs = jobs[Number(task.id.slice(1))]?.taskMs ?? 0;
    next.now = after(next.now, elapsedMs);
    spent.set(task.id, (spent.get(task.id) ?? 0) + elapsedMs);
    const outcomes: ReportedOutcome[] = [
      {
        type: "output",
        taskId: taskIdOf(task.id, "map", task.index),
        digest: "x" as Digest,
        parts: [],
        bytesHere: true,
        elapsedMs,
      },
    ];
    take(
      advanceGrid(grid, { type: "reported", volunteerId: volunteer(next.name), outcomes, want: 1 }, next.now),
    );
  }
}
