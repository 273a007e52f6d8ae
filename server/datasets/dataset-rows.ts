/** Datasets, their versions and blocks as rows. JSON columns are parsed here, once. */
import * as z from "zod";
import { DatasetPath, UploadOptions, Visibility } from "../../protocol/dataset";
import { DatasetFormat, Reading } from "../../protocol/format";
import { Digest, type EpochMs } from "../../protocol/ids";
import type { Database } from "../store/database";
import type { Dataset as DatasetRow, DatasetVersion as VersionRow } from "../store/generated/client";
import type { WrittenBlock } from "./block-writer";

/** What an upload was begun with. */
export const UploadTerms = z.object({
  format: DatasetFormat,
  options: UploadOptions,
  /** SHA-256 that the bytes as sent are to have, if that was said. */
  sentDigest: Digest.nullable(),
  /** Bytes that are to be sent, if that was said. */
  sentBytes: z.number().nullable(),
  isGzip: z.boolean().nullable(),
  /** Of a result that is kept: its job. */
  source: z.string().optional(),
});
export type UploadTerms = z.infer<typeof UploadTerms>;

export interface StoredVersion {
  id: string;
  path: DatasetPath;
  /** 0 until it is complete. */
  version: number;
  terms: UploadTerms;
  reading: Reading;
  bytes: number;
  records: number;
  blockCount: number;
  sha256: string;
  createdAt: EpochMs;
  changedAt: EpochMs;
}

export interface StoredDataset {
  path: DatasetPath;
  owner: string;
  visibility: Visibility;
  copies: number;
  nextVersion: number;
  createdAt: EpochMs;
}

const COMPLETE = { state: "complete" } as const;

export async function insertArrival(
  database: Database,
  arrival: {
    id: string;
    path: DatasetPath;
    terms: UploadTerms;
    reading: Reading;
    state: "arriving" | "uploading";
    now: EpochMs;
  },
): Promise<void> {
  const { id, path, terms, reading, state, now } = arrival;
  await database.datasetVersion.create({
    data: {
      ...{ id, path, state, bytes: 0, records: 0, blockCount: 0, sha256: "" },
      ...{ createdAt: now, changedAt: now },
      optionsJson: JSON.stringify(terms),
      readingJson: JSON.stringify(reading),
    },
  });
}

/** In the order of their places, without a gap. */
export async function insertBlock(
  database: Database,
  versionId: string,
  place: number,
  block: WrittenBlock,
): Promise<void> {
  await database.datasetBlock.create({ data: { versionId, place, ...block } });
}

/** An upload that may go on. */
export async function findUpload(database: Database, id: string): Promise<StoredVersion | null> {
  const row = await database.datasetVersion.findFirst({ where: { id, state: "uploading" } });
  return row && parseVersion(row);
}

/** Oldest first. */
export async function readUploads(database: Database): Promise<StoredVersion[]> {
  const where = { state: "uploading" };
  return (await database.datasetVersion.findMany({ where, orderBy: { createdAt: "asc" } })).map(parseVersion);
}

export async function touchUpload(database: Database, id: string, now: EpochMs): Promise<void> {
  await database.datasetVersion.updateMany({ where: { id, state: "uploading" }, data: { changedAt: now } });
}

/** An arrival that comes to nothing. */
export async function markDeleted(database: Database, id: string): Promise<void> {
  await database.datasetVersion.updateMany({
    where: { id, state: { in: ["arriving", "uploading"] } },
    data: { state: "deleted" },
  });
}

export async function deleteBlocks(database: Database, versionId: string): Promise<void> {
  await database.datasetBlock.deleteMany({ where: { versionId } });
}

export interface Completion {
  id: string;
  path: DatasetPath;
  reading: Reading;
  bytes: number;
  records: number;
  blockCount: number;
  sha256: string;
  visibility: Visibility | undefined;
  copies: number | undefined;
  now: EpochMs;
}

/** Ends an arrival whole and without a name: as a version that was deleted, whose blocks stay while somebody reads it. */
export async function completeUnnamed(
  database: Database,
  { id, bytes, records, blockCount, sha256, reading, now }: Omit<Completion, "visibility" | "copies">,
): Promise<StoredVersion> {
  const data = { state: "deleted", bytes, records, blockCount, sha256, changedAt: now };
  const readingJson = JSON.stringify(reading);
  return parseVersion(
    await database.datasetVersion.update({ where: { id }, data: { ...data, readingJson } }),
  );
}

/** Whether an upload is gzip, when its first bytes have told. */
export async function settleTerms(database: Database, id: string, terms: UploadTerms): Promise<void> {
  await database.datasetVersion.updateMany({
    where: { id, state: "uploading" },
    data: { optionsJson: JSON.stringify(terms) },
  });
}

/** Makes an arrival the next version of its dataset, in one transaction. @returns The version's number. */
export async function completeArrival(database: Database, completion: Completion): Promise<number> {
  const { id, path, reading, bytes, records, blockCount, sha256, visibility, copies, now } = completion;
  const settings = { ...(visibility && { visibility }), ...(copies !== undefined && { copies }) };
  return database.$transaction(async (transaction) => {
    const { nextVersion } = await transaction.dataset.upsert({
      where: { path },
      create: {
        ...{ path, owner: ownerOf(path), visibility: "public", copies: 1, nextVersion: 2, createdAt: now },
        ...settings,
      },
      update: { nextVersion: { increment: 1 }, ...settings },
    });
    const version = nextVersion - 1;
    await transaction.datasetVersion.update({
      where: { id },
      data: {
        ...{ state: "complete", version, bytes, records, blockCount, sha256, changedAt: now },
        readingJson: JSON.stringify(reading),
      },
    });
    return version;
  });
}

/** As a range: LIKE takes `_` for any character, and capital letters for small ones. */
const under = (prefix: string) => ({ gte: prefix, lt: `${prefix}\u{10ffff}` });

/** The user of `/user/name`. */
export const ownerOf = (path: DatasetPath): string => path.split("/")[1] ?? "";

export async function findDataset(database: Database, path: DatasetPath): Promise<StoredDataset | null> {
  const row = await database.dataset.findUnique({ where: { path } });
  return row && parseDataset(row);
}

/** @param version The latest when null. */
export async function findVersion(
  database: Database,
  path: DatasetPath,
  version: number | null,
): Promise<StoredVersion | null> {
  const row = await database.datasetVersion.findFirst({
    where: { path, ...COMPLETE, ...(version !== null && { version }) },
    orderBy: { version: "desc" },
  });
  return row && parseVersion(row);
}

/** The version that was made of this source; null when there is none. */
export async function versionFrom(
  database: Database,
  path: DatasetPath,
  source: string,
): Promise<number | null> {
  const row = await database.datasetVersion.findFirst({
    where: { path, ...COMPLETE, optionsJson: { contains: JSON.stringify({ source }).slice(1) } },
    orderBy: { version: "desc" },
    select: { version: true },
  });
  return row?.version ?? null;
}

/** In the order of their paths; only those that have a version. */
export async function readDatasetPage(
  database: Database,
  query: { prefix: string; after: string; limit: number },
): Promise<StoredDataset[]> {
  const { prefix, after, limit } = query;
  const withVersions = await database.datasetVersion.findMany({
    where: { ...COMPLETE, path: { ...under(prefix), gt: after } },
    distinct: ["path"],
    orderBy: { path: "asc" },
    take: limit,
    select: { path: true },
  });
  const rows = await database.dataset.findMany({
    where: { path: { in: withVersions.map(({ path }) => path) } },
    orderBy: { path: "asc" },
  });
  return rows.map(parseDataset);
}

/** Newest first. @param before Only versions with a lower number, if it is given. */
export async function readVersionPage(
  database: Database,
  path: DatasetPath,
  before: number | null,
  limit: number,
): Promise<StoredVersion[]> {
  const rows = await database.datasetVersion.findMany({
    where: { path, ...COMPLETE, ...(before !== null && { version: { lt: before } }) },
    orderBy: { version: "desc" },
    take: limit,
  });
  return rows.map(parseVersion);
}

export const countVersions = (database: Database, path: DatasetPath): Promise<number> =>
  database.datasetVersion.count({ where: { path, ...COMPLETE } });

/** In their order. @param from The first one's place. */
export async function readBlocks(
  database: Database,
  versionId: string,
  from = 0,
  limit?: number,
): Promise<WrittenBlock[]> {
  const rows = await database.datasetBlock.findMany({
    where: { versionId, place: { gte: from } },
    orderBy: { place: "asc" },
    ...(limit !== undefined && { take: limit }),
  });
  return rows.map(({ digest, bytes, records, skip }) => ({
    digest: Digest.parse(digest),
    ...{ bytes, records, skip },
  }));
}

/** Bytes that are on the disk for what is there and for uploads that may go on. @param besides Versions that are not counted. */
export async function sumBytes(
  database: Database,
  owner: string,
  besides: readonly string[],
): Promise<{ ofUser: number; inAll: number }> {
  const { gte, lt } = under(`/${owner}/`);
  const [sums] = await database.$queryRawUnsafe<{ ofUser: unknown; inAll: unknown }[]>(
    SUM_BYTES,
    ...[gte, lt, JSON.stringify(besides)],
  );
  return { ofUser: Number(sums?.ofUser ?? 0), inAll: Number(sums?.inAll ?? 0) };
}

/** What an upload has is known of its blocks alone, until it is complete. */
const SUM_BYTES = `
SELECT sum(CASE WHEN "path" >= ? AND "path" < ? THEN "bytes" END) AS "ofUser", sum("bytes") AS "inAll" FROM (
  SELECT "id", "path", "bytes" FROM "DatasetVersion" WHERE "state" = 'complete'
  UNION ALL
  SELECT v."id", v."path", b."bytes" FROM "DatasetVersion" AS v JOIN "DatasetBlock" AS b ON b."versionId" = v."id"
  WHERE v."state" = 'uploading'
) WHERE "id" NOT IN (SELECT "value" FROM json_each(?))`;

function parseDataset(row: DatasetRow): StoredDataset {
  return {
    path: DatasetPath.parse(row.path),
    owner: row.owner,
    visibility: Visibility.parse(row.visibility),
    copies: row.copies,
    nextVersion: row.nextVersion,
    createdAt: row.createdAt as EpochMs,
  };
}

export function parseVersion(row: VersionRow): StoredVersion {
  const { id, bytes, records, blockCount, sha256 } = row;
  return {
    ...{ id, bytes, records, blockCount, sha256 },
    path: DatasetPath.parse(row.path),
    version: row.version ?? 0,
    terms: UploadTerms.parse(JSON.parse(row.optionsJson)),
    reading: Reading.parse(JSON.parse(row.readingJson)),
    createdAt: row.createdAt as EpochMs,
    changedAt: row.changedAt as EpochMs,
  };
}
