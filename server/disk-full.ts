/**
 * Tells a full disk, wherever it was met: by a write of a file, or by the database.
 *
 * Nothing is half done by it: files come into being when they are whole, and SQLite rolls back. So it is no bug, and what
 * was refused can be done again when somebody has made room.
 */
import { GridError, isGridError } from "../protocol/problems";

const FILE_CODES: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** The database's words, which Prisma hands on in its own error's message; the second where files may not become larger. */
const DATABASE_WORDS = /SQLITE_FULL|SQLITE_IOERR_WRITE/;

export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isGridError(error)) return error.code === "disk-full";
  const code = "code" in error ? String(error.code) : "";
  return (
    FILE_CODES.has(code) ||
    DATABASE_WORDS.test(code) ||
    DATABASE_WORDS.test(error.message) ||
    isDiskFull(error.cause)
  );
}

/** @param what That takes nothing more: "The disk that keeps the blocks". */
export function diskFull(cause: unknown, what = "The coordinator's disk"): GridError {
  const detail = `${what} is full; free some space, then try again`;
  return new GridError("disk-full", detail, { retryAfterMs: RETRY_MS }, { cause });
}

/** The refusal that an error stands for when the disk is full; any other error as it is. */
export function namingFullDisk(error: unknown): unknown {
  return isDiskFull(error) && !isGridError(error) ? diskFull(error) : error;
}

const RETRY_MS = 10_000;
