/** Sends to tabs. A connection is told of a job once, before its first task. */
import type { JobId, VolunteerId } from "../protocol/ids";
import type { Volunteers } from "./coordinator";
import type { VolunteerSocket } from "./gateway";
import { inBatches } from "./running-jobs";

export function openLine(sockets: ReadonlyMap<VolunteerId, VolunteerSocket>): Volunteers {
  const toldJobs = new WeakMap<VolunteerSocket, Set<JobId>>();

  return {
    assign(volunteerId, spec, tasks) {
      const socket = sockets.get(volunteerId);
      if (!socket) return;
      const told = toldJobs.get(socket) ?? new Set();
      toldJobs.set(socket, told);
      for (const batch of inBatches(tasks)) {
        socket.emit("assign", { jobs: told.has(spec.jobId) ? [] : [spec], tasks: batch });
        told.add(spec.jobId);
      }
    },
    revoke(volunteerId, taskIds) {
      for (const batch of inBatches(taskIds)) sockets.get(volunteerId)?.emit("revoke", { taskIds: batch });
    },
    settle(volunteerId, taskId, answer) {
      sockets.get(volunteerId)?.emit("settle", { answers: [{ taskId, answer }] });
    },
  };
}
