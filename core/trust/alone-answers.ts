/** The tasks of a stage that one volunteer answered alone, with what it said. */
import type { Digest } from "../../protocol/ids";
import type { Chance } from "../chance";
import type { Digests } from "./digests";

export interface AloneAnswer {
  index: number;
  digest: Digest;
}

export class AloneAnswers {
  #indexes: number[] = [];
  readonly #digests: Digests;

  /** @param digests Shared by all volunteers: of each task at most one answer is believed alone. */
  constructor(digests: Digests) {
    this.#digests = digests;
  }

  get size(): number {
    return this.#indexes.length;
  }

  add(index: number, digest: Digest): void {
    this.#indexes.push(index);
    this.#digests.set(index, digest);
  }

  /**
   * Takes one out, each as likely as the others.
   *
   * @throws {Error} If there is none.
   */
  takeRandom(chance: Chance): AloneAnswer {
    const place = Math.floor(chance.next() * this.size);
    const index = this.#indexes[place];
    const last = this.#indexes.pop();
    if (index === undefined || last === undefined) throw new Error("There is no answer to take");
    if (place < this.size) this.#indexes[place] = last;
    return this.#answerTo(index);
  }

  /** @returns Whether it was there. O(size). */
  remove(index: number): boolean {
    const place = this.#indexes.indexOf(index);
    if (place >= 0) this.#indexes.splice(place, 1);
    return place >= 0;
  }

  takeAll(): AloneAnswer[] {
    const all = this.#indexes.map((index) => this.#answerTo(index));
    this.#indexes = [];
    return all;
  }

  /** Forgets them, because they are believed for good. */
  clear(): void {
    this.#indexes = [];
  }

  #answerTo(index: number): AloneAnswer {
    return { index, digest: this.#digests.get(index) };
  }
}
