/**
 * Of which results a job was made, and whether those have been corrected since.
 *
 *   A corrected ─▶ B, which read what A was before, is outdated ─▶ C, which read B, is outdated too
 *
 * What is kept is how many outputs of the source had been corrected when it was read; that number only grows.
 */
import * as z from "zod";
import { findOld } from "../../core/recompute";
import { DatasetPath } from "../../protocol/dataset";
import { JobId } from "../../protocol/ids";
import { CorrectionView, ResultUse, type BasisView } from "../../protocol/views";
import type { Database } from "./database";

export const ResultRead = z.object({
  jobId: JobId,
  use: ResultUse,
  /** Outputs of that job that had been corrected by then. */
  corrected: z.int(),
  /** Of a dataset that it was kept as: which version was read. Earlier rows do not say. */
  dataset: z.object({ path: DatasetPath, version: z.int() }).optional(),
});
export type ResultRead = z.infer<typeof ResultRead>;

/** Null in jobs that read no result. */
export function parseReads(json: string | null): ResultRead[] {
  return json === null ? [] : z.array(ResultRead).parse(JSON.parse(json));
}

/** @param edition As `readEdition` gives it. */
export function countCorrected(edition: string | null): number {
  return edition === null ? 0 : CorrectionView.parse(JSON.parse(edition)).tasks;
}

export interface Outdated {
  /** Whether that result is another one now, or was itself made of one that is. */
  isOutdated(read: Pick<ResultRead, "jobId" | "corrected">): boolean;
  /** Whether the job is one of the sources, however far back, and was made of such a result. */
  isMadeOfOld(id: JobId): boolean;
}

/** Looks at all sources of these reads, and at theirs, in one query. */
export async function findOutdated(
  database: Database,
  reads: readonly Pick<ResultRead, "jobId">[],
): Promise<Outdated> {
  const ids = [...new Set(reads.map(({ jobId }) => jobId))];
  const rows =
    ids.length === 0 ? [] : await database.$queryRawUnsafe<SourceRow[]>(SOURCES, JSON.stringify(ids));
  const sources = rows.map(({ id, readsJson, correctionJson }) => ({
    ...{ id: id as JobId, reads: parseReads(readsJson), corrected: countCorrected(correctionJson) },
  }));
  const corrected = new Map(sources.map((source) => [source.id, source.corrected]));
  const old = findOld(sources);
  return {
    isMadeOfOld: (id) => old.has(id),
    isOutdated: (read) => (corrected.get(read.jobId) ?? 0) > read.corrected || old.has(read.jobId),
  };
}

/** As a job's view shows it. */
export function viewReads(reads: readonly ResultRead[], outdated: Outdated): BasisView[] {
  return reads.map((read) => ({ jobId: read.jobId, use: read.use, isOutdated: outdated.isOutdated(read) }));
}

interface SourceRow {
  id: string;
  readsJson: string | null;
  correctionJson: string | null;
}

const SOURCES = `
WITH RECURSIVE "source" ("id") AS (
  SELECT "value" FROM json_each(?)
  UNION
  SELECT json_extract(r."value", '$.jobId')
  FROM "source" AS s JOIN "Job" AS j ON j."id" = s."id" JOIN json_each(j."readsJson") AS r
)
SELECT j."id", j."readsJson", j."correctionJson" FROM "Job" AS j JOIN "source" AS s ON s."id" = j."id"`;
