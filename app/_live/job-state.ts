import type { JobState, JobView } from "../../protocol/views";

export const hasEnded = (state: JobState): boolean =>
  state === "completed" || state === "failed" || state === "cancelled";

/**
 * Which of two views of a job to show.
 *
 * An answer to a request may be older than an event that overtook it. A job that has ended does not start
 * again, so its end is never taken back; any other mix-up is put right by the next event.
 */
export function later(known: JobView | undefined, news: JobView): JobView {
  return known && hasEnded(known.state) && !hasEnded(news.state) ? known : news;
}
