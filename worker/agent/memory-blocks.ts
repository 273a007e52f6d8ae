/** The blocks that were used last, in memory. */
import type { Digest } from "../../protocol/ids";

export class MemoryBlocks {
  /** Least recently used first. */
  readonly #blocks = new Map<Digest, Uint8Array<ArrayBuffer>>();
  readonly #mostBytes: number;
  readonly #dropped: (digest: Digest) => void;
  #bytes = 0;

  /** @param mostBytes Of all together; a single block that is larger is kept until the next one comes. */
  constructor(mostBytes: number, dropped: (digest: Digest) => void) {
    this.#mostBytes = mostBytes;
    this.#dropped = dropped;
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(digest: Digest): boolean {
    return this.#blocks.has(digest);
  }

  digests(): Iterable<Digest> {
    return this.#blocks.keys();
  }

  get(digest: Digest): Uint8Array<ArrayBuffer> | undefined {
    const bytes = this.#blocks.get(digest);
    if (bytes) this.set(digest, bytes);
    return bytes;
  }

  set(digest: Digest, bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes += bytes.byteLength - (this.#blocks.get(digest)?.byteLength ?? 0);
    this.#blocks.delete(digest);
    this.#blocks.set(digest, bytes);
    for (const [oldest, { byteLength }] of this.#blocks) {
      if (this.#bytes <= this.#mostBytes || oldest === digest) break;
      this.#blocks.delete(oldest);
      this.#bytes -= byteLength;
      this.#dropped(oldest);
    }
  }
}
