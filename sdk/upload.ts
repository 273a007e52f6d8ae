/**
 * Sends the next version of a dataset in parts, and goes on from where it was when the connection breaks or the
 * coordinator is started again.
 */
import type * as z from "zod";
import { DatasetView, UploadView, type BeginUpload } from "../protocol/dataset";
import type { Client } from "./client";
import { RefusedError, UnreachableError } from "./errors";
import { STREAM_RETRIES, waitBefore, type RetryPolicy } from "./retry";
import { sleep } from "./sleep";
import type { UploadSource } from "./upload-source";

/** What an upload says of itself: its format and, if they are known, length and SHA-256. */
export type UploadTerms = Omit<z.input<typeof BeginUpload>, "dataset">;

export interface UploadOptions {
  /** Told of the bytes that came, and of how many there will be; null while that is not known. */
  readonly onProgress?: ((sentBytes: number, bytes: number | null) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** When a connection breaks. */
  readonly retries?: RetryPolicy;
}

/** One part: large enough to be quick, small enough to show that it goes on. */
const PART_BYTES = 4 * 2 ** 20;
/** A part is tried once each time: where to go on is asked first. */
const ONCE: RetryPolicy = { attempts: 1, firstMs: 0, longestMs: 0 };

/** @throws What the coordinator refuses; an abort gives the upload up. */
export async function upload(
  client: Client,
  dataset: string,
  source: UploadSource,
  terms: UploadTerms,
  options: UploadOptions = {},
): Promise<DatasetView> {
  const json = { length: source.length, ...terms, dataset };
  const { signal } = options;
  const begun = await client.json({ method: "POST", path: "/api/v1/uploads", json, signal }, UploadView);
  const path = `/api/v1/uploads/${begun.id}`;
  try {
    return await sendParts(client, begun, path, source, options);
  } catch (error) {
    // It may be gone already; then there is nothing to give up.
    await client.open({ method: "DELETE", path, retries: ONCE }).catch(() => {});
    throw error;
  }
}

async function sendParts(
  client: Client,
  begun: UploadView,
  path: string,
  source: UploadSource,
  { onProgress, signal, retries = STREAM_RETRIES }: UploadOptions,
): Promise<DatasetView> {
  let offset = 0;
  for (let failures = 0; ;) {
    const bytes = await source.read(offset, PART_BYTES);
    const isLast =
      source.length === null ? bytes.length < PART_BYTES : offset + bytes.length >= source.length;
    const headers = { "upload-offset": String(offset), "upload-complete": isLast ? "?1" : "?0" };
    const part = { method: "PATCH", path, headers, body: () => bytes, signal, retries: ONCE } as const;
    try {
      const response = await client.open(part);
      offset += bytes.length;
      onProgress?.(offset, source.length);
      if (isLast) return DatasetView.parse(await response.json());
      failures = 0;
      await response.body?.cancel();
    } catch (error) {
      failures += 1;
      const waitMs = mayGoOn(error) ? waitBefore(failures, retries, Math.random()) : null;
      if (signal?.aborted || waitMs === null) throw error;
      await sleep(waitMs, signal);
      const now = await whereItIs(client, path, signal);
      if (now === "gone" && isLast) return await completedAs(client, begun, offset + bytes.length, error);
      if (now === "gone") throw error;
      offset = now === "unknown" ? offset : now;
    }
  }
}

/** Whether trying again may help: it cannot be reached, is busy, or is elsewhere than we thought. */
function mayGoOn(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  return error instanceof RefusedError && [404, 409, 500, 502, 503, 504].includes(error.problem.status);
}

async function whereItIs(
  client: Client,
  path: string,
  signal: AbortSignal | undefined,
): Promise<number | "unknown" | "gone"> {
  try {
    return (await client.json({ path, signal, retries: ONCE }, UploadView)).offset;
  } catch (error) {
    if (error instanceof RefusedError && error.problem.status === 404) return "gone";
    if (mayGoOn(error)) return "unknown";
    throw error;
  }
}

/** The last part may have come, and its answer have been lost: then the dataset has a version that was made since. */
async function completedAs(
  client: Client,
  { path, createdAt }: UploadView,
  bytes: number,
  error: unknown,
): Promise<DatasetView> {
  const dataset = await client.json({ path: `/api/v1/datasets${path}` }, DatasetView);
  const { latest } = dataset;
  if (latest.createdAt >= createdAt && latest.bytes === bytes) return dataset;
  throw error;
}
