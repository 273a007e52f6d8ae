/**
 * From submitting a job to its first output, durable, on a tab that had nothing to do. Every job has a program of
 * its own, so that each time a block is fetched, a sandboxed worker started and a program loaded.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { TaskPage } from "../protocol/views";
import { startBrowser } from "./browser";
import { startCoordinator } from "./coordinator";
import { summarise, type Figure, type Sample } from "./figures";
import { openPlainWorkers } from "./plain-workers";

const RUNS = 15;
/** Until the tab has settled after the job before. */
const REST_MS = 700;

export async function benchFirstOutput(): Promise<Figure[]> {
  const browser = await startBrowser();
  const coordinator = await startCoordinator();
  const plain = await openPlainWorkers(browser);
  try {
    await browser.openTab(`${coordinator.url}/volunteer?start=1&slots=1`);
    await coordinator.waitForSlots(1);
    const samples: Sample[] = [];
    for (let run = 0; run < RUNS; run++) {
      const map = `export function map(n) { return n + ${run}; }`;
      const reference = await plain.firstOutputMs(map);
      await sleep(REST_MS);
      const startedAt = Date.now();
      const submission = { program: { source: map }, input: { range: { end: 1 } }, options: { quorum: 1 } };
      const { id } = await coordinator.run({ name: "bench first output", ...submission });
      const answer = await fetch(`${coordinator.url}/api/v1/jobs/${id}/tasks`);
      const [task] = TaskPage.parse(await answer.json()).tasks;
      const returnedAt = task?.copies[0]?.returnedAt ?? NaN;
      samples.push({ value: returnedAt - startedAt, reference });
    }
    const labels = { bench: "first-output", case: "submit to first output, idle tab", unit: "ms" };
    return [summarise({ ...labels, against: "starting one plain Web Worker" }, samples)];
  } finally {
    await plain.close();
    await browser.close();
    await coordinator.close();
  }
}
