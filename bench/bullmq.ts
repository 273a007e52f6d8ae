/** A peer: BullMQ on a Redis of its own, which keeps nothing on the disk and runs in the same machine. */
import { spawn } from "node:child_process";
import { Queue, Worker } from "bullmq";
import { freePort } from "./coordinator";

const JOBS_AT_ONCE = 5_000;
const CONCURRENCY = 100;

export interface BullMq {
  /** Adds trivial jobs in bulk and works them off. @returns How many a second, from the first add to the last end. */
  jobsPerSecond(jobCount: number): Promise<number>;
  close(): Promise<void>;
}

/** @returns Null when this machine has no `redis-server`. */
export async function startBullMq(): Promise<BullMq | null> {
  const port = await freePort();
  const redis = spawn("redis-server", ["--port", String(port), "--save", "", "--appendonly", "no"], {
    stdio: "ignore",
  });
  const isMissing = await new Promise<boolean>((resolve) => {
    redis.once("error", () => resolve(true));
    redis.once("spawn", () => resolve(false));
  });
  if (isMissing) return null;
  const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null };
  const queue = new Queue("bench", { connection });
  await queue.waitUntilReady();

  return {
    async jobsPerSecond(jobCount) {
      let ended = 0;
      const startedAt = performance.now();
      const worker = new Worker("bench", async (job) => job.data as number, {
        connection,
        concurrency: CONCURRENCY,
      });
      const done = new Promise<void>((resolve) =>
        worker.on("completed", () => {
          ended += 1;
          if (ended === jobCount) resolve();
        }),
      );
      for (let from = 0; from < jobCount; from += JOBS_AT_ONCE) {
        const count = Math.min(JOBS_AT_ONCE, jobCount - from);
        await queue.addBulk(
          Array.from({ length: count }, (_, place) => ({
            name: "trivial",
            data: from + place,
            opts: KEEP_NOTHING,
          })),
        );
      }
      await done;
      const elapsedMs = performance.now() - startedAt;
      await worker.close();
      return (jobCount / elapsedMs) * 1000;
    },
    async close() {
      await queue.close();
      redis.kill("SIGTERM");
    },
  };
}

const KEEP_NOTHING = { removeOnComplete: true };
