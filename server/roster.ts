/** Who is connected, and what each has earned: credit is read once when a volunteer joins and counted on from there. */
import type { Grid } from "../core/grid";
import { explainIdle } from "../core/idling";
import type { Effect } from "../core/grid-events";
import type { VolunteerId } from "../protocol/ids";
import type { VolunteerView } from "../protocol/views";
import { log } from "./log";
import type { Database } from "./store/database";

/** How many volunteers a list shows; the counts are of all. */
const SHOWN = 500;
/** With fewer, those who have left are not worth looking for. */
const KEPT = 1_000;

type Credit = Pick<VolunteerView, "acceptedTasks" | "invalidTasks" | "computeMs">;

export interface Roster {
  /** Reads what the volunteer has earned so far. Until that is here, or if it cannot be read, it counts from nothing. */
  load(volunteerId: VolunteerId): Promise<void>;
  note(effect: Effect): void;
  list(grid: Grid): VolunteerView[];
}

/** @param isKnown Whether the grid knows the volunteer, connected or away. */
export function openRoster(database: Database, isKnown: (volunteerId: VolunteerId) => boolean): Roster {
  const credits = new Map<VolunteerId, Credit>();
  let forgetAt = KEPT;

  function forgetTheGone(): void {
    for (const volunteerId of credits.keys()) if (!isKnown(volunteerId)) credits.delete(volunteerId);
    forgetAt = Math.max(KEPT, credits.size * 2);
  }

  return {
    async load(id) {
      if (credits.has(id)) return;
      if (credits.size >= forgetAt) forgetTheGone();
      const credit = noCredit();
      credits.set(id, credit);
      try {
        const row = await database.volunteer.findUnique({ where: { id } });
        if (row) add(credit, row);
      } catch (error) {
        log.error({ err: error, volunteerId: id }, "a volunteer's credit could not be read");
        credits.delete(id);
      }
    },
    note(effect) {
      if (effect.type === "copy-ended" && effect.verdict === "invalid") {
        const credit = credits.get(effect.copy.volunteerId);
        if (credit) credit.invalidTasks += 1;
      }
      if (effect.type === "copy-ended" && effect.verdict === "valid") {
        const { copy } = effect;
        const computeMs = copy.state === "returned" ? copy.elapsedMs : 0;
        const credit = credits.get(copy.volunteerId);
        if (credit) add(credit, { acceptedTasks: 1, invalidTasks: 0, computeMs });
      }
      if (effect.type !== "task-accepted" && effect.type !== "task-confirmed") return;
      const before = effect.type === "task-accepted" ? effect.replaces : null;
      for (const volunteerId of before?.volunteerIds ?? []) {
        const retracted = credits.get(volunteerId);
        if (retracted) retracted.acceptedTasks -= 1;
      }
      for (const { volunteerId, elapsedMs } of effect.valid) {
        const credit = credits.get(volunteerId);
        if (credit) add(credit, { acceptedTasks: 1, invalidTasks: 0, computeMs: elapsedMs });
      }
      for (const volunteerId of effect.invalid) {
        const credit = credits.get(volunteerId);
        if (credit) credit.invalidTasks += 1;
      }
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

function add(credit: Credit, { acceptedTasks, invalidTasks, computeMs }: Credit): void {
  credit.acceptedTasks += acceptedTasks;
  credit.invalidTasks += invalidTasks;
  credit.computeMs += computeMs;
}
