"use client";

import { useState } from "react";
import { GridStatus, JobPage, JobView, VolunteerPage, type VolunteerView } from "../../protocol/views";
import { ApiProblem, getJson, messageOf } from "./api";
import { later } from "./job-state";
import { useEventStream, type StreamState } from "./use-event-stream";

const PAGE_SIZE = 50;

export interface LiveGrid {
  stream: StreamState;
  status: GridStatus | null;
  /** Null until the first answer. */
  volunteers: readonly VolunteerView[] | null;
  /** Newest first; null until the first answer. */
  jobs: readonly JobView[] | null;
  /** Null when there are no older jobs than those shown. */
  loadOlderJobs: (() => Promise<void>) | null;
  problem: string | null;
}

/** The grid as it is now. It listens before it asks, so nothing is missed in between. */
export function useGrid(): LiveGrid {
  const [status, setStatus] = useState<GridStatus | null>(null);
  const [volunteers, setVolunteers] = useState<readonly VolunteerView[] | null>(null);
  const [jobs, setJobs] = useState<readonly JobView[] | null>(null);
  const [olderCursor, setOlderCursor] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  async function load(cursor: string | null) {
    try {
      const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...(cursor && { cursor }) });
      const page = await getJson(JobPage, `/api/v1/jobs?${query}`);
      setJobs((known) => merged(known ?? [], page.jobs));
      setOlderCursor(page.nextCursor);
      setProblem(null);
    } catch (error) {
      if (error instanceof ApiProblem) setProblem(messageOf(error));
      else throw error;
    }
  }

  const stream = useEventStream(
    "/api/v1/events",
    ["status", "job", "volunteers"],
    (name, data) => {
      if (name === "status") setStatus((last) => GridStatus.safeParse(data).data ?? last);
      if (name === "volunteers") setVolunteers((last) => parseVolunteers(data) ?? last);
      const job = name === "job" ? JobView.safeParse(data).data : undefined;
      if (job) setJobs((known) => merged(known ?? [], [job]));
    },
    () => void load(null),
  );

  const loadOlderJobs = olderCursor === null ? null : () => load(olderCursor);
  return { stream, status, volunteers, jobs, loadOlderJobs, problem };
}

const parseVolunteers = (data: unknown) => VolunteerPage.shape.volunteers.safeParse(data).data;

function merged(known: readonly JobView[], news: readonly JobView[]): JobView[] {
  const byId = new Map(known.map((job) => [job.id, job]));
  for (const job of news) byId.set(job.id, later(byId.get(job.id), job));
  return [...byId.values()].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
}
