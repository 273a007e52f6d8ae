/**
 * Group commit: facts of many events go to the disk in one transaction.
 *
 *   record(facts) ─▶ waiting ─▶ one transaction at a time ─▶ every caller's promise resolves
 *
 * While one transaction runs, the facts of the next gather: under load commits grow
 * instead of queueing. A commit that fails is tried again until it succeeds, so what was
 * acknowledged is durable and what was not is still held by its tab.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { EpochMs } from "../../protocol/ids";
import { log } from "../log";
import type { Database } from "./database";
import { gatherFacts, type Fact, type FactBatch } from "./facts";
import { ADD_CREDITS, INSERT_ACCEPTANCES, UPDATE_VERDICTS, UPSERT_COPIES } from "./sql";

export interface JobRowChange {
  jobId: string;
  state: string;
  startedAt: EpochMs | null;
  endedAt: EpochMs | null;
  failureJson: string | null;
}

export interface Ledger {
  /** Resolves when the facts are on the disk; without facts, when all earlier ones are. */
  record(facts: readonly Fact[], jobs: readonly JobRowChange[]): Promise<void>;
  /** Why commits fail at the moment; null when they do not. */
  failure(): string | null;
  /** Commits what waits, then stops. */
  close(): Promise<void>;
}

interface Waiting {
  facts: Fact[];
  jobs: JobRowChange[];
  done: Promise<void>;
  resolve: () => void;
}

const RETRY_MS = { first: 100, most: 5_000 };

export function openLedger(database: Database, now: () => EpochMs): Ledger {
  let waiting = nobody();
  let running: Promise<void> | null = null;
  let failing: string | null = null;

  async function run(): Promise<void> {
    while (waiting.facts.length + waiting.jobs.length > 0) {
      const current = waiting;
      waiting = nobody();
      await commitUntilDone(current);
      current.resolve();
    }
    running = null;
  }

  async function commitUntilDone({ facts, jobs }: Waiting): Promise<void> {
    const batch = gatherFacts(facts);
    for (let delayMs = RETRY_MS.first; ; delayMs = Math.min(delayMs * 2, RETRY_MS.most)) {
      try {
        await commit(database, batch, jobs, now());
        failing = null;
        return;
      } catch (error) {
        failing = error instanceof Error ? error.message : String(error);
        log.error({ err: error, retryMs: delayMs }, "the database does not take a commit; trying again");
        await sleep(delayMs);
      }
    }
  }

  return {
    record(facts, jobs) {
      if (facts.length + jobs.length === 0) return running ?? Promise.resolve();
      waiting.facts.push(...facts);
      waiting.jobs.push(...jobs);
      const { done } = waiting;
      running ??= run();
      return done;
    },
    failure: () => failing,
    close: async () => {
      await running;
    },
  };
}

async function commit(
  database: Database,
  { copies, acceptances, verdicts, credits }: FactBatch,
  jobs: readonly JobRowChange[],
  at: EpochMs,
): Promise<void> {
  const creditRows = [...credits].map(([id, credit]) => ({ id, at, ...credit }));
  const bulk: [string, readonly unknown[]][] = [
    [UPSERT_COPIES, copies],
    [INSERT_ACCEPTANCES, acceptances],
    [UPDATE_VERDICTS, verdicts],
    [ADD_CREDITS, creditRows],
  ];
  await database.$transaction([
    ...bulk
      .filter(([, rows]) => rows.length > 0)
      .map(([sql, rows]) => database.$executeRawUnsafe(sql, JSON.stringify(rows))),
    ...jobs.map(({ jobId, ...data }) => database.job.update({ where: { id: jobId }, data })),
  ]);
}

function nobody(): Waiting {
  let resolve = () => {};
  const done = new Promise<void>((settle) => (resolve = settle));
  return { facts: [], jobs: [], done, resolve };
}
