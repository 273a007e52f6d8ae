/** What tasks have stored and no database has taken: it stays in memory, up to a bound, until it is no longer needed. */
import type { Digest } from "../../protocol/ids";

export class UnwrittenOutputs {
  readonly #outputs = new Map<Digest, Uint8Array<ArrayBuffer>>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  hasRoomFor(digest: Digest, { byteLength }: Uint8Array): boolean {
    return this.#outputs.has(digest) || this.#bytes + byteLength <= this.#mostBytes;
  }

  get(digest: Digest): Uint8Array<ArrayBuffer> | undefined {
    return this.#outputs.get(digest);
  }

  set(digest: Digest, bytes: Uint8Array<ArrayBuffer>): void {
    this.delete(digest);
    this.#outputs.set(digest, bytes);
    this.#bytes += bytes.byteLength;
  }

  delete(digest: Digest): void {
    this.#bytes -= this.#outputs.get(digest)?.byteLength ?? 0;
    this.#outputs.delete(digest);
  }
}
