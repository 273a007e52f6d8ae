/**
 * Tasks of about 10 ms, 100 ms and 1 s: how much of two plain Web Workers' throughput
 * a grid of two slots reaches, sandboxed, durable, with default settings.
 */
import { startBrowser } from "./browser";
import { makespanMs, startCoordinator } from "./coordinator";
import { summarise, type Figure, type Sample } from "./figures";
import { openPlainWorkers } from "./plain-workers";
import { processorTimes, sharesOf } from "./processor";
import { busyMap, calibrate } from "./work";

const RUNS = 3;
/** Jobs of 15, 20 and 40 s: beginning and end, a tenth of a second or two, are part of the figure. */
const CASES = [
  { name: "10 ms", costMs: 10, taskCount: 3_000 },
  { name: "100 ms", costMs: 100, taskCount: 400 },
  { name: "1 s", costMs: 1_000, taskCount: 80 },
];

const submissionOf = (name: string, source: string, end: number) => ({
  name: `bench ${name}`,
  program: { source },
  input: { range: { end } },
  options: { quorum: 1 },
});

export async function benchTasks(): Promise<Figure[]> {
  const browser = await startBrowser();
  const coordinator = await startCoordinator();
  const plain = await openPlainWorkers(browser);
  try {
    const stepsPerMs = await calibrate(plain);
    await browser.openTab(`${coordinator.url}/volunteer?start=1&slots=2`);
    await coordinator.waitForSlots(2);
    // As it is on a grid that has been running: the engine has compiled the coordinator's code.
    await coordinator.run(submissionOf("warm-up", busyMap(stepsPerMs * 10), 600));
    const figures: Figure[] = [];
    for (const { name, costMs, taskCount } of CASES) {
      const map = busyMap(stepsPerMs * costMs);
      const samples: Sample[] = [];
      let earlierMs = await plain.runTasks(map, taskCount, 2);
      for (let run = 0; run < RUNS; run++) {
        const before = await processorTimes(browser, coordinator);
        const gridMs = makespanMs(await coordinator.run(submissionOf(name, map, taskCount)));
        const shares = sharesOf(before, await processorTimes(browser, coordinator), gridMs);
        const laterMs = await plain.runTasks(map, taskCount, 2);
        // The machine is faster and slower by turns.
        const idealMs = (earlierMs + laterMs) / 2;
        earlierMs = laterMs;
        console.error(`  ${name}: of one core ${shares}; ${(idealMs / gridMs).toFixed(4)} of the ideal`);
        samples.push({ value: (taskCount / gridMs) * 1000, reference: (taskCount / idealMs) * 1000 });
      }
      figures.push(
        summarise({ bench: "tasks", case: name, unit: "tasks/s", against: "2 plain Web Workers" }, samples),
      );
    }
    return figures;
  } finally {
    await plain.close();
    await browser.close();
    await coordinator.close();
  }
}
