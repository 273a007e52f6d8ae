/**
 * Answers with the problem that anything thrown stands for (RFC 9457).
 *
 * What we expect is only told to the caller; a bug is logged with its cause and
 * told to the caller as "internal", without its message.
 */
import { isGridError, toProblem } from "../../protocol/problems";
import { isDiskFull, namingFullDisk } from "../disk-full";
import { log } from "../log";

export const PROBLEM_TYPE = "application/problem+json";

/** @param where What was being served, for the log: "GET /api/v1/jobs". */
export function problemResponse(error: unknown, where: string): Response {
  const { body, status, headers } = problemAnswer(error, where);
  return new Response(body, { status, headers });
}

/** The same answer in parts, for responses that are not made by Next. */
export function problemAnswer(
  error: unknown,
  where: string,
): { body: string; status: number; headers: Record<string, string> } {
  const told = namingFullDisk(error);
  if (!isGridError(told)) log.error({ err: error, where }, "A request failed by a bug");
  if (isDiskFull(told)) log.warn({ err: error, where }, "a request was refused: the disk is full");
  const problem = toProblem(told);
  const headers: Record<string, string> = { "content-type": PROBLEM_TYPE, "cache-control": "no-store" };
  if (problem.retryAfterMs !== undefined) {
    headers["retry-after"] = String(Math.ceil(problem.retryAfterMs / 1000));
  }
  return { body: JSON.stringify(problem), status: problem.status, headers };
}
