/**
 * Cuts bytes that come in pieces into blocks that end where records end, and stores them.
 *
 *   pieces ──▶ one block in memory ── its last record has ended ──▶ store, a few at a time
 *
 * Holds three blocks at most, however much comes: whoever writes waits for the disk.
 */
import type { RecordScanner } from "../../core/scan-records";
import type { Digest } from "../../protocol/ids";

export interface WrittenBlock {
  digest: Digest;
  bytes: number;
  records: number;
  /** Bytes at its start that belong to no record. */
  skip: number;
}

export interface BlockWriterParts {
  readonly scanner: RecordScanner;
  readonly blockBytes: number;
  readonly store: (bytes: Uint8Array) => Promise<Digest>;
  /** Takes the blocks in order, each after it is on the disk. */
  readonly stored: (block: WrittenBlock, place: number) => Promise<void>;
  /** How much of the first block is a header, which is no record; null when there is none. */
  readonly headerIn: ((block: Uint8Array) => number) | null;
}

export interface BlockWriter {
  /** The piece may be used for something else once this returns. @throws What the scanner or the store throws. */
  write(piece: Uint8Array): Promise<void>;
  /** Returns when all blocks are stored. */
  finish(): Promise<void>;
  /** Returns when nothing is being stored any more, whether that went well or not. */
  settle(): Promise<void>;
}

const WRITES_AT_ONCE = 2;
/** Room for the record that ends a block. */
const SLACK_BYTES = 64 * 1024;

export function openBlockWriter(parts: BlockWriterParts): BlockWriter {
  const { scanner, blockBytes, store, stored, headerIn } = parts;
  const capacity = blockBytes + SLACK_BYTES;
  const spares: Buffer<ArrayBuffer>[] = [];
  let block = Buffer.allocUnsafe(capacity);
  let bytes = 0;
  let records = 0;
  let place = 0;
  let writing: readonly Promise<void>[] = [];
  /** Blocks are told of in order, whichever is on the disk first. */
  let told: Promise<void> = Promise.resolve();

  return {
    async write(piece) {
      for (let at = 0; at < piece.length;) {
        const scanned = scanner.scan(piece, at, Math.max(1, blockBytes - bytes));
        append(piece.subarray(at, scanned.end));
        records += scanned.records;
        at = scanned.end;
        if (scanned.isCut) await endBlock();
      }
    },
    async finish() {
      records += scanner.finish();
      if (bytes > 0) await endBlock();
      await Promise.all(writing);
    },
    async settle() {
      await Promise.allSettled(writing);
    },
  };

  function append(piece: Uint8Array): void {
    if (bytes + piece.length > block.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * block.length, bytes + piece.length));
      block.copy(larger, 0, 0, bytes);
      block = larger;
    }
    block.set(piece, bytes);
    bytes += piece.length;
  }

  async function endBlock(): Promise<void> {
    const buffer = block;
    const content = buffer.subarray(0, bytes);
    const skip = place === 0 && headerIn ? headerIn(content) : 0;
    const size = { bytes, records: records - (skip > 0 ? 1 : 0), skip };
    const written = keep(content, size, place).finally(() => {
      if (buffer.length === capacity) spares.push(buffer);
    });
    // Whoever waits for it learns of its failure; until then that must not end the process.
    written.catch(() => {});
    writing = [...writing, written];
    place += 1;
    bytes = 0;
    records = 0;
    if (writing.length >= WRITES_AT_ONCE) {
      const [oldest, ...others] = writing;
      await oldest;
      writing = others;
    }
    block = spares.pop() ?? Buffer.allocUnsafe(capacity);
  }

  async function keep(content: Uint8Array, size: Omit<WrittenBlock, "digest">, at: number): Promise<void> {
    const before = told;
    const storing = store(content);
    told = (async () => {
      // Both are waited for, however they end: when one block fails, the next may fail as well, or be on its way still.
      const [earlier, own] = await Promise.allSettled([before, storing]);
      if (earlier.status === "rejected") throw earlier.reason;
      if (own.status === "rejected") throw own.reason;
      await stored({ digest: own.value, ...size }, at);
    })();
    told.catch(() => {});
    await told;
  }
}
