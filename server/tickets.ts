/**
 * Tickets: by what the coordinator knows, without a row or a place in memory for each, that it handed a task to a volunteer.
 *
 *   task ── handed out, with a ticket ──▶ tab ── outcome, with the ticket ──▶ read
 *
 * They outlive the coordinator, for its secret does. A ticket says nothing about the output: it gives no vote.
 */
import { hash, timingSafeEqual } from "node:crypto";
import type { EpochMs, TaskId, VolunteerId } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import type { Ticket } from "../protocol/task";

export interface Tickets {
  write(volunteerId: VolunteerId, taskId: TaskId, leasedAt: EpochMs): Ticket;
  /** @returns When the volunteer was handed the task; null when this is no ticket for that, or too old. */
  read(volunteerId: VolunteerId, taskId: TaskId, ticket: Ticket, now: EpochMs): EpochMs | null;
}

/** 96 bits, in base64url. */
const MARK_CHARS = 16;

/** @param secret Of this grid, at least 16 bytes. */
export function openTickets(secret: string): Tickets {
  const key = hash("sha256", `${secret} tickets`);

  /**
   * Most of the hash is cut off, so that nobody can go on from it: then one hash is as good as the two of an HMAC. 0.4 µs, where an HMAC
   * takes 1.5 µs, for every task that is handed out.
   */
  const markOf = (volunteerId: VolunteerId, taskId: TaskId, since: string) =>
    hash("sha256", `${key} ${volunteerId} ${taskId} ${since}`, "base64url").slice(0, MARK_CHARS);

  return {
    write(volunteerId, taskId, leasedAt) {
      const since = Math.floor(leasedAt).toString(36);
      return `${since}.${markOf(volunteerId, taskId, since)}`;
    },
    read(volunteerId, taskId, ticket, now) {
      const [since = "", mark = ""] = ticket.split(".", 2);
      const leasedAt = Number.parseInt(since, 36);
      // The clock may have been set back since.
      if (!(Math.abs(now - leasedAt) <= LIMITS.lateCopyMs)) return null;
      return isSame(mark, markOf(volunteerId, taskId, since)) ? (leasedAt as EpochMs) : null;
    },
  };
}

function isSame(mark: string, right: string): boolean {
  const [got, wanted] = [Buffer.from(mark), Buffer.from(right)];
  return got.length === wanted.length && timingSafeEqual(got, wanted);
}
