/** Reads the committed migrations and the schema from `prisma/`, in the shape the schema engine wants. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { MigrationList, SchemasContainer } from "@prisma/schema-engine-wasm/schema_engine_bg";

/** The engine looks at every table and enum. */
export const NO_FILTER = { externalTables: [], externalEnums: [] };

/**
 * The migrations under `projectRoot`, oldest first.
 *
 * @param projectRoot The folder that holds `prisma/`; by default the current one, as for all of the server.
 */
export async function readMigrations(projectRoot = process.cwd()): Promise<MigrationList> {
  const baseDir = path.join(projectRoot, "prisma", "migrations");
  const entries = await readdir(baseDir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return {
    baseDir,
    lockfile: {
      path: "migration_lock.toml",
      content: await readFile(path.join(baseDir, "migration_lock.toml"), "utf8"),
    },
    shadowDbInitScript: "",
    migrationDirectories: await Promise.all(
      names.sort().map(async (name) => ({
        path: name,
        migrationFile: {
          path: "migration.sql",
          content: {
            tag: "ok" as const,
            value: await readFile(path.join(baseDir, name, "migration.sql"), "utf8"),
          },
        },
      })),
    ),
  };
}

/** The models as they should be, after all migrations. */
export async function readSchema(projectRoot = process.cwd()): Promise<SchemasContainer> {
  const file = path.join(projectRoot, "prisma", "schema.prisma");
  return { files: [{ path: file, content: await readFile(file, "utf8") }] };
}
