/**
 * Whether what is accepted rests on votes of volunteers that may share a task: told from where each was when it was handed its copy, or when it
 * answered without a lease, and not from what the grid keeps of that.
 */
import type { Grid } from "../core/grid";
import type { Effect, GridEvent, SubmittedJob } from "../core/grid-events";
import { taskIdParts, type JobId, type TaskId, type VolunteerId } from "../protocol/ids";

interface Standing {
  readonly address: string | null;
  readonly arithmetic: string | null;
  readonly tags: readonly string[];
  readonly slotCount: number;
}

export interface VoteWatch {
  /** What volunteers say of themselves is noted before the grid hears of it. */
  before(event: GridEvent): void;
  /** @throws {Error} That names the acceptance by votes that are not each of another person, or of volunteers that do not suit the job. */
  after(grid: Grid, effects: readonly Effect[]): void;
}

export function watchVotes(): VoteWatch {
  const jobs = new Map<JobId, SubmittedJob>();
  const now = new Map<VolunteerId, Standing>();
  /** Of running copies, by volunteer and task, with when they were handed out. */
  let running = new Map<string, Standing & { readonly leasedAt: number }>();
  const voted = new Map<string, Standing>();
  /** Where somebody was that came into doubt is not kept. */
  const doubted = new Set<TaskId>();

  function noteRunning(grid: Grid): void {
    const before = running;
    running = new Map();
    for (const { id, leases } of grid.volunteers.values()) {
      const standing = now.get(id);
      for (const lease of leases.values()) {
        if (lease.type !== "run" || !standing) continue;
        const key = keyOf(lease.taskId, id);
        const known = before.get(key);
        const { leasedAt } = lease;
        running.set(key, known?.leasedAt === leasedAt ? known : { ...standing, leasedAt });
      }
    }
  }

  function note(grid: Grid, effect: Effect): void {
    if (effect.type === "task-doubted") doubted.add(effect.taskId);
    if (effect.type === "copy-ended") {
      const { copy, taskId, verdict } = effect;
      const key = keyOf(taskId, copy.volunteerId);
      const standing = running.get(key) ?? now.get(copy.volunteerId);
      // It may come again, with its bytes.
      if (verdict === "pending" && standing && !voted.has(key)) voted.set(key, standing);
      if (copy.state !== "lost") return;
      running.delete(key);
      voted.delete(key);
    }
    if (effect.type !== "task-accepted" || effect.skipped || effect.replaces) return;
    if (doubted.has(effect.taskId)) return;
    const standings = effect.valid.flatMap(
      ({ volunteerId }) => voted.get(keyOf(effect.taskId, volunteerId)) ?? [],
    );
    const unfair = unfairIn(grid, jobs.get(taskIdParts(effect.taskId).jobId), standings);
    const who = effect.valid.map(({ volunteerId }) => volunteerId).join(" ");
    if (standings.length !== effect.valid.length)
      throw new Error(`${effect.taskId}: not all of ${who} have voted`);
    if (unfair !== null) throw new Error(`${effect.taskId} was accepted by ${who}: ${unfair}`);
  }

  return {
    before(event) {
      if (event.type === "job-submitted" || event.type === "job-restored") jobs.set(event.job.id, event.job);
      if (event.type === "joined") {
        const { address = null, device, slotCount } = event;
        const { arithmetic, tags } = device;
        now.set(event.volunteerId, { address, arithmetic, tags, slotCount });
      }
      const known = event.type === "beat" ? now.get(event.volunteerId) : undefined;
      if (event.type === "beat" && known)
        now.set(event.volunteerId, { ...known, slotCount: event.slotCount });
    },
    after(grid, effects) {
      for (const effect of effects) note(grid, effect);
      noteRunning(grid);
    },
  };
}

const keyOf = (taskId: TaskId, volunteerId: VolunteerId) => `${taskId} ${volunteerId}`;

function unfairIn(
  { policy }: Grid,
  job: SubmittedJob | undefined,
  standings: readonly Standing[],
): string | null {
  const addresses = standings.flatMap(({ address }) => address ?? []);
  if (policy.onePerAddress && new Set(addresses).size < addresses.length) return "two sit at one address";
  if (!job) return null;
  const engines = new Set(standings.map(({ arithmetic }) => arithmetic));
  if (job.sameEngine && (engines.size > 1 || engines.has(null))) return "their engines differ";
  const { tags = [], slots = 0 } = job.requires;
  const isSuited = (one: Standing) => one.slotCount >= slots && tags.every((tag) => one.tags.includes(tag));
  return standings.every(isSuited) ? null : "one lacks what the job requires";
}
