/** The blocks that were used last, in memory. */
import type { Digest } from "../../protocol/ids";
import { sizeOf, type Content } from "../content";

export class MemoryBlocks {
  /** Least recently used first. */
  readonly #blocks = new Map<Digest, Content>();
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

  get(digest: Digest): Content | undefined {
    const content = this.#blocks.get(digest);
    if (content) this.set(digest, content);
    return content;
  }

  set(digest: Digest, content: Content): void {
    this.#take(digest);
    this.#blocks.set(digest, content);
    this.#bytes += sizeOf(content);
    for (const oldest of this.#blocks.keys()) {
      if (this.#bytes <= this.#mostBytes || oldest === digest) break;
      this.delete(oldest);
    }
  }

  delete(digest: Digest): void {
    if (this.#take(digest)) this.#dropped(digest);
  }

  #take(digest: Digest): boolean {
    const content = this.#blocks.get(digest);
    if (content) this.#bytes -= sizeOf(content);
    return this.#blocks.delete(digest);
  }
}
