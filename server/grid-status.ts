/** How the whole grid is: in numbers, from memory. */
import type { Grid } from "../core/grid";
import { eventsPerSecond } from "../core/rate";
import type { EpochMs } from "../protocol/ids";
import type { GridStatus } from "../protocol/views";

export function gridStatus(grid: Grid, version: string, startedAt: EpochMs, now: EpochMs): GridStatus {
  const volunteers = [...grid.volunteers.values()].filter(({ presence }) => presence.state === "connected");
  const states = [...grid.jobs.values()].map(({ life }) => life.state);
  return {
    version,
    startedAt,
    volunteers: volunteers.length,
    slots: volunteers.reduce((sum, { slotCount }) => sum + slotCount, 0),
    copiesOut: volunteers.reduce((sum, { heldTasks }) => sum + heldTasks, 0),
    jobs: {
      queued: states.filter((state) => state === "queued").length,
      running: states.filter((state) => state === "running").length,
      paused: states.filter((state) => state === "paused").length,
    },
    tasksPerSecond: eventsPerSecond(grid.rate, now),
  };
}
