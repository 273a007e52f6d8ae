/** Sends a file as a dataset's next version: in parts, and on from where it was when a connection breaks. */
import type * as z from "zod";
import { DatasetView, UploadView, type BeginUpload } from "../../protocol/dataset";
import { ApiProblem, getJson, postJson, request } from "./api";

/** One part: large enough to be quick, small enough to show that it goes on. */
const PART_BYTES = 4 * 1024 * 1024;
const TRIES = 8;
const RETRY_MS = 1_000;

/**
 * @param onProgress Told of the bytes that came.
 * @throws {ApiProblem} What the coordinator refuses; an abort throws `AbortError` and gives the upload up.
 */
export async function uploadFile(
  file: Blob,
  terms: z.input<typeof BeginUpload>,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
): Promise<DatasetView> {
  const { id } = await postJson(UploadView, "/api/v1/uploads", { ...terms, length: file.size });
  const address = `/api/v1/uploads/${id}`;
  try {
    return await sendParts(file, address, onProgress, signal);
  } catch (error) {
    // It may be gone already; then there is nothing to give up.
    if (signal.aborted) await request(address, { method: "DELETE" }).catch(() => {});
    throw error;
  }
}

async function sendParts(
  file: Blob,
  address: string,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
): Promise<DatasetView> {
  let offset = 0;
  for (let tries = 0; ;) {
    try {
      const end = Math.min(offset + PART_BYTES, file.size);
      const response = await request(address, {
        method: "PATCH",
        headers: { "upload-offset": String(offset), "upload-complete": end === file.size ? "?1" : "?0" },
        body: file.slice(offset, end),
        signal,
      });
      tries = 0;
      offset = end;
      onProgress(offset);
      if (end === file.size) return DatasetView.parse(await response.json());
    } catch (error) {
      tries += 1;
      if (signal.aborted || tries === TRIES || !mayGoOn(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, tries * RETRY_MS));
      offset = await offsetAt(address, offset, signal);
    }
  }
}

/** Whether trying again may help: it cannot be reached, is busy, or is elsewhere than we thought. */
function mayGoOn(error: unknown): boolean {
  return error instanceof ApiProblem && [0, 409, 500, 502, 503, 504].includes(error.problem.status);
}

async function offsetAt(address: string, known: number, signal: AbortSignal): Promise<number> {
  try {
    return (await getJson(UploadView, address, signal)).offset;
  } catch (error) {
    if (mayGoOn(error)) return known;
    throw error;
  }
}
