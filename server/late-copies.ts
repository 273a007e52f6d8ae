/**
 * Outputs that nobody waits for any more: of tasks that were accepted, or whose job has ended, maybe before the coordinator was
 * started. The scheduler does not remember such copies for long; that they were handed out, their tickets say, and what their tasks were
 * accepted as, the database.
 *
 * Only who was given a task is asked about it, so that nobody earns anything by repeating what can be read; and once, for a volunteer
 * has one answer.
 */
import { findTask } from "../core/find-task";
import type { Grid } from "../core/grid";
import type { ReportedOutcome } from "../core/grid-events";
import type { EpochMs, TaskId, VolunteerId } from "../protocol/ids";
import type { Outcome } from "../protocol/task";
import type { Database } from "./store/database";
import type { Ledger } from "./store/ledger";
import { readAcceptedFor } from "./store/tasks";
import type { Tickets } from "./tickets";

export interface LateCopyParts {
  grid: Grid;
  database: Database;
  ledger: Pick<Ledger, "record">;
  tickets: Tickets;
  now: () => EpochMs;
}

/** @returns The outcome, with what its task was accepted as when that is for the volunteer to have its credit by. */
export type FindLate = (
  volunteerId: VolunteerId,
  outcome: Outcome,
  taken: ReportedOutcome,
) => Promise<ReportedOutcome>;

export function openLateCopies({ grid, database, ledger, tickets, now }: LateCopyParts): FindLate {
  return async (volunteerId, outcome, taken) => {
    if (outcome.type !== "output" || taken.type !== "output" || outcome.ticket === undefined) return taken;
    const { taskId, ticket } = outcome;
    if (isAwaited(grid, volunteerId, taskId)) return taken;
    const leasedAt = tickets.read(volunteerId, taskId, ticket, now());
    if (leasedAt === null) return taken;
    // What was accepted a moment ago is on its way to the disk.
    await ledger.record([], []);
    const accepted = await readAcceptedFor(database, volunteerId, taskId);
    return accepted === null ? taken : { ...taken, late: { accepted, leasedAt } };
  };
}

/** The scheduler knows of the copy, or the task is not decided. */
function isAwaited(grid: Grid, volunteerId: VolunteerId, taskId: TaskId): boolean {
  if (grid.volunteers.get(volunteerId)?.leases.has(taskId)) return true;
  const found = findTask(grid, taskId);
  return found !== null && !found.stage.accepted.has(found.index);
}
