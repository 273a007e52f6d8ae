"use client";

import { useState } from "react";
import { messageOf } from "../_live/api";
import { formatDuration } from "../_live/format";

interface Tried {
  status: string;
  body: string;
}

const SHOWN_CHARS = 20_000;

/** Asks the service from the page: a path, and a body if there is one. */
export function TryService({ address }: { address: string }) {
  const [path, setPath] = useState("/");
  const [body, setBody] = useState("");
  const [tried, setTried] = useState<Tried | null>(null);
  const [isAsking, setAsking] = useState(false);

  async function ask() {
    setAsking(true);
    const begunAt = performance.now();
    try {
      const url = `${address}/${path.replace(/^\/+/, "")}`;
      const response = await fetch(url, body === "" ? {} : { method: "POST", body });
      const text = await response.text();
      const took = formatDuration(performance.now() - begunAt);
      const attempts = response.headers.get("tabgrid-attempts");
      const asked = attempts === null || attempts === "1" ? "" : `, ${attempts} instances asked`;
      setTried({ status: `${response.status} in ${took}${asked}`, body: text.slice(0, SHOWN_CHARS) });
    } catch (error) {
      setTried({ status: messageOf(error), body: "" });
    }
    setAsking(false);
  }

  return (
    <form
      className="space-y-2"
      aria-label="Try a request"
      onSubmit={(event) => {
        event.preventDefault();
        void ask();
      }}
    >
      <div className="flex flex-wrap gap-2">
        <input
          aria-label="Path and query"
          className="field min-w-40 flex-1 font-mono"
          value={path}
          onChange={(event) => setPath(event.target.value)}
        />
        <input
          aria-label="Body"
          className="field min-w-40 flex-1 font-mono"
          placeholder="a body, to POST it"
          value={body}
          onChange={(event) => setBody(event.target.value)}
        />
        <button type="submit" className="button button-quiet" disabled={isAsking}>
          {isAsking ? "Asking…" : "Try it"}
        </button>
      </div>
      {tried && (
        <output className="block text-sm" data-testid="tried">
          <span className="text-soft">{tried.status}</span>
          <pre className="mt-1 max-h-64 overflow-auto rounded-lg bg-sunk p-3 text-xs">{tried.body}</pre>
        </output>
      )}
    </form>
  );
}
