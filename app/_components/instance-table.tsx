import type { InstanceView } from "../../protocol/service";
import { formatCount, formatDuration } from "../_live/format";
import { useNow } from "../_live/use-now";
import { Badge } from "./badge";

const COLUMNS = [
  "Volunteer",
  "State",
  "Version",
  "Up for",
  "Ping",
  "At work",
  "Answered",
  "Median",
  "95 %",
] as const;

/** A service's instances and how they are. */
export function InstanceTable({ instances }: { instances: readonly InstanceView[] }) {
  const now = useNow(1_000);
  if (instances.length === 0) return <p className="text-sm text-soft">No volunteer runs it at the moment.</p>;
  return (
    <div className="overflow-x-auto" role="region" aria-label="Instances" tabIndex={0}>
      <table className="w-full text-sm whitespace-nowrap tabular-nums">
        <thead>
          <tr className="border-b border-line text-left">
            {COLUMNS.map((name, column) => (
              <th key={name} scope="col" className={`eyebrow py-2 pr-4 ${column > 2 ? "text-right" : ""}`}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {instances.map((instance) => (
            <Row key={instance.id} instance={instance} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const duration = (ms: number | null | undefined) =>
  ms === null || ms === undefined ? "–" : formatDuration(ms);

function Row({ instance, now }: { instance: InstanceView; now: number | null }) {
  const {
    id,
    volunteerId,
    state,
    version,
    readyAt,
    pingMs,
    outstanding,
    answered,
    failed,
    outvoted,
    latency,
  } = instance;
  const upMs = readyAt === null || now === null ? null : Math.max(0, now - readyAt);
  return (
    <tr data-testid="instance-row" data-state={state} title={id}>
      <th scope="row" className="py-2 pr-4 text-left font-mono font-normal">
        {volunteerId}
      </th>
      <td className="pr-4">
        <Badge tone={state === "ready" ? "good" : "plain"}>{state}</Badge>{" "}
        {outvoted > 0 && <Badge tone="bad">outvoted {outvoted}</Badge>}
      </td>
      <td className="pr-4">{version}</td>
      <td className="pr-4 text-right">{duration(upMs)}</td>
      <td className="pr-4 text-right">{duration(pingMs)}</td>
      <td className="pr-4 text-right">{outstanding}</td>
      <td className="pr-4 text-right">
        {formatCount(answered)}
        {failed > 0 && <span className="text-bad"> ({failed} failed)</span>}
      </td>
      <td className="pr-4 text-right">{duration(latency?.p50)}</td>
      <td className="text-right">{duration(latency?.p95)}</td>
    </tr>
  );
}
