/** Numbers and times in the words of a person. */
import { taskIdParts, type TaskId } from "../../protocol/ids";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export const formatCount = (value: number): string => whole.format(value);

/** "1 task", "2 tasks". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}

/** Tasks a second, with one digit more when there are few of them. */
export const formatRate = (value: number): string => (value < 100 ? short : whole).format(value);

export function formatDuration(durationMs: number): string {
  if (durationMs < 999.5) return `${Math.round(durationMs)} ms`;
  const seconds = durationMs / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

/** An estimate: no more exact than it can be. */
export function formatTimeLeft(etaMs: number): string {
  const seconds = Math.max(1, Math.round(etaMs / 1000));
  if (seconds < 90) return `about ${seconds} s left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `about ${minutes} min left`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `about ${hours} h left` : `about ${Math.round(hours / 24)} days left`;
}

export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : short.format(value)} ${units[unit]}`;
}

/** The reader's own clock and language. */
export const formatInstant = (instant: number): string =>
  new Date(instant).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** The time of the day, to the second. */
export const formatClock = (instant: number): string =>
  new Date(instant).toLocaleTimeString(undefined, { timeStyle: "medium" });

/** The task or pack that an id names: "map 17", "map 17–56". */
export function formatTask(taskId: TaskId): string {
  const { stage, index, count } = taskIdParts(taskId);
  return count > 1 ? `${stage} ${index}–${index + count - 1}` : `${stage} ${index}`;
}

export const formatPercent = (fraction: number): string => {
  // 99.96 % must not look finished.
  const percent = Math.floor(fraction * 1000) / 10;
  return `${percent % 1 === 0 || percent >= 10 ? Math.floor(percent) : percent} %`;
};

/** Enough of an id or digest to tell it from its neighbours; show the whole one as a title. */
export const shortened = (id: string, length = 10): string =>
  id.length > length ? `${id.slice(0, length)}…` : id;
