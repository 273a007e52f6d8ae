/**
 * Group commit: facts of many events go to the disk in one transaction.
 *
 *   record(facts) ─▶ group ─▶ one transaction at a time ─▶ every caller's promise resolves
 *
 * While one transaction runs, and for a while after it, the facts of the next gather: under load commits grow
 * instead of queueing. A commit that fails is tried again until it succeeds, so what was
 * acknowledged is durable and what was not is still held by its tab.
 */
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { KeptRecords } from "../../core/trust/program-records";
import type { EpochMs } from "../../protocol/ids";
import { GridError } from "../../protocol/problems";
import { diskFull, isDiskFull } from "../disk-full";
import { log } from "../log";
import type { Database } from "./database";
import { bytesOf, gatherFacts, type Fact, type FactBatch } from "./facts";
import { forgetCaught, keepRecords } from "./records";
import {
  ADD_CREDITS,
  CORRECT_ACCEPTANCES,
  INSERT_ACCEPTANCES,
  RETRACT_CREDITS,
  RETRACT_VERDICTS,
  UPDATE_VERDICTS,
  CLEAR_CREDITS,
  CLEAR_VERDICTS,
  DELETE_CATCHES,
  UPSERT_CATCHES,
  UPSERT_COPIES,
} from "./sql";

/** Columns of a job's row that changed together. */
export type JobRowChange =
  | {
      jobId: string;
      state: string;
      startedAt: EpochMs | null;
      endedAt: EpochMs | null;
      failureJson: string | null;
      placingJson?: string;
      trustJson?: string;
      records?: KeptRecords;
    }
  | { jobId: string; optionsJson: string }
  | { jobId: string; correctionJson: string };

export interface Ledger {
  /** Resolves when the facts are on the disk; without facts, when all earlier ones are. */
  record(facts: readonly Fact[], jobs: readonly JobRowChange[]): Promise<void>;
  /** The same in one transaction, whatever its size. */
  recordWhole(facts: readonly Fact[], jobs: readonly JobRowChange[]): Promise<void>;
  /** Null when facts can be taken; otherwise why they would only pile up: `disk-full` or `overloaded`. */
  refusal(): GridError | null;
  /** Commits what waits, then stops. While commits fail it stops at once: nothing of that was acknowledged. */
  close(): Promise<void>;
}

/** What goes to the disk in one transaction. */
interface Group {
  facts: Fact[];
  jobs: JobRowChange[];
  bytes: number;
  done: Promise<void>;
  resolve: () => void;
}

export interface LedgerOptions {
  /** Between attempts, in milliseconds: doubles from the first to the most. */
  retryMs: { first: number; most: number };
  /** Between commits: so many times what the last one took, and at most so many milliseconds. The first after a quiet time does not wait. */
  rest: { times: number; mostMs: number };
  /** A group that has as much is not added to. */
  commitBytes: number;
  /** With more than this waiting, nothing more should be taken. */
  waitingBytes: number;
}

// A commit costs 2 ms and more however small it is, in which the coordinator does nothing else. With 800 clients
// commits one after the other took 19 % of its time.
const OPTIONS: LedgerOptions = {
  retryMs: { first: 100, most: 5_000 },
  rest: { times: 3, mostMs: 20 },
  commitBytes: 8 * 1024 * 1024,
  waitingBytes: 64 * 1024 * 1024,
};

export function openLedger(database: Database, options: LedgerOptions = OPTIONS): Ledger {
  /** In the order they came. */
  const groups: Group[] = [];
  /** The first of them, once it is on its way to the disk. */
  let committing: Group | null = null;
  const closing = new AbortController();
  let running: Promise<void> | null = null;
  let failure: GridError | null = null;
  /** By the clock of `performance.now`. */
  let restUntil = 0;

  async function run(): Promise<void> {
    for (let group = groups[0]; group; group = groups[0]) {
      const restMs = restUntil - performance.now();
      if (restMs > 0 && group.bytes < options.commitBytes) await rest(restMs);
      // The driver blocks while the disk writes. Messages that came in the meantime are read first, and share
      // the next commit.
      await setImmediate();
      committing = group;
      const startedAt = performance.now();
      if (!(await commitUntilDone(group))) break;
      const endedAt = performance.now();
      restUntil = endedAt + Math.min(options.rest.mostMs, options.rest.times * (endedAt - startedAt));
      groups.shift();
      group.resolve();
    }
    running = null;
  }

  /** Only closing ends the wait early. */
  async function rest(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: closing.signal }).catch(() => {});
  }

  async function commitUntilDone({ facts, jobs }: Group): Promise<boolean> {
    const batch = gatherFacts(facts);
    const { first, most } = options.retryMs;
    for (let delayMs = first; ; delayMs = Math.min(delayMs * 2, most)) {
      try {
        await commit(database, batch, jobs);
        failure = null;
        return true;
      } catch (error) {
        failure = refusalFor(error);
        log.error({ err: error, retryMs: delayMs }, "the database does not take a commit; trying again");
        await rest(delayMs);
        if (closing.signal.aborted) return false;
      }
    }
  }

  /** The group that takes new facts: the last one, unless it is on its way or big enough. */
  function openGroup(): Group {
    const last = groups.at(-1);
    if (last && last !== committing && last.bytes < options.commitBytes) return last;
    const group = newGroup();
    groups.push(group);
    return group;
  }

  return {
    record(facts, jobs) {
      if (facts.length + jobs.length === 0) return groups.at(-1)?.done ?? Promise.resolve();
      for (const fact of facts) {
        const group = openGroup();
        group.facts.push(fact);
        group.bytes += bytesOf(fact);
      }
      const last = openGroup();
      last.jobs.push(...jobs);
      if (!closing.signal.aborted) running ??= run();
      return last.done;
    },
    recordWhole(facts, jobs) {
      const group = openGroup();
      group.facts.push(...facts);
      group.bytes += facts.reduce((sum, fact) => sum + bytesOf(fact), 0);
      group.jobs.push(...jobs);
      if (!closing.signal.aborted) running ??= run();
      return group.done;
    },
    refusal() {
      if (failure !== null) return failure;
      const waiting = groups.reduce((sum, { bytes }) => sum + bytes, 0);
      return waiting > options.waitingBytes ? later(`${waiting} bytes wait for the disk`) : null;
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}

async function commit(
  database: Database,
  { copies, acceptances, corrections, verdicts, credits, catches, cleared }: FactBatch,
  jobs: readonly JobRowChange[],
): Promise<void> {
  const bulk: [string, readonly unknown[]][] = [
    [ADD_CREDITS, credits],
    [UPSERT_COPIES, copies],
    [INSERT_ACCEPTANCES, acceptances],
    [CORRECT_ACCEPTANCES, corrections],
    [UPDATE_VERDICTS, verdicts],
    [RETRACT_CREDITS, corrections],
    [RETRACT_VERDICTS, corrections],
    [CLEAR_CREDITS, cleared],
    [CLEAR_VERDICTS, cleared],
    [DELETE_CATCHES, cleared],
    [UPSERT_CATCHES, catches],
  ];
  await database.$transaction([
    ...bulk
      .filter(([, rows]) => rows.length > 0)
      .map(([sql, rows]) => database.$executeRawUnsafe(sql, JSON.stringify(rows))),
    ...jobs.map((change) => updateJob(database, change)),
    ...jobs.flatMap((change) => keepRecords(database, change)),
    // Who is caught begins anew, in jobs that end in the same commit, too.
    ...forgetCaught(database, catches),
    // What was in doubt of a job is decided when it ends.
    ...jobs
      .filter((change) => "endedAt" in change && change.endedAt !== null)
      .map(({ jobId }) => database.recheck.updateMany({ where: { jobId }, data: { isDone: true } })),
  ]);
}

function updateJob(database: Database, change: JobRowChange) {
  const { jobId, ...columns } = change;
  if (!("records" in columns)) return database.job.update({ where: { id: jobId }, data: columns });
  const { records: _, ...data } = columns;
  return database.job.update({ where: { id: jobId }, data });
}

function refusalFor(error: unknown): GridError {
  if (isDiskFull(error)) return diskFull(error);
  const message = error instanceof Error ? error.message : String(error);
  return later(`The database does not take commits: ${LOCKED.test(message) ? HELD : message}`);
}

/** SQLite's words for it, which Prisma hands on among its own. */
const LOCKED = /SQLITE_BUSY/;
const HELD =
  "another process holds it. Stop that process, such as a backup or a shell of SQLite; nothing is lost meanwhile";

const later = (why: string) => new GridError("overloaded", why, { retryAfterMs: 5_000 });

function newGroup(): Group {
  let resolve = () => {};
  const done = new Promise<void>((settle) => (resolve = settle));
  return { facts: [], jobs: [], bytes: 0, done, resolve };
}
