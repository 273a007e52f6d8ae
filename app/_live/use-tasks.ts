"use client";

import { useEffect, useState } from "react";
import type { StageName } from "../../protocol/ids";
import { TaskPage } from "../../protocol/views";
import { getJson, messageOf } from "./api";

const REFRESH_MS = 2000;
const PAGE_SIZE = 25;

interface TasksWanted {
  jobId: string;
  stage: StageName | null;
  cursor: string | null;
  /** Asks again every two seconds while the job may change. */
  isLive: boolean;
}

/** One page of a job's tasks with their copies: the audit trail. `page` is null until the first answer. */
export function useTasks({ jobId, stage, cursor, isLive }: TasksWanted) {
  const [page, setPage] = useState<TaskPage | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    const abort = new AbortController();
    const query = new URLSearchParams({
      limit: String(PAGE_SIZE),
      ...(stage && { stage }),
      ...(cursor && { cursor }),
    });
    let timer: ReturnType<typeof setTimeout> | undefined;

    async function load() {
      try {
        setPage(
          await getJson(TaskPage, `/api/v1/jobs/${encodeURIComponent(jobId)}/tasks?${query}`, abort.signal),
        );
        setProblem(null);
      } catch (error) {
        if (abort.signal.aborted) return;
        setProblem(messageOf(error));
      }
      if (isLive && !abort.signal.aborted) timer = setTimeout(() => void load(), REFRESH_MS);
    }

    void load();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [jobId, stage, cursor, isLive]);

  return { page, problem };
}
