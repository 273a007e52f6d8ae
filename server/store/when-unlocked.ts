/** Waits for another process to let go of the database, when the coordinator starts. While it runs, the ledger does that by itself. */
import { setTimeout as sleep } from "node:timers/promises";
import { StartFailure } from "../start-failure";

/** A backup, or a shell that writes, is done by then. */
export const LOCKED_MS = 5_000;
const AGAIN_MS = 200;

/**
 * @param attempt Does nothing when the database is locked, so that it can be done again.
 * @param waitMs How long it is tried.
 * @throws {StartFailure} If the file is still locked then.
 */
export async function whenUnlocked<T>(
  file: string,
  attempt: () => Promise<T>,
  waitMs = LOCKED_MS,
): Promise<T> {
  const until = performance.now() + waitMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (performance.now() >= until) {
        const what = `${file} is locked by another process, for ${waitMs / 1_000} s and longer`;
        throw new StartFailure(
          `${what}: end that, a backup or a shell for example, and start again. Its data is not at fault: leave the file where it is`,
          { cause: error },
        );
      }
      await sleep(AGAIN_MS);
    }
  }
}

/** The database's words, which Prisma and the driver hand on in their own errors. */
const LOCKED = /SQLITE_BUSY|SQLITE_LOCKED|database is locked/;

export function isLocked(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { cause } = error as { cause?: { originalMessage?: string; originalCode?: string } };
  const words = [
    error.message,
    "code" in error ? String(error.code) : "",
    cause?.originalMessage,
    cause?.originalCode,
  ];
  return words.some((text) => text !== undefined && LOCKED.test(text)) || isLocked(error.cause);
}
