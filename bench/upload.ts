/**
 * Uploads a dataset as a stream, as one request, lets two tabs read all of it, and prints what memory coordinator and tabs take meanwhile.
 *
 * TABGRID_BENCH_BYTES says how many bytes. Against copying as many into a file, fsynced, by a plain Node process, in the same run.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startBrowser } from "./browser";
import { makespanMs, startCoordinator, type Coordinator } from "./coordinator";
import { summarise, type Figure } from "./figures";
import { browserProcesses, watchMemory, type MemoryKind, type MemoryReport } from "../testing/process-memory";
import { putDataset } from "./put-dataset";

const MIB = 1024 * 1024;
const RECORD_BYTES = 100;
const DATASET = "/bench/upload";
/** Of the coordinator's memory: 300 MB. */
const GOAL_MIB = 286;
const GOAL = `${GOAL_MIB} MiB (300 MB)`;
/** The tabs' processes share their program and its libraries. */
const kindOf = (name: string): MemoryKind => (name === "tabs" ? "RssAnon" : "VmRSS");

/** Counts records; each is a number of its own, whatever block it came in. */
const COUNT = `
export const map = (record, { emit }) => emit("records", record.length / ${RECORD_BYTES});
export const combine = (key, counts) => counts.reduce((sum, count) => sum + count);
export const reduce = combine;
`;

export async function benchUpload(): Promise<Figure[]> {
  const bytes = Number(process.env["TABGRID_BENCH_BYTES"] ?? 2_000_000_000);
  const coordinator = await startCoordinator();
  const browser = await startBrowser();
  try {
    const processes = async () => ({
      coordinator: [coordinator.pid],
      tabs: (await browserProcesses(browser.pid))["tabs"] ?? [],
    });
    const uploading = watchMemory(processes, kindOf);
    const startedAt = performance.now();
    await putDataset(
      `${coordinator.url}/api/v1/datasets${DATASET}?format=bytes&recordBytes=${RECORD_BYTES}`,
      pieces(bytes),
    );
    const uploadMs = performance.now() - startedAt;
    const uploaded = uploading.stop();
    for (let tab = 0; tab < 2; tab++) await browser.openTab(`${coordinator.url}/volunteer?start=1&slots=1`);
    await coordinator.waitForSlots(2);
    const reading = watchMemory(processes, kindOf);
    const readMs = await readAll(coordinator, bytes);
    const read = reading.stop();
    console.error(
      [
        `  memory while ${bytes} bytes were uploaded (${(uploadMs / 1000).toFixed(0)} s):`,
        ...[...uploaded.lines, `  and read (${(readMs / 1000).toFixed(0)} s):`, ...read.lines],
      ].join("\n"),
    );
    const labels = { bench: "upload", case: `${bytes} bytes` };
    const perSecond = (ms: number) => bytes / MIB / (ms / 1000);
    const copying = perSecond(await copyMs(bytes));
    const peak = (value: number | undefined, against: string, reference: number) =>
      summarise({ ...labels, unit: "MiB", against }, [{ value: value ?? NaN, reference }]);
    const flatness = ({ halves: [first, second] }: MemoryReport, name: string, when: string) =>
      peak(
        second.get(name),
        `the first half: most memory of the second, ${name}, ${when}`,
        first.get(name) ?? NaN,
      );
    const speed = (ms: number, unit: string) =>
      summarise({ ...labels, unit, against: "writing a file" }, [
        { value: perSecond(ms), reference: copying },
      ]);
    return [
      speed(uploadMs, "MiB/s"),
      speed(readMs, "MiB/s read by 2 tabs"),
      peak(uploaded.most.get("coordinator"), `${GOAL}: most memory of the coordinator, uploading`, GOAL_MIB),
      peak(read.most.get("coordinator"), `${GOAL}: most memory of the coordinator, reading`, GOAL_MIB),
      peak(read.most.get("tabs"), "1 GiB: most memory of both tabs, reading", 1024),
      flatness(uploaded, "coordinator", "uploading"),
      flatness(read, "coordinator", "reading"),
      flatness(read, "tabs", "reading"),
    ];
  } finally {
    await browser.close();
    await coordinator.close();
  }
}

/** @returns How long two tabs take to count all records, in milliseconds. */
async function readAll(coordinator: Coordinator, bytes: number): Promise<number> {
  const job = await coordinator.run({
    name: "bench upload",
    program: { source: COUNT },
    input: { dataset: DATASET },
    options: { quorum: 1 },
  });
  const result = await (await fetch(`${coordinator.url}/api/v1/jobs/${job.id}/result`)).text();
  const { value } = JSON.parse(result) as { value: number };
  if (value !== bytes / RECORD_BYTES)
    throw new Error(`${value} of ${bytes / RECORD_BYTES} records were read`);
  return makespanMs(job);
}

/** No two blocks are the same: a stretch of random bytes, each piece with its number in front. */
function* pieces(bytes: number): Generator<Uint8Array> {
  const random = randomBytes(MIB);
  for (let sent = 0; sent < bytes; sent += MIB) {
    const piece = Buffer.from(random.subarray(0, Math.min(MIB, bytes - sent)));
    piece.writeUInt32LE(sent / MIB);
    yield piece;
  }
}

async function copyMs(bytes: number): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), "tabgrid-bench-copy-"));
  const file = await open(path.join(folder, "copy"), "w");
  try {
    const startedAt = performance.now();
    for (const piece of pieces(bytes)) await file.writeFile(piece);
    await file.sync();
    return performance.now() - startedAt;
  } finally {
    await file.close();
    await rm(folder, { recursive: true });
  }
}
