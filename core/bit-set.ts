/** A set of whole numbers from 0 up to a fixed size, one bit each: what is accepted of ten million tasks is 1.25 MB. */
export class BitSet {
  readonly #words: Uint32Array;
  readonly #capacity: number;
  #size = 0;

  /** @param capacity Numbers from 0 up to, but not including, this. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#words = new Uint32Array(Math.ceil(capacity / 32));
  }

  get size(): number {
    return this.#size;
  }

  has(value: number): boolean {
    return ((this.#words[value >>> 5] ?? 0) & (1 << (value & 31))) !== 0;
  }

  /** @throws {RangeError} If the value is at or beyond the capacity. */
  add(value: number): void {
    if (value >= this.#capacity) throw new RangeError(`${value} is beyond the capacity of ${this.#capacity}`);
    if (this.has(value)) return;
    this.#words[value >>> 5] = (this.#words[value >>> 5] ?? 0) | (1 << (value & 31));
    this.#size += 1;
  }

  /** True when none of `count` numbers from `first` on is in the set. */
  hasNone(first: number, count: number): boolean {
    for (let value = first; value < first + count; value++) if (this.has(value)) return false;
    return true;
  }

  /** Adds `count` numbers from `first` on. @throws {RangeError} If one of them is at or beyond the capacity. */
  addAll(first: number, count: number): void {
    for (let value = first; value < first + count; value++) this.add(value);
  }

  delete(value: number): void {
    if (!this.has(value)) return;
    this.#words[value >>> 5] = (this.#words[value >>> 5] ?? 0) & ~(1 << (value & 31));
    this.#size -= 1;
  }
}
