/**
 * Keeps a second coordinator off a data folder: both would hand out the same tasks and write over each other.
 *
 * The lock is one that SQLite takes on a file of its own: the operating system lets go of it however the process ends.
 */
import { createClient } from "@libsql/client";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { StartFailure } from "../start-failure";

/**
 * @returns How to let go.
 * @throws {StartFailure} When another process holds the folder.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const client = createClient({ url: pathToFileURL(path.join(folder, "lock.db")).href });
  try {
    await client.execute("BEGIN EXCLUSIVE");
    return async () => {
      // The driver closes the file when it is collected; until then only this lets go of it.
      await client.execute("ROLLBACK");
      client.close();
    };
  } catch (error) {
    client.close();
    if (!(error instanceof Error && "code" in error && error.code === "SQLITE_BUSY")) throw error;
    throw new StartFailure(
      `another coordinator is running on ${folder}; set TABGRID_DATA_DIR to another folder`,
    );
  }
}
