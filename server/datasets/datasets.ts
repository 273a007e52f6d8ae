/**
 * The catalog: which datasets there are, their versions and blocks; taking in new versions, and freeing what nobody
 * has any more. The one place that knows both rows and blocks of datasets.
 */
import { randomUUID } from "node:crypto";
import type { DatasetPath, DatasetView } from "../../protocol/dataset";
import { readingOf } from "../../protocol/format";
import type { Digest, EpochMs } from "../../protocol/ids";
import { isDiskFull } from "../disk-full";
import type { BlockStore } from "../grid-api";
import { log } from "../log";
import type { Database } from "../store/database";
import { openArrival, type Arrival } from "./arrival";
import { openBlockGuard } from "./block-guard";
import type { WrittenBlock } from "./block-writer";
import * as rows from "./dataset-rows";
import { findOrThrow, openDatasetViews, type DatasetViews } from "./dataset-views";
import { freeDeleted, freeOrphans, freeUnless } from "./free-blocks";
import { openRoom, type Quotas } from "./room";

export interface DatasetParts {
  database: Database;
  /** The area of datasets. */
  blocks: BlockStore;
  now: () => EpochMs;
  quotas: Quotas;
  /** How many volunteers hold each of the blocks. */
  holdersOf: (digests: readonly Digest[]) => readonly number[];
}

/** A version that stays as it is until it is closed, also when it is deleted meanwhile. */
export interface OpenVersion {
  readonly version: rows.StoredVersion;
  readonly blocks: readonly WrittenBlock[];
  /** Where the blocks are. */
  readonly store: Pick<BlockStore, "open" | "verify">;
  close(): void;
}

/** All that take a path throw `dataset-not-found` when there is no such dataset or version; a version of null is the latest. */
export interface Datasets extends DatasetViews {
  /** @throws {GridError} `quota-exceeded`, `overloaded`. */
  begin(
    path: DatasetPath,
    terms: rows.UploadTerms,
    /** For an upload that may go on later; `known` are its blocks on the disk, null for a new one. */
    upload?: { id: string; known: readonly WrittenBlock[] | null },
  ): Promise<Arrival>;
  /** How many there are in memory. */
  arriving(): number;
  /** Lets go of what is in memory of an upload; its blocks stay. */
  discard(arrival: Arrival): Promise<void>;
  /** @throws What `Arrival.complete` throws; nothing of the arrival is left then. */
  complete(arrival: Arrival, digest?: Digest | null): Promise<DatasetView>;
  /** Ends it without a name: to be read until it is closed, and by jobs; then its blocks are freed. @throws As `complete`. */
  completeUnnamed(arrival: Arrival): Promise<OpenVersion>;
  giveUp(arrival: Arrival): Promise<void>;
  /** Drops the blocks of an upload that is not in memory and begins anew. */
  dropBlocks(id: string): Promise<void>;
  /** Null when there is none. */
  find(path: DatasetPath, version: number | null): Promise<rows.StoredVersion | null>;
  open(path: DatasetPath, version: number | null): Promise<OpenVersion>;
  /** @param version All when null. */
  remove(path: DatasetPath, version: number | null): Promise<void>;
  /** Frees what was deleted and is not read any more. */
  free(): Promise<number>;
  close(): Promise<void>;
}

const FREE_EVERY_MS = 60_000;

/** Takes up what an earlier process left: uploads that were under way are given up, and blocks without a row freed. */
export async function openDatasets(parts: DatasetParts): Promise<Datasets> {
  const { database, blocks, now, quotas, holdersOf } = parts;
  const guard = openBlockGuard();
  const views = openDatasetViews(database, holdersOf);
  const room = openRoom(database, quotas);
  const readers = new Map<string, number>();
  /** Given up, which the database is yet to be told. */
  const unwanted = new Set<string>();
  /** Stored for arrivals that were given up before they were written down. */
  const loose = new Set<Digest>();
  const freeing = { database, blocks, guard, isRead: (id: string) => readers.has(id) };
  const closing = new AbortController();
  let working: Promise<unknown> = Promise.resolve();

  await database.datasetVersion.updateMany({ where: { state: "arriving" }, data: { state: "deleted" } });
  void inTurn(async () => {
    const freed = (await freeDeleted(freeing)) + (await freeOrphans(freeing, closing.signal));
    if (freed > 0) log.info({ blocks: freed }, "freed blocks that no dataset has");
  });
  const timer = setInterval(() => void free(), FREE_EVERY_MS);

  /** One round of freeing at a time; what goes wrong is tried again with the next. */
  function inTurn<T>(act: () => Promise<T>): Promise<T | null> {
    const turn = working.then(act).catch((error: unknown) => {
      const level = isDiskFull(error) ? "warn" : "error";
      log[level]({ err: error }, "could not free blocks of datasets; trying again later");
      return null;
    });
    working = turn;
    return turn;
  }

  const free = async () =>
    (await inTurn(async () => {
      await markUnwanted();
      const freed = await freeDeleted(freeing);
      for (const digest of loose) {
        await freeUnless(freeing, digest, null);
        loose.delete(digest);
      }
      return freed;
    })) ?? 0;

  const begin: Datasets["begin"] = async (path, terms, upload) => {
    const id = upload?.id ?? randomUUID();
    const known = upload?.known ?? null;
    // An upload that may go on has to know, after a restart, whether it can.
    const unpacks = (isGzip: boolean) => rows.settleTerms(database, id, { ...terms, isGzip });
    const arriving = { id, path, terms, ...(upload && { unpacks }) };
    const announced = terms.sentBytes ?? 0;
    const onDisk = (known ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
    const arrival = await room.enter(
      // Who may break off and come back in a day cannot keep room from others by just announcing.
      { id, owner: rows.ownerOf(path), announced, sure: upload ? onDisk : announced },
      (checkRoom) => openArrival({ database, blocks, guard, now, checkRoom }, arriving, known?.length),
    );
    if (known !== null) return arrival;
    const state = upload ? "uploading" : "arriving";
    const reading = readingOf(terms.format);
    try {
      await rows.insertArrival(database, { id, path, terms, reading, state, now: now() });
    } catch (error) {
      await room.leave(arrival);
      throw error;
    }
    return arrival;
  };

  async function discard(arrival: Arrival): Promise<void> {
    await stop(arrival);
    await leave(arrival);
  }

  async function leave(arrival: Arrival): Promise<void> {
    guard.letGo(arrival.id);
    await room.leave(arrival);
  }

  async function stop(arrival: Arrival): Promise<void> {
    for (const digest of await arrival.stop()) loose.add(digest);
  }

  async function giveUp(arrival: Arrival): Promise<void> {
    await stop(arrival);
    unwanted.add(arrival.id);
    try {
      await markUnwanted();
    } catch (error) {
      // On a disk that is full nothing can be marked. The next round does it.
      if (!isDiskFull(error)) throw error;
    } finally {
      await leave(arrival);
    }
    void free();
  }

  async function markUnwanted(): Promise<void> {
    for (const id of unwanted) {
      await rows.markDeleted(database, id);
      unwanted.delete(id);
    }
  }

  return {
    ...views,
    ...{ begin, giveUp, discard, free },
    arriving: () => room.size,
    find: (path, version) => rows.findVersion(database, path, version),

    async complete(arrival, digest = null) {
      try {
        await arrival.complete(digest);
      } catch (error) {
        await giveUp(arrival);
        throw error;
      }
      await leave(arrival);
      return views.view(arrival.path);
    },

    async completeUnnamed(arrival) {
      const { id } = arrival;
      readers.set(id, 1);
      try {
        const version = await arrival.completeUnnamed();
        const known = await rows.readBlocks(database, id);
        await leave(arrival);
        return { version, blocks: known, store: blocks, close: () => closeReader(id) };
      } catch (error) {
        closeReader(id);
        await giveUp(arrival);
        throw error;
      }
    },

    async dropBlocks(id) {
      const dropped = await rows.readBlocks(database, id);
      await rows.deleteBlocks(database, id);
      for (const { digest } of dropped) loose.add(digest);
    },

    async open(path, number) {
      const version = await findOrThrow(database, path, number);
      readers.set(version.id, (readers.get(version.id) ?? 0) + 1);
      try {
        // It may have been deleted, and its blocks freed, since it was found.
        await findOrThrow(database, path, version.version);
        return {
          version,
          blocks: await rows.readBlocks(database, version.id),
          store: blocks,
          close: () => closeReader(version.id),
        };
      } catch (error) {
        closeReader(version.id);
        throw error;
      }
    },

    async remove(path, version) {
      await findOrThrow(database, path, version);
      await database.datasetVersion.updateMany({
        where: { path, state: "complete", ...(version !== null && { version }) },
        data: { state: "deleted" },
      });
      await free();
    },

    async close() {
      clearInterval(timer);
      closing.abort();
      for (const arrival of room.arrivals()) await arrival.stop();
      await working;
    },
  };

  function closeReader(id: string): void {
    const left = (readers.get(id) ?? 1) - 1;
    if (left === 0) readers.delete(id);
    else readers.set(id, left);
  }
}
