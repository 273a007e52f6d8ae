/**
 * Bytes a second from the coordinator into a tab: fetched, verified by SHA-256, handed to a slot, written to IndexedDB meanwhile, each block
 * leased, reported and committed; and from its submission until each block is in IndexedDB, and the coordinator knows of it. Against `fetch` of
 * as many bytes from a plain Node.js server by a page of the same browser, six at a time, in the same run.
 */
import { randomBytes } from "node:crypto";
import { BlockPage } from "../protocol/dataset";
import { StageView } from "../protocol/views";
import { startBrowser } from "./browser";
import { makespanMs, startCoordinator, until } from "./coordinator";
import { summarise, type Figure, type Sample } from "./figures";
import { openPlainWorkers } from "./plain-workers";
import { processorTimes, timesOf } from "./processor";

const RUNS = 3;
const MIB = 1024 * 1024;
/** `TABGRID_BENCH_MIB` sets how much is moved in each run. */
const TOTAL_MIB = Number(process.env["TABGRID_BENCH_MIB"] ?? 256);
const BLOCK_MIB = 4;

export async function benchTransfer(): Promise<Figure[]> {
  const browser = await startBrowser();
  const coordinator = await startCoordinator();
  const plain = await openPlainWorkers(browser);
  try {
    await browser.openTab(`${coordinator.url}/volunteer?start=1&slots=2`);
    await coordinator.waitForSlots(2);
    const samples = { done: new Array<Sample>(), stored: new Array<Sample>() };
    for (let run = 0; run < RUNS; run++) {
      const bytes = TOTAL_MIB * MIB;
      const path = `/bench/transfer-${run}`;
      await upload(coordinator.url, path, bytes);
      const storedBefore = await browser.blobsStored(BLOCK_MIB * MIB);
      const fetchMs = await plain.fetchMs(TOTAL_MIB / BLOCK_MIB, BLOCK_MIB * MIB);
      const before = await processorTimes(browser, coordinator);
      const job = await coordinator.run({
        name: "bench transfer",
        // Nothing is computed: what takes time is that the bytes come.
        program: { source: "export function map() { }" },
        input: { dataset: path },
        options: { quorum: 1 },
      });
      const isStored = async () =>
        (await browser.blobsStored(BLOCK_MIB * MIB)) >= storedBefore + TOTAL_MIB / BLOCK_MIB;
      await until(isStored);
      const storedMs = Date.now() - job.createdAt;
      await until(() => isHeld(coordinator.url, path));
      const later = await processorTimes(browser, coordinator);
      console.error(`  ms of processor time a block: ${timesOf(before, later, TOTAL_MIB / BLOCK_MIB)}`);
      const [stage] = job.stages.map((each) => StageView.parse(each));
      if (stage?.placing?.bytesMoved !== bytes)
        throw new Error(`${stage?.placing?.bytesMoved} bytes were moved, not ${bytes}`);
      const perSecond = (ms: number) => TOTAL_MIB / (ms / 1000);
      const reference = perSecond(fetchMs);
      samples.done.push({ value: perSecond(makespanMs(job)), reference });
      samples.stored.push({ value: perSecond(storedMs), reference });
    }
    const labels = { bench: "transfer", unit: "MiB/s", against: "bare fetch of as many bytes" };
    const what = `${TOTAL_MIB} MiB in blocks of ${BLOCK_MIB} MiB`;
    return [
      summarise({ ...labels, case: what }, samples.done),
      summarise({ ...labels, case: `${what}, until stored` }, samples.stored),
    ];
  } finally {
    await plain.close();
    await browser.close();
    await coordinator.close();
  }
}

/** Random bytes, so that no block is there already; as one record a block. */
async function upload(url: string, path: string, bytes: number): Promise<void> {
  const query = `format=bytes&recordBytes=${BLOCK_MIB * MIB}`;
  const answer = await fetch(`${url}/api/v1/datasets${path}?${query}`, {
    method: "PUT",
    body: randomBytes(bytes),
    headers: { "content-type": "application/octet-stream" },
  });
  if (!answer.ok) throw new Error(`The dataset was refused: ${await answer.text()}`);
}

/** Whether the coordinator knows a tab for each block. */
async function isHeld(url: string, path: string, cursor = "0"): Promise<boolean> {
  const answer = await fetch(`${url}/api/v1/datasets${path}/blocks?cursor=${cursor}`);
  const { blocks, nextCursor } = BlockPage.parse(await answer.json());
  if (!blocks.every(({ holders }) => holders > 0)) return false;
  return nextCursor === null || isHeld(url, path, nextCursor);
}
