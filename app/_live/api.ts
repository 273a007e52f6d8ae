/**
 * The one way pages talk to the REST interface: every answer goes through its schema, every refusal becomes
 * an `ApiProblem` that holds the problem as the server told it.
 */
import type { z } from "zod";
import { Problem } from "../../protocol/problems";

export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

/** @throws {ApiProblem} If the server refuses, cannot be reached, or answers what the schema does not know. */
export async function getJson<T>(
  schema: z.ZodType<T>,
  path: string,
  signal?: AbortSignal,
  headers: Record<string, string> = {},
): Promise<T> {
  return parsed(schema, await request(path, { headers, ...(signal && { signal }) }));
}

/** @throws {ApiProblem} As `getJson`. */
export async function postJson<T>(
  schema: z.ZodType<T>,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  return sendJson("POST", schema, path, body, headers);
}

/** @throws {ApiProblem} As `getJson`. */
export async function patchJson<T>(schema: z.ZodType<T>, path: string, body: unknown): Promise<T> {
  return sendJson("PATCH", schema, path, body, {});
}

/** @throws {ApiProblem} As `getJson`. */
export async function sendJson<T>(
  method: "POST" | "PATCH" | "PUT" | "DELETE",
  schema: z.ZodType<T>,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<T> {
  const hasBody = body !== undefined;
  const init: RequestInit = { method, headers };
  if (hasBody) {
    init.body = JSON.stringify(body);
    init.headers = { ...headers, "content-type": "application/json" };
  }
  return parsed(schema, await request(path, init));
}

/** @throws {ApiProblem} If the answer is not a success. An abort throws `AbortError`, as `fetch` does. */
export async function request(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, cache: "no-store" });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiProblem(localProblem(0, "The coordinator cannot be reached. Is it running?"));
  }
  if (response.ok) return response;
  throw new ApiProblem(await problemOf(response));
}

async function parsed<T>(schema: z.ZodType<T>, response: Response): Promise<T> {
  const result = schema.safeParse(await response.json().catch(() => undefined));
  if (result.success) return result.data;
  throw new ApiProblem(
    localProblem(502, "The answer is not one this page knows; reload it to get the current version"),
  );
}

async function problemOf(response: Response): Promise<Problem> {
  const problem = Problem.safeParse(await response.json().catch(() => undefined));
  return problem.success
    ? problem.data
    : localProblem(response.status, `The server answered ${response.status}`);
}

const localProblem = (status: number, title: string): Problem => ({ type: "about:blank", title, status });

/** What to show a person of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
