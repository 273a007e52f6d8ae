/** Whole numbers below 2^32, four bytes each: an array that grows keeps more room to spare, and a map 40 bytes for an entry. */

const PAGE = 1_024;

/** One for each place, of which few or many may be in use; 0 where none was set. Kept in pages of neighbours. */
export class PagedNumbers {
  readonly #pages = new Map<number, Uint32Array>();

  get(place: number): number {
    return this.#pages.get(Math.floor(place / PAGE))?.[place % PAGE] ?? 0;
  }

  set(place: number, value: number): void {
    const number = Math.floor(place / PAGE);
    let page = this.#pages.get(number);
    if (!page) {
      page = new Uint32Array(PAGE);
      this.#pages.set(number, page);
    }
    page[place % PAGE] = value;
  }

  clear(): void {
    this.#pages.clear();
  }

  get bytes(): number {
    return this.#pages.size * PAGE * Uint32Array.BYTES_PER_ELEMENT;
  }
}

const FIRST_ROOM = 4;
/** What it grows by when it is full: on average a tenth of it is room to spare. */
const GROWTH = 1.25;

export class NumberList {
  #numbers = new Uint32Array(FIRST_ROOM);
  #size = 0;

  push(value: number): void {
    if (this.#size === this.#numbers.length) {
      const before = this.#numbers;
      this.#numbers = new Uint32Array(Math.ceil(before.length * GROWTH));
      this.#numbers.set(before);
    }
    this.#numbers[this.#size] = value;
    this.#size += 1;
  }

  get bytes(): number {
    return this.#numbers.byteLength;
  }

  all(): Uint32Array {
    return this.#numbers.subarray(0, this.#size);
  }
}
