/** Waiting in tests: for a condition, or just long enough to see that something does not happen. */
import { setImmediate, setTimeout } from "node:timers/promises";

/** Polls until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 5_000): Promise<void> {
  for (const startedAt = performance.now(); performance.now() - startedAt < timeoutMs;) {
    if (await condition()) return;
    await setTimeout(2);
  }
  throw new Error(`Waited ${timeoutMs} ms in vain for: ${condition}`);
}

/** Whether the promise has settled once everything that is ready to run has run. */
export async function settled(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const note = () => (isSettled = true);
  promise.then(note, note);
  for (let turns = 0; turns < 5; turns++) await setImmediate();
  return isSettled;
}
