/**
 * Trivial tasks a second with one and two tabs, everything durable, quorum 1: what the grid's own work costs.
 *
 * Against a bare worker that echoes messages, and against BullMQ where Redis is installed.
 */
import { startBrowser } from "./browser";
import { startBullMq } from "./bullmq";
import { makespanMs, startCoordinator } from "./coordinator";
import { summarise, type Figure, type Sample } from "./figures";
import { openPlainWorkers } from "./plain-workers";

const RUNS = 5;
const TASK_COUNT = 100_000;

export async function benchTrivial(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const bullMq = await startBullMq();
  if (!bullMq) console.error("  without BullMQ: there is no redis-server on this machine");
  for (const tabCount of [1, 2]) {
    const browser = await startBrowser();
    const coordinator = await startCoordinator();
    const plain = await openPlainWorkers(browser);
    try {
      const echo: Sample[] = [];
      const peer: Sample[] = [];
      for (let tab = 0; tab < tabCount; tab++) {
        await browser.openTab(`${coordinator.url}/volunteer?start=1&slots=1`);
      }
      await coordinator.waitForSlots(tabCount);
      const submission = {
        name: "bench trivial",
        program: { source: "export const map = (n) => n;" },
        input: { range: { end: TASK_COUNT } },
        options: { quorum: 1 },
      };
      for (let run = 0; run < RUNS; run++) {
        const reference = await plain.echoesPerSecond();
        const gridMs = makespanMs(await coordinator.run(submission));
        const value = (TASK_COUNT / gridMs) * 1000;
        echo.push({ value, reference });
        if (bullMq) peer.push({ value, reference: await bullMq.jobsPerSecond(TASK_COUNT) });
      }
      const name = tabCount === 2 ? "trivial" : "trivial, 1 tab";
      const against = "postMessage to one plain worker and back, 32 in flight";
      const labels = { bench: "trivial", case: name, unit: "tasks/s" };
      figures.push(summarise({ ...labels, against }, echo));
      if (bullMq) figures.push(summarise({ ...labels, against: "BullMQ" }, peer));
    } finally {
      await plain.close();
      await browser.close();
      await coordinator.close();
    }
  }
  await bullMq?.close();
  return figures;
}
