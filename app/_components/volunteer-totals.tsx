import type { VolunteerStatus } from "../../worker/status";
import { formatBytes, formatCount, formatDuration } from "../_live/format";
import { Figures } from "./figures";

export function VolunteerTotals({ status }: { status: VolunteerStatus }) {
  const { totals } = status;
  return (
    <Figures
      label="Totals of this browser"
      figures={[
        { label: "Tasks computed", value: formatCount(totals.tasks), testId: "totals-tasks" },
        { label: "Computing time", value: formatDuration(totals.computeMs) },
        {
          label: "Blocks fetched",
          value: formatCount(totals.blocksFetched),
          note: formatBytes(totals.bytesFetched),
          testId: "blocks-fetched",
        },
        {
          label: "Blocks from cache",
          value: formatCount(totals.blocksFromCache),
          note: formatBytes(totals.bytesFromCache),
          testId: "blocks-cached",
        },
        {
          label: "Blocks kept here",
          value: formatCount(totals.blocksStored),
          note: formatBytes(totals.bytesStored),
          testId: "blocks-stored",
        },
        { label: "Waiting for a slot", value: formatCount(status.waiting) },
        {
          label: "Outbox",
          value: formatCount(status.outbox),
          note: status.outbox === 0 ? "all acknowledged" : "not yet acknowledged",
          testId: "outbox",
        },
      ]}
    />
  );
}
