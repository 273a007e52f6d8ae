/**
 * Who is connected, and what each has earned: credit is read once when a volunteer joins and counted on from there,
 * in the way the ledger counts it on the disk.
 */
import type { Grid } from "../core/grid";
import { explainIdle } from "../core/idling";
import type { Effect } from "../core/grid-events";
import { taskIdParts, type TaskId, type VolunteerId } from "../protocol/ids";
import type { VolunteerView } from "../protocol/views";
import { log } from "./log";
import type { Database } from "./store/database";
import { readWrong } from "./store/late-copies";

/** How many volunteers a list shows; the counts are of all. */
const SHOWN = 500;
/** With fewer, those who have left are not worth looking for. */
const KEPT = 1_000;

type EffectOf<T extends Effect["type"]> = Extract<Effect, { type: T }>;
type Credit = Pick<VolunteerView, "acceptedTasks" | "invalidTasks" | "computeMs">;

export interface Roster {
  /** Reads what the volunteer has earned so far. Until that is here, or if it cannot be read, it counts from nothing. */
  load(volunteerId: VolunteerId): Promise<void>;
  note(effect: Effect): void;
  list(grid: Grid): VolunteerView[];
}

/** Times that credit is read again while it changes. */
const TRIES = 20;

/**
 * @param isKnown Whether the grid knows the volunteer, connected or away.
 * @param committed Resolves when all that has happened so far is on the disk.
 */
export function openRoster(
  database: Database,
  isKnown: (volunteerId: VolunteerId) => boolean,
  committed: () => Promise<void>,
): Roster {
  const credits = new Map<VolunteerId, Credit>();
  /** Tasks that the event at hand corrects. */
  const corrected = new Set<TaskId>();
  let forgetAt = KEPT;

  function forgetTheGone(): void {
    for (const volunteerId of credits.keys()) if (!isKnown(volunteerId)) credits.delete(volunteerId);
    forgetAt = Math.max(KEPT, credits.size * 2);
  }

  function earn(volunteerId: VolunteerId, earned: Partial<Credit>): void {
    const credit = credits.get(volunteerId);
    if (credit) add(credit, { ...noCredit(), ...earned });
  }

  /** A pack is as many tasks as are in it. */
  function noteCopy({ taskId, copy, verdict }: EffectOf<"copy-ended">): void {
    const { count } = taskIdParts(taskId);
    if (verdict === "invalid") earn(copy.volunteerId, { invalidTasks: count });
    if (verdict === "valid" && copy.state === "returned")
      earn(copy.volunteerId, { acceptedTasks: count, computeMs: copy.elapsedMs });
  }

  function noteDecision(effect: EffectOf<"task-accepted" | "task-confirmed">): void {
    const { count } = taskIdParts(effect.taskId);
    const before = effect.type === "task-accepted" ? effect.replaces : null;
    for (const { volunteerId, elapsedMs } of effect.valid)
      earn(volunteerId, { acceptedTasks: count, computeMs: elapsedMs });
    for (const volunteerId of effect.invalid) {
      const isRetracted = before?.volunteerIds.includes(volunteerId) === true;
      earn(volunteerId, { acceptedTasks: isRetracted ? -count : 0, invalidTasks: count });
    }
  }

  function noteCleared({ taskId, volunteerId, elapsedMs }: EffectOf<"volunteer-cleared">): void {
    const { count } = taskIdParts(taskId);
    earn(volunteerId, { acceptedTasks: count, invalidTasks: -count, computeMs: elapsedMs });
  }

  /** Only the database knows who had said the same as what is corrected when it was accepted already, and loses credit by that. */
  async function noteCorrected(): Promise<void> {
    // All that one event corrects.
    await Promise.resolve();
    const taskIds = [...corrected];
    corrected.clear();
    await committed();
    for (const id of await readWrong(database, taskIds)) await readAgain(id);
  }

  /** What is read is right unless more has been earned meanwhile. */
  async function readAgain(id: VolunteerId): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const before = credits.get(id);
      if (before === undefined) return;
      const { acceptedTasks, invalidTasks, computeMs } = before;
      await committed();
      const row = await database.volunteer.findUnique({ where: { id } });
      const isSame =
        credits.get(id) === before &&
        before.acceptedTasks === acceptedTasks &&
        before.invalidTasks === invalidTasks &&
        before.computeMs === computeMs;
      if (!isSame) continue;
      if (row) credits.set(id, add(noCredit(), row));
      return;
    }
  }

  return {
    async load(id) {
      if (credits.has(id)) return;
      if (credits.size >= forgetAt) forgetTheGone();
      credits.set(id, noCredit());
      try {
        await readAgain(id);
      } catch (error) {
        log.error({ err: error, volunteerId: id }, "a volunteer's credit could not be read");
        credits.delete(id);
      }
    },
    note(effect) {
      if (effect.type === "copy-ended") noteCopy(effect);
      if (effect.type === "volunteer-cleared") noteCleared(effect);
      if (effect.type === "task-accepted" || effect.type === "task-confirmed") noteDecision(effect);
      if (effect.type !== "task-accepted" || !effect.replaces) return;
      corrected.add(effect.taskId);
      // A recheck corrects thousands at once.
      if (corrected.size > 1) return;
      noteCorrected().catch((error: unknown) =>
        log.warn({ err: error }, "who lost credit by a correction could not be read"),
      );
    },
    list(grid) {
      const views: VolunteerView[] = [];
      const whyIdle = explainIdle(grid);
      for (const volunteer of grid.volunteers.values()) {
        if (views.length === SHOWN) break;
        const { id, presence, connectedAt, slotCount, device, heldTasks } = volunteer;
        const waiting = whyIdle(volunteer);
        const place = {
          id,
          state: presence.state,
          connectedAt,
          slotCount,
          device,
          account: grid.accounts.get(id) ?? null,
          copiesOut: heldTasks,
          quota: volunteer.quota.tasks,
          waiting,
        };
        views.push({ ...place, ...(credits.get(id) ?? noCredit()) });
      }
      return views;
    },
  };
}

function noCredit(): Credit {
  return { acceptedTasks: 0, invalidTasks: 0, computeMs: 0 };
}

function add(credit: Credit, { acceptedTasks, invalidTasks, computeMs }: Credit): Credit {
  credit.acceptedTasks += acceptedTasks;
  credit.invalidTasks += invalidTasks;
  credit.computeMs += computeMs;
  return credit;
}
