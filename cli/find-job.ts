/** The job that a command line names. */
import type { JobHandle } from "../sdk/job-handle";
import { UsageError } from "./failures";
import { gridOf, type CommonOptions, type Terminal } from "./terminal";

/** @throws {UsageError} If that is no job's id. */
export function findJob(terminal: Terminal, options: CommonOptions, id: string): JobHandle {
  const grid = gridOf(terminal, options);
  try {
    return grid.find(id);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
