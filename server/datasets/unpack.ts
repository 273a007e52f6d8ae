/** Takes gzip off bytes on their way in, and refuses what grows beyond reason. */
import { createGunzip } from "node:zlib";
import { invalid } from "../../core/invalid-data";
import { LIMITS } from "../../protocol/limits";

export interface ByteSink {
  write(piece: Uint8Array): Promise<void>;
  finish(): Promise<void>;
}

/** Whether bytes begin as gzip does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * @param next Gets what was packed, in pieces, at its own pace.
 * @throws {GridError} From `write` and `finish`: `data-invalid` when it is no gzip, ends early or is a bomb; and what `next` throws.
 */
export function openUnpacker(next: ByteSink): ByteSink & { stop(): void } {
  const gunzip = createGunzip();
  let packedBytes = 0;
  let bytes = 0;
  const passing = pass();
  // Whoever writes or finishes gets the error; until then it must not end the process.
  passing.catch(() => {});

  async function pass(): Promise<void> {
    try {
      for await (const piece of gunzip as AsyncIterable<Uint8Array>) {
        bytes += piece.length;
        checkGrowth(bytes, packedBytes);
        await next.write(piece);
      }
    } catch (error) {
      throw isZlibError(error) ? invalid(`The gzip cannot be unpacked: ${error.message}`) : error;
    }
  }

  return {
    async write(piece) {
      packedBytes += piece.length;
      const written = new Promise<void>((resolve) => gunzip.write(piece, () => resolve()));
      // When passing on fails, the stream is destroyed and may never call back.
      await Promise.race([written, passing]);
    },
    async finish() {
      gunzip.end();
      await passing;
      await next.finish();
    },
    stop: () => void gunzip.destroy(),
  };
}

function checkGrowth(bytes: number, packedBytes: number): void {
  if (bytes <= LIMITS.gzipFreeBytes || bytes <= packedBytes * LIMITS.gzipRatio) return;
  throw invalid(
    `Unpacked, the gzip may have ${LIMITS.gzipRatio} times as many bytes as packed (gzipRatio); ` +
      `${packedBytes} bytes became ${bytes} or more`,
  );
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}
