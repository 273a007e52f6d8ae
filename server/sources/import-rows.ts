/** Imports as rows. JSON columns are parsed here, once. */
import { DatasetPath } from "../../protocol/dataset";
import type { EpochMs } from "../../protocol/ids";
import { BeginImport, ImportView } from "../../protocol/import";
import type { Problem } from "../../protocol/problems";
import type { Database } from "../store/database";
import type { DatasetImport as ImportRow } from "../store/generated/client";

export interface StoredImport {
  id: string;
  path: DatasetPath;
  url: string;
  asked: BeginImport;
  uploadId: string;
  validator: string | null;
  length: number | null;
  breaks: number;
  createdAt: EpochMs;
  view: ImportView;
}

/** What is written when its bytes come from the start. */
export interface ImportStart {
  uploadId: string;
  validator: string | null;
  length: number | null;
}

export interface ImportFigures {
  receivedBytes: number;
  records: number;
  blockCount: number;
  breaks: number;
}

export async function insertImport(
  database: Database,
  { id, path, asked, createdAt }: Pick<StoredImport, "id" | "path" | "asked" | "createdAt">,
  start: ImportStart,
): Promise<void> {
  await database.datasetImport.create({
    data: {
      ...{
        id,
        path,
        url: asked.url,
        askedJson: JSON.stringify(asked),
        state: "running",
        createdAt,
        ...start,
      },
      ...{ receivedBytes: 0, records: 0, blockCount: 0, breaks: 0 },
    },
  });
}

export async function restartImport(database: Database, id: string, start: ImportStart): Promise<void> {
  await database.datasetImport.updateMany({ where: { id, state: "running" }, data: start });
}

export async function endImport(
  database: Database,
  id: string,
  end: { version: number } | { problem: Problem },
  figures: Partial<ImportFigures>,
  endedAt: EpochMs,
): Promise<void> {
  const how =
    "version" in end
      ? { state: "complete", version: end.version }
      : { state: "failed", problemJson: JSON.stringify(end.problem) };
  await database.datasetImport.updateMany({
    where: { id, state: "running" },
    data: { ...figures, ...how, endedAt },
  });
}

export async function findImport(database: Database, id: string): Promise<StoredImport | null> {
  const row = await database.datasetImport.findUnique({ where: { id } });
  return row && parse(row);
}

/** Newest first. */
export async function readImports(database: Database, limit: number): Promise<StoredImport[]> {
  return (await database.datasetImport.findMany({ orderBy: { createdAt: "desc" }, take: limit })).map(parse);
}

export async function readRunning(database: Database): Promise<StoredImport[]> {
  return (await database.datasetImport.findMany({ where: { state: "running" } })).map(parse);
}

export async function removeImport(database: Database, id: string): Promise<void> {
  await database.datasetImport.deleteMany({ where: { id } });
}

export async function removeEnded(database: Database, before: number): Promise<void> {
  await database.datasetImport.deleteMany({ where: { endedAt: { lt: before } } });
}

/** The version that an upload became; null when it became none. */
export async function versionOfUpload(database: Database, uploadId: string): Promise<number | null> {
  const row = await database.datasetVersion.findFirst({ where: { id: uploadId, state: "complete" } });
  return row?.version ?? null;
}

function parse(row: ImportRow): StoredImport {
  const { id, url, state, uploadId, validator, length, breaks, version, receivedBytes, records } = row;
  const { blockCount: blocks, problemJson, endedAt } = row;
  const path = DatasetPath.parse(row.path);
  const createdAt = row.createdAt as EpochMs;
  const problem = problemJson === null ? null : (JSON.parse(problemJson) as unknown);
  const facts = { id, path, url, receivedBytes, length, records, blocks, breaks, createdAt };
  return {
    ...{ id, path, url, uploadId, validator, length, breaks, createdAt },
    asked: BeginImport.parse(JSON.parse(row.askedJson)),
    view: ImportView.parse({ ...facts, state, version, problem, endedAt }),
  };
}
