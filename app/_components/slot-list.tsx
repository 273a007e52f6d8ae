import Link from "next/link";
import type { SlotStatus } from "../../worker/status";
import { formatPercent, formatTask } from "../_live/format";
import { CellBar } from "./cell-bar";

export function SlotList({ slots }: { slots: readonly SlotStatus[] }) {
  return (
    <section aria-labelledby="slots-title">
      <h2 id="slots-title">What each slot computes</h2>
      <ul className="mt-3 grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        {slots.map((slot, index) => (
          <li key={slot.slotId} data-testid="slot" data-state={slot.state} className="panel px-4 py-3">
            <div className="flex items-baseline justify-between gap-2 text-sm">
              <span className="font-medium">Slot {index + 1}</span>
              <SlotTask slot={slot} />
            </div>
            <div className="mt-2.5">
              <CellBar label={`Progress of slot ${index + 1}`} {...barOf(slot)} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function SlotTask({ slot }: { slot: SlotStatus }) {
  if (slot.state !== "running") return <span className="text-soft">{slot.state}</span>;
  return (
    <span className="min-w-0 truncate">
      <Link href={`/jobs/${slot.jobId}`} className="link">
        {formatTask(slot.taskId)}
      </Link>
      {slot.progress > 0 && (
        <span className="ml-2 text-soft tabular-nums">{formatPercent(slot.progress)}</span>
      )}
    </span>
  );
}

/** A program that reports no progress still shows that it is being worked on. */
function barOf(slot: SlotStatus) {
  return slot.state === "running" ? { done: slot.progress, atWork: 1 } : { done: 0 };
}
