"use client";

import { Download } from "lucide-react";
import Link from "next/link";
import type { JobView } from "../../protocol/views";
import { formatCount } from "../_live/format";
import { useResult } from "../_live/use-result";
import { ResultTable } from "./result-table";

export function ResultPanel({ job }: { job: JobView }) {
  if (job.state === "completed") return <CompletedResult job={job} />;
  const isOver = job.state === "failed" || job.state === "cancelled";
  return (
    <p className="p-6 text-center text-sm text-soft">
      {isOver
        ? `The job was ${job.state === "failed" ? "given up" : "cancelled"}: it has no result.`
        : "The result is shown here when the job is completed."}
    </p>
  );
}

function CompletedResult({ job }: { job: JobView }) {
  const result = useResult(job.id);
  const address = `/api/v1/jobs/${job.id}/result`;
  return (
    <div>
      <div className="flex flex-wrap items-center gap-3 p-4">
        <p className="text-sm">
          <span data-testid="result-rows" className="font-semibold tabular-nums">
            {job.resultRecords === null ? "–" : formatCount(job.resultRecords)}
          </span>{" "}
          {job.resultRecords === 1 ? "row" : "rows"}
        </p>
        <div className="ml-auto flex flex-wrap gap-2">
          <Link href={`/jobs/new?result=${job.id}`} className="button button-quiet">
            New job on this result
          </Link>
          <a className="button button-quiet" href={address} download={`${job.id}.ndjson`}>
            <Download className="size-4" aria-hidden="true" />
            NDJSON
          </a>
          <a className="button button-quiet" href={`${address}?format=csv`} download={`${job.id}.csv`}>
            <Download className="size-4" aria-hidden="true" />
            CSV
          </a>
        </div>
      </div>
      {result.state === "loading" && (
        <p className="px-4 pb-6 text-sm text-soft">
          Reading the result… {result.rowCount > 0 && `${formatCount(result.rowCount)} rows`}
        </p>
      )}
      {result.state === "failed" && <p className="px-4 pb-6 text-sm text-bad">{result.message}</p>}
      {result.state === "ready" && (
        <ResultTable
          rows={result.rows}
          isWhole={result.isWhole}
          isOrderedMap={job.stages.every(({ name }) => name === "map")}
        />
      )}
    </div>
  );
}
