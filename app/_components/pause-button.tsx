"use client";

import { Pause, Play } from "lucide-react";
import { useState } from "react";
import { JobView } from "../../protocol/views";
import { messageOf, postJson } from "../_live/api";

/** Pauses a job that runs, resumes one that is paused. The page learns of it from its stream of events. */
export function PauseButton({ job }: { job: JobView }) {
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const isPaused = job.state === "paused";
  const Icon = isPaused ? Play : Pause;

  async function change() {
    setAsking(true);
    setProblem(null);
    try {
      await postJson(JobView, `/api/v1/jobs/${job.id}/${isPaused ? "resume" : "pause"}`);
    } catch (error) {
      setProblem(messageOf(error));
    }
    setAsking(false);
  }

  return (
    <div>
      <button type="button" className="button button-quiet" disabled={isAsking} onClick={() => void change()}>
        <Icon className="size-4" aria-hidden="true" />
        {isPaused ? "Resume job" : "Pause job"}
      </button>
      {problem && (
        <p role="alert" className="mt-1 text-sm text-bad">
          {problem}
        </p>
      )}
    </div>
  );
}
