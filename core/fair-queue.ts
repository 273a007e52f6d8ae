/**
 * Start-time fair queueing: who has had least for its weight is next.
 *
 * Everybody has a tag: what it has been charged, divided by its weight. Virtual time is the tag of who was served last. Who
 * comes back after having had nothing to offer goes on at virtual time: what was not used is not saved up.
 */
import { IndexedHeap } from "./indexed-heap";

interface Member {
  tag: number;
  weight: number;
  /** Of equal tags, the least is first. */
  order: number;
}

export class FairQueue<K> {
  readonly #members = new Map<K, Member>();
  /** Those that have something to offer. */
  readonly #waiting = new IndexedHeap<K>();
  #virtualTime = 0;
  #orders = 0;

  /** Members, whether or not they have something to offer. */
  get size(): number {
    return this.#members.size;
  }

  add(key: K, weight: number): void {
    this.#members.set(key, { tag: this.#virtualTime, weight, order: this.#orders++ });
  }

  delete(key: K): void {
    this.#members.delete(key);
    this.#waiting.delete(key);
  }

  isWaiting(key: K): boolean {
    return this.#waiting.has(key);
  }

  enter(key: K): void {
    const member = this.#members.get(key);
    if (!member || this.#waiting.has(key)) return;
    member.tag = Math.max(member.tag, this.#virtualTime);
    this.#waiting.set(key, member.tag, member.order);
  }

  leave(key: K): void {
    this.#waiting.delete(key);
  }

  /** Who is to be served next; undefined when nobody has anything to offer. */
  next(): K | undefined {
    return this.#waiting.peek();
  }

  /** @param cost Of what was just given to it; may be negative, when it was charged too much before. */
  charge(key: K, cost: number): void {
    const member = this.#members.get(key);
    if (!member) return;
    if (this.#waiting.peek() === key) this.#virtualTime = Math.max(this.#virtualTime, member.tag);
    member.tag += cost / member.weight;
    if (this.#waiting.has(key)) this.#waiting.set(key, member.tag, member.order);
  }

  /** Acts at once: what the member is ahead of the others is counted by the new weight too. */
  reweigh(key: K, weight: number): void {
    const member = this.#members.get(key);
    if (!member) return;
    member.tag = this.#virtualTime + ((member.tag - this.#virtualTime) * member.weight) / weight;
    member.weight = weight;
    if (this.#waiting.has(key)) this.#waiting.set(key, member.tag, member.order);
  }
}
