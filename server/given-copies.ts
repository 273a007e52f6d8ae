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
import type { Digest, EpochMs, TaskId, VolunteerId } from "../protocol/ids";
import type { Outcome, Ticket } from "../protocol/task";
import type { Database } from "./store/database";
import type { Ledger } from "./store/ledger";
import { readAcceptedFor } from "./store/late-copies";
import type { Tickets } from "./tickets";

/** What the database said of tasks: each as what it was accepted, or null where its volunteer earns nothing by that. */
export type AcceptedAs = ReadonlyMap<TaskId, Digest | null>;

export interface GivenCopies {
  /** @returns Those of the tasks that the volunteer was given. @param tickets One for each task, in that order. */
  among(volunteerId: VolunteerId, taskIds: readonly TaskId[], tickets: readonly Ticket[]): TaskId[];
  /** @returns The tasks, each once, of which the database has to be asked before the outcomes are taken. @param known Those it was asked about. */
  toAsk(volunteerId: VolunteerId, outcomes: readonly Outcome[], known: AcceptedAs): TaskId[];
  /** All of them at once, however many there are. */
  ask(volunteerId: VolunteerId, taskIds: readonly TaskId[]): Promise<AcceptedAs>;
  /** @returns What was taken, with what its tickets say where the scheduler does not know of the copy. @param taken One for each outcome. */
  withTickets(
    volunteerId: VolunteerId,
    outcomes: readonly Outcome[],
    taken: readonly ReportedOutcome[],
    known: AcceptedAs,
  ): ReportedOutcome[];
}

export interface GivenCopiesParts {
  grid: Grid;
  database: Database;
  ledger: Pick<Ledger, "record">;
  tickets: Tickets;
  now: () => EpochMs;
}

/** By far less than the scheduler remembers what was taken back: it must not have forgotten by the time it hears of the output. */
const FRESH_MS = 60_000;

export function openGivenCopies({ grid, database, ledger, tickets, now }: GivenCopiesParts): GivenCopies {
  return {
    among: (volunteerId, taskIds, given) =>
      taskIds.filter(
        (taskId, place) => tickets.read(volunteerId, taskId, given[place] ?? "", now()) !== null,
      ),
    toAsk(volunteerId, outcomes, known) {
      const asked = outcomes.filter(
        (outcome) =>
          outcome.type === "output" &&
          !known.has(outcome.taskId) &&
          !isKnown(volunteerId, outcome.taskId) &&
          givenAt(volunteerId, outcome) !== null,
      );
      return [...new Set(asked.map(({ taskId }) => taskId))];
    },
    async ask(volunteerId, taskIds) {
      // What was accepted a moment ago is on its way to the disk.
      await ledger.record([], []);
      const accepted = await readAcceptedFor(database, volunteerId, taskIds);
      return new Map(taskIds.map((taskId) => [taskId, accepted.get(taskId) ?? null]));
    },
    withTickets(volunteerId, outcomes, taken, known) {
      const left = new Map(known);
      return outcomes.map((outcome, place) => {
        const reported = taken[place];
        if (reported === undefined) throw new RangeError(`Outcome ${place} was not taken`);
        const leasedAt = givenAt(volunteerId, outcome);
        if (reported.type === "released" || leasedAt === null) return reported;
        const accepted = left.get(outcome.taskId) ?? null;
        // Of several answers in one report, the first one counts.
        left.delete(outcome.taskId);
        return { ...reported, given: { leasedAt, accepted } };
      });
    },
  };

  /** When its ticket says that it was handed out; null when the scheduler knows of the copy. */
  function givenAt(volunteerId: VolunteerId, outcome: Outcome): EpochMs | null {
    if (outcome.type === "released" || outcome.ticket === undefined) return null;
    const { taskId, ticket } = outcome;
    if (grid.volunteers.get(volunteerId)?.leases.has(taskId)) return null;
    return tickets.read(volunteerId, taskId, ticket, now());
  }

  /** True when the scheduler can tell what an answer is worth: it is undecided, or it was taken back from the volunteer not long ago. */
  function isKnown(volunteerId: VolunteerId, taskId: TaskId): boolean {
    const revoked = grid.volunteers.get(volunteerId)?.revoked?.get(taskId);
    if (revoked && now() - revoked.at < FRESH_MS) return true;
    const found = findTask(grid, taskId);
    return found !== null && !found.stage.accepted.has(found.index);
  }
}
