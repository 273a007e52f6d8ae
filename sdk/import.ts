/** Has the coordinator fetch the next version of a dataset from an address. */
import type * as z from "zod";
import type { DatasetVersionView } from "../protocol/dataset";
import { ImportView, type BeginImport } from "../protocol/import";
import type { Client } from "./client";
import { RefusedError } from "./errors";
import { sleep } from "./sleep";

/** What an import says of its data: format, gzip and SHA-256, where the address does not tell. */
export type ImportTerms = Omit<z.input<typeof BeginImport>, "url">;

export interface ImportOptions {
  /** Told of the bytes that the coordinator has, and of how many there will be; null while that is not known. */
  readonly onProgress?: ((receivedBytes: number, bytes: number | null) => void) | undefined;
  /** Gives the import up. */
  readonly signal?: AbortSignal | undefined;
}

const POLL_MS = 500;

/** @throws What the coordinator refuses, or why the import failed. */
export async function importFrom(
  client: Client,
  /** Of the dataset: `/api/v1/datasets/…`. */
  place: string,
  url: string | URL,
  terms: ImportTerms,
  { onProgress, signal }: ImportOptions,
  version: (number: number) => Promise<DatasetVersionView>,
): Promise<DatasetVersionView> {
  const json = { ...terms, url: String(url) };
  let view = await client.json({ method: "POST", path: `${place}/import`, json, signal }, ImportView);
  const path = `/api/v1/imports/${view.id}`;
  try {
    for (;;) {
      onProgress?.(view.receivedBytes, view.length);
      if (view.state === "failed") throw new RefusedError(view.problem);
      if (view.state === "complete") return await version(view.version);
      await sleep(POLL_MS, signal);
      view = await client.json({ path, signal }, ImportView);
    }
  } catch (error) {
    // It may have ended meanwhile; then there is nothing to give up.
    if (signal?.aborted) await client.open({ method: "DELETE", path }).catch(() => {});
    throw error;
  }
}
