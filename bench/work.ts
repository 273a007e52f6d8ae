/** Functions that take about a given time: real arithmetic, the same number of steps wherever they run. */
import type { PlainWorkers } from "./plain-workers";

/**
 * A program's `map` of so many steps. They are done in calls of an inner function, as real programs are made: one
 * long loop runs at whichever tier the engine's compiler happened to reach, which differs by a factor of two.
 */
export function busyMap(steps: number): string {
  return (
    `function work(x) { for (let step = 0; step < 1000; step++) x = (Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) + step) | 0; return x; }\n` +
    `export function map(n) { let x = n + 1; for (let call = 0; call < ${Math.round(steps / 1_000)}; call++) x = work(x); return x; }`
  );
}

/** Steps that take a worker of this browser one millisecond when two of them run. */
export async function calibrate(plain: PlainWorkers): Promise<number> {
  const steps = 500_000_000;
  await plain.runTasks(busyMap(steps), 2, 2);
  return Math.round(steps / (await plain.runTasks(busyMap(steps), 2, 2)));
}
