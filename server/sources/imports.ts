/**
 * Imports: data that the coordinator fetches from an address into a dataset, as an upload of its own.
 *
 * One is begun when its source has answered with what can be taken, and then goes on by itself: over connections that
 * break, and over restarts of the coordinator. It ends as a version, or failed with its reason and nothing kept.
 */
import { randomUUID } from "node:crypto";
import { guessFormat, guessGzip } from "../../core/sources/source-terms";
import { allowedHosts, checkSource } from "../../core/sources/source-hosts";
import type { DatasetPath, UploadView } from "../../protocol/dataset";
import { wholeDatasetFormat } from "../../protocol/format";
import { type EpochMs } from "../../protocol/ids";
import type { BeginImport, ImportList, ImportView } from "../../protocol/import";
import { LIMITS } from "../../protocol/limits";
import { GridError, isGridError, toProblem, type Problem } from "../../protocol/problems";
import type { UploadTerms } from "../datasets/dataset-rows";
import type { Uploads } from "../datasets/uploads";
import { isDiskFull, namingFullDisk } from "../disk-full";
import { log } from "../log";
import type { Database } from "../store/database";
import * as rows from "./import-rows";
import { readSource, type FoundSource, type ReadingParts, type SourceSink } from "./read-source";

export interface ImportParts {
  database: Database;
  uploads: Uploads;
  reading: ReadingParts;
  now: () => EpochMs;
}

/** All that take an id throw `import-not-found` when there is no such import. */
export interface Imports {
  /**
   * Returns when the source has answered and its bytes are on their way.
   * @throws {GridError} Why they are not: what `readSource` refuses; `quota-exceeded`, `overloaded`.
   */
  begin(path: DatasetPath, asked: BeginImport): Promise<ImportView>;
  view(id: string): Promise<ImportView>;
  /** The newest, with whence imports are allowed. */
  list(): Promise<ImportList>;
  /** Ends one that runs, of which nothing is kept; forgets one that has ended. */
  remove(id: string): Promise<void>;
  /** Goes on with those that ran when the coordinator ended. */
  restore(): Promise<void>;
  /** Forgets those that ended long ago. */
  expire(): Promise<void>;
  /** Those that run go on after the next start. */
  close(): Promise<void>;
}

interface Running {
  readonly aborter: AbortController;
  readonly ended: Promise<void>;
}

/** An import under way, as it is known in memory. */
interface Work {
  readonly id: string;
  readonly path: DatasetPath;
  readonly asked: BeginImport;
  readonly createdAt: EpochMs;
  /** Null until its source has answered. */
  uploadId: string | null;
  breaks: number;
}

const LISTED = 100;
const RETRY_MS = 10_000;
const CLOSING = new Error("the coordinator ends");

export function openImports({ database, uploads, reading, now }: ImportParts): Imports {
  const running = new Map<string, Running>();
  const works = new Map<string, Work>();

  /** Fetches to the end. @param begun Told when the bytes are on their way. */
  function start(work: Work, known: rows.StoredImport | null, begun: () => void): Promise<void> {
    const aborter = new AbortController();
    const { id } = work;
    works.set(id, work);
    const ended = fetchAll(work, known, begun, aborter.signal).finally(() => {
      running.delete(id);
      works.delete(id);
    });
    running.set(id, { aborter, ended: ended.catch(() => {}) });
    return ended;
  }

  async function fetchAll(
    work: Work,
    known: rows.StoredImport | null,
    begun: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const place = known && { offset: 0, validator: known.validator, totalBytes: known.length };
    const maxMs = Math.max(1, work.createdAt + reading.maxMs - now());
    try {
      await readSource(work.asked.url, place, sinkOf(work, begun), { ...reading, maxMs }, signal);
      const figures = await figuresOf(work);
      const { latest } = await uploads.complete(work.uploadId ?? "", work.asked.sha256);
      await rows.endImport(database, work.id, { version: latest.version }, figures, now());
      log.info({ import: work.id, path: work.path, version: latest.version }, "imported a dataset");
    } catch (error) {
      if (signal.reason === CLOSING) return;
      await fail(work, error);
      throw error;
    }
  }

  async function fail(work: Work, error: unknown): Promise<void> {
    if (!isGridError(namingFullDisk(error)) && !isGivenUp(error))
      log.error({ err: error, import: work.id }, "an import failed");
    const { uploadId } = work;
    if (uploadId === null) return;
    const figures = await figuresOf(work);
    await uploads.giveUp(uploadId).catch(ignoreMissing);
    await endFailed(work.id, toProblem(namingFullDisk(error)), figures);
  }

  /** On a disk that is full, as soon as there is room. */
  async function endFailed(
    id: string,
    problem: Problem,
    figures: Partial<rows.ImportFigures>,
  ): Promise<void> {
    try {
      await rows.endImport(database, id, { problem }, figures, now());
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      log.warn({ err: error, import: id, retryMs: RETRY_MS }, "an import that failed cannot be marked yet");
      setTimeout(() => void endFailed(id, problem, figures).catch(logEnd), RETRY_MS).unref();
    }
  }

  async function figuresOf({ uploadId, breaks }: Work): Promise<Partial<rows.ImportFigures>> {
    const upload = await viewUpload(uploadId);
    if (!upload) return { breaks };
    const { offset: receivedBytes, records, blocks: blockCount } = upload;
    return { receivedBytes, records, blockCount, breaks };
  }

  /** Null when it is over: data that is not what its format says ends an upload at once. */
  async function viewUpload(id: string | null): Promise<UploadView | null> {
    if (id === null) return null;
    return uploads.view(id).catch((error: unknown) => {
      ignoreMissing(error);
      return null;
    });
  }

  function sinkOf(work: Work, begun: () => void): SourceSink {
    return {
      async offset() {
        return (await viewUpload(work.uploadId))?.offset ?? 0;
      },
      async begin(found) {
        const before = work.uploadId;
        if (before !== null) await uploads.giveUp(before).catch(ignoreMissing);
        const { id: uploadId } = await uploads.begin(work.path, termsOf(work.asked, found));
        work.uploadId = uploadId;
        const { validator, totalBytes: length } = found;
        const starting = { uploadId, validator, length };
        if (before === null) await rows.insertImport(database, work, starting);
        else await rows.restartImport(database, work.id, starting);
        begun();
      },
      append: async (offset, send) => void (await uploads.append(work.uploadId ?? "", offset, send)),
      broke: () => void (work.breaks += 1),
    };
  }

  async function stored(id: string): Promise<rows.StoredImport> {
    const found = await rows.findImport(database, id);
    if (found) return found;
    throw new GridError("import-not-found", `There is no import ${id.slice(0, 80)}`);
  }

  async function viewOf({ view, uploadId }: rows.StoredImport): Promise<ImportView> {
    const upload = view.state === "running" ? await viewUpload(uploadId) : null;
    if (!upload) return view;
    const breaks = works.get(view.id)?.breaks ?? view.breaks;
    const { offset: receivedBytes, records, blocks } = upload;
    return { ...view, receivedBytes, records, blocks, breaks };
  }

  const view = async (id: string) => viewOf(await stored(id));

  return {
    view,

    async begin(path, asked) {
      checkSource(asked.url, reading.rules);
      if (running.size >= LIMITS.importsAtOnce) {
        const detail = `There may be ${LIMITS.importsAtOnce} imports at once (importsAtOnce); try again later`;
        throw new GridError("overloaded", detail, { retryAfterMs: RETRY_MS });
      }
      const work: Work = { id: randomUUID(), path, asked, createdAt: now(), uploadId: null, breaks: 0 };
      await new Promise<void>((resolve, reject) => {
        // Once it has begun, its row says how it ended.
        start(work, null, resolve).then(resolve, reject);
      });
      return view(work.id);
    },

    async list() {
      const imports = await Promise.all((await rows.readImports(database, LISTED)).map(viewOf));
      return { imports, hosts: allowedHosts(reading.rules) };
    },

    async remove(id) {
      await stored(id);
      const found = running.get(id);
      found?.aborter.abort(new GivenUp("given up"));
      await found?.ended;
      await rows.removeImport(database, id);
    },

    async restore() {
      for (const found of await rows.readRunning(database)) {
        const { id, path, asked, uploadId, createdAt, breaks } = found;
        const version = await rows.versionOfUpload(database, uploadId);
        if (version !== null) {
          await rows.endImport(database, id, { version }, {}, now());
          continue;
        }
        const work: Work = { id, path, asked, createdAt, uploadId, breaks: breaks + 1 };
        // Its row says how it ended.
        start(work, found, () => {}).catch(() => {});
      }
    },

    expire: () => rows.removeEnded(database, now() - LIMITS.importKeptMs),

    async close() {
      for (const { aborter } of running.values()) aborter.abort(CLOSING);
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}

const logEnd = (error: unknown) => log.error({ err: error }, "an import that failed could not be marked");

class GivenUp extends Error {}

const isGivenUp = (error: unknown) => error instanceof GivenUp;

function ignoreMissing(error: unknown): void {
  if (!isGridError(error) || error.code !== "upload-not-found") throw error;
}

function termsOf({ format, gzip, sha256, ...rest }: BeginImport, found: FoundSource): UploadTerms {
  const { blockBytes, copies, visibility } = rest;
  return {
    format: wholeDatasetFormat(format ?? guessFormat(found.url, found.headers)),
    options: {
      blockBytes,
      ...(copies !== undefined && { copies }),
      ...(visibility !== undefined && { visibility }),
    },
    sentDigest: sha256,
    sentBytes: found.totalBytes,
    isGzip: gzip ?? guessGzip(found.url, found.headers),
  };
}
