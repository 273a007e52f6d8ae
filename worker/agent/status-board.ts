/**
 * Puts the agent's state into words for its pages: within a quarter of a second when something begins or ends, and once a second while tasks
 * follow one another. Drawing a page takes processor time from the tasks.
 */
import type { VolunteerId } from "../../protocol/ids";
import type { ConnectionStatus, InstanceStatus, SlotStatus, Totals, VolunteerStatus } from "../status";
import type { Clock } from "./clock";
import type { Page } from "./pages";
import type { Slot } from "./slot";

export interface Facts {
  readonly connection: ConnectionStatus;
  readonly volunteerId: VolunteerId | null;
  readonly instances: readonly InstanceStatus[];
  readonly waiting: number;
  readonly outbox: number;
  readonly totals: Totals;
}

const SHOW_EVERY_MS = { news: 250, progress: 1_000 };

/** @returns Call it after every change; pages are shown the newest state now or soon. */
export function openStatusBoard(
  pages: ReadonlySet<Page>,
  clock: Clock,
  facts: () => Facts,
  reportBug: (error: unknown) => void,
): () => void {
  let cancel: (() => void) | null = null;
  let dueAt = Infinity;
  let shownAt = 0;
  let shownKey = "";
  /** Pages that have not taken the last one yet. A frozen page would otherwise wake up to thousands. */
  const busy = new Set<Page>();

  return () => {
    const everyMs = keyOf(facts(), pages) === shownKey ? SHOW_EVERY_MS.progress : SHOW_EVERY_MS.news;
    const at = Math.max(clock.now(), shownAt + everyMs);
    if (at >= dueAt) return;
    cancel?.();
    dueAt = at;
    cancel = clock.after(at - clock.now(), show);
  };

  function show(): void {
    cancel = null;
    dueAt = Infinity;
    shownAt = clock.now();
    const current = facts();
    shownKey = keyOf(current, pages);
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

/** What is news when it changes. That one task follows another is not. */
function keyOf({ connection, volunteerId, instances }: Facts, pages: ReadonlySet<Page>): string {
  const slots = [...pages].map(({ isAwake, slots }) => [isAwake, slots.length, slots.some(isRunning)].join());
  const serving = instances.map(({ instanceId, state }) => `${instanceId} ${state}`);
  return [connection.state, volunteerId, ...slots, ...serving].join(";");
}

const isRunning = ({ state }: Slot) => state.state === "running";

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
