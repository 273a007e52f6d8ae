import type { StreamState } from "../_live/use-event-stream";

/** Says whether what a page shows is current. */
export function StreamNote({ stream }: { stream: StreamState }) {
  if (stream === "ended") return null;
  const isLive = stream === "live";
  return (
    <p role="status" className="flex items-center gap-2 text-xs text-soft">
      <span
        aria-hidden="true"
        className={`size-2 rounded-full ${isLive ? "bg-accent" : "bg-warn motion-safe:animate-pulse"}`}
      />
      {isLive ? "Live" : stream === "connecting" ? "Connecting…" : "Connection lost, trying again…"}
    </p>
  );
}
