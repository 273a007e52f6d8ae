/**
 * Digests of a stage's tasks, 32 bytes each instead of a string of about 100: of ten million tasks, 320 MB.
 *
 * Kept in blocks of neighbouring tasks that are made when the first of them has something to keep.
 */
import type { Digest } from "../../protocol/ids";

const BYTES = 32;
const BLOCK_TASKS = 1_024;
const SHA_256 = /^[0-9a-f]{64}$/;

export class Digests {
  readonly #blocks = new Map<number, Uint8Array>();
  /** Names that are no SHA-256 digest, as they are. */
  readonly #others = new Map<number, Digest>();

  /** Keeps the digest of a task, in the place of an earlier one. */
  set(index: number, digest: Digest): void {
    if (!SHA_256.test(digest)) {
      this.#others.set(index, digest);
      return;
    }
    if (this.#others.size > 0) this.#others.delete(index);
    const block = this.#blockOf(index);
    const start = (index % BLOCK_TASKS) * BYTES;
    for (let place = 0; place < BYTES; place++) {
      const high = valueOf(digest.charCodeAt(2 * place));
      block[start + place] = high * 16 + valueOf(digest.charCodeAt(2 * place + 1));
    }
  }

  /** @throws {Error} If nothing near this task was ever kept. */
  get(index: number): Digest {
    const other = this.#others.get(index);
    if (other !== undefined) return other;
    const block = this.#blocks.get(Math.floor(index / BLOCK_TASKS));
    if (!block) throw new Error(`No digest of task ${index} is kept`);
    const start = (index % BLOCK_TASKS) * BYTES;
    const digits = Array.from(block.subarray(start, start + BYTES), (byte) =>
      byte.toString(16).padStart(2, "0"),
    );
    return digits.join("") as Digest;
  }

  #blockOf(index: number): Uint8Array {
    const number = Math.floor(index / BLOCK_TASKS);
    const known = this.#blocks.get(number);
    if (known) return known;
    const block = new Uint8Array(BLOCK_TASKS * BYTES);
    this.#blocks.set(number, block);
    return block;
  }

  clear(): void {
    this.#blocks.clear();
    this.#others.clear();
  }
}

/** Of a hexadecimal digit, by its code: `0` to `9` are 48 to 57, `a` to `f` 97 to 102. */
function valueOf(code: number): number {
  return code < 97 ? code - 48 : code - 87;
}
