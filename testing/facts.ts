/** Facts and rows with real ids, for tests of what is stored: names are turned into ids that parse. */
import { PLAIN_JS } from "../protocol/runtime";
import type { SubmittedJob } from "../core/grid-events";
import { digestOfText } from "../protocol/digest";
import { taskIdOf, type EpochMs, type JobId, type StageName, type VolunteerId } from "../protocol/ids";
import { JobOptions } from "../protocol/job";
import type { Fact } from "../server/store/facts";
import type { JobRecord } from "../server/store/jobs";

export const JOB = "job_0123456789abcdef" as JobId;
export const AT = 1_800_000_000_000 as EpochMs;

/** The same id for the same name. */
export function volunteerId(name: string): VolunteerId {
  return `v_${digestOfText(name).slice(0, 16)}` as VolunteerId;
}

export const taskId = (index: number, stage: StageName = "map", count = 1) =>
  taskIdOf(JOB, stage, index, count);

type FactOf<T extends Fact["type"]> = Extract<Fact, { type: T }>;

/** A vote: `output` is the text of its one part. */
export function returned(
  name: string,
  index: number,
  { output = "x", leasedAt = null as number | null, stage = "map" as StageName, count = 1 } = {},
): FactOf<"copy-ended"> {
  const copy = {
    state: "returned",
    volunteerId: volunteerId(name),
    ...outputOf(output),
    bytesHere: true,
  } as const;
  const id = taskId(index, stage, count);
  return { type: "copy-ended", taskId: id, copy, verdict: "pending", leasedAt: leasedAt as EpochMs, at: AT };
}

export function accepted(
  index: number,
  {
    valid = [] as string[],
    invalid = [] as string[],
    output = "x",
    records = 1,
    stage = "map" as StageName,
    count = 1,
  } = {},
): FactOf<"task-accepted"> {
  const { digest, parts, elapsedMs } = outputOf(output, records);
  return {
    type: "task-accepted",
    replaces: null,
    taskId: taskId(index, stage, count),
    digest,
    parts,
    valid: valid.map((name) => ({ volunteerId: volunteerId(name), elapsedMs })),
    invalid: invalid.map(volunteerId),
    skipped: null,
    at: AT,
  };
}

function outputOf(text: string, records = 1) {
  const digest = digestOfText(text);
  return { digest, parts: [{ digest, bytes: text.length, records, text }], elapsedMs: 5 };
}

/** A job over a range of numbers, one a task. */
export function storedJob({
  id = JOB,
  tasks = 3,
  reducers = 0,
  quorum = 2,
  createdAt = AT as number,
} = {}): JobRecord {
  const stages: SubmittedJob["stages"] = [
    { name: "map", taskCount: tasks },
    ...(reducers > 0 ? [{ name: "reduce" as const, taskCount: reducers }] : []),
  ];
  return {
    id,
    name: "a job",
    submitter: "everybody",
    program: digestOfText("a program"),
    runtime: PLAIN_JS,
    registered: null,
    plan: { type: "range", start: 0, step: 1, count: tasks, recordsPerTask: 1 },
    splitPlan: null,
    stages,
    options: JobOptions.parse({ quorum }),
    config: null,
    createdAt: createdAt as EpochMs,
    reads: [],
    repeats: null,
  };
}
