/** The tasks of a stage that one volunteer answered alone, with what it said. About 110 bytes each. */
import type { Digest } from "../../protocol/ids";
import type { Chance } from "../chance";

export interface AloneAnswer {
  index: number;
  digest: Digest;
}

export class AloneAnswers {
  #indexes: number[] = [];
  #digests: Digest[] = [];

  get size(): number {
    return this.#indexes.length;
  }

  add(index: number, digest: Digest): void {
    this.#indexes.push(index);
    this.#digests.push(digest);
  }

  /**
   * Takes one out, each as likely as the others.
   *
   * @throws {Error} If there is none.
   */
  takeRandom(chance: Chance): AloneAnswer {
    const place = Math.floor(chance.next() * this.size);
    const answer = this.#at(place);
    const last = this.#at(this.size - 1);
    this.#indexes[place] = last.index;
    this.#digests[place] = last.digest;
    this.#indexes.pop();
    this.#digests.pop();
    return answer;
  }

  takeAll(): AloneAnswer[] {
    const all = this.#indexes.map((_, place) => this.#at(place));
    this.#indexes = [];
    this.#digests = [];
    return all;
  }

  #at(place: number): AloneAnswer {
    const index = this.#indexes[place];
    const digest = this.#digests[place];
    if (index === undefined || digest === undefined) throw new Error("There is no answer to take");
    return { index, digest };
  }
}
