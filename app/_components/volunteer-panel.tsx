"use client";

import { useSearchParams } from "next/navigation";
import { useEffect } from "react";
import { chooseSlots, useSlotChoice } from "../_live/slot-choice";
import { chooseTags } from "../_live/tag-choice";
import { openVolunteerSession, startVolunteer, useVolunteerSession } from "../_live/volunteer-session";
import { AccountPanel } from "./account-panel";
import { InstanceList } from "./instance-list";
import { Notice } from "./notice";
import { SlotList } from "./slot-list";
import { VolunteerControls } from "./volunteer-controls";
import { VolunteerPromise } from "./volunteer-promise";
import { VolunteerTotals } from "./volunteer-totals";

export function VolunteerPanel() {
  const session = useVolunteerSession();
  const { status, problem } = session;
  const slotCount = useSlotChoice();
  useStartFromAddress();

  return (
    <div className="space-y-6">
      <div>
        <h1>Give computing time</h1>
        <p className="mt-1 max-w-2xl text-soft">
          This browser becomes a volunteer: it takes small tasks from the grid, computes them, and returns
          their outputs.
        </p>
      </div>
      {problem && <Notice tone="bad">{problem}</Notice>}
      <VolunteerControls session={session} slotCount={slotCount} />
      {status && <VolunteerTotals status={status} />}
      {status && status.slots.length > 0 && <SlotList slots={status.slots} />}
      {status && status.instances.length > 0 && <InstanceList instances={status.instances} />}
      <AccountPanel isConnecting={session.isStarting || status?.connection.state === "connecting"} />
      <VolunteerPromise />
    </div>
  );
}

/** `?start=1` starts without a press, `&slots=2` says how many, `&tags=lab` what for: for machines that nobody sits at. */
function useStartFromAddress() {
  const query = useSearchParams();
  const isWanted = query.get("start") === "1";
  const slots = Number(query.get("slots"));
  const tags = query.get("tags");
  const choice = useSlotChoice();
  const slotCount = Number.isInteger(slots) && slots > 0 ? slots : choice;

  useEffect(() => openVolunteerSession(), []);
  useEffect(() => {
    if (tags !== null) chooseTags(tags);
    if (!isWanted || slotCount === null) return;
    chooseSlots(slotCount);
    startVolunteer(slotCount);
    // Dropped from the address, so that a later "stop" is not undone by a reload or by going back.
    history.replaceState(history.state, "", "/volunteer");
  }, [isWanted, slotCount, tags]);
}
