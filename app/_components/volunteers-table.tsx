"use client";

import Link from "next/link";
import type { VolunteerView } from "../../protocol/views";
import { formatCount, formatDuration } from "../_live/format";
import { useGrid } from "../_live/use-grid";
import { useVolunteerSession } from "../_live/volunteer-session";
import { Badge } from "./badge";
import { StreamNote } from "./stream-note";

const COLUMNS = [
  "Volunteer",
  "State",
  "Slots",
  "Copies",
  "Accepted",
  "Invalid",
  "Computing time",
  "Device",
  "Waits because",
] as const;

export function VolunteersTable() {
  const { volunteers, stream } = useGrid();
  const { status } = useVolunteerSession();
  return (
    <div className="space-y-6">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <h1>Volunteers</h1>
        <StreamNote stream={stream} />
      </div>
      {volunteers === null && (
        <p className="py-8 text-center text-sm text-soft">Waiting for the coordinator…</p>
      )}
      {volunteers?.length === 0 && (
        <div className="panel p-8 text-center">
          <h2>No volunteer is connected</h2>
          <p className="mx-auto mt-2 mb-5 max-w-md text-sm text-soft">
            Jobs wait until somebody gives computing time. This browser can be the first.
          </p>
          <Link href="/volunteer?start=1" className="button">
            Give computing time
          </Link>
        </div>
      )}
      {volunteers && volunteers.length > 0 && (
        <Table volunteers={volunteers} ownId={status?.volunteerId ?? null} />
      )}
    </div>
  );
}

function Table({ volunteers, ownId }: { volunteers: readonly VolunteerView[]; ownId: string | null }) {
  return (
    <div className="panel overflow-x-auto" role="region" aria-label="Connected volunteers" tabIndex={0}>
      <table className="w-full text-sm whitespace-nowrap">
        <thead>
          <tr className="border-b border-line text-left">
            {COLUMNS.map((name, column) => (
              <th
                key={name}
                scope="col"
                className={`eyebrow px-4 py-2.5 ${column > 1 && column < COLUMNS.length - 2 ? "text-right" : ""}`}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line tabular-nums">
          {volunteers.map((volunteer) => (
            <Row key={volunteer.id} volunteer={volunteer} isOwn={volunteer.id === ownId} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function describeDevice({ engine, memoryGb, tags }: VolunteerView["device"]): string {
  return [engine, ...(memoryGb === null ? [] : [`${memoryGb} GB`]), ...tags].join(", ");
}

function Row({ volunteer, isOwn }: { volunteer: VolunteerView; isOwn: boolean }) {
  const isConnected = volunteer.state === "connected";
  return (
    <tr data-testid="volunteer-row">
      <th scope="row" className="px-4 py-2.5 text-left font-normal">
        <span className="font-mono">{volunteer.id}</span> {isOwn && <Badge tone="plain">this browser</Badge>}
        {volunteer.account !== null && (
          <span
            className="block font-mono text-xs text-soft"
            title="Devices of one account never confirm each other"
          >
            {volunteer.account}
          </span>
        )}
      </th>
      <td className="px-4">
        <Badge tone={isConnected ? "good" : "warn"}>{volunteer.state}</Badge>{" "}
        {volunteer.quota !== null && <Badge tone="warn">holds at most {volunteer.quota}</Badge>}
      </td>
      <td className="px-4 text-right">{volunteer.slotCount}</td>
      <td className="px-4 text-right">{formatCount(volunteer.copiesOut)}</td>
      <td className="px-4 text-right">{formatCount(volunteer.acceptedTasks)}</td>
      <td className={`px-4 text-right ${volunteer.invalidTasks > 0 ? "font-medium text-bad" : ""}`}>
        {formatCount(volunteer.invalidTasks)}
      </td>
      <td className="px-4 text-right">{formatDuration(volunteer.computeMs)}</td>
      <td className="px-4" data-testid="volunteer-device">
        {describeDevice(volunteer.device)}
      </td>
      <td className="min-w-64 px-4 py-2.5 whitespace-normal text-soft" data-testid="volunteer-waiting">
        {volunteer.waiting?.message}
      </td>
    </tr>
  );
}
