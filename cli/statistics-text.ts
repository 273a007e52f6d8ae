/** A job's statistics for people: a line for each stage, and what is to be said of its partitions. */
import type { JobStatistics, StageStatistics } from "../protocol/statistics";
import { duration } from "./progress";

const shortly = (ms: number) => (ms < 10_000 ? `${Math.round(ms)} ms` : duration(ms));

export function statisticsText({ stages, shuffle }: JobStatistics): string {
  const lines = stages.map(stageText);
  if (shuffle && shuffle.partitions.length > 1)
    lines.push(`  the largest partition has ${shuffle.skew.toFixed(1)} times the mean`);
  for (const { message } of shuffle?.heavy ?? []) lines.push(`  ${message}`);
  return lines.join("\n");
}

function stageText({
  name,
  recordsIn,
  bytesIn,
  runs,
  recordsOut,
  bytesOut,
  taskMs,
}: StageStatistics): string {
  const read = recordsIn === null ? "?" : `${recordsIn} records${bytesIn ? `, ${bytesIn} bytes` : ""}`;
  const inRuns = runs === null ? "" : ` in ${runs} runs`;
  const cost =
    taskMs === null
      ? ""
      : `; tasks ${shortly(taskMs.p50)} (p50), ${shortly(taskMs.p95)} (p95), ${shortly(taskMs.max)} at most`;
  return `  ${name.padEnd(7)} ${read}${inRuns} → ${recordsOut} records, ${bytesOut} bytes${cost}`;
}
