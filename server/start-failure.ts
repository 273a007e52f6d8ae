/** Why the coordinator cannot start, in one line that says what to do. */
import { isDiskFull } from "./disk-full";

/** A reason that is known. Anything else that stops the start is a bug, and shows where it was. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
}

/** Why it does not start; null when nobody expected that. */
export function reasonOf(error: unknown): string | null {
  if (error instanceof StartFailure) return error.message;
  return isDiskFull(error) ? "the disk of TABGRID_DATA_DIR is full; free some space" : null;
}

/**
 * Does a step of the start.
 *
 * @param explain The known reason of a failure, by its code and message; null when there is none.
 * @throws {StartFailure} With that reason.
 */
export async function step<T>(
  doing: Promise<T>,
  explain: (code: string, message: string) => string | null,
): Promise<T> {
  try {
    return await doing;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const reason = explain(code, error instanceof Error ? error.message : String(error));
    throw reason === null ? error : new StartFailure(reason, { cause: error });
  }
}

/** For steps that write into a folder. */
export function explainFolder(folder: string): (code: string) => string | null {
  return (code) => {
    if (["EACCES", "EPERM", "EROFS"].includes(code)) {
      return `${folder} cannot be written (${code}); set TABGRID_DATA_DIR to a folder that can`;
    }
    if (["EEXIST", "ENOTDIR"].includes(code)) return `${folder} is not a folder (${code})`;
    return code === "ENOSPC" ? `The disk of ${folder} is full` : null;
  };
}
