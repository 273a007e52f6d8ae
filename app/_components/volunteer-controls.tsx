"use client";

import { Play, Square } from "lucide-react";
import { useState } from "react";
import { LIMITS } from "../../protocol/limits";
import { CACHE_SHARES, useCacheChoice } from "../_live/cache-choice";
import { counted } from "../_live/format";
import { chooseSlots, useCoreCount } from "../_live/slot-choice";
import { chooseTags, useTagChoice } from "../_live/tag-choice";
import {
  changeCacheShare,
  startVolunteer,
  stopVolunteer,
  type VolunteerSession,
} from "../_live/volunteer-session";
import { describeVolunteer, type VolunteerWords } from "../_live/volunteer-words";

interface VolunteerControlsProps {
  session: VolunteerSession;
  /** Null until the browser is known. */
  slotCount: number | null;
}

const DOTS: Record<VolunteerWords["state"], string> = {
  stopped: "bg-soft/50",
  starting: "bg-warn motion-safe:animate-pulse",
  connecting: "bg-warn motion-safe:animate-pulse",
  offline: "bg-warn",
  refused: "bg-bad",
  waiting: "bg-accent/60",
  computing: "bg-accent",
};

export function VolunteerControls({ session, slotCount }: VolunteerControlsProps) {
  const { status, isStarting } = session;
  const words = describeVolunteer(session);
  const isRunning = status?.thisTab.state === "running";
  return (
    <section aria-label="This volunteer" className="panel p-5 sm:p-6">
      <div className="flex flex-wrap items-end gap-x-8 gap-y-5">
        <div className="min-w-0 basis-full sm:flex-1 sm:basis-auto" role="status">
          <p className="flex items-center gap-3 text-xl font-semibold">
            <span aria-hidden="true" className={`size-3 shrink-0 rounded-full ${DOTS[words.state]}`} />
            <span data-testid="volunteer-state" data-state={words.state}>
              {words.title}
            </span>
          </p>
          <p className="mt-1 text-sm text-soft">{words.detail}</p>
        </div>
        <SlotField slotCount={slotCount} isRunning={isRunning} />
        <TagField slotCount={slotCount} isRunning={isRunning} />
        <StorageField />
        {isRunning ? (
          <button type="button" className="button button-quiet max-sm:flex-1" onClick={stopVolunteer}>
            <Square className="size-4" aria-hidden="true" />
            Stop
          </button>
        ) : (
          <button
            type="button"
            className="button max-sm:flex-1"
            disabled={slotCount === null || isStarting}
            onClick={() => slotCount !== null && startVolunteer(slotCount)}
          >
            <Play className="size-4" aria-hidden="true" />
            Start
          </button>
        )}
      </div>
      <p className="mt-5 flex flex-wrap gap-x-6 gap-y-1 border-t border-line pt-4 text-sm text-soft">
        <span>
          Volunteer{" "}
          <span data-testid="volunteer-id" className="font-mono text-ink">
            {status?.volunteerId ?? "not known yet"}
          </span>
        </span>
        {status && status.tabs > 1 && (
          <span>{counted(status.tabs, "tab")} of this browser, one volunteer</span>
        )}
      </p>
    </section>
  );
}

function StorageField() {
  const share = useCacheChoice();
  return (
    <div className="max-sm:basis-full">
      <label htmlFor="cache-share" className="eyebrow block">
        Storage for data
      </label>
      <select
        id="cache-share"
        value={share ?? ""}
        disabled={share === null}
        onChange={(event) => changeCacheShare(Number(event.target.value))}
        className="field mt-1 sm:w-52"
      >
        {CACHE_SHARES.map((percent) => (
          <option key={percent} value={percent}>
            {percent === 0 ? "None: memory only" : `Up to ${percent} % of what is free`}
          </option>
        ))}
      </select>
    </div>
  );
}

function TagField({ slotCount, isRunning }: { slotCount: number | null; isRunning: boolean }) {
  const tags = useTagChoice();
  const [draft, setDraft] = useState<string | null>(null);
  return (
    <div className="max-sm:basis-full">
      <label htmlFor="tags" className="eyebrow block">
        Tags, for jobs that ask for them
      </label>
      <input
        id="tags"
        value={draft ?? tags ?? ""}
        disabled={tags === null}
        placeholder="none"
        onChange={(event) => setDraft(event.target.value)}
        onBlur={() => {
          if (draft !== null) chooseTags(draft);
          if (draft !== null && isRunning && slotCount !== null) startVolunteer(slotCount);
          setDraft(null);
        }}
        className="field mt-1 sm:w-52"
      />
    </div>
  );
}

function SlotField({ slotCount, isRunning }: { slotCount: number | null; isRunning: boolean }) {
  const cores = useCoreCount();
  /** What is in the field while it is typed in, which may be no number yet. */
  const [draft, setDraft] = useState<string | null>(null);

  function choose(typed: string) {
    const count = Number(typed);
    if (!Number.isInteger(count) || count < 1) return;
    chooseSlots(count);
    if (isRunning) startVolunteer(count);
  }

  return (
    <div className="max-sm:flex-1">
      <label htmlFor="slots" className="eyebrow block">
        Slots{cores !== null && ` (this device has ${counted(cores, "core")})`}
      </label>
      <input
        id="slots"
        type="number"
        min={1}
        max={LIMITS.slots}
        value={draft ?? slotCount ?? ""}
        disabled={slotCount === null}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={() => {
          if (draft !== null) choose(draft);
          setDraft(null);
        }}
        className="field mt-1 tabular-nums sm:w-40"
      />
    </div>
  );
}
