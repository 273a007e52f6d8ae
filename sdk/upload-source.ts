/** Where the bytes of an upload come from. A connection may break, so what was sent may be wanted once more. */

export interface UploadSource {
  /** How many there are; null when that turns out at the end. */
  readonly length: number | null;
  /**
   * @returns The bytes from `offset` on: `count` of them, or as many as there are.
   * @throws {TypeError} If they were there and are kept no longer.
   */
  read(offset: number, count: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** What the SDK takes as one, beside files by their paths (with Node.js). */
export type Uploadable = Blob | Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

export function sourceOf(data: Uploadable): UploadSource {
  if (data instanceof Blob) return blobSource(data);
  if (data instanceof Uint8Array) return bytesSource(data);
  if (data instanceof ReadableStream) return streamSource(chunksOf(data));
  if (typeof data === "object" && data !== null && Symbol.asyncIterator in data) return streamSource(data);
  throw new TypeError(`an upload is a file, a Blob, bytes, or a stream of bytes; got ${typeof data}`);
}

function blobSource(blob: Blob): UploadSource {
  return {
    length: blob.size,
    read: async (offset, count) =>
      new Uint8Array(await blob.slice(offset, Math.min(blob.size, offset + count)).arrayBuffer()),
    close: () => Promise.resolve(),
  };
}

function bytesSource(bytes: Uint8Array): UploadSource {
  return {
    length: bytes.length,
    read: (offset, count) => Promise.resolve(bytes.slice(offset, offset + count)),
    close: () => Promise.resolve(),
  };
}

/** After a crash of the coordinator an upload goes on behind its last whole block: no more than this can be wanted again. */
const KEPT_BYTES = 64 * 2 ** 20;

/** Keeps the last of what it gave. */
export function streamSource(stream: AsyncIterable<Uint8Array>): UploadSource {
  const chunks = stream[Symbol.asyncIterator]();
  /** Those from `firstAt` to `endAt`. */
  let kept: Uint8Array[] = [];
  let firstAt = 0;
  let endAt = 0;
  let isOver = false;

  async function readOn(): Promise<void> {
    const { done, value } = await chunks.next();
    if (done) return void (isOver = true);
    if (!(value instanceof Uint8Array)) throw new TypeError(`a stream must give bytes; got ${typeof value}`);
    kept.push(value);
    endAt += value.length;
  }

  function forgetBefore(offset: number): void {
    for (let [oldest] = kept; oldest && firstAt + oldest.length <= offset; [oldest] = kept) {
      kept = kept.slice(1);
      firstAt += oldest.length;
    }
  }

  return {
    length: null,
    async read(offset, count) {
      if (offset < firstAt) {
        const held = `of a stream the last ${KEPT_BYTES} bytes are kept`;
        throw new TypeError(
          `The upload has to go on at byte ${offset}, and ${held}: send it again, or from a file`,
        );
      }
      while (!isOver && endAt < offset + count) await readOn();
      forgetBefore(offset - KEPT_BYTES);
      const bytes = new Uint8Array(Math.max(0, Math.min(count, endAt - offset)));
      let at = firstAt;
      for (const chunk of kept) {
        const from = Math.max(0, offset - at);
        const to = Math.min(chunk.length, offset + bytes.length - at);
        if (from < to) bytes.set(chunk.subarray(from, to), at + from - offset);
        at += chunk.length;
      }
      return bytes;
    },
    async close() {
      await chunks.return?.();
    },
  };
}

/** Not every browser loops over its streams. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
