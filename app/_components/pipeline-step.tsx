import Link from "next/link";
import type { IterationView, StepView } from "../../protocol/pipeline";
import { PipelineBadge } from "./pipeline-badge";

const ENDS = {
  once: "",
  condition: "The condition holds.",
  limit: "The last iteration is over; the condition does not hold.",
} as const;

/** One step: what it waits for, its iterations, newest first, and what the condition saw after each. */
export function PipelineStep({ step }: { step: StepView }) {
  const { name, state, after, until, iterations, maxIterations, endedBy, keep, keptVersion } = step;
  const values = iterations.flatMap(({ value }) => (value === null ? [] : [value]));
  return (
    <li data-testid={`step-${name}`} data-state={state} className="panel p-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="font-medium">{name}</h3>
        <PipelineBadge state={state} testId="step-state" />
        {after.length > 0 && <span className="text-sm text-soft">after {after.join(", ")}</span>}
        {until !== null && (
          <span className="text-sm text-soft tabular-nums sm:ml-auto">
            iteration {iterations.length} of at most {maxIterations}
          </span>
        )}
      </div>
      {until !== null && (
        <p className="mt-1.5 text-sm text-soft">
          Until <span className="text-ink">{until}</span>. {endedBy && ENDS[endedBy]}
        </p>
      )}
      {keep !== null && (
        <p className="mt-1.5 text-sm text-soft">
          {keptVersion === null ? `Will be kept as ${keep}.` : `Kept as version ${keptVersion} of ${keep}.`}
        </p>
      )}
      {iterations.some(({ isOutdated }) => isOutdated) && (
        <p data-testid="outdated" className="mt-1.5 text-sm text-warn">
          Made of a result that was corrected since; the pages of the jobs that are marked say which.
        </p>
      )}
      {iterations.length > 0 && (
        <div className="mt-3 max-h-80 overflow-auto">
          <table className="w-full text-sm tabular-nums">
            <thead className="text-left text-soft">
              <tr>
                <th className="py-1 pr-3 font-normal">#</th>
                <th className="py-1 pr-3 font-normal">State</th>
                <th className="py-1 pr-3 font-normal">Job</th>
                {until !== null && <th className="py-1 font-normal">Value</th>}
              </tr>
            </thead>
            <tbody>
              {iterations.toReversed().map((iteration) => (
                <IterationRow
                  key={iteration.number}
                  iteration={iteration}
                  most={until === null ? null : Math.max(0, ...values.map(Math.abs))}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </li>
  );
}

interface RowProps {
  iteration: IterationView;
  /** The largest value of the step's; null when it has none. */
  most: number | null;
}

function IterationRow({ iteration, most }: RowProps) {
  const { number, state, jobId, value, isOutdated } = iteration;
  return (
    <tr data-testid="iteration" className="border-t border-line">
      <td className="py-1.5 pr-3">{number}</td>
      <td className="py-1.5 pr-3">
        {state}
        {isOutdated && <span className="text-warn">, outdated</span>}
      </td>
      <td className="py-1.5 pr-3">
        {jobId && (
          <Link href={`/jobs/${jobId}`} className="font-mono text-xs underline underline-offset-3">
            {jobId}
          </Link>
        )}
      </td>
      {most !== null && (
        <td className="py-1.5 sm:w-2/5">
          {value !== null && (
            <div className="flex items-center gap-2">
              <span className="w-20 shrink-0">{Number(value.toPrecision(4))}</span>
              <span aria-hidden="true" className="h-2 flex-1 overflow-hidden rounded bg-sunk max-sm:hidden">
                <span
                  className="block h-full rounded bg-accent"
                  style={{ width: `${most === 0 ? 0 : (100 * Math.abs(value)) / most}%` }}
                />
              </span>
            </div>
          )}
        </td>
      )}
    </tr>
  );
}
