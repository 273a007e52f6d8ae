/** A grid that only remembers what it was asked, for tests of the route handlers' parsing and errors. */
import { JobId } from "../../../protocol/ids";
import { GridError } from "../../../protocol/problems";
import { TaskErrorPage, JobView } from "../../../protocol/views";
import { publishGrid, type GridApi } from "../../../server/grid-api";
import * as examples from "../../../server/http/openapi/examples";

export const JOB = JobView.parse(examples.job);
export const MISSING_JOB = JobId.parse("job_ffffffffffffffff");

/** Publishes a grid with one job. @param changes What the test wants to be otherwise. */
export function publishFakeGrid(changes: Partial<GridApi> = {}): { calls: unknown[][] } {
  const calls: unknown[][] = [];
  const jobOf = (id: JobId) => {
    if (id !== JOB.id) throw new GridError("job-not-found", `There is no job ${id}`);
    return JOB;
  };
  publishGrid({
    async submitJob(...call) {
      calls.push(call);
      return { job: JOB, created: calls.length === 1 };
    },
    async listJobs(...call) {
      calls.push(call);
      return { jobs: [JOB], nextCursor: null };
    },
    getJob: async (id) => jobOf(id),
    cancelJob: async (id) => jobOf(id),
    pauseJob: async (id) => jobOf(id),
    resumeJob: async (id) => jobOf(id),
    async changeJob(id, changes) {
      calls.push([id, changes]);
      return jobOf(id);
    },
    async listTasks(id, query) {
      calls.push([id, query]);
      return { tasks: [], nextCursor: null };
    },
    async listErrors(id, query) {
      calls.push([jobOf(id).id, query]);
      return TaskErrorPage.parse(examples.taskErrorPage);
    },
    async readResult(id, query) {
      jobOf(id);
      calls.push([id, query]);
      return lines();
    },
    listVolunteers: () => ({ volunteers: [] }),
    status: () => examples.status,
    whyNotReady: async () => null,
    watchGrid: (listener) => {
      listener({ type: "status", status: examples.status });
      return () => calls.push(["stopped"]);
    },
    watchJob: async (id, listener) => {
      listener({ type: "job", job: jobOf(id) });
      listener({ type: "end" });
      return () => {};
    },
    ...changes,
  });
  return { calls };
}

async function* lines(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(examples.ndjson);
}
