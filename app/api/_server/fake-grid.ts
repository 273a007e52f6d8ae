/** A grid that only remembers what it was asked, for tests of the route handlers' parsing and errors. */
import { AccountView, NewAccount } from "../../../protocol/account";
import { JobId } from "../../../protocol/ids";
import { GridError } from "../../../protocol/problems";
import { JobStatistics } from "../../../protocol/statistics";
import { TaskErrorPage, JobView } from "../../../protocol/views";
import { ProgramVersionList, ProgramView, Started } from "../../../protocol/program";
import { DatasetVersionView } from "../../../protocol/dataset";
import { PipelineView } from "../../../protocol/pipeline";
import { dataset } from "../../../server/http/openapi/dataset-examples";
import * as pipelineExamples from "../../../server/http/openapi/pipeline-examples";
import { ServiceView } from "../../../protocol/service";
import * as serviceExamples from "../../../server/http/openapi/service-examples";
import * as programExamples from "../../../server/http/openapi/program-examples";
import { publishGrid, type GridApi } from "../../../server/grid-api";
import * as examples from "../../../server/http/openapi/examples";

export const JOB = JobView.parse(examples.job);
export const PIPELINE = PipelineView.parse(pipelineExamples.pipeline);
export const PROGRAM = ProgramView.parse(programExamples.program);
export const SERVICE = ServiceView.parse(serviceExamples.service);
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
    exportJob: async (id) => (jobOf(id), examples.jobXml),
    runAgain: async (id) => ({ job: jobOf(id), created: true }),
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
    getStatistics: async (id) => (jobOf(id), JobStatistics.parse(examples.jobStatistics)),
    async listErrors(id, query) {
      calls.push([jobOf(id).id, query]);
      return TaskErrorPage.parse(examples.taskErrorPage);
    },
    async readResult(id, query) {
      jobOf(id);
      calls.push([id, query]);
      return lines();
    },
    async readOutput(id) {
      jobOf(id);
      return { lines: outputLines(), isCut: false };
    },
    async keepResult(...call) {
      calls.push(call);
      return DatasetVersionView.parse(dataset.latest);
    },
    pipelines: {
      async submit(...call) {
        calls.push(call);
        return { pipeline: PIPELINE, created: calls.length === 1 };
      },
      async list(...call) {
        calls.push(call);
        return { pipelines: [PIPELINE], nextCursor: null };
      },
      get: async (id) => pipelineOf(id),
      cancel: async (id) => pipelineOf(id),
      pause: async (id) => pipelineOf(id),
      resume: async (id) => pipelineOf(id),
      remove: async (id) => void pipelineOf(id),
      watch: async (id, listener) => {
        listener({ type: "pipeline", pipeline: pipelineOf(id) });
        listener({ type: "end" });
        return () => {};
      },
    },
    services: {
      list: () => ({ services: [SERVICE] }),
      get: serviceOf,
      async change(...call) {
        calls.push(call);
        return serviceOf(call[0]);
      },
    },
    programs: {
      async inject(...call) {
        calls.push(call);
        return PROGRAM;
      },
      async list(...call) {
        calls.push(call);
        return { programs: [PROGRAM], nextCursor: null };
      },
      get: async (name) => programOf(name),
      versions: async () => ProgramVersionList.parse(programExamples.versionList),
      async start(...call) {
        calls.push(call);
        return Started.parse(programExamples.started);
      },
      stop: async (name) => programOf(name),
      update: async (name) => programOf(name),
      rollBack: async (name) => programOf(name),
      remove: async (name) => void programOf(name),
      lastJob: async (name) => (programOf(name), JOB.id),
    },
    accounts: {
      create: async () => NewAccount.parse(examples.newAccount),
      async view(key) {
        calls.push([key]);
        return AccountView.parse(examples.account);
      },
      of: (volunteerId) => ({ volunteerId, account: null }),
      async join(...call) {
        calls.push(call);
        return { volunteerId: call[0], account: AccountView.parse(examples.account).id };
      },
      async leave(...call) {
        calls.push(call);
        return { volunteerId: call[0], account: null };
      },
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

function pipelineOf(id: string): PipelineView {
  if (id === PIPELINE.id) return PIPELINE;
  throw new GridError("pipeline-not-found", `There is no pipeline ${id}`);
}

function serviceOf(name: string): ServiceView {
  if (name === SERVICE.name) return SERVICE;
  throw new GridError("service-not-found", `There is no service ${name}`);
}

function programOf(name: string): ProgramView {
  if (name === PROGRAM.id || name === PROGRAM.path) return PROGRAM;
  throw new GridError("program-not-found", `Nothing was injected under ${name}`);
}

async function* outputLines(): AsyncGenerator<Uint8Array> {
  const first = programExamples.outputLines;
  // The same task as another volunteer has run it.
  yield new TextEncoder().encode(first + first.replace("v_01", "v_ff"));
}

async function* lines(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(examples.ndjson);
}
