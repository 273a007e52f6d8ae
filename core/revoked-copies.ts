/**
 * The latest copies that one volunteer was told to stop: their outputs may still come.
 *
 *   revoked ──▶ remembered with what was accepted ── too many bytes since ──▶ with its digest alone ── two minutes, or 1,000 since ──▶ forgotten
 */
import type { EpochMs, TaskId } from "../protocol/ids";
import type { Accepted } from "./grid";

export interface Revoked {
  /** What its task was accepted as; null when its output has come, and counts. */
  accepted: Accepted | null;
  at: EpochMs;
}

/** How many of them are remembered, and for how long: those before only until the volunteer says something, or is told to stop another one. */
const KEPT = 1_000;
const KEPT_MS = 120_000;
/** Of accepted outputs that late ones are compared with: a volunteer has no more of them, however many copies it was told to stop. */
const KEPT_BYTES = 1_048_576;

export class RevokedCopies {
  readonly #copies = new Map<TaskId, Revoked>();
  /** Those of which there is more than a digest, with how much: oldest first, as all of them. */
  readonly #sizes = new Map<TaskId, number>();
  #bytes = 0;

  get size(): number {
    return this.#copies.size;
  }

  /** Of the accepted outputs that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  get(taskId: TaskId): Revoked | undefined {
    return this.#copies.get(taskId);
  }

  taskIds(): TaskId[] {
    return [...this.#copies.keys()];
  }

  note(taskId: TaskId, copy: Revoked): void {
    this.delete(taskId);
    this.#copies.set(taskId, copy);
    const bytes = copy.accepted?.compared?.parts.reduce((sum, part) => sum + part.bytes, 0);
    if (bytes !== undefined) {
      this.#sizes.set(taskId, bytes);
      this.#bytes += bytes;
    }
    for (const oldest of this.#sizes.keys()) {
      if (this.#bytes <= KEPT_BYTES) break;
      this.#keepDigest(oldest);
    }
    this.forgetOld(copy.at);
  }

  /** Forgets those of more than two minutes ago, and what are too many. */
  forgetOld(now: EpochMs): void {
    for (const [oldest, { at }] of this.#copies) {
      if (this.size <= KEPT && now - at <= KEPT_MS) return;
      this.delete(oldest);
    }
  }

  delete(taskId: TaskId): void {
    this.#dropSize(taskId);
    this.#copies.delete(taskId);
  }

  #keepDigest(taskId: TaskId): void {
    this.#dropSize(taskId);
    const copy = this.#copies.get(taskId);
    // In its place: setting what is there keeps the order.
    if (copy?.accepted) this.#copies.set(taskId, { at: copy.at, accepted: { digest: copy.accepted.digest } });
  }

  #dropSize(taskId: TaskId): void {
    this.#bytes -= this.#sizes.get(taskId) ?? 0;
    this.#sizes.delete(taskId);
  }
}
