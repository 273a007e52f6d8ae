"use client";

import { useState } from "react";
import type { StageName } from "../../protocol/ids";
import type { JobView, TaskView } from "../../protocol/views";
import { formatCount, formatTask } from "../_live/format";
import { hasEnded } from "../_live/job-state";
import { useTasks } from "../_live/use-tasks";
import { CopyRow } from "./copy-row";

export function TaskPanel({ job }: { job: JobView }) {
  const [stage, setStage] = useState<StageName | null>(null);
  /** Where each page began, down to the one that is shown; empty on the first page. */
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const cursor = cursors.at(-1) ?? null;
  const { page, problem } = useTasks({ jobId: job.id, stage, cursor, isLive: !hasEnded(job.state) });
  const nextCursor = page?.nextCursor ?? null;

  return (
    <div>
      <div className="flex flex-wrap items-center gap-3 p-4">
        <label className="flex items-center gap-2 text-sm">
          Stage
          <select
            className="field w-auto"
            value={stage ?? ""}
            onChange={(event) => {
              setStage(job.stages.find(({ name }) => name === event.target.value)?.name ?? null);
              setCursors([]);
            }}
          >
            <option value="">all</option>
            {job.stages.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <div className="ml-auto flex gap-2">
          <button
            type="button"
            className="button button-quiet"
            disabled={cursors.length === 0}
            onClick={() => setCursors(cursors.slice(0, -1))}
          >
            Back
          </button>
          <button
            type="button"
            className="button button-quiet"
            disabled={nextCursor === null}
            onClick={() => nextCursor !== null && setCursors([...cursors, nextCursor])}
          >
            Next
          </button>
        </div>
      </div>
      {page?.tasks.some(({ state }) => state === "sealed") && (
        <p className="px-4 pb-4 text-sm text-soft" data-testid="sealed-note">
          Who had which task, and what they answered, is told when the job has ended: volunteers read this
          page too, and must not learn which tasks serve as checks.
        </p>
      )}
      {problem && <p className="px-4 pb-4 text-sm text-bad">{problem}</p>}
      {page?.tasks.length === 0 && <p className="p-6 text-center text-sm text-soft">No tasks here yet.</p>}
      {page && page.tasks.length > 0 && <TaskTable tasks={page.tasks} />}
    </div>
  );
}

const COLUMNS = [
  "Task",
  "State",
  "Records",
  "Volunteer",
  "Copy",
  "Verdict and why",
  "Ended",
  "Took",
  "Digest of the output",
] as const;

function TaskTable({ tasks }: { tasks: readonly TaskView[] }) {
  return (
    <div className="overflow-x-auto" role="region" aria-label="Tasks and their copies" tabIndex={0}>
      <table className="w-full text-sm whitespace-nowrap tabular-nums">
        <thead>
          <tr className="border-y border-line bg-sunk/60 text-left">
            {COLUMNS.map((name) => (
              <th
                key={name}
                scope="col"
                className={`eyebrow px-2 py-2 first:pl-4 sm:px-4 ${name === "Records" ? "max-sm:hidden" : ""}`}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        {tasks.map((task) => (
          <TaskRows key={task.id} task={task} />
        ))}
      </table>
    </div>
  );
}

/** A task, and beside it one line for each of its copies. */
function TaskRows({ task }: { task: TaskView }) {
  const [first, ...others] = task.copies;
  const height = Math.max(1, task.copies.length);
  return (
    <tbody data-testid="task-row" className="border-b border-line align-top last:border-0">
      <tr>
        <th scope="rowgroup" rowSpan={height} className="px-4 py-2 text-left font-medium">
          {task.stage} {task.index}
          {task.pack !== null && (
            <span
              className="block text-xs text-soft"
              title="Small tasks travel in packs; the pack's figures are shown"
            >
              in {formatTask(task.pack)}
            </span>
          )}
        </th>
        <td
          rowSpan={height}
          className={`px-2 py-2 sm:px-4 ${task.state === "failed" ? "font-medium text-bad" : ""}`}
        >
          {task.state}
        </td>
        <td rowSpan={height} className="px-4 py-2 max-sm:hidden">
          {task.records === null ? "" : formatCount(task.records)}
        </td>
        {first ? (
          <CopyRow copy={first} />
        ) : (
          <td colSpan={6} className="px-2 py-2 sm:px-4 text-soft">
            {task.state === "sealed" ? "told when the job has ended" : "no copy yet"}
          </td>
        )}
      </tr>
      {others.map((copy, index) => (
        <tr key={index}>
          <CopyRow copy={copy} />
        </tr>
      ))}
    </tbody>
  );
}
