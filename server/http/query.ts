/**
 * Parses what an address carries: its query parameters and the ids in its path.
 *
 * A parameter nobody knows is refused by name. Ignored, a misspelt filter would
 * look like a filter that found everything.
 */
import { type z } from "zod";
import { JobId } from "../../protocol/ids";
import { describeIssues, GridError } from "../../protocol/problems";

/** @throws {GridError} `invalid-input` for an unknown, repeated or wrong parameter. */
export function parseQuery<Shape extends z.ZodRawShape>(
  request: Request,
  schema: z.ZodObject<Shape>,
): z.infer<z.ZodObject<Shape>> {
  const given = new URL(request.url).searchParams;
  const known = Object.keys(schema.shape);
  for (const name of given.keys()) {
    if (!known.includes(name)) throw new GridError("invalid-input", describeUnknown(name, known));
    if (given.getAll(name).length > 1)
      throw new GridError("invalid-input", `Parameter "${name}" is given twice`);
  }
  const values = Object.fromEntries(given);
  const parsed = schema.safeParse(values);
  if (!parsed.success) throw new GridError("invalid-input", describeIssues(parsed.error, values));
  return parsed.data;
}

/**
 * The job an address names. Text that cannot be an id names no job.
 * @throws {GridError} `job-not-found`.
 */
export function parseJobId(text: string): JobId {
  const parsed = JobId.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new GridError(
    "job-not-found",
    `A job's id looks like job_0123456789abcdef; got "${text.slice(0, 80)}"`,
  );
}

function describeUnknown(name: string, known: readonly string[]): string {
  const choice = known.length === 0 ? "this address takes none" : `known are ${known.join(", ")}`;
  return `There is no parameter "${name.slice(0, 80)}"; ${choice}`;
}
