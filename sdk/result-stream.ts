/**
 * A job's result as it comes in: in the order of the input, each record once, whatever happens to the connection.
 *
 * Records are told in one order that never changes, so a stream that broke off goes on after as many as were read.
 */
import type { JobId } from "../protocol/ids";
import type { Client } from "./client";
import { following, type StreamEnd } from "./following";
import { linesOf } from "./line-stream";
import type { RetryPolicy } from "./retry";

export interface ResultQuery {
  /** Records to leave out at the start. */
  readonly skip?: number;
  readonly signal?: AbortSignal | undefined;
  /** When it breaks off. */
  readonly retries?: RetryPolicy;
}

/**
 * @yields Lines of JSON: `{"key":…,"value":…}`.
 * @throws {RefusedError} `job-ended` when the job failed or was cancelled; then what came before is not all.
 */
export async function* readResultLines(
  client: Client,
  id: JobId,
  { skip = 0, signal, retries }: ResultQuery = {},
): AsyncGenerator<string, void> {
  let told = skip;
  const lines = following(client, {
    request: () => ({
      path: `/api/v1/jobs/${id}/result`,
      query: { follow: 1, ...(told > 0 && { skip: told }) },
      headers: { accept: "application/x-ndjson" },
      signal,
    }),
    read: readLines,
    ...(retries && { retries }),
  });
  for await (const line of lines) {
    told += 1;
    yield line;
  }
}

async function* readLines(response: Response, alive: () => void): AsyncGenerator<string, StreamEnd> {
  if (!response.body) return "ended";
  yield* linesOf(response.body, (bytes) => bytes > 0 && alive());
  return "ended";
}
