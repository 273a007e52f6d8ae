/** The lists that are read page by page: jobs, and the tasks and the collected errors of one. */
import { taskIdOf, type JobId } from "../protocol/ids";
import type { JobView, TaskErrorView, TaskView } from "../protocol/views";
import type { GridApi } from "./grid-api";
import type { GridParts } from "./grid-parts";
import type { JobViewer } from "./job-viewer";
import { parseCursor, parseOffset, parsePlace } from "./page-cursors";
import { readJobPage } from "./store/jobs";
import { readErrors } from "./store/acceptances";
import { viewTasks } from "./task-views";

export type JobPages = Pick<GridApi, "listJobs" | "listTasks" | "listErrors">;

export function openJobPages(
  { coordinator, database }: Pick<GridParts, "coordinator" | "database">,
  viewer: JobViewer,
  viewJob: (id: JobId) => Promise<JobView>,
): JobPages {
  return {
    async listJobs({ state, cursor, limit }) {
      const before = cursor === null ? null : parseCursor(cursor);
      const jobs = await readJobPage(database, { state, before, limit });
      const last = jobs.length === limit ? jobs.at(-1) : undefined;
      return {
        jobs: await viewer.viewStored(jobs),
        nextCursor: last ? `${last.createdAt}_${last.id}` : null,
      };
    },

    async listTasks(id, { stage, cursor, limit }) {
      const job = await viewJob(id);
      const wanted = job.stages.filter(({ name }) => stage === null || name === stage);
      let skip = cursor === null ? 0 : parseOffset(cursor);
      const first = skip;
      const tasks: TaskView[] = [];
      for (const { name, tasks: taskCount } of wanted) {
        const from = Math.min(skip, taskCount);
        const room = limit - tasks.length;
        const running = coordinator.grid.jobs.get(id);
        tasks.push(...(await viewTasks(database, job, { name, taskCount }, running, from, room)));
        skip -= from;
      }
      const total = wanted.reduce((sum, { tasks: count }) => sum + count, 0);
      const next = first + tasks.length;
      return { tasks, nextCursor: next < total ? String(next) : null };
    },

    async listErrors(id, { cursor, limit }) {
      const { stages } = await viewJob(id);
      const first = cursor === null ? { place: 0, index: 0 } : parsePlace(cursor);
      const errors: TaskErrorView[] = [];
      for (const [place, { name }] of stages.entries()) {
        if (place < first.place) continue;
        const from = place === first.place ? first.index : 0;
        // One more than is shown tells whether there is more.
        const more = limit - errors.length + 1;
        for (const { index, error } of await readErrors(database, { jobId: id, stage: name }, from, more)) {
          if (errors.length === limit) return { errors, nextCursor: `${place}_${index}` };
          errors.push({ taskId: taskIdOf(id, name, index), ...error });
        }
      }
      return { errors, nextCursor: null };
    },
  };
}
