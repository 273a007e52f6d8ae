/**
 * A version of a dataset on its way in: bytes become blocks, blocks become rows, and at the end all of it a version.
 *
 *   bytes ─▶ counted, hashed ─▶ unpacked if gzip ─▶ counted, hashed ─▶ cut into blocks ─▶ stored, written down
 *
 * Nobody finds any of it before it is complete.
 */
import { createHash } from "node:crypto";
import { invalid } from "../../core/invalid-data";
import { openScanner } from "../../core/scan-records";
import type { DatasetPath } from "../../protocol/dataset";
import { readingOf, type DatasetFormat } from "../../protocol/format";
import type { Digest, EpochMs } from "../../protocol/ids";
import { GridError } from "../../protocol/problems";
import type { BlockStore } from "../grid-api";
import type { Database } from "../store/database";
import type { BlockGuard } from "./block-guard";
import { openBlockWriter, type WrittenBlock } from "./block-writer";
import { readCsvHeader } from "./csv-header";
import { readParquet } from "./parquet-file";
import {
  completeArrival,
  completeUnnamed,
  insertBlock,
  readBlocks,
  type StoredVersion,
  type UploadTerms,
} from "./dataset-rows";
import type { CheckRoom } from "./room";
import { isGzip, openUnpacker, type ByteSink } from "./unpack";

export interface ArrivalParts {
  database: Database;
  blocks: BlockStore;
  guard: BlockGuard;
  now: () => EpochMs;
  checkRoom: CheckRoom;
}

export interface ArrivalProgress {
  receivedBytes: number;
  /** Unpacked, if it came as gzip. */
  bytes: number;
  records: number;
  blocks: number;
}

export interface Arrival {
  readonly id: string;
  readonly path: DatasetPath;
  readonly terms: UploadTerms;
  progress(): ArrivalProgress;
  /** Takes the next bytes, at the pace of the disk. @throws {GridError} What is wrong with them. */
  take(piece: Uint8Array): Promise<void>;
  /** All has come. @param digest What the bytes as sent are to have, if that was said only now. @returns The number of the version. @throws {GridError} What is missing or wrong. */
  complete(digest: Digest | null): Promise<number>;
  /** As `complete`, but it gets no name: nobody finds it, and it is freed when nobody reads it. */
  completeUnnamed(): Promise<StoredVersion>;
  /**
   * Returns when nothing of it is being stored any more. What was stored is for others to free.
   * @returns Blocks that were stored and not written down, because one before them could not be stored.
   */
  stop(): Promise<readonly Digest[]>;
}

/** @param known Blocks that were written down before, when it is taken up again: they are not written again. */
export function openArrival(
  parts: ArrivalParts,
  arrival: {
    id: string;
    path: DatasetPath;
    terms: UploadTerms;
    /** Told once, before anything is stored, when nobody had said whether it is gzip. */
    unpacks?: (isGzip: boolean) => Promise<void>;
  },
  known = 0,
): Arrival {
  const { database, blocks, guard, now, checkRoom } = parts;
  const { id, path, terms, unpacks } = arrival;
  const { format, options } = terms;
  const sentHash = createHash("sha256");
  const contentHash = createHash("sha256");
  const progress: ArrivalProgress = { receivedBytes: 0, bytes: 0, records: 0, blocks: 0 };
  const loose = new Set<Digest>();
  let reading = readingOf(format);
  let sink: (ByteSink & { stop?(): void }) | null = null;
  let head: Uint8Array = new Uint8Array();

  const writer = openBlockWriter({
    scanner: openScanner(format),
    blockBytes: options.blockBytes,
    store,
    stored,
    headerIn: format.type === "csv" && format.header ? readHeader : null,
  });
  const content: ByteSink = {
    async write(piece) {
      progress.bytes += piece.length;
      await checkRoom(progress.bytes);
      contentHash.update(piece);
      await writer.write(piece);
    },
    finish: () => writer.finish(),
  };

  return {
    ...{ id, path, terms },
    progress: () => ({ ...progress }),
    async take(piece) {
      progress.receivedBytes += piece.length;
      checkSentBytes();
      sentHash.update(piece);
      if (sink) return sink.write(piece);
      // The first two bytes tell gzip.
      head = head.length === 0 ? piece : Buffer.concat([head, piece]);
      if (head.length >= 2) await open();
    },
    async complete(digest) {
      await finish(digest);
      const { copies, visibility } = options;
      return completeArrival(database, { ...whole(), copies, visibility });
    },
    async completeUnnamed() {
      await finish(null);
      return completeUnnamed(database, whole());
    },
    async stop() {
      sink?.stop?.();
      await writer.settle();
      return [...loose];
    },
  };

  async function finish(digest: Digest | null): Promise<void> {
    const { sentBytes } = terms;
    if (sentBytes !== null && progress.receivedBytes < sentBytes) {
      throw invalid(`${sentBytes} bytes were announced; ${progress.receivedBytes} came`);
    }
    const sent = sentHash.digest("hex");
    checkDigest(sent, terms.sentDigest);
    checkDigest(sent, digest);
    await (await open()).finish();
    if (format.type === "parquet") await readFile();
  }

  /** What is in a Parquet file is known when its end has come. */
  async function readFile(): Promise<void> {
    const { schema, rows } = await readParquet(await readBlocks(database, id), blocks);
    reading = { type: "parquet", columns: [...schema.columns] };
    progress.records = rows;
  }

  function whole() {
    const { bytes, records, blocks: blockCount } = progress;
    const sha256 = contentHash.digest("hex");
    return { id, path, reading, bytes, records, blockCount, sha256, now: now() };
  }

  async function open(): Promise<ByteSink> {
    if (sink) return sink;
    const isPacked = terms.isGzip ?? (isText(format) && isGzip(head));
    if (terms.isGzip === null) await unpacks?.(isPacked);
    sink = isPacked ? openUnpacker(content) : content;
    await sink.write(head);
    head = new Uint8Array();
    return sink;
  }

  /** A block that is there is not written again; held, so that nobody frees it before its row is written. */
  async function store(bytes: Uint8Array): Promise<Digest> {
    const digest = createHash("sha256").update(bytes).digest("hex") as Digest;
    guard.hold(digest, id);
    loose.add(digest);
    return guard.alone(digest, () => blocks.write(bytes));
  }

  async function stored(block: WrittenBlock, place: number): Promise<void> {
    if (place >= known) await insertBlock(database, id, place, block);
    loose.delete(block.digest);
    progress.records += block.records;
    progress.blocks = place + 1;
  }

  function readHeader(block: Uint8Array): number {
    if (format.type !== "csv") return 0;
    const { columns, bytes } = readCsvHeader(block, format);
    reading = { ...readingOf(format), columns };
    return bytes;
  }

  function checkSentBytes(): void {
    const { sentBytes } = terms;
    if (sentBytes === null || progress.receivedBytes <= sentBytes) return;
    throw invalid(`${sentBytes} bytes were announced; ${progress.receivedBytes} or more came`);
  }

  function checkDigest(actual: string, promised: Digest | null): void {
    if (promised === null || promised === actual) return;
    throw new GridError(
      "digest-mismatch",
      `The ${progress.receivedBytes} bytes received have the digest ${actual}, not ${promised}`,
    );
  }
}

const isText = ({ type }: DatasetFormat) => type === "lines" || type === "jsonl" || type === "csv";
