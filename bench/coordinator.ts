/** A real coordinator on a fresh data folder, as `npm start` runs it, and the few API calls that benchmarks make. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { JobId } from "../protocol/ids";
import { JobView } from "../protocol/views";

export interface Coordinator {
  url: string;
  pid: number;
  /** @returns The new job's id. */
  submit(submission: object): Promise<JobId>;
  /** Submits and waits for the end. @returns The job, completed. */
  run(submission: object): Promise<JobView>;
  /** Waits until this many slots are connected. */
  waitForSlots(slotCount: number): Promise<void>;
  close(): Promise<void>;
}

export async function startCoordinator(): Promise<Coordinator> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "tabgrid-bench-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const environment = {
    ...process.env,
    NODE_ENV: "production" as const,
    PORT: String(port),
    TABGRID_DATA_DIR: dataDir,
    TABGRID_LOG_LEVEL: "warn",
  };
  const child = spawn(
    process.execPath,
    ["--no-memory-reducer", "--max-semi-space-size=64", ...profileFlags(), "dist/server.mjs"],
    {
      env: environment,
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  await until(async () => (await fetch(`${url}/readyz`)).ok);
  return {
    url,
    pid: child.pid ?? 0,
    submit: (submission) => submitJob(url, submission),
    run: (submission) => runJob(url, submission),
    waitForSlots: (slotCount) =>
      until(async () => {
        const status = (await (await fetch(`${url}/api/v1/status`)).json()) as { slots: number };
        return status.slots === slotCount;
      }),
    async close() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await new Promise((resolve) => child.once("exit", resolve));
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** `TABGRID_BENCH_PROFILE` names a folder for the coordinator's processor profiles, which it writes when it ends. */
function profileFlags(): string[] {
  const folder = process.env["TABGRID_BENCH_PROFILE"];
  return folder ? ["--cpu-prof", `--cpu-prof-dir=${folder}`] : [];
}

async function submitJob(url: string, submission: object): Promise<JobId> {
  const answer = await fetch(`${url}/api/v1/jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(submission),
  });
  if (!answer.ok) throw new Error(`The job was refused: ${await answer.text()}`);
  return JobView.parse(await answer.json()).id;
}

async function runJob(url: string, submission: object): Promise<JobView> {
  const id = await submitJob(url, submission);
  // The stream of events ends with the job: waiting costs the coordinator next to nothing.
  const events = await fetch(`${url}/api/v1/jobs/${id}/events`);
  for await (const chunk of events.body ?? []) if (Buffer.from(chunk).includes("event: end")) break;
  const job = JobView.parse(await (await fetch(`${url}/api/v1/jobs/${id}`)).json());
  if (job.state !== "completed") throw new Error(`${id} is ${job.state}: ${job.failure?.message}`);
  return job;
}

/** How long the job took, from its submission to its end, in milliseconds, by the coordinator's clock. */
export function makespanMs({ createdAt, endedAt }: JobView): number {
  if (endedAt === null) throw new Error("The job has not ended");
  return endedAt - createdAt;
}

/** Polls until the condition holds; errors on the way (nobody listens yet) count as "not yet". */
export async function until(condition: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  for (const startedAt = performance.now(); performance.now() - startedAt < timeoutMs;) {
    if (await condition().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Waited ${timeoutMs} ms in vain for: ${condition}`);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
