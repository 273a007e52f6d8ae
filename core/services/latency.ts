/** How long the last answers took, in a ring. */
import type { Latency } from "../../protocol/service";

const KEPT = 512;

export interface LatencyLog {
  readonly values: number[];
  /** How many there were in all. */
  count: number;
}

export const openLatencyLog = (): LatencyLog => ({ values: [], count: 0 });

export function noteLatency(log: LatencyLog, elapsedMs: number): void {
  log.values[log.count % KEPT] = elapsedMs;
  log.count += 1;
}

/** Null before the first. A percentile is the least of the values that so many are not above. */
export function latencyOf({ values, count }: LatencyLog): Latency | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { count, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
