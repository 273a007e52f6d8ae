"use client";

import { useEffect, useState } from "react";
import { messageOf, request } from "./api";

/** Lines read into the page; longer results are for the download. */
export const RESULT_LINES_READ = 250_000;
const ROWS_BETWEEN_NEWS = 20_000;

export interface ResultRow {
  key: unknown;
  value: unknown;
}

export type LiveResult =
  | { state: "loading"; rowCount: number }
  | { state: "ready"; rows: readonly ResultRow[]; isWhole: boolean }
  | { state: "failed"; message: string };

/** Reads the result of a job that has completed, line by line as it arrives. */
export function useResult(jobId: string): LiveResult {
  const [result, setResult] = useState<LiveResult>({ state: "loading", rowCount: 0 });

  useEffect(() => {
    const abort = new AbortController();
    readRows(jobId, abort.signal, (rowCount) => setResult({ state: "loading", rowCount })).then(
      (read) => setResult({ state: "ready", ...read }),
      (error: unknown) => {
        if (!abort.signal.aborted) setResult({ state: "failed", message: messageOf(error) });
      },
    );
    return () => abort.abort();
  }, [jobId]);

  return result;
}

async function readRows(jobId: string, signal: AbortSignal, onNews: (rowCount: number) => void) {
  const response = await request(`/api/v1/jobs/${encodeURIComponent(jobId)}/result`, { signal });
  const rows: ResultRow[] = [];
  for await (const line of linesOf(response)) {
    // Leaving the loop closes the stream: what is beyond is not downloaded.
    if (rows.length === RESULT_LINES_READ) return { rows, isWhole: false };
    rows.push(parseRow(line));
    if (rows.length % ROWS_BETWEEN_NEWS === 0) onNews(rows.length);
  }
  return { rows, isWhole: true };
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield line;
    }
    if (rest !== "") yield rest;
  } finally {
    await reader.cancel();
  }
}

/** Written out by hand: a schema costs seconds over so many lines. */
function parseRow(line: string): ResultRow {
  const row: unknown = JSON.parse(line);
  if (typeof row !== "object" || row === null) throw new Error("A line of the result is not a JSON object");
  return { key: "key" in row ? row.key : null, value: "value" in row ? row.value : null };
}
