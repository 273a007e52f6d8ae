import type { JobView, StageView } from "../../protocol/views";
import { counted, formatBytes, formatCount } from "../_live/format";
import { hasEnded, taskCountOf } from "../_live/job-state";
import { CellBar } from "./cell-bar";

export function StageList({ job }: { job: JobView }) {
  return (
    <section aria-labelledby="stages-title">
      <h2 id="stages-title">Stages</h2>
      <ol className="panel mt-3 divide-y divide-line">
        {job.stages.map((stage) => (
          <Stage
            key={stage.name}
            stage={stage}
            quorum={job.options.quorum}
            isStopped={hasEnded(job.state)}
            taskCount={taskCountOf(job, stage.name)}
          />
        ))}
      </ol>
    </section>
  );
}

interface StageProps {
  stage: StageView;
  quorum: number;
  isStopped: boolean;
  /** Null while the program's own split has yet to say so. */
  taskCount: number | null;
}

function Stage({ stage, quorum, isStopped, taskCount }: StageProps) {
  const tasks = Math.max(1, taskCount ?? 1);
  const isDropped = isStopped && stage.state !== "completed";
  return (
    <li
      data-testid={`stage-${stage.name}`}
      data-state={stage.state}
      className="grid items-center gap-x-4 gap-y-1.5 px-4 py-3 sm:grid-cols-[9rem_1fr_16rem]"
    >
      <p className="text-sm">
        <span className="font-medium">{stage.name}</span>
        <span className="ml-2 text-soft">{isDropped ? "stopped" : stage.state}</span>
      </p>
      <CellBar
        label={`Progress of the ${stage.name} stage`}
        done={stage.accepted / tasks}
        atWork={stage.copiesOut / quorum / tasks}
        tone={isDropped ? "soft" : "accent"}
      />
      <p className="text-sm text-soft tabular-nums sm:text-right">
        {taskCount === null ? (
          "Number of tasks not known yet"
        ) : (
          <>
            <span className="text-ink">{formatCount(stage.accepted)}</span> of {counted(taskCount, "task")}
          </>
        )}
        {stage.skipped > 0 && (
          <span data-testid="skipped-tasks"> · {formatCount(stage.skipped)} failed and skipped</span>
        )}
        {stage.placing && stage.placing.copies > 0 && (
          <span data-testid="placing">
            {" · "}
            {Math.round((100 * stage.placing.local) / stage.placing.copies)} % local,{" "}
            {formatBytes(stage.placing.bytesMoved)} moved
          </span>
        )}
        {stage.copiesOut > 0 && ` · ${counted(stage.copiesOut, "copy", "copies")} out`}
      </p>
    </li>
  );
}
