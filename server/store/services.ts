/** The services that are to run: what the grid brings about again after every restart. */
import { Json } from "../../protocol/json";
import type { EpochMs } from "../../protocol/ids";
import { ProgramId } from "../../protocol/program-name";
import { ServiceName, ServiceOptions } from "../../protocol/service";
import type { Database } from "./database";
import { Prisma } from "./generated/client";

export interface StoredService {
  name: ServiceName;
  programId: ProgramId;
  version: number;
  instances: number;
  options: ServiceOptions;
  /** What it was started with; undefined: what its program's version has. */
  config: Json | undefined;
  startedAt: EpochMs;
}

/** Prisma's code for a row that repeats a unique value. */
const UNIQUE_VIOLATION = "P2002";

/** @returns False when there is a service of that name, or of that program. */
export async function insertService(database: Database, service: StoredService): Promise<boolean> {
  const { name, programId, version, instances, options, config, startedAt } = service;
  const configJson = config === undefined ? "" : JSON.stringify(config);
  const row = {
    name,
    programId,
    version,
    instances,
    optionsJson: JSON.stringify(options),
    configJson,
    startedAt,
  };
  try {
    await database.service.create({ data: row });
    return true;
  } catch (error) {
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === UNIQUE_VIOLATION)
      return false;
    throw error;
  }
}

export async function changeServiceRow(
  database: Database,
  name: ServiceName,
  changes: { instances: number } | { version: number },
): Promise<void> {
  await database.service.updateMany({ where: { name }, data: changes });
}

export async function deleteService(database: Database, name: ServiceName): Promise<void> {
  await database.service.deleteMany({ where: { name } });
}

export async function countServices(database: Database): Promise<number> {
  return database.service.count();
}

export async function readServices(database: Database): Promise<StoredService[]> {
  const rows = await database.service.findMany({ orderBy: { name: "asc" } });
  return rows.map((row) => ({
    name: ServiceName.parse(row.name),
    programId: ProgramId.parse(row.programId),
    version: row.version,
    instances: row.instances,
    options: ServiceOptions.parse(JSON.parse(row.optionsJson)),
    config: row.configJson === "" ? undefined : Json.parse(JSON.parse(row.configJson)),
    startedAt: row.startedAt as EpochMs,
  }));
}
