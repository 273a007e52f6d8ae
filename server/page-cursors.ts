/** Where a page of jobs, tasks or errors goes on: read from what the page before gave as `nextCursor`. What else a caller may have written is refused. */
import { JobId } from "../protocol/ids";
import { GridError } from "../protocol/problems";

export function parseCursor(cursor: string): { createdAt: number; id: string } {
  const [createdAt, ...id] = cursor.split("_");
  const parsed = JobId.safeParse(id.join("_"));
  if (!parsed.success || !Number.isFinite(Number(createdAt))) throw badCursor(cursor);
  return { createdAt: Number(createdAt), id: parsed.data };
}

export function parseOffset(cursor: string): number {
  if (!/^\d{1,9}$/.test(cursor)) throw badCursor(cursor);
  return Number(cursor);
}

/** A stage's place among the job's, and a task in it: `1_20`. */
export function parsePlace(cursor: string): { place: number; index: number } {
  const match = /^(\d)_(\d{1,9})$/.exec(cursor);
  if (!match) throw badCursor(cursor);
  return { place: Number(match[1]), index: Number(match[2]) };
}

function badCursor(cursor: string): GridError {
  return new GridError(
    "invalid-input",
    `cursor: must be what an earlier page gave as nextCursor; got ${cursor.slice(0, 80)}`,
  );
}
