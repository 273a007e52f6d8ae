/**
 * How long tabs gather their outputs before they report them: not at all while the coordinator has time, longer as its turn fills.
 *
 *   how busy it was ── smoothed ──▶ pace ── told with every answer ──▶ tabs hold more, and report less often
 *
 * What a message costs is mostly the message: in reports of four outputs a coordinator takes twice as many tasks as one by one.
 */
import type { Grid } from "./grid";

/** As busy as this it has time left for everybody; so busy that messages wait for each other. */
const [ROOM, FULL] = [0.4, 0.75];
/** With so few reports a second nothing is won by fewer. */
const REPORTS_PER_SECOND = 1_000;
/** Tabs with enough to do gather for about as long anyway. */
const SHORTEST_MS = 500;
/** Longer paces make it less busy, so that they would end themselves: quick to rise, slow to fall. */
const SMOOTH_MS = { rising: 1_000, falling: 10_000 };

/** @param busy The part of the latest `overMs` milliseconds in which the coordinator was at work. */
export function noteLoad(grid: Grid, busy: number, overMs: number): void {
  grid.busy = smoothed(grid.busy, busy, overMs);
  grid.paceMs = Math.max(
    grid.policy.leastPaceMs,
    paceFor(grid.busy, grid.volunteers.size, grid.policy.paceMs),
  );
}

export function smoothed(before: number, busy: number, overMs: number): number {
  const smoothMs = busy > before ? SMOOTH_MS.rising : SMOOTH_MS.falling;
  return before + (busy - before) * (1 - Math.exp(-overMs / smoothMs));
}

/** @param busy From 0 to 1. @returns Whole milliseconds; 0 for tabs to report as they like. */
export function paceFor(busy: number, volunteers: number, mostMs: number): number {
  const part = Math.min(1, Math.max(0, (busy - ROOM) / (FULL - ROOM)));
  const paceMs = part * Math.min(mostMs, (volunteers / REPORTS_PER_SECOND) * 1_000);
  return paceMs < SHORTEST_MS ? 0 : Math.round(paceMs);
}
