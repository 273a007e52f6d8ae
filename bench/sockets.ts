/**
 * Thousands of volunteers with tasks of a second, on one coordinator: whether all of them always have something to do,
 * how long their reports take to be acknowledged (durably), and what a connection costs in memory.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { startCoordinator } from "./coordinator";
import { summarise, type Figure, type Sample } from "./figures";
import type { ClientFigures } from "./socket-clients";

const CLIENTS = Number(process.env["TABGRID_BENCH_CLIENTS"] ?? 5_000);
const RUNS = Number(process.env["TABGRID_BENCH_RUNS"] ?? 5);
const TASK_MS = 1_000;
const MEASURE_MS = 10_000;
/** Until tabs and coordinator have found a pace. */
const SETTLE_MS = 15_000;

export async function benchSockets(): Promise<Figure[]> {
  const busy: Sample[] = [];
  const answers: Sample[] = [];
  const memory: Sample[] = [];
  for (let run = 0; run < RUNS; run++) {
    const { figures, bytesPerConnection } = await measureOnce();
    busy.push({ value: figures.busy * 100, reference: 100 });
    answers.push({ value: figures.answerMs.p99, reference: TASK_MS });
    memory.push({ value: bytesPerConnection / 1024, reference: 25 });
  }
  const labels = { bench: "sockets", case: `${CLIENTS} clients, 1 s tasks` };
  return [
    summarise({ ...labels, unit: "% busy", against: "always busy" }, busy),
    summarise({ ...labels, unit: "ms to acknowledge, p99", against: "the task's second" }, answers),
    summarise(
      { ...labels, unit: "KiB a volunteer", against: "an idle socket.io connection (25 KiB)" },
      memory,
    ),
  ];
}

async function measureOnce(): Promise<{ figures: ClientFigures; bytesPerConnection: number }> {
  const coordinator = await startCoordinator();
  const parameters = [coordinator.url, String(CLIENTS), String(TASK_MS), String(MEASURE_MS)];
  const before = await residentBytes(coordinator.pid);
  const clients = fork(new URL("./socket-clients.ts", import.meta.url), parameters, {
    execArgv: ["--import", "tsx"],
  });
  try {
    await once(clients, "message");
    const bytesPerConnection = ((await residentBytes(coordinator.pid)) - before) / CLIENTS;
    const seconds = (SETTLE_MS + MEASURE_MS) / 1_000 + 10;
    await coordinator.submit({
      ...{ name: "bench sockets", program: { source: "export const map = (n) => n;" } },
      ...{ input: { range: { end: CLIENTS * seconds } }, options: { quorum: 1 } },
    });
    await sleep(SETTLE_MS);
    clients.send("measure");
    const usedBefore = await processorMs(coordinator.pid);
    const [figures] = (await once(clients, "message")) as [ClientFigures];
    const usedMs = (await processorMs(coordinator.pid)) - usedBefore;
    const { reports, outputs, answerMs, usedMs: clientsUsedMs } = figures;
    console.error(
      `  ${outputs} outputs in ${reports} reports, answered in ${answerMs.p50.toFixed(0)} ms (half) to ${answerMs.most.toFixed(0)} ms (all); ` +
        `coordinator ${((usedMs / MEASURE_MS) * 100).toFixed(0)} % of a core, clients ${((clientsUsedMs / MEASURE_MS) * 100).toFixed(0)} %`,
    );
    return { figures, bytesPerConnection };
  } finally {
    clients.kill();
    await coordinator.close();
  }
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) * 1024;
}

/** Of all its threads, so far. */
async function processorMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
