"use client";

import { useState } from "react";
import type { ImportView } from "../../protocol/import";
import { messageOf, request } from "../_live/api";
import { counted, formatBytes } from "../_live/format";
import { Badge } from "./badge";
import { ByteProgress } from "./byte-progress";

const TONES = { running: "warn", complete: "good", failed: "bad" } as const;

interface ImportListProps {
  imports: readonly ImportView[];
  onRemoved: () => void;
}

/** Data that the coordinator fetches or has fetched from addresses, the newest first. */
export function ImportList({ imports, onRemoved }: ImportListProps) {
  return (
    <section aria-labelledby="imports">
      <h2 id="imports" className="mb-2">
        Imports
      </h2>
      <ul className="space-y-3">
        {imports.map((view) => (
          <ImportRow key={view.id} view={view} onRemoved={onRemoved} />
        ))}
      </ul>
    </section>
  );
}

function ImportRow({ view, onRemoved }: { view: ImportView; onRemoved: () => void }) {
  const { id, url, path, state, receivedBytes, length } = view;
  const [problem, setProblem] = useState<string | null>(null);

  async function remove() {
    try {
      await request(`/api/v1/imports/${id}`, { method: "DELETE" });
      onRemoved();
    } catch (error) {
      setProblem(messageOf(error));
    }
  }

  return (
    <li className="panel space-y-2 p-4 text-sm" data-testid="import">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <span className="font-mono text-base break-all">{path}</span>
        <Badge tone={TONES[state]}>{state}</Badge>
        <button type="button" className="button button-quiet ml-auto" onClick={() => void remove()}>
          {state === "running" ? "Give up" : "Forget"}
        </button>
      </div>
      <p className="font-mono text-xs break-all text-soft">{url}</p>
      {state === "running" && (
        <ByteProgress label={`Import into ${path}`} bytes={receivedBytes} total={length} />
      )}
      {view.state === "complete" && (
        <p className="text-soft tabular-nums">
          Version {view.version}, {formatBytes(receivedBytes)} fetched
          {view.breaks > 0 &&
            `; the connection broke ${counted(view.breaks, "time", "times")} and was taken up again`}
          .
        </p>
      )}
      {view.state === "failed" && <p className="text-bad">{view.problem.detail ?? view.problem.title}</p>}
      {problem && (
        <p role="alert" className="text-bad">
          {problem}
        </p>
      )}
    </li>
  );
}
