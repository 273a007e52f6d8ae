"use client";

import { useRef, useState } from "react";
import { JobView, LogLine } from "../../protocol/views";
import { ApiProblem, getJson } from "./api";
import { later } from "./job-state";
import { useEventStream, type StreamState } from "./use-event-stream";

const LOG_LINES_SHOWN = 500;
const SPEED_SAMPLES = 240;

export interface LiveJob {
  stream: StreamState;
  /** Null until the first answer. */
  job: JobView | null;
  /** The newest, oldest first. */
  logs: readonly LogLine[];
  /** Accepted tasks a second, as they were told since the page opened; oldest first. */
  speeds: readonly number[];
  problem: ApiProblem | null;
}

export function useJob(id: string): LiveJob {
  const [job, setJob] = useState<JobView | null>(null);
  const [logs, setLogs] = useState<readonly LogLine[]>([]);
  const logsComeAgain = useRef(false);
  const [speeds, setSpeeds] = useState<readonly number[]>([]);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isListening, setListening] = useState(true);
  const address = `/api/v1/jobs/${encodeURIComponent(id)}`;

  function show(view: JobView) {
    setJob((known) => later(known ?? undefined, view));
    setSpeeds((last) => [...last, view.tasksPerSecond].slice(-SPEED_SAMPLES));
  }

  /** Every stream begins with the newest lines: they take the place of those that another one has told. */
  function note(line: LogLine) {
    const startsAnew = logsComeAgain.current;
    logsComeAgain.current = false;
    setLogs((last) => [...(startsAnew ? [] : last), line].slice(-LOG_LINES_SHOWN));
  }

  async function load() {
    try {
      show(await getJson(JobView, address));
      setProblem(null);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
      if (error.problem.status === 404) setListening(false);
    }
  }

  const stream = useEventStream(
    isListening ? `${address}/events` : null,
    ["job", "log"],
    (name, data) => {
      const view = name === "job" ? JobView.safeParse(data).data : undefined;
      if (view) show(view);
      const line = name === "log" ? LogLine.safeParse(data).data : undefined;
      if (line) note(line);
    },
    (cause) => {
      if (cause === "opened") logsComeAgain.current = true;
      void load();
    },
  );

  return { stream, job, logs, speeds, problem };
}
