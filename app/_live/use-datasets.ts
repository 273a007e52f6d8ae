"use client";

import { useCallback, useEffect, useState } from "react";
import { DatasetPage, type DatasetView } from "../../protocol/dataset";
import { getJson, messageOf } from "./api";

export interface Datasets {
  /** Null until they have come. */
  datasets: readonly DatasetView[] | null;
  problem: string | null;
  /** Looks again. */
  reload: () => void;
  /** Gets those that come after; null when there are none. */
  more: (() => void) | null;
}

export function useDatasets(): Datasets {
  const [page, setPage] = useState<DatasetPage | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [round, setRound] = useState(0);

  const load = useCallback((cursor: string | null, signal?: AbortSignal) => {
    const query = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    getJson(DatasetPage, `/api/v1/datasets${query}`, signal).then(
      ({ datasets, nextCursor }) => {
        setPage((last) => ({
          datasets: cursor === null ? datasets : [...(last?.datasets ?? []), ...datasets],
          nextCursor,
        }));
        setProblem(null);
      },
      (error: unknown) => {
        if (!signal?.aborted) setProblem(messageOf(error));
      },
    );
  }, []);

  useEffect(() => {
    const aborter = new AbortController();
    load(null, aborter.signal);
    return () => aborter.abort();
  }, [load, round]);

  const cursor = page?.nextCursor ?? null;
  return {
    datasets: page?.datasets ?? null,
    problem,
    reload: () => setRound((last) => last + 1),
    more: cursor === null ? null : () => load(cursor),
  };
}
