/** How busy this process's one thread is. Waiting for the disk in a commit counts: nothing else is done meanwhile. */
import { performance } from "node:perf_hooks";

/** @returns What it was since it was asked the last time: the part of the time that was not spent waiting for something to do. */
export function openLoadWatch(): () => { busy: number; overMs: number } {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization, idle, active } = performance.eventLoopUtilization(now, before);
    before = now;
    return { busy: utilization, overMs: idle + active };
  };
}
