/** Trivial tasks a second with one and two tabs, everything durable, quorum 1: what the grid's own work costs. */
import { startBrowser } from "./browser";
import { makespanMs, startCoordinator } from "./coordinator";
import { summarise, type Figure, type Sample } from "./figures";
import { openPlainWorkers } from "./plain-workers";

const RUNS = 5;
const TASK_COUNT = 20_000;

export async function benchTrivial(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const tabCount of [1, 2]) {
    const browser = await startBrowser();
    const coordinator = await startCoordinator();
    const plain = await openPlainWorkers(browser);
    try {
      const samples: Sample[] = [];
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
        samples.push({ value: (TASK_COUNT / gridMs) * 1000, reference });
      }
      const name = `trivial, ${tabCount} ${tabCount === 1 ? "tab" : "tabs"}`;
      const against = "postMessage to one plain worker and back, 32 in flight";
      figures.push(summarise({ bench: "trivial", case: name, unit: "tasks/s", against }, samples));
    } finally {
      await plain.close();
      await browser.close();
      await coordinator.close();
    }
  }
  return figures;
}
