/** The registry's rows: programs, and what each of their versions is. JSON columns are parsed here, once. */
import * as z from "zod";
import { JobOptionChanges, type JobOptions } from "../../protocol/job";
import { Json } from "../../protocol/json";
import { Digest, JobId, type EpochMs } from "../../protocol/ids";
import { ProgramKind } from "../../protocol/program";
import { ProgramId, ProgramPath } from "../../protocol/program-name";
import { Runtime } from "../../protocol/runtime";
import type { Database } from "./database";
import { Prisma, type Program as ProgramRow, type ProgramVersion as VersionRow } from "./generated/client";

export interface StoredProgramRow {
  id: ProgramId;
  path: ProgramPath;
  kind: ProgramKind;
  currentVersion: number;
  lastVersion: number;
  createdAt: EpochMs;
  updatedAt: EpochMs;
}

/** What was injected: never changed. */
export interface StoredVersion {
  version: number;
  digest: Digest;
  runtime: Runtime;
  hasReduce: boolean;
  hasCombine: boolean;
  hasSplit: boolean;
  /** When the program itself says how many reduce tasks there are. */
  reducers: number | null;
  options: Partial<JobOptions>;
  config: Json;
  bytes: number;
  createdAt: EpochMs;
}

const Shape = z.object({
  hasReduce: z.boolean(),
  // Of programs from before this was kept: they are not merged.
  hasCombine: z.boolean().default(false),
  // These have no split: it was refused.
  hasSplit: z.boolean().default(false),
  reducers: z.int().nullable(),
});
const Defaults = z.object({ options: JobOptionChanges, config: Json });

/** Prisma's code for a row that repeats a unique value. */
const UNIQUE_VIOLATION = "P2002";

/** @returns False when there is a program under that path already. */
export async function insertProgram(
  database: Database,
  { id, path, kind, createdAt }: Pick<StoredProgramRow, "id" | "path" | "kind" | "createdAt">,
  first: StoredVersion,
): Promise<boolean> {
  const row = { id, path, kind, currentVersion: 1, lastVersion: 1, createdAt, updatedAt: createdAt };
  try {
    await database.$transaction([
      database.program.create({ data: row }),
      database.programVersion.create({ data: versionRow(id, first) }),
    ]);
    return true;
  } catch (error) {
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === UNIQUE_VIOLATION)
      return false;
    throw error;
  }
}

/** @returns False when another version came first: `version.version` is taken. */
export async function insertVersion(
  database: Database,
  id: ProgramId,
  version: StoredVersion,
  updatedAt: EpochMs,
): Promise<boolean> {
  const before = version.version - 1;
  const change = { currentVersion: version.version, lastVersion: version.version, updatedAt };
  try {
    return await database.$transaction(async (write) => {
      const { count } = await write.program.updateMany({ where: { id, lastVersion: before }, data: change });
      if (count === 0) return false;
      await write.programVersion.create({ data: versionRow(id, version) });
      return true;
    });
  } catch (error) {
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === UNIQUE_VIOLATION)
      return false;
    throw error;
  }
}

export async function setCurrentVersion(
  database: Database,
  id: ProgramId,
  currentVersion: number,
  updatedAt: EpochMs,
): Promise<void> {
  await database.program.updateMany({ where: { id }, data: { currentVersion, updatedAt } });
}

export async function deleteProgram(database: Database, id: ProgramId): Promise<void> {
  await database.$transaction([
    database.programVersion.deleteMany({ where: { programId: id } }),
    database.program.deleteMany({ where: { id } }),
  ]);
}

/** @param name Its id, or its path. */
export async function findProgram(
  database: Database,
  name: ProgramId | ProgramPath,
): Promise<StoredProgramRow | null> {
  const where = name.startsWith("/") ? { path: name } : { id: name };
  const row = await database.program.findUnique({ where });
  return row && parseProgram(row);
}

/** By path. @param after Only programs whose path comes after this one. @param under Only those below this folder. */
export async function readPrograms(
  database: Database,
  query: { kind: ProgramKind | null; under: string | null; after: string | null; limit: number },
): Promise<StoredProgramRow[]> {
  const { kind, under, after, limit } = query;
  const rows = await database.program.findMany({
    where: {
      ...(kind && { kind }),
      AND: [
        ...(under === null ? [] : [{ path: { startsWith: under } }]),
        ...(after === null ? [] : [{ path: { gt: after } }]),
      ],
    },
    orderBy: { path: "asc" },
    take: limit,
  });
  return rows.map(parseProgram);
}

export async function findVersion(
  database: Database,
  id: ProgramId,
  version: number,
): Promise<StoredVersion | null> {
  const where = { programId_version: { programId: id, version } };
  const row = await database.programVersion.findUnique({ where });
  return row && parseVersion(row);
}

/** Newest first. */
export async function readVersions(database: Database, id: ProgramId): Promise<StoredVersion[]> {
  const rows = await database.programVersion.findMany({
    where: { programId: id },
    orderBy: { version: "desc" },
  });
  return rows.map(parseVersion);
}

const UNENDED = { in: ["queued", "running", "paused"] };

/** The program's jobs that have not ended. */
export async function readUnendedJobIds(database: Database, id: ProgramId): Promise<JobId[]> {
  const rows = await database.job.findMany({
    where: { programId: id, state: UNENDED },
    select: { id: true },
  });
  return rows.map((row) => JobId.parse(row.id));
}

export async function findLastJobId(database: Database, id: ProgramId): Promise<JobId | null> {
  const row = await database.job.findFirst({
    where: { programId: id },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    select: { id: true },
  });
  return row && JobId.parse(row.id);
}

function versionRow(programId: ProgramId, version: StoredVersion): VersionRow {
  const { digest, runtime, hasReduce, hasCombine, hasSplit, reducers, options, config, bytes, createdAt } =
    version;
  return {
    programId,
    version: version.version,
    programDigest: digest,
    runtimeJson: JSON.stringify(runtime),
    shapeJson: JSON.stringify({ hasReduce, hasCombine, hasSplit, reducers }),
    defaultsJson: JSON.stringify({ options, config }),
    byteCount: bytes,
    createdAt,
  };
}

function parseProgram(row: ProgramRow): StoredProgramRow {
  return {
    id: ProgramId.parse(row.id),
    path: ProgramPath.parse(row.path),
    kind: ProgramKind.parse(row.kind),
    currentVersion: row.currentVersion,
    lastVersion: row.lastVersion,
    createdAt: row.createdAt as EpochMs,
    updatedAt: row.updatedAt as EpochMs,
  };
}

function parseVersion(row: VersionRow): StoredVersion {
  return {
    version: row.version,
    digest: Digest.parse(row.programDigest),
    runtime: Runtime.parse(JSON.parse(row.runtimeJson)),
    ...Shape.parse(JSON.parse(row.shapeJson)),
    ...Defaults.parse(JSON.parse(row.defaultsJson)),
    bytes: row.byteCount,
    createdAt: row.createdAt as EpochMs,
  };
}
