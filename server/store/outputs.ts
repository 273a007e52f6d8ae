/** What the copies of jobs wrote: rows while a job runs, the name of a file once it has ended. */
import * as z from "zod";
import { Digest, JobId, TaskId, VolunteerId, type EpochMs } from "../../protocol/ids";
import type { LogLine } from "../../protocol/views";
import type { Database } from "./database";

/** All that one copy of a task wrote. */
export interface CopyLines {
  taskId: TaskId;
  volunteerId: VolunteerId;
  lines: readonly string[];
  bytes: number;
}

export interface OutputFileRow {
  digest: Digest;
  bytes: number;
  lines: number;
  isCut: boolean;
}

const Lines = z.array(z.string());

/** A copy's lines are written once: a report that is repeated changes nothing. */
const INSERT_LINES = `
INSERT INTO "OutputLines" ("jobId", "taskId", "volunteerId", "at", "byteCount", "linesJson")
SELECT value ->> 'jobId', value ->> 'taskId', value ->> 'volunteerId', value ->> 'at', value ->> 'byteCount', value ->> 'linesJson'
FROM json_each(?) WHERE true
ON CONFLICT ("jobId", "taskId", "volunteerId") DO NOTHING`;

export async function insertLines(
  database: Database,
  jobId: JobId,
  copies: readonly CopyLines[],
  at: EpochMs,
): Promise<void> {
  const rows = copies.map(({ taskId, volunteerId, lines, bytes }) => {
    return { jobId, taskId, volunteerId, at, byteCount: bytes, linesJson: JSON.stringify(lines) };
  });
  await database.$executeRawUnsafe(INSERT_LINES, JSON.stringify(rows));
}

export async function countBytes(database: Database, jobId: JobId): Promise<number> {
  const { _sum } = await database.outputLines.aggregate({ where: { jobId }, _sum: { byteCount: true } });
  return _sum.byteCount ?? 0;
}

const COPIES_AT_ONCE = 500;

/** Copy by copy, those that ended first at the beginning. */
export async function* readLines(database: Database, jobId: JobId): AsyncGenerator<LogLine[]> {
  for (let skip = 0; ; skip += COPIES_AT_ONCE) {
    const rows = await database.outputLines.findMany({
      where: { jobId },
      orderBy: [{ at: "asc" }, { taskId: "asc" }, { volunteerId: "asc" }],
      skip,
      take: COPIES_AT_ONCE,
    });
    yield rows.flatMap((row) => {
      const copy = { taskId: TaskId.parse(row.taskId), volunteerId: VolunteerId.parse(row.volunteerId) };
      return Lines.parse(JSON.parse(row.linesJson)).map((line) => ({ ...copy, line }));
    });
    if (rows.length < COPIES_AT_ONCE) return;
  }
}

export async function findOutputFile(database: Database, jobId: JobId): Promise<OutputFileRow | null> {
  const row = await database.outputFile.findUnique({ where: { jobId } });
  return (
    row && { digest: Digest.parse(row.digest), bytes: row.byteCount, lines: row.lineCount, isCut: row.isCut }
  );
}

/** The file takes the place of the rows, at one blow. */
export async function replaceByFile(
  database: Database,
  jobId: JobId,
  { digest, bytes, lines, isCut }: OutputFileRow,
): Promise<void> {
  await database.$transaction([
    database.outputFile.create({ data: { jobId, digest, byteCount: bytes, lineCount: lines, isCut } }),
    database.outputLines.deleteMany({ where: { jobId } }),
  ]);
}

/** Jobs that have ended and whose lines are not a file yet: the coordinator stopped in between. */
export async function readUnfiledJobIds(database: Database): Promise<JobId[]> {
  const rows = await database.outputLines.findMany({ distinct: ["jobId"], select: { jobId: true } });
  const ended = await database.job.findMany({
    where: { id: { in: rows.map(({ jobId }) => jobId) }, endedAt: { not: null } },
    select: { id: true },
  });
  return ended.map(({ id }) => JobId.parse(id));
}
