/** Who is connected, and what each has earned: credit is read once when a volunteer joins and counted on from there. */
import type { Grid } from "../core/grid";
import type { Effect } from "../core/grid-events";
import type { VolunteerId } from "../protocol/ids";
import type { VolunteerView } from "../protocol/views";
import type { Database } from "./store/database";
import type { Credit } from "./store/facts";

/** How many volunteers a list shows; the counts are of all. */
const SHOWN = 500;

export interface Roster {
  /** Reads what the volunteer has earned so far. */
  load(volunteerId: VolunteerId): Promise<void>;
  note(effect: Effect): void;
  list(grid: Grid): VolunteerView[];
}

export function openRoster(database: Database): Roster {
  const credits = new Map<VolunteerId, Credit>();

  function creditOf(volunteerId: VolunteerId): Credit {
    const credit = credits.get(volunteerId) ?? { acceptedTasks: 0, invalidTasks: 0, computeMs: 0 };
    credits.set(volunteerId, credit);
    return credit;
  }

  return {
    async load(id) {
      if (credits.has(id)) return;
      const row = await database.volunteer.findUnique({ where: { id } });
      const sum = creditOf(id);
      sum.acceptedTasks += row?.acceptedTasks ?? 0;
      sum.invalidTasks += row?.invalidTasks ?? 0;
      sum.computeMs += row?.computeMs ?? 0;
    },
    note(effect) {
      if (effect.type !== "task-accepted") return;
      for (const { volunteerId, elapsedMs } of effect.valid) {
        const credit = creditOf(volunteerId);
        credit.acceptedTasks += 1;
        credit.computeMs += elapsedMs;
      }
      for (const volunteerId of effect.invalid) creditOf(volunteerId).invalidTasks += 1;
    },
    list(grid) {
      return [...grid.volunteers.values()].slice(0, SHOWN).map((volunteer) => ({
        id: volunteer.id,
        state: volunteer.presence.state,
        connectedAt: volunteer.connectedAt,
        slotCount: volunteer.slotCount,
        copiesOut: volunteer.leases.size,
        ...creditOf(volunteer.id),
      }));
    },
  };
}
