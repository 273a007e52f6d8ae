import Link from "next/link";
import type { ReactNode } from "react";
import type { ApiProblem } from "../_live/api";
import type { StreamState } from "../_live/use-event-stream";
import { Notice } from "./notice";
import { StreamNote } from "./stream-note";

interface RunHeaderProps {
  name: string;
  badges: ReactNode;
  stream: StreamState;
  /** What can be done with it while it has not ended; null afterwards. */
  actions: ReactNode;
}

/** The heading of the page of something that runs: a job, a pipeline. */
export function RunHeader({ name, badges, stream, actions }: RunHeaderProps) {
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-2">
      <h1 className="min-w-0 break-words">{name}</h1>
      {badges}
      <StreamNote stream={stream} />
      {actions && <div className="flex flex-wrap items-start gap-3 sm:ml-auto">{actions}</div>}
    </header>
  );
}

interface NoRunProps {
  what: "job" | "pipeline";
  id: string;
  problem: ApiProblem | null;
  /** Where those that there are can be seen. */
  list: string;
}

/** In place of the page while there is nothing to show: it is on its way, cannot be had, or is not there. */
export function NoRun({ what, id, problem, list }: NoRunProps) {
  if (!problem) return <p className="py-8 text-center text-sm text-soft">Loading the {what}…</p>;
  if (problem.problem.status !== 404) return <Notice tone="bad">{problem.message}</Notice>;
  return (
    <div className="mx-auto max-w-md py-16 text-center">
      <h1>There is no such {what}</h1>
      <p className="mt-3 break-all text-soft">Nothing is known here under {id}.</p>
      <Link href={list} className="button mt-6">
        See the {what}s
      </Link>
    </div>
  );
}
