/** What is told of datasets, their versions and blocks. */
import type {
  BlockPage,
  DatasetPage,
  DatasetPath,
  DatasetVersionView,
  DatasetView,
  VersionPage,
} from "../../protocol/dataset";
import type { Digest } from "../../protocol/ids";
import { GridError } from "../../protocol/problems";
import type { Database } from "../store/database";
import { findOutdated } from "../store/result-reads";
import * as rows from "./dataset-rows";
import { readOfSource } from "./kept-result";

/** All that take a path throw `dataset-not-found` when there is no such dataset or version; a version of null is the latest. */
export interface DatasetViews {
  list(query: { prefix: string; cursor: string | null; limit: number }): Promise<DatasetPage>;
  view(path: DatasetPath): Promise<DatasetView>;
  viewVersion(path: DatasetPath, version: number | null): Promise<DatasetVersionView>;
  versions(path: DatasetPath, query: { before: number | null; limit: number }): Promise<VersionPage>;
  blocks(
    path: DatasetPath,
    version: number | null,
    query: { from: number; limit: number },
  ): Promise<BlockPage>;
}

/** @param holdersOf How many volunteers hold each of the blocks. */
export function openDatasetViews(
  database: Database,
  holdersOf: (digests: readonly Digest[]) => readonly number[],
): DatasetViews {
  async function viewHeld(version: rows.StoredVersion): Promise<DatasetVersionView> {
    const held = holdersOf((await rows.readBlocks(database, version.id)).map(({ digest }) => digest));
    return viewVersion(
      database,
      version,
      held.reduce((most, count) => Math.max(most, count), 0),
    );
  }

  async function viewDataset(dataset: rows.StoredDataset, latest: DatasetVersionView): Promise<DatasetView> {
    const { path, owner, visibility, copies, createdAt } = dataset;
    const versions = await rows.countVersions(database, path);
    return { path, owner, visibility, copies, createdAt, versions, latest };
  }

  async function view(path: DatasetPath): Promise<DatasetView> {
    const latest = await viewHeld(await findOrThrow(database, path, null));
    const dataset = await rows.findDataset(database, path);
    if (!dataset) throw new GridError("dataset-not-found", `There is no dataset ${path}`);
    return viewDataset(dataset, latest);
  }

  async function viewListed(dataset: rows.StoredDataset): Promise<DatasetView> {
    return viewDataset(
      dataset,
      await viewVersion(database, await findOrThrow(database, dataset.path, null), null),
    );
  }

  return {
    view,

    async list({ prefix, cursor, limit }) {
      const found = await rows.readDatasetPage(database, { prefix, after: cursor ?? "", limit });
      const last = found.length === limit ? found.at(-1) : undefined;
      return { datasets: await Promise.all(found.map(viewListed)), nextCursor: last?.path ?? null };
    },

    viewVersion: async (path, version) => viewHeld(await findOrThrow(database, path, version)),

    async versions(path, { before, limit }) {
      await findOrThrow(database, path, null);
      const found = await rows.readVersionPage(database, path, before, limit);
      const last = found.length === limit ? found.at(-1) : undefined;
      return {
        versions: await Promise.all(found.map((version) => viewVersion(database, version, null))),
        nextCursor: last ? String(last.version) : null,
      };
    },

    async blocks(path, number, { from, limit }) {
      const version = await findOrThrow(database, path, number);
      const all = await rows.readBlocks(database, version.id, 0, from + limit);
      const shown = all.slice(from);
      const holders = holdersOf(shown.map(({ digest }) => digest));
      let firstRecord = all.slice(0, from).reduce((sum, block) => sum + block.records, 0);
      return {
        blocks: shown.map(({ digest, bytes, records }, index) => {
          firstRecord += records;
          const first = firstRecord - records;
          return { digest, bytes, records, firstRecord: first, holders: holders[index] ?? 0 };
        }),
        nextCursor: from + limit < version.blockCount ? String(from + limit) : null,
      };
    },
  };
}

/** @throws {GridError} `dataset-not-found`. */
export async function findOrThrow(
  database: Database,
  path: DatasetPath,
  version: number | null,
): Promise<rows.StoredVersion> {
  const found = await rows.findVersion(database, path, version);
  if (found) return found;
  const which = version === null ? path : `version ${version} of ${path}`;
  throw new GridError("dataset-not-found", `There is no ${version === null ? "dataset " : ""}${which}`);
}

async function viewVersion(
  database: Database,
  stored: rows.StoredVersion,
  holders: number | null,
): Promise<DatasetVersionView> {
  const { path, version, terms, reading, bytes, records, blockCount, sha256, createdAt } = stored;
  return {
    ...{ path, version, format: terms.format, reading, bytes, records, blocks: blockCount },
    ...{ sha256: sha256 as Digest, createdAt, holders, keptFrom: await viewKept(database, stored) },
  };
}

async function viewKept(
  database: Database,
  version: rows.StoredVersion,
): Promise<DatasetVersionView["keptFrom"]> {
  const read = readOfSource(version);
  if (read === null) return null;
  return { jobId: read.jobId, isOutdated: (await findOutdated(database, [read])).isOutdated(read) };
}
