import type { StageName } from "../../protocol/ids";
import type { JobState, JobView } from "../../protocol/views";

export const hasEnded = (state: JobState): boolean =>
  state === "completed" || state === "failed" || state === "cancelled";

/**
 * Tasks of a stage, or of the whole job.
 * @returns Null while nobody knows: the program's own split has yet to say what there is to do.
 */
export function taskCountOf(
  { stages }: Pick<JobView, "stages">,
  name: StageName | null = null,
): number | null {
  const [first] = stages;
  const waitsForSplit = first?.name === "split" && first.state !== "completed";
  const asked = stages.filter((stage) => name === null || stage.name === name);
  if (waitsForSplit && asked.some((stage) => MADE_BY_SPLIT.has(stage.name))) return null;
  return asked.reduce((sum, { tasks }) => sum + tasks, 0);
}

const MADE_BY_SPLIT: ReadonlySet<StageName> = new Set<StageName>(["sample", "map"]);

/**
 * Which of two views of a job to show.
 *
 * An answer to a request may be older than an event that overtook it. A job that has ended does not start
 * again, so its end is never taken back; any other mix-up is put right by the next event.
 */
export function later(known: JobView | undefined, news: JobView): JobView {
  return known && hasEnded(known.state) && !hasEnded(news.state) ? known : news;
}
