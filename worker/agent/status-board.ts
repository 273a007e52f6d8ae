/** Puts the agent's state into words for its pages, at most four times a second. */
import type { VolunteerId } from "../../protocol/ids";
import type { ConnectionStatus, SlotStatus, Totals, VolunteerStatus } from "../status";
import type { Clock } from "./clock";
import type { Page } from "./pages";
import type { Slot } from "./slot";

export interface Facts {
  readonly connection: ConnectionStatus;
  readonly volunteerId: VolunteerId | null;
  readonly waiting: number;
  readonly outbox: number;
  readonly totals: Totals;
}

const SHOW_EVERY_MS = 250;

/** @returns Call it after every change; pages are shown the newest state now or soon. */
export function openStatusBoard(
  pages: ReadonlySet<Page>,
  clock: Clock,
  facts: () => Facts,
  reportBug: (error: unknown) => void,
): () => void {
  let isDue = false;
  let shownAt = 0;
  /** Pages that have not taken the last one yet. A frozen page would otherwise wake up to thousands. */
  const busy = new Set<Page>();

  return () => {
    if (isDue) return;
    isDue = true;
    clock.after(Math.max(0, shownAt + SHOW_EVERY_MS - clock.now()), show);
  };

  function show(): void {
    isDue = false;
    shownAt = clock.now();
    const current = facts();
    for (const page of pages) {
      if (busy.has(page)) continue;
      busy.add(page);
      page.link
        .show(statusFor(page, pages, current, shownAt))
        .catch(reportBug)
        .finally(() => busy.delete(page));
    }
    for (const page of busy) if (!pages.has(page)) busy.delete(page);
  }
}

export function statusFor(page: Page, pages: ReadonlySet<Page>, facts: Facts, now: number): VolunteerStatus {
  const slots = [...pages].flatMap(({ isAwake, slots }) =>
    slots.map((slot) => slotStatus(slot, isAwake, now)),
  );
  const slotCount = page.slots.length;
  return {
    ...facts,
    tabs: pages.size,
    slotCount: slots.length,
    thisTab: { slotCount, state: slotCount > 0 ? "running" : "stopped" },
    slots,
  };
}

function slotStatus({ slotId, state }: Slot, isAwake: boolean, now: number): SlotStatus {
  if (!isAwake) return { state: "starting", slotId };
  if (state.state === "idle") return { state: "idle", slotId };
  const { jobId, taskIds, index, progress, sinceAt } = state;
  const taskId = taskIds[index];
  if (!taskId) return { state: "idle", slotId };
  return { state: "running", slotId, jobId, taskId, progress, sinceMs: Math.max(0, now - sinceAt) };
}
