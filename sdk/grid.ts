/** A grid as a submitter's program sees it. Each subject has a file of its own; they meet here. */
import { JobId } from "../protocol/ids";
import { GridStatus, JobPage, VolunteerPage, type JobState, type JobView } from "../protocol/views";
import type { VolunteerView } from "../protocol/views";
import type { Client } from "./client";
import { openJob, type JobHandle, type Watching } from "./job-handle";
import { readPages } from "./pages";
import { openPrograms, type Programs } from "./programs";
import { openServices, type Services } from "./services";
import { submitJob, type Submission, type SubmitOptions } from "./submit";

export interface Grid {
  /** The coordinator's address. */
  readonly url: string;
  /** Requests to parts of the API that have no method here. */
  readonly client: Client;
  /** Submits a job as the REST API takes it. Durable when it returns. */
  submit<Key = unknown, Value = unknown>(
    submission: Submission,
    options?: SubmitOptions,
  ): Promise<JobHandle<Key, Value>>;
  /** A job that was submitted before. @throws {TypeError} If that is no job's id. */
  find<Key = unknown, Value = unknown>(id: string): JobHandle<Key, Value>;
  /** Newest first. */
  jobs(query?: { readonly state?: JobState } & Watching): AsyncGenerator<JobView, void>;
  volunteers(watching?: Watching): Promise<VolunteerView[]>;
  /** Programs that are kept under paths. */
  readonly programs: Programs;
  /** Programs that stay and answer requests. */
  readonly services: Services;
  /** The whole grid in a few numbers. */
  status(watching?: Watching): Promise<GridStatus>;
}

export function openGrid(client: Client): Grid {
  return {
    url: client.url,
    client,
    programs: openPrograms(client),
    services: openServices(client),
    async submit(submission, options) {
      const { id } = await submitJob(client, submission, options);
      return openJob(client, id);
    },
    find(id) {
      const parsed = JobId.safeParse(id);
      if (parsed.success) return openJob(client, parsed.data);
      throw new TypeError(`A job's id looks like job_0123456789abcdef; got ${JSON.stringify(id)}`);
    },
    jobs: ({ state, signal } = {}) =>
      readPages(client, { path: "/api/v1/jobs", query: { state }, signal }, JobPage, ({ jobs }) => jobs),
    async volunteers({ signal } = {}) {
      const { volunteers } = await client.json({ path: "/api/v1/volunteers", signal }, VolunteerPage);
      return volunteers;
    },
    status: ({ signal } = {}) => client.json({ path: "/api/v1/status", signal }, GridStatus),
  };
}
