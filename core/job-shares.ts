/** Whose turn it is: computing time is shared by weight between submitters, and between the jobs of one. */
import type { JobId } from "../protocol/ids";
import { FairQueue } from "./fair-queue";

export interface JobShare {
  submitter: string;
  /** Whole number from -10 to 10: each step doubles the share. */
  priority: number;
  weight: number;
  /** Volunteers that may be at work on it at once; null for any number. */
  maxVolunteers: number | null;
  /** Copies that may be out at once; null for any number. */
  maxInFlight: number | null;
}

/** Nobody's share is nothing: who has the least priority still gets a thousandth of what the others get. */
export function weightOf({ priority, weight }: JobShare): number {
  return weight * 2 ** priority;
}

/** All costs are O(log n) in the number of jobs. */
export class JobShares {
  readonly #submitters = new FairQueue<string>();
  readonly #jobs = new Map<string, FairQueue<JobId>>();
  readonly #submitterOf = new Map<JobId, string>();
  readonly #weights: ReadonlyMap<string, number>;
  #offered = 0;

  /** @param weights Of submitters; 1 for those that are not named. */
  constructor(weights: ReadonlyMap<string, number> = new Map()) {
    this.#weights = weights;
  }

  add(id: JobId, share: JobShare): void {
    const { submitter } = share;
    const jobs = this.#jobs.get(submitter) ?? new FairQueue<JobId>();
    if (!this.#jobs.has(submitter)) {
      this.#jobs.set(submitter, jobs);
      this.#submitters.add(submitter, this.#weights.get(submitter) ?? 1);
    }
    jobs.add(id, weightOf(share));
    this.#submitterOf.set(id, submitter);
  }

  delete(id: JobId): void {
    const { submitter, jobs } = this.#find(id);
    if (!jobs) return;
    this.withdraw(id);
    jobs.delete(id);
    this.#submitterOf.delete(id);
    if (jobs.size > 0) return;
    this.#jobs.delete(submitter);
    this.#submitters.delete(submitter);
  }

  isOffered(id: JobId): boolean {
    return this.#find(id).jobs?.isWaiting(id) ?? false;
  }

  /** The job has tasks to give out. */
  offer(id: JobId): void {
    const { submitter, jobs } = this.#find(id);
    if (jobs && !jobs.isWaiting(id)) this.#offered += 1;
    jobs?.enter(id);
    this.#submitters.enter(submitter);
  }

  withdraw(id: JobId): void {
    const { submitter, jobs } = this.#find(id);
    if (jobs?.isWaiting(id)) this.#offered -= 1;
    jobs?.leave(id);
    if (jobs?.next() === undefined) this.#submitters.leave(submitter);
  }

  /** The job that is to give out a task next, of those that are offered. */
  next(): JobId | undefined {
    const submitter = this.#submitters.next();
    return submitter === undefined ? undefined : this.#jobs.get(submitter)?.next();
  }

  /** True when another job than these is offered. O(these). */
  isAnyOfferedBut(ids: ReadonlySet<JobId>): boolean {
    let count = 0;
    for (const id of ids) if (this.isOffered(id)) count += 1;
    return this.#offered > count;
  }

  /** @param costMs Computing time; negative when the job was charged too much before. */
  charge(id: JobId, costMs: number): void {
    const { submitter, jobs } = this.#find(id);
    jobs?.charge(id, costMs);
    this.#submitters.charge(submitter, costMs);
  }

  reweigh(id: JobId, share: JobShare): void {
    this.#find(id).jobs?.reweigh(id, weightOf(share));
  }

  #find(id: JobId) {
    const submitter = this.#submitterOf.get(id) ?? "";
    return { submitter, jobs: this.#jobs.get(submitter) };
  }
}
