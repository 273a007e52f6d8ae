/** Carries what tabs say to the coordinator, and answers once it is durable. */
import type { Coordinator } from "./coordinator";
import type { Feed } from "./feed";
import type { VolunteerReports } from "./gateway";
import type { BlockStore } from "./grid-api";
import type { Roster } from "./roster";
import { takeOutcome } from "./take-outcomes";
import type { Outcome } from "../protocol/task";
import type { VolunteerId } from "../protocol/ids";

export function openVolunteerReports(
  coordinator: Coordinator,
  blocks: BlockStore,
  roster: Roster,
  feed: Feed,
): VolunteerReports {
  return {
    async joined(volunteerId, { slotCount, held, want }) {
      await roster.load(volunteerId);
      const { dropped, durable } = coordinator.dispatch({
        type: "joined",
        volunteerId,
        slotCount,
        held,
        want,
      });
      await durable;
      feed.noteVolunteers();
      return { volunteerId, dropped: [...dropped] };
    },
    async reported(volunteerId, { outcomes, want }) {
      const taken = await Promise.all(
        outcomes.map((outcome) => takeOutcome(outcome, coordinator.jobs, blocks)),
      );
      const { answers, durable } = coordinator.dispatch({
        type: "reported",
        volunteerId,
        outcomes: taken,
        want,
      });
      passOnLogs(volunteerId, outcomes);
      await durable;
      return { answers: [...answers] };
    },
    async beat(volunteerId, { held, slotCount }) {
      const { dropped } = coordinator.dispatch({ type: "beat", volunteerId, slotCount, held });
      return { dropped: [...dropped] };
    },
    gone(volunteerId, isFinal) {
      coordinator.dispatch({ type: isFinal ? "left" : "disconnected", volunteerId });
      feed.noteVolunteers();
    },
  };

  function passOnLogs(volunteerId: VolunteerId, outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      if (outcome.type === "released") continue;
      for (const line of outcome.logs ?? []) feed.addLog({ taskId: outcome.taskId, volunteerId, line });
    }
  }
}
