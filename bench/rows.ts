/**
 * Reads a result of many rows, as NDJSON, as CSV and by a reader that is slow, and prints what memory the coordinator takes meanwhile.
 *
 * TABGRID_BENCH_ROWS says how many rows. A block of text passes through the coordinator as it lies on its disk; CSV is made of it on the way.
 */
import { startBrowser } from "./browser";
import { startCoordinator, type Coordinator } from "./coordinator";
import { summarise, type Figure } from "./figures";
import { watchMemory } from "../testing/process-memory";

const NEWLINE = 10;
/** A slow reader takes so many chunks, with a pause before each. */
const SLOW_READS = 20;
const PAUSE_MS = 250;

export async function benchRows(): Promise<Figure[]> {
  const count = Number(process.env["TABGRID_BENCH_ROWS"] ?? 5_000_000);
  const browser = await startBrowser();
  const coordinator = await startCoordinator();
  try {
    await browser.openTab(`${coordinator.url}/volunteer?start=1&slots=2`);
    await coordinator.waitForSlots(2);
    const { id } = await coordinator.run({
      name: "bench rows",
      program: { source: "export const map = (n) => 'row ' + n;" },
      input: { range: { end: count } },
      options: { quorum: 1, chunkSize: Math.max(1, Math.ceil(count / 100)) },
    });
    const result = `${coordinator.url}/api/v1/jobs/${id}/result`;
    const ndjson = await readAll(coordinator, result, count);
    const csv = await readAll(coordinator, `${result}?format=csv`, count + 1);
    const slow = await readSlowly(coordinator, `${result}?follow=1`);
    const rows = { bench: "rows", unit: "rows/s", against: "one million rows a second" };
    const most = { bench: "rows", unit: "MiB", against: "286 MiB (300 MB): most memory of the coordinator" };
    return [
      summarise({ ...rows, case: `${count} rows, NDJSON` }, [{ value: ndjson.perSecond, reference: 1e6 }]),
      summarise({ ...rows, case: `${count} rows, CSV` }, [{ value: csv.perSecond, reference: 1e6 }]),
      ...[["NDJSON", ndjson.mib] as const, ["CSV", csv.mib] as const, ["a slow reader", slow] as const].map(
        ([how, value]) => summarise({ ...most, case: `${count} rows, ${how}` }, [{ value, reference: 286 }]),
      ),
    ];
  } finally {
    await browser.close();
    await coordinator.close();
  }
}

const memoryOf = ({ pid }: Coordinator) =>
  watchMemory(
    () => Promise.resolve({ coordinator: [pid] }),
    () => "VmRSS",
  );

async function readAll(
  coordinator: Coordinator,
  url: string,
  lineCount: number,
): Promise<{ perSecond: number; mib: number }> {
  const memory = memoryOf(coordinator);
  const startedAt = performance.now();
  let lines = 0;
  for await (const chunk of (await fetch(url)).body ?? []) lines += countLines(chunk);
  const elapsedMs = performance.now() - startedAt;
  const { most, lines: shown } = memory.stop();
  if (lines !== lineCount) throw new Error(`The result has ${lines} lines; expected ${lineCount}`);
  console.error([`  memory while ${url.split("/result")[1] || "NDJSON"} was read:`, ...shown].join("\n"));
  return { perSecond: (lines / elapsedMs) * 1000, mib: most.get("coordinator") ?? 0 };
}

function countLines(chunk: Uint8Array): number {
  let count = 0;
  for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

/** @returns The most memory of the coordinator, in MiB, while a reader takes a little now and then. */
async function readSlowly(coordinator: Coordinator, url: string): Promise<number> {
  const memory = memoryOf(coordinator);
  const reader = (await fetch(url)).body?.getReader();
  for (let read = 0; read < SLOW_READS; read++) {
    await reader?.read();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  await reader?.cancel();
  return memory.stop().most.get("coordinator") ?? 0;
}
