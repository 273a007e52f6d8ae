/** A binary heap whose keys can be found: changing a key's rank, or taking it out, costs O(log n). */
export class IndexedHeap<K> {
  readonly #entries: { key: K; rank: number; order: number }[] = [];
  readonly #places = new Map<K, number>();

  get size(): number {
    return this.#entries.length;
  }

  has(key: K): boolean {
    return this.#places.has(key);
  }

  /** The key with the least rank; of equals, the one with the least order. */
  peek(): K | undefined {
    return this.#entries[0]?.key;
  }

  /** Puts the key in, or gives it another rank. */
  set(key: K, rank: number, order: number): void {
    const place = this.#places.get(key) ?? this.#entries.length;
    this.#entries[place] = { key, rank, order };
    this.#places.set(key, place);
    this.#rise(place);
    this.#sink(this.#places.get(key) ?? place);
  }

  /** @returns False when it was not there. */
  delete(key: K): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    this.#swap(place, this.#entries.length - 1);
    this.#entries.pop();
    this.#places.delete(key);
    if (place < this.#entries.length) {
      this.#rise(place);
      this.#sink(place);
    }
    return true;
  }

  #rise(from: number): void {
    for (let place = from; place > 0;) {
      const parent = (place - 1) >>> 1;
      if (!this.#isBefore(place, parent)) return;
      this.#swap(place, parent);
      place = parent;
    }
  }

  #sink(from: number): void {
    for (let place = from; ;) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      let first = place;
      if (left < this.#entries.length && this.#isBefore(left, first)) first = left;
      if (right < this.#entries.length && this.#isBefore(right, first)) first = right;
      if (first === place) return;
      this.#swap(place, first);
      place = first;
    }
  }

  #isBefore(place: number, other: number): boolean {
    const [a, b] = [this.#entries[place], this.#entries[other]];
    return (
      a !== undefined && b !== undefined && (a.rank < b.rank || (a.rank === b.rank && a.order < b.order))
    );
  }

  #swap(place: number, other: number): void {
    const [a, b] = [this.#entries[place], this.#entries[other]];
    if (!a || !b) return;
    this.#entries[place] = b;
    this.#entries[other] = a;
    this.#places.set(b.key, place);
    this.#places.set(a.key, other);
  }
}
