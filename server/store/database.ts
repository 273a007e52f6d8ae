/** The coordinator's database: one Prisma client on one SQLite file. Closed by whoever opened it. */
import { PrismaClient } from "./generated/client";
import { sqliteAdapter } from "./sqlite-adapter";
import { whenUnlocked } from "./when-unlocked";

export type Database = PrismaClient;

/**
 * Opens the database for reading and writing; `migrate` must have run on it.
 *
 * @param databaseUrl `file:` and a path, absolute or from the current folder.
 * @throws {StartFailure} If another process keeps it locked.
 */
export async function openDatabase(databaseUrl: string): Promise<Database> {
  const database = new PrismaClient({ adapter: sqliteAdapter(databaseUrl) });
  await whenUnlocked(databaseUrl, () => database.$connect());
  return database;
}

/** Waits for running queries and closes the file. */
export async function closeDatabase(database: Database): Promise<void> {
  await database.$disconnect();
}
