/**
 * Keeps what a job's tasks write: to read while it runs, and long after.
 *
 *   report ── lines ─▶ rows, before the report is acknowledged ── the job ends ─▶ one file, a block
 *
 * All copies' lines are kept, each with its task and volunteer: of a task with a quorum of two there are two.
 */
import type { Effect } from "../core/grid-events";
import { hasEnded } from "../core/job";
import { taskIdParts, type EpochMs, type JobId } from "../protocol/ids";
import { LIMITS } from "../protocol/limits";
import { GridError } from "../protocol/problems";
import type { LogLine } from "../protocol/views";
import { verifiedStream } from "./blocks/verified-stream";
import type { BlockStore } from "./grid-api";
import { diskFull, isDiskFull } from "./disk-full";
import { log } from "./log";
import type { Database } from "./store/database";
import {
  countBytes,
  findOutputFile,
  insertLines,
  readLines,
  readUnfiledJobIds,
  replaceByFile,
  type CopyLines,
} from "./store/outputs";

export interface OutputReading {
  /** NDJSON: one `{"taskId","volunteerId","line"}` a line. */
  readonly lines: AsyncIterable<Uint8Array>;
  /** True when there was more than is kept. */
  readonly isCut: boolean;
}

export interface JobOutputs {
  /** Resolves when they are on the disk. Lines beyond LIMITS.outputBytes of a job are dropped. */
  add(lines: readonly LogLine[]): Promise<void>;
  /** Told of a job's end, it makes the file. */
  note(effect: Effect): void;
  read(jobId: JobId): Promise<OutputReading>;
  /** Makes the files that a stop of the coordinator has left undone. */
  restore(): Promise<void>;
  /** Ends with the files that are being made. */
  close(): Promise<void>;
}

export interface OutputParts {
  database: Database;
  blocks: BlockStore;
  now: () => EpochMs;
  /** Resolves when all that was recorded is on the disk. */
  committed: () => Promise<void>;
}

/** What is known of a job that writes. */
interface Writing {
  bytes: Promise<number>;
  isCut: boolean;
  /** Resolves with the last write. */
  written: Promise<void>;
}

export function openJobOutputs({ database, blocks, now, committed }: OutputParts): JobOutputs {
  const writing = new Map<JobId, Writing>();
  /** Jobs whose file is being made. */
  const filing = new Map<JobId, Promise<void>>();

  async function addTo(jobId: JobId, copies: readonly CopyLines[]): Promise<void> {
    if (filing.has(jobId)) return;
    const job = writing.get(jobId) ?? { bytes: countBytes(database, jobId), isCut: false, written: done };
    writing.set(jobId, job);
    const write = job.written.then(() => append(job));
    job.written = write.catch(() => {});
    return write;

    async function append(job: Writing): Promise<void> {
      let bytes = await job.bytes;
      const kept = copies.filter((copy) => {
        const isTooMuch = bytes + copy.bytes > LIMITS.outputBytes;
        if (isTooMuch) job.isCut = true;
        else bytes += copy.bytes;
        return !isTooMuch;
      });
      if (kept.length > 0) await insertLines(database, jobId, kept, now());
      job.bytes = Promise.resolve(bytes);
    }
  }

  function file(jobId: JobId): Promise<void> {
    const filed = filing.get(jobId) ?? makeFile(jobId);
    filing.set(jobId, filed);
    return filed;
  }

  async function makeFile(jobId: JobId): Promise<void> {
    try {
      await committed();
      const job = writing.get(jobId);
      await job?.written;
      const chunks: Uint8Array[] = [];
      let lineCount = 0;
      for await (const lines of readLines(database, jobId)) {
        lineCount += lines.length;
        chunks.push(ndjsonOf(lines));
      }
      if (lineCount === 0) return;
      const whole = Buffer.concat(chunks);
      const digest = await blocks.write(whole);
      const isCut = job?.isCut ?? false;
      await replaceByFile(database, jobId, { digest, bytes: whole.length, lines: lineCount, isCut });
    } catch (error) {
      // The rows are there still: the next start tries again.
      log.error({ err: error, jobId }, "what a job wrote could not be made a file");
    } finally {
      writing.delete(jobId);
      filing.delete(jobId);
    }
  }

  return {
    async add(lines) {
      try {
        await Promise.all([...byJob(lines)].map(([jobId, copies]) => addTo(jobId, copies)));
      } catch (error) {
        if (isDiskFull(error)) throw diskFull(error);
        log.error({ err: error }, "the database does not take what tasks wrote");
        const detail = "The database does not take what tasks wrote; the coordinator's log has the cause";
        throw new GridError("overloaded", detail, { retryAfterMs: RETRY_MS }, { cause: error });
      }
    },
    note(effect) {
      if (effect.type === "job-changed" && hasEnded(effect.life)) void file(effect.jobId);
    },
    async read(jobId) {
      const found = await findOutputFile(database, jobId);
      if (!found) return { lines: chunksOf(database, jobId), isCut: writing.get(jobId)?.isCut ?? false };
      return { lines: verifiedStream(blocks, found.digest), isCut: found.isCut };
    },
    async restore() {
      for (const jobId of await readUnfiledJobIds(database)) await file(jobId);
    },
    close: async () => void (await Promise.all(filing.values())),
  };
}

const RETRY_MS = 5_000;
const done = Promise.resolve();

async function* chunksOf(database: Database, jobId: JobId): AsyncGenerator<Uint8Array> {
  for await (const lines of readLines(database, jobId)) yield ndjsonOf(lines);
}

function ndjsonOf(lines: readonly LogLine[]): Uint8Array {
  return Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

function byJob(lines: readonly LogLine[]): Map<JobId, CopyLines[]> {
  const copies = new Map<string, CopyLines & { lines: string[] }>();
  for (const { taskId, volunteerId, line } of lines) {
    const key = `${taskId} ${volunteerId}`;
    const copy = copies.get(key) ?? { taskId, volunteerId, lines: [], bytes: 0 };
    copy.lines.push(line);
    copy.bytes += Buffer.byteLength(line);
    copies.set(key, copy);
  }
  const jobs = new Map<JobId, CopyLines[]>();
  for (const copy of copies.values()) {
    const { jobId } = taskIdParts(copy.taskId);
    jobs.set(jobId, [...(jobs.get(jobId) ?? []), copy]);
  }
  return jobs;
}
