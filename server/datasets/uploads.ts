/**
 * Uploads that may break off and go on: begun, sent in as many parts as it takes, and ended by the one that says so.
 *
 * What came is kept in memory up to the last whole block, which is on the disk. After a restart, or when others needed
 * the memory, an upload goes on behind its last block on the disk: its blocks are read again, for what counts and
 * hashes them. One that is gzip begins anew then: nobody can unpack from the middle.
 */
import { randomUUID } from "node:crypto";
import type { DatasetPath, DatasetView, UploadView } from "../../protocol/dataset";
import type { Digest } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import { GridError, isPassing } from "../../protocol/problems";
import { namingFullDisk } from "../disk-full";
import type { Arrival } from "./arrival";
import type { UploadTerms } from "./dataset-rows";
import * as rows from "./dataset-rows";
import type { DatasetParts, Datasets } from "./datasets";

/** All that take an id throw `upload-not-found` when there is no such upload, or no longer. */
export interface Uploads {
  begin(path: DatasetPath, terms: UploadTerms): Promise<UploadView>;
  view(id: string): Promise<UploadView>;
  list(): Promise<UploadView[]>;
  /**
   * Goes on with an upload.
   * @param offset Where the sender goes on, which must be where the upload is.
   * @param send Hands on the bytes; when it throws because the sender left, what came is kept.
   * @throws {GridError} `upload-conflict`; what is wrong with the data, which ends the upload.
   */
  append(
    id: string,
    offset: number,
    send: (take: (piece: Uint8Array) => Promise<void>) => Promise<void>,
  ): Promise<UploadView>;
  /** @param digest What the whole is to be, if it was not said before. */
  complete(id: string, digest: Digest | null): Promise<DatasetView>;
  giveUp(id: string): Promise<void>;
  /** Ends those that nothing was sent to for a day. */
  expire(): Promise<void>;
}

export function openUploads(
  { database, blocks, now }: Pick<DatasetParts, "database" | "blocks" | "now">,
  datasets: Pick<Datasets, "begin" | "complete" | "giveUp" | "arriving" | "discard" | "dropBlocks">,
): Uploads {
  /** In memory, the longest unused first. */
  const open = new Map<string, Arrival>();
  const busy = new Set<string>();

  async function stored(id: string): Promise<rows.StoredVersion> {
    const found = await rows.findUpload(database, id);
    if (found) return found;
    throw new GridError("upload-not-found", `There is no upload ${id.slice(0, 80)}; it may have ended`);
  }

  async function view(id: string): Promise<UploadView> {
    return viewOf(await stored(id));
  }

  async function viewOf({ id, path, terms, createdAt }: rows.StoredVersion): Promise<UploadView> {
    const progress = open.get(id)?.progress() ?? (await progressOnDisk(id, terms));
    const { receivedBytes: offset, bytes, records, blocks: blockCount } = progress;
    return { id, path, offset, length: terms.sentBytes, bytes, records, blocks: blockCount, createdAt };
  }

  async function progressOnDisk(id: string, terms: UploadTerms) {
    const known = canGoOn(terms) ? await rows.readBlocks(database, id) : [];
    const sum = (of: "bytes" | "records") => known.reduce((total, block) => total + block[of], 0);
    return {
      receivedBytes: sum("bytes"),
      bytes: sum("bytes"),
      records: sum("records"),
      blocks: known.length,
    };
  }

  /** The upload in memory, made again from what is on the disk if it is not. */
  async function arrivalOf(version: rows.StoredVersion): Promise<Arrival> {
    const { id, path, terms } = version;
    const found = open.get(id);
    if (found) return found;
    await makeRoom();
    if (!canGoOn(terms)) await datasets.dropBlocks(id);
    const known = await rows.readBlocks(database, id);
    const arrival = await datasets.begin(path, terms, { id, known });
    try {
      for (const { digest } of known) await arrival.take(await blocks.read(digest));
    } catch (error) {
      await datasets.discard(arrival);
      throw error;
    }
    open.set(id, arrival);
    return arrival;
  }

  /** Lets go of the one that was unused for longest; it can be made again. */
  async function makeRoom(): Promise<void> {
    if (datasets.arriving() < LIMITS.uploadsAtOnce) return;
    for (const [id, arrival] of open) {
      if (busy.has(id)) continue;
      open.delete(id);
      await datasets.discard(arrival);
      return;
    }
  }

  async function alone<T>(id: string, act: () => Promise<T>): Promise<T> {
    if (busy.has(id)) {
      const detail = `Another request is sending to upload ${id}; ask for its offset when that has ended`;
      throw new GridError("upload-conflict", detail);
    }
    busy.add(id);
    try {
      return await act();
    } finally {
      busy.delete(id);
    }
  }

  async function forget(arrival: Arrival): Promise<void> {
    open.delete(arrival.id);
    await datasets.giveUp(arrival);
  }

  return {
    view,

    async begin(path, terms) {
      await makeRoom();
      const arrival = await datasets.begin(path, terms, { id: randomUUID(), known: null });
      open.set(arrival.id, arrival);
      return view(arrival.id);
    },

    list: async () => Promise.all((await rows.readUploads(database)).map(viewOf)),

    append: (id, offset, send) =>
      alone(id, async () => {
        const arrival = await arrivalOf(await stored(id));
        const { receivedBytes } = arrival.progress();
        if (offset !== receivedBytes) {
          const detail = `The upload is at ${receivedBytes}; got Upload-Offset ${offset}`;
          throw new GridError("upload-conflict", detail);
        }
        let fault: unknown = null;
        const take = (piece: Uint8Array) =>
          arrival.take(piece).catch((error: unknown) => {
            fault = error;
            throw error;
          });
        try {
          await send(take);
        } catch (error) {
          // Data that is wrong stays wrong; a disk that is full may have room again.
          if (fault !== null && isFinal(fault)) await forget(arrival);
          else if (fault !== null) {
            open.delete(id);
            await datasets.discard(arrival);
          }
          throw error;
        } finally {
          await rows.touchUpload(database, id, now());
        }
        open.delete(id);
        open.set(id, arrival);
        return view(id);
      }),

    complete: (id, digest) =>
      alone(id, async () => {
        const arrival = await arrivalOf(await stored(id));
        const { sentBytes } = arrival.terms;
        const { receivedBytes } = arrival.progress();
        if (sentBytes !== null && receivedBytes < sentBytes) {
          const detail = `The upload is at ${receivedBytes} of ${sentBytes} bytes and cannot end yet`;
          throw new GridError("upload-conflict", detail);
        }
        open.delete(id);
        return datasets.complete(arrival, digest);
      }),

    giveUp: (id) =>
      alone(id, async () => {
        await stored(id);
        const arrival = open.get(id);
        if (arrival) await forget(arrival);
        else await rows.markDeleted(database, id);
      }),

    async expire() {
      for (const { id, changedAt } of await rows.readUploads(database)) {
        if (busy.has(id) || now() - changedAt < LIMITS.uploadIdleMs) continue;
        const arrival = open.get(id);
        if (arrival) await forget(arrival);
        else await rows.markDeleted(database, id);
      }
    },
  };
}

/** What is on the disk is what was sent only when nothing was unpacked. */
const canGoOn = ({ isGzip }: UploadTerms) => isGzip === false;

const isFinal = (error: unknown) => !isPassing(namingFullDisk(error));
