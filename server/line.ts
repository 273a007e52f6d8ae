/**
 * Sends to tabs. A connection is told of a job once, before its first task.
 *
 * A tab that has enough to do hears of further tasks with the answer to its report, which waits for the commit: with thousands of tabs,
 * writing to sockets is the greatest part of the coordinator's work. Whatever else it is told in the meantime comes after them.
 */
import type { JobId, VolunteerId } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import type { Volunteers } from "./coordinator";
import type { VolunteerSocket } from "./gateway";
import { inBatches } from "./running-jobs";

export interface TabLine extends Volunteers {
  /** Sends what has waited for an answer since the time before: the disk may be slow. Call it now and then. */
  sendWaiting(): void;
}

export function openLine(sockets: ReadonlyMap<VolunteerId, VolunteerSocket>): TabLine {
  const toldJobs = new WeakMap<VolunteerSocket, Set<JobId>>();
  /** Whose tasks may wait for an answer just now. */
  let answering: VolunteerId | null = null;
  let waiting = new Set<VolunteerSocket>();
  let waitingLonger = waiting;

  return {
    assign(volunteerId, spec, tasks) {
      const socket = sockets.get(volunteerId);
      if (!socket) return;
      const told = toldJobs.get(socket) ?? new Set();
      toldJobs.set(socket, told);
      for (const batch of inBatches(tasks)) {
        const message = { jobs: told.has(spec.jobId) ? [] : [spec], tasks: batch };
        told.add(spec.jobId);
        const isFirst = socket.data.riding === null && batch.length < LIMITS.batch;
        if (answering === volunteerId && isFirst) {
          socket.data.riding = message;
          waiting.add(socket);
        } else after(socket).emit("assign", message);
      }
    },
    revoke(volunteerId, taskIds) {
      const socket = sockets.get(volunteerId);
      if (!socket) return;
      for (const batch of inBatches(taskIds)) after(socket).emit("revoke", { taskIds: batch });
    },
    settle(volunteerId, taskId, answer) {
      sockets.get(volunteerId)?.emit("settle", { answers: [{ taskId, answer }] });
    },
    withAnswer(volunteerId, act) {
      answering = volunteerId;
      try {
        return act();
      } finally {
        answering = null;
      }
    },
    sendWaiting() {
      for (const socket of waitingLonger) after(socket);
      waitingLonger = waiting;
      waiting = new Set();
    },
  };
}

/** The same socket, on which nothing is left that should have been said before. */
function after(socket: VolunteerSocket): VolunteerSocket {
  const { riding } = socket.data;
  socket.data.riding = null;
  if (riding) socket.emit("assign", riding);
  return socket;
}
