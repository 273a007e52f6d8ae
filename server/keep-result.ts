/** Keeps a job's result as a version of a dataset: streamed into blocks that live as long as the version does. */
import type { DatasetPath, DatasetVersionView } from "../protocol/dataset";
import { UploadOptions } from "../protocol/dataset";
import type { JobId } from "../protocol/ids";
import { versionFrom } from "./datasets/dataset-rows";
import type { Datasets } from "./datasets/datasets";
import { sourceOf } from "./datasets/kept-result";
import type { Database } from "./store/database";
import { readEdition } from "./store/jobs";

export interface KeepParts {
  database: Database;
  datasets: Pick<Datasets, "begin" | "complete" | "giveUp" | "viewVersion">;
  readResult: (id: JobId) => Promise<AsyncIterable<Uint8Array>>;
}

/** Of each dataset one after the other: who comes second finds what the first has kept. */
export function keepInTurn(parts: KeepParts) {
  const turns = new Map<DatasetPath, Promise<unknown>>();
  return (id: JobId, path: DatasetPath): Promise<DatasetVersionView> => {
    const kept = (turns.get(path) ?? Promise.resolve()).then(() => keepResult(parts, id, path));
    const turn = kept.catch(() => {}).finally(() => turns.get(path) === turn && turns.delete(path));
    turns.set(path, turn);
    return kept;
  };
}

/**
 * A result that the dataset has already is not kept twice.
 *
 * @throws {GridError} `job-not-finished`, `job-ended`, `quota-exceeded`, `overloaded`.
 */
async function keepResult(
  { database, datasets, readResult }: KeepParts,
  id: JobId,
  path: DatasetPath,
): Promise<DatasetVersionView> {
  const lines = await readResult(id);
  // A corrected result is another one.
  const source = sourceOf(id, await readEdition(database, id));
  const earlier = await versionFrom(database, path, source);
  if (earlier !== null) return datasets.viewVersion(path, earlier);
  const arrival = await datasets.begin(path, {
    format: { type: "jsonl" },
    options: UploadOptions.parse({}),
    ...{ sentDigest: null, sentBytes: null, isGzip: false, source },
  });
  try {
    for await (const piece of lines) await arrival.take(piece);
  } catch (error) {
    await datasets.giveUp(arrival);
    throw error;
  }
  await datasets.complete(arrival);
  return datasets.viewVersion(path, await versionFrom(database, path, source));
}
