/** Brings a database to the state the code expects, when the coordinator starts. */
import { NO_FILTER, readMigrations, readSchema } from "./migrations";
import { withSchemaEngine } from "./schema-engine";
import { sqliteAdapter } from "./sqlite-adapter";

/**
 * Applies the committed migrations that the database has not seen. Doing it twice changes nothing.
 *
 * @param databaseUrl `file:` and a path; the file is made if it does not exist, its folder is not.
 * @throws {Error} If a migration fails, or one failed before and was not repaired.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  await withSchemaEngine(sqliteAdapter(databaseUrl), async (engine) => {
    await engine.applyMigrations({ migrationsList: await readMigrations(), filters: NO_FILTER });
  });
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
