import type { CopyView } from "../../protocol/views";
import { formatClock, formatDuration, formatInstant, shortened } from "../_live/format";
import { Badge, type Tone } from "./badge";

const TONES: Record<CopyView["verdict"], Tone> = {
  pending: "plain",
  valid: "good",
  invalid: "bad",
  late: "plain",
  none: "plain",
};

/** The cells of one copy: who, how it ended, and what validation said of it. */
export function CopyRow({ copy }: { copy: CopyView }) {
  const wash = copy.verdict === "invalid" ? "bg-bad-wash text-bad" : "";
  return (
    <>
      <td className={`px-2 py-2 sm:px-4 font-mono text-xs leading-5 ${wash}`}>
        {copy.volunteerId}
        {copy.account !== null && (
          <span
            className="block text-soft"
            title="The account that it belonged to when it was given the task"
          >
            {copy.account}
          </span>
        )}
      </td>
      <td className={`px-2 py-2 sm:px-4 ${wash}`} title={copy.error ?? undefined}>
        {copy.state}
        {copy.error && (
          <span className="block max-w-60 truncate text-xs text-bad" title={copy.error}>
            {copy.error}
          </span>
        )}
      </td>
      <td className={`px-2 py-2 sm:px-4 ${wash}`}>
        {copy.verdict === "invalid" ? (
          <span className="rounded-md bg-bad px-1.5 py-0.5 text-xs font-semibold text-card">invalid</span>
        ) : (
          copy.state === "returned" &&
          copy.verdict !== "none" && <Badge tone={TONES[copy.verdict]}>{copy.verdict}</Badge>
        )}
        <span
          className="block min-w-44 max-w-72 text-xs whitespace-normal text-soft"
          data-testid="verdict-reason"
        >
          {copy.reason}
        </span>
      </td>
      <td className={`px-2 py-2 sm:px-4 ${wash}`} title={whenOf(copy)}>
        {copy.returnedAt !== null && formatClock(copy.returnedAt)}
      </td>
      <td className={`px-2 py-2 sm:px-4 ${wash}`}>
        {copy.elapsedMs === null ? "" : formatDuration(copy.elapsedMs)}
      </td>
      <td
        className={`px-2 py-2 sm:px-4 font-mono text-xs leading-5 ${wash}`}
        title={copy.digest ?? undefined}
      >
        {copy.digest && shortened(copy.digest, 12)}
      </td>
    </>
  );
}

function whenOf({ leasedAt, returnedAt }: CopyView): string {
  const given = leasedAt === null ? [] : [`given out ${formatInstant(leasedAt)}`];
  const ended = returnedAt === null ? [] : [`ended ${formatInstant(returnedAt)}`];
  return [...given, ...ended].join(", ");
}
