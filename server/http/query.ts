/**
 * Parses what an address carries: its query parameters and the ids in its path.
 *
 * A parameter nobody knows is refused by name. Ignored, a misspelt filter would
 * look like a filter that found everything.
 */
import { type z } from "zod";
import { JobId } from "../../protocol/ids";
import { PipelineId } from "../../protocol/pipeline";
import { ProgramId, ProgramPath, type StoredProgram } from "../../protocol/program-name";
import { ServiceName } from "../../protocol/service";
import { describeIssues, GridError } from "../../protocol/problems";
import { IdempotencyKey } from "./parameters";

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

/**
 * The pipeline an address names.
 * @throws {GridError} `pipeline-not-found`.
 */
export function parsePipelineId(text: string): PipelineId {
  const parsed = PipelineId.safeParse(text);
  if (parsed.success) return parsed.data;
  const rule = "A pipeline's id looks like pipe_0123456789abcdef";
  throw new GridError("pipeline-not-found", `${rule}; got "${text.slice(0, 80)}"`);
}

/** Where a page of pipelines ended. @throws {GridError} `invalid-input`. */
export function parsePipelineCursor(cursor: string): { createdAt: number; id: string } {
  const match = /^(\d{1,16})_(pipe_[0-9a-z]{16})$/.exec(cursor);
  if (match) return { createdAt: Number(match[1]), id: match[2] ?? "" };
  const rule = "cursor: must be what an earlier page gave as nextCursor";
  throw new GridError("invalid-input", `${rule}; got ${cursor.slice(0, 80)}`);
}

/**
 * The program an address names, by its id or its path; the slashes of a path may come as %2F.
 * @throws {GridError} `program-not-found`.
 */
export function parseProgramName(text: string): StoredProgram["id"] {
  const name = decoded(text);
  const parsed = name.startsWith("/") ? ProgramPath.safeParse(name) : ProgramId.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new GridError(
    "program-not-found",
    `A program is called by its id, like prg_0123456789abcdef, or its path, like /ada/primes; got "${name.slice(0, 80)}"`,
  );
}

/** @throws {GridError} `service-not-found`. */
export function parseServiceName(text: string): ServiceName {
  const parsed = ServiceName.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new GridError("service-not-found", `There is no service "${text.slice(0, 80)}"`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A % that encodes nothing is part of no name.
    return text;
  }
}

function describeUnknown(name: string, known: readonly string[]): string {
  const choice = known.length === 0 ? "this address takes none" : `known are ${known.join(", ")}`;
  return `There is no parameter "${name.slice(0, 80)}"; ${choice}`;
}

/** @throws {GridError} `invalid-input`. */
export function idempotencyKeyOf(request: Request): string | null {
  const key = request.headers.get("idempotency-key");
  if (key === null) return null;
  const parsed = IdempotencyKey.safeParse(key);
  if (parsed.success) return parsed.data;
  throw new GridError(
    "invalid-input",
    "Idempotency-Key must be 1 to 200 visible ASCII characters, no spaces",
  );
}

/** The key of `Authorization: Bearer KEY`, as it came; null without one. */
export function accountKey(request: Request): string | null {
  const [, key = null] =
    /^bearer +(.{1,200})$/i.exec(request.headers.get("authorization")?.trim() ?? "") ?? [];
  return key;
}
