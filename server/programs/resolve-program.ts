/** Finds what the registry has under a name: for submissions that name their program, and for starts. */
import type { Digest } from "../../protocol/ids";
import type { ProgramId, StoredProgram } from "../../protocol/program-name";
import { GridError } from "../../protocol/problems";
import type { Runtime } from "../../protocol/runtime";
import type { Database } from "../store/database";
import { findProgram, findVersion, type StoredProgramRow, type StoredVersion } from "../store/programs";

/** A program whose block is there already. */
export interface StoredCode {
  readonly digest: Digest;
  readonly runtime: Runtime;
  readonly hasReduce: boolean;
  readonly hasCombine: boolean;
  readonly hasSplit: boolean;
  readonly reducers?: number;
  readonly registered: { id: ProgramId; version: number };
}

/** @throws {GridError} `program-not-found`; `wrong-order` for a service, which is no job. */
export async function resolveProgram(
  database: Database,
  { id, version }: StoredProgram,
): Promise<StoredCode> {
  const program = await programNamed(database, id);
  if (program.kind === "service") {
    throw new GridError(
      "wrong-order",
      `${program.path} is a service: POST /api/v1/programs${program.path}/start, and ask it at /api/v1/services/`,
    );
  }
  const { digest, runtime, hasReduce, hasCombine, hasSplit, reducers, ...found } = await versionOf(
    database,
    program,
    version,
  );
  const registered = { id: program.id, version: found.version };
  return {
    digest,
    runtime,
    hasReduce,
    hasCombine,
    hasSplit,
    registered,
    ...(reducers !== null && { reducers }),
  };
}

/** @throws {GridError} `program-not-found`. */
export async function programNamed(database: Database, name: StoredProgram["id"]): Promise<StoredProgramRow> {
  const program = await findProgram(database, name);
  if (program) return program;
  const detail = name.startsWith("/")
    ? `Nothing was injected under ${name}: POST /api/v1/programs first`
    : `There is no program ${name}`;
  throw new GridError("program-not-found", detail);
}

/** @param version The current one when undefined. @throws {GridError} `program-not-found`. */
export async function versionOf(
  database: Database,
  { id, path, currentVersion, lastVersion }: StoredProgramRow,
  version = currentVersion,
): Promise<StoredVersion> {
  const found = await findVersion(database, id, version);
  if (found) return found;
  const rule = `${path} has the versions 1 to ${lastVersion}`;
  throw new GridError("program-not-found", `${rule}; got ${version}`);
}
