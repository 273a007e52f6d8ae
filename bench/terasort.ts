/**
 * Sorts records of 100 bytes with two tabs, exactly, and prints what memory coordinator and tabs take over the run.
 *
 * TABGRID_BENCH_BYTES says how many bytes; 1,000,000,000 are ten million records. They are made by the tabs, or, with
 * TABGRID_BENCH_INPUT=dataset, uploaded before and read as blocks: the upload is not part of the time. Against sorting as many in one Node process,
 * in memory, without anything that is kept.
 */
import { readFile } from "node:fs/promises";
import { recordsOf } from "../examples/terasort/generate.mjs";
import { checkSorted, checksumOfInput, linesOf } from "../examples/terasort/validate.mjs";
import { recordOf } from "../examples/terasort/program.js";
import { startBrowser } from "./browser";
import { makespanMs, startCoordinator } from "./coordinator";
import { summarise, type Figure } from "./figures";
import { browserProcesses, watchMemory } from "../testing/process-memory";
import { LIMITS } from "../protocol/limits";
import { putDataset } from "./put-dataset";

const RECORD_BYTES = 100;
const SEED = 1;
const MOST_PER_TASK = 320_000;
const DATASET = "/bench/records";

export async function benchTerasort(): Promise<Figure[]> {
  const count = Math.floor(Number(process.env["TABGRID_BENCH_BYTES"] ?? 50_000_000) / RECORD_BYTES);
  const browser = await startBrowser();
  const coordinator = await startCoordinator();
  try {
    for (let tab = 0; tab < 2; tab++) await browser.openTab(`${coordinator.url}/volunteer?start=1&slots=1`);
    await coordinator.waitForSlots(2);
    const chunkSize = Math.min(MOST_PER_TASK, Math.ceil(count / 8));
    const isDataset = process.env["TABGRID_BENCH_INPUT"] === "dataset";
    if (isDataset) {
      // A task reads a block, and has as many records as one that makes them.
      const blockBytes = Math.max(LIMITS.minDatasetBlockBytes, chunkSize * RECORD_BYTES);
      const query = `format=bytes&recordBytes=${RECORD_BYTES}&blockBytes=${blockBytes}`;
      await putDataset(`${coordinator.url}/api/v1/datasets${DATASET}?${query}`, recordsOf(count, SEED));
    }
    const memory = watchMemory(
      async () => ({ coordinator: [coordinator.pid], ...(await browserProcesses(browser.pid)) }),
      // The browser's processes share their program and its libraries.
      (name) => (name === "coordinator" ? "VmRSS" : "RssAnon"),
    );
    const job = await coordinator.run({
      name: "bench terasort",
      program: { source: await readFile("examples/terasort/program.js", "utf8") },
      input: isDataset ? { dataset: DATASET } : { range: { end: count } },
      config: { seed: SEED },
      options: {
        quorum: 1,
        order: "total",
        ...(!isDataset && { chunkSize }),
        reducers: Math.max(4, Math.min(64, Math.ceil(count / 300_000))),
      },
    });
    const gridMs = makespanMs(job);
    const response = await fetch(`${coordinator.url}/api/v1/jobs/${job.id}/result`);
    const found = await checkSorted(linesOf(response.body ?? []));
    const { most, lines } = memory.stop();
    console.error([`  memory while ${count} records were sorted and read:`, ...lines].join("\n"));
    if (found.records !== count || found.checksum !== checksumOfInput(count, SEED))
      throw new Error(`The result is not the input, sorted: ${found.records} of ${count} records`);
    const labels = { bench: "terasort", case: `${count} records${isDataset ? " of a dataset" : ""}, 2 tabs` };
    const speed = (ms: number) => (count * RECORD_BYTES) / 1e6 / (ms / 1000);
    const figures = [
      summarise({ ...labels, unit: "MB/s", against: "one Node process, in memory" }, [
        { value: speed(gridMs), reference: speed(sortHereMs(count)) },
      ]),
    ];
    for (const [name, value] of most)
      figures.push(
        summarise({ ...labels, unit: "MiB", against: `1 GiB: most memory of ${name}` }, [
          { value, reference: 1024 },
        ]),
      );
    return figures;
  } finally {
    await browser.close();
    await coordinator.close();
  }
}

/** At most so many are sorted here: the time for more is taken to grow with them. */
const SORTED_HERE = 2_000_000;

function sortHereMs(count: number): number {
  const some = Math.min(count, SORTED_HERE);
  const startedAt = performance.now();
  const records = Array.from({ length: some }, (_, number) => recordOf(number, SEED));
  records.sort((a, b) => (a.key < b.key ? -1 : 1));
  const lines = records.map(({ key, value }) => JSON.stringify({ key, value }));
  const elapsedMs = performance.now() - startedAt;
  return (elapsedMs * count) / lines.length;
}
