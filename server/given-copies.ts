/**
 * What tickets say of copies that the scheduler does not know: of tasks that were accepted, or whose job has ended, and of those that
 * were out when the coordinator was killed. It does not remember them; that they were handed out, their tickets say, and what their tasks
 * were accepted as, the database.
 *
 * Only who was given a task is asked about it: nobody earns anything by repeating what can be read, or chooses where to vote after a
 * restart. And once, for a volunteer has one answer.
 */
import { findTask } from "../core/find-task";
import type { Grid } from "../core/grid";
import type { ReportedOutcome } from "../core/grid-events";
import type { EpochMs, TaskId, VolunteerId } from "../protocol/ids";
import type { Outcome, Ticket } from "../protocol/task";
import type { Database } from "./store/database";
import type { Ledger } from "./store/ledger";
import { readAcceptedFor } from "./store/tasks";
import type { Tickets } from "./tickets";

export interface GivenCopies {
  /** @returns Those of the tasks that the volunteer was given. @param tickets One for each task, in that order. */
  among(volunteerId: VolunteerId, taskIds: readonly TaskId[], tickets: readonly Ticket[]): TaskId[];
  /** @returns The outcome, with what its ticket says if the scheduler does not know of the copy; at once unless the database has to be asked. */
  withTicket(
    volunteerId: VolunteerId,
    outcome: Outcome,
    taken: ReportedOutcome,
  ): ReportedOutcome | Promise<ReportedOutcome>;
  /** True when what its ticket said may be old: its task was not decided then, and is now. */
  isOvertaken(taken: ReportedOutcome): boolean;
}

export interface GivenCopiesParts {
  grid: Grid;
  database: Database;
  ledger: Pick<Ledger, "record">;
  tickets: Tickets;
  now: () => EpochMs;
}

export function openGivenCopies({ grid, database, ledger, tickets, now }: GivenCopiesParts): GivenCopies {
  return {
    among: (volunteerId, taskIds, given) =>
      taskIds.filter(
        (taskId, place) => tickets.read(volunteerId, taskId, given[place] ?? "", now()) !== null,
      ),
    withTicket(volunteerId, outcome, taken) {
      if (outcome.type === "released" || taken.type === "released") return taken;
      const { taskId, ticket } = outcome;
      if (ticket === undefined || grid.volunteers.get(volunteerId)?.leases.has(taskId)) return taken;
      const leasedAt = tickets.read(volunteerId, taskId, ticket, now());
      if (leasedAt === null) return taken;
      if (taken.type === "error" || isUndecided(grid, taskId))
        return { ...taken, given: { leasedAt, accepted: null } };
      return acceptedFor(volunteerId, taskId).then((accepted) => ({
        ...taken,
        given: { leasedAt, accepted },
      }));
    },
    isOvertaken: (taken) =>
      taken.type === "output" && taken.given?.accepted === null && !isUndecided(grid, taken.taskId),
  };

  async function acceptedFor(volunteerId: VolunteerId, taskId: TaskId) {
    // What was accepted a moment ago is on its way to the disk.
    await ledger.record([], []);
    return readAcceptedFor(database, volunteerId, taskId);
  }
}

function isUndecided(grid: Grid, taskId: TaskId): boolean {
  const found = findTask(grid, taskId);
  return found !== null && !found.stage.accepted.has(found.index);
}
