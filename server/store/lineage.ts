/** Everything that a correction may concern: corrected jobs, what was made of them however far on, and what runs that again. */
import * as z from "zod";
import type { Known, KnownJob, KnownPipeline, KnownVersion } from "../../core/recompute";
import { JobId } from "../../protocol/ids";
import { OnCorrection } from "../../protocol/job";
import { PipelineId } from "../../protocol/pipeline";
import { JobState } from "../../protocol/views";
import { parseVersion } from "../datasets/dataset-rows";
import { readOfSource } from "../datasets/kept-result";
import type { Database } from "./database";
import { findPipelineFamilies } from "./pipelines";
import { readRechecks } from "./rechecks";
import { countCorrected, parseReads } from "./result-reads";

/** On a grid where nothing was ever corrected this is one look into an index. */
export async function readLineage(database: Database): Promise<Known> {
  const rows = await database.$queryRawUnsafe<JobRow[]>(CONCERNED);
  if (rows.length === 0) return { jobs: [], pipelines: [], versions: [] };
  const doubts = await readRechecks(database);
  const jobs = rows.map((row): KnownJob => {
    const id = JobId.parse(row.id);
    return {
      id,
      first: row.repeats === null ? id : JobId.parse(row.repeats),
      createdAt: row.createdAt,
      state: JobState.parse(row.state),
      corrected: countCorrected(row.correctionJson),
      isInDoubt: doubts.has(id),
      onCorrection: Options.parse(JSON.parse(row.optionsJson)).onCorrection,
      reads: parseReads(row.readsJson),
    };
  });
  return {
    jobs,
    pipelines: await readPipelines(database, rows),
    versions: await readVersions(database, new Set(jobs.map(({ id }) => id))),
  };
}

/** Of the options only what is asked for here: all else was checked when the job was submitted. */
const Options = z.object({ onCorrection: OnCorrection.default("recompute") });

interface JobRow {
  id: string;
  repeats: string | null;
  createdAt: number;
  state: string;
  optionsJson: string;
  readsJson: string | null;
  correctionJson: string | null;
  idempotencyKey: string | null;
}

/** By CROSS JOIN the few are gone through, not all jobs: of 20,000, with none corrected, that took 70 ms. */
const CONCERNED = `
WITH RECURSIVE "concerned" ("id") AS (
  SELECT j."id" FROM "Job" AS j WHERE j."correctionJson" > ''
  UNION
  SELECT r."jobId" FROM "concerned" AS c JOIN "JobRead" AS r ON r."sourceId" = c."id"
), "family" ("id") AS (
  SELECT DISTINCT coalesce(j."repeats", j."id") FROM "concerned" AS c CROSS JOIN "Job" AS j WHERE j."id" = c."id"
)
SELECT j."id", j."repeats", j."createdAt", j."state", j."optionsJson", j."readsJson", j."correctionJson", j."idempotencyKey"
FROM "Job" AS j
WHERE j."id" IN (SELECT "id" FROM "family") OR j."repeats" IN (SELECT "id" FROM "family")`;

/** A pipeline's jobs were submitted under a key that begins with its id. */
async function readPipelines(database: Database, rows: readonly JobRow[]): Promise<KnownPipeline[]> {
  const ids = new Set(
    rows.flatMap(({ idempotencyKey }) => PipelineId.safeParse(idempotencyKey?.split(" ")[0]).data ?? []),
  );
  return (await findPipelineFamilies(database, [...ids])).map(({ id, repeats, createdAt, plan, run }) => ({
    ...{ id, first: repeats ?? id, createdAt, plan, run },
  }));
}

async function readVersions(database: Database, jobIds: ReadonlySet<JobId>): Promise<KnownVersion[]> {
  const rows = await database.datasetVersion.findMany({
    where: { state: "complete", optionsJson: { contains: '"source":"job_' } },
    orderBy: { version: "asc" },
  });
  const kept = rows.flatMap((row) => {
    const read = readOfSource(parseVersion(row));
    return read?.dataset && jobIds.has(read.jobId) ? [{ ...read, ...read.dataset }] : [];
  });
  const paths = JSON.stringify([...new Set(kept.map(({ path }) => path))]);
  const latest = await database.$queryRawUnsafe<{ path: string; version: unknown }[]>(LATEST, paths);
  const newest = new Map(latest.map(({ path, version }) => [path, Number(version)]));
  return kept.map(({ jobId, corrected, path, version }) => ({
    ...{ jobId, corrected, path, version },
    isLatest: newest.get(path) === version,
  }));
}

/** The paths come as one parameter: SQLite takes a thousand or so. */
const LATEST = `
SELECT v."path", max(v."version") AS "version" FROM json_each(?) AS p CROSS JOIN "DatasetVersion" AS v
WHERE v."path" = p."value" AND v."state" = 'complete'
GROUP BY v."path"`;
