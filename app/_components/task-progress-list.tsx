import type { JobView } from "../../protocol/views";
import { formatPercent, formatTask } from "../_live/format";
import { CellBar } from "./cell-bar";

/** How far the tasks are that run now, of a program that says so. */
export function TaskProgressList({ job: { taskProgress } }: { job: JobView }) {
  if (taskProgress.length === 0) return null;
  return (
    <section aria-labelledby="at-work-title">
      <h2 id="at-work-title">Tasks at work</h2>
      <ul className="panel mt-3 grid gap-x-6 gap-y-2 px-4 py-3 text-sm sm:grid-cols-2">
        {taskProgress.map(({ taskId, volunteerId, progress }) => (
          <li
            key={`${taskId} ${volunteerId}`}
            data-testid="task-progress"
            className="grid grid-cols-[7rem_1fr_3.5rem] items-center gap-3"
          >
            <span className="truncate">{formatTask(taskId)}</span>
            <CellBar
              label={`Progress of ${formatTask(taskId)} at ${volunteerId}`}
              done={progress}
              atWork={1}
            />
            <span className="text-right text-soft tabular-nums">{formatPercent(progress)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
