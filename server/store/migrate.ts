/** Brings a database to the state the code expects, when the coordinator starts. */
import { fileURLToPath } from "node:url";
import { isDiskFull } from "../disk-full";
import { StartFailure } from "../start-failure";
import { NO_FILTER, readMigrations, readSchema } from "./migrations";
import { withSchemaEngine } from "./schema-engine";
import { sqliteAdapter } from "./sqlite-adapter";
import { isLocked, LOCKED_MS, whenUnlocked } from "./when-unlocked";

/**
 * Applies the committed migrations that the database has not seen. Doing it twice changes nothing.
 *
 * @param databaseUrl `file:` and a path; the file is made if it does not exist, its folder is not.
 * @param lockedMs How long it waits for another process that has locked the file.
 * @throws {StartFailure} If the file is no database, one that a newer version has written, or locked for longer than that.
 * @throws {Error} If a migration fails, or one failed before and was not repaired.
 */
export async function migrate(databaseUrl: string, lockedMs = LOCKED_MS): Promise<void> {
  const migrationsList = await readMigrations();
  const known = new Set(migrationsList.migrationDirectories.map(({ path }) => path));
  const seen = await whenUnlocked(fileOf(databaseUrl), () => readSeen(databaseUrl), lockedMs);
  const unknown = [...seen.keys()].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    const what = `has the migration ${unknown.join(", ")}, which this version does not know`;
    throw new StartFailure(`${fileOf(databaseUrl)} ${what}: start the version that wrote it, or a newer one`);
  }
  // The engine is a large module, which a start that has nothing to apply need not read.
  if ([...known].every((name) => seen.get(name) === "applied")) return;
  // A migration that broke off halfway would have to be repaired by hand.
  await whenUnlocked(fileOf(databaseUrl), () => lockForAMoment(databaseUrl), lockedMs);
  await withSchemaEngine(sqliteAdapter(databaseUrl), async (engine) => {
    await engine.applyMigrations({ migrationsList, filters: NO_FILTER });
  });
}

const SEEN = `SELECT migration_name, finished_at IS NOT NULL AND rolled_back_at IS NULL FROM _prisma_migrations ORDER BY 2`;

/** The migrations that were begun, by name, and what became of them; none in a new file. */
async function readSeen(databaseUrl: string): Promise<Map<string, "applied" | "failed">> {
  try {
    const connection = await sqliteAdapter(databaseUrl).connect();
    const read = async (sql: string) => (await connection.queryRaw({ sql, args: [], argTypes: [] })).rows;
    try {
      const tables = await read("SELECT name FROM sqlite_master WHERE name = '_prisma_migrations'");
      if (tables.length === 0) return new Map();
      return new Map(
        (await read(SEEN)).map(([name, isApplied]) => [
          String(name),
          Number(isApplied) === 1 ? "applied" : "failed",
        ]),
      );
    } finally {
      await connection.dispose();
    }
  } catch (error) {
    if (isLocked(error)) throw error;
    // The driver's own words are in the cause of what the adapter throws.
    const { cause } = error as { cause?: { originalMessage?: string } };
    const why = cause?.originalMessage ?? (error instanceof Error ? error.message : String(error));
    const file = fileOf(databaseUrl);
    if (isDiskFull(new Error(why)))
      throw new StartFailure(`the disk of ${file} is full; free some space`, { cause: error });
    throw new StartFailure(
      `${file} cannot be opened as a database (${why}): put a backup in its place, or move it away to start anew`,
      { cause: error },
    );
  }
}

/** @throws {Error} If another process writes, or may. */
async function lockForAMoment(databaseUrl: string): Promise<void> {
  const connection = await sqliteAdapter(databaseUrl).connect();
  try {
    await connection.executeScript("BEGIN IMMEDIATE; ROLLBACK;");
  } finally {
    await connection.dispose();
  }
}

function fileOf(databaseUrl: string): string {
  return databaseUrl.startsWith("file:///") ? fileURLToPath(databaseUrl) : databaseUrl;
}

/**
 * The SQL that leads from the committed migrations to the models in `prisma/schema.prisma`: empty when they
 * agree. Replays the migrations in a database in memory.
 */
export async function pendingSchemaChange(): Promise<string> {
  return withSchemaEngine(sqliteAdapter("file::memory:"), async (engine) => {
    const { stdout, exitCode } = await engine.diff({
      from: { tag: "migrations", ...(await readMigrations()) },
      to: { tag: "schemaDatamodel", ...(await readSchema()) },
      script: true,
      exitCode: true,
      filters: NO_FILTER,
    });
    return exitCode === 0 ? "" : (stdout ?? "");
  });
}
