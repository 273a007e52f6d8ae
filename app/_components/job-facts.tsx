import Link from "next/link";
import type { ReactNode } from "react";
import type { BasisView, JobView } from "../../protocol/views";
import { counted, formatBytes, formatDuration, formatInstant } from "../_live/format";
import { JobXmlButton } from "./job-xml-button";

const ON_ERROR: Record<JobView["options"]["onError"], string> = {
  fail: "the job fails",
  skip: "the job goes on without it",
  collect: "the job goes on without it and keeps its error",
};

const ON_CORRECTION: Record<JobView["options"]["onCorrection"], string> = {
  recompute: "it is run again",
  mark: "it is marked",
};

function limitsOf({ maxVolunteers, maxInFlight }: JobView["options"]): (readonly [string, string])[] {
  return [
    ...(maxVolunteers === null ? [] : [["Volunteers at once", String(maxVolunteers)] as const]),
    ...(maxInFlight === null ? [] : [["Copies out at once", String(maxInFlight)] as const]),
  ];
}

function requirementsOf({ slots, memoryGb, engine, wasm, tags }: JobView["options"]["requires"]): string[] {
  return [
    ...(slots === undefined ? [] : [counted(slots, "slot")]),
    ...(memoryGb === undefined ? [] : [`${memoryGb} GB of memory`]),
    ...(engine === undefined ? [] : [engine]),
    ...(wasm ?? []).map((feature) => `WebAssembly ${feature}`),
    ...(tags ?? []).map((tag) => `tag ${tag}`),
  ];
}

const MADE_OF: Record<BasisView["use"], string> = {
  input: "Reads the result of",
  config: "Config made of",
  dataset: "Dataset kept from",
};

function JobLink({ id }: { id: JobView["id"] }) {
  return (
    <Link href={`/jobs/${id}`} className="font-mono underline underline-offset-3">
      {id}
    </Link>
  );
}

/** What was submitted. */
export function JobFacts({ job }: { job: JobView }) {
  const { options } = job;
  const facts: readonly (readonly [string, ReactNode])[] = [
    ["Job", <code key="job">{job.id}</code>],
    ["Submitted", `${formatInstant(job.createdAt)} by ${job.submitter}`],
    [
      "Input",
      counted(job.inputRecords, "record") + (job.inputBytes > 0 ? `, ${formatBytes(job.inputBytes)}` : ""),
    ],
    ...(job.repeats === null ? [] : [["Runs again", <JobLink key="repeats" id={job.repeats} />] as const]),
    ...job.basedOn.map(
      ({ jobId, use }) => [MADE_OF[use], <JobLink key={`${use} ${jobId}`} id={jobId} />] as const,
    ),
    ["Program", <code key="program">{job.program}</code>],
    ["Quorum", String(options.quorum)],
    ["Error bound", options.maxErrorRate === null ? "none: a fixed quorum" : String(options.maxErrorRate)],
    ["When a task fails", ON_ERROR[options.onError]],
    ...(job.basedOn.length === 0
      ? []
      : [["When its input is corrected", ON_CORRECTION[options.onCorrection]] as const]),
    ["Priority, weight", `${options.priority}, ${options.weight}`],
    ...limitsOf(options),
    ["Requires of volunteers", requirementsOf(options.requires).join(", ") || "nothing"],
    ["Time limit of a task", formatDuration(options.taskTimeoutMs)],
  ];
  return (
    <details className="text-sm">
      <summary className="w-fit font-medium">What was submitted</summary>
      <dl className="mt-3 grid gap-x-6 gap-y-1 sm:grid-cols-[10rem_1fr]">
        {facts.map(([name, value], place) => (
          <div key={place} className="contents">
            <dt className="text-soft max-sm:mt-2">{name}</dt>
            <dd className="break-all">{value}</dd>
          </div>
        ))}
      </dl>
      <JobXmlButton id={job.id} />
    </details>
  );
}
