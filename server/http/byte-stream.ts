/** Turns bytes that are made on demand into a response's body. */
import { isGridError } from "../../protocol/problems";
import { log } from "../log";

/**
 * A body that asks for the next chunk only when the one before has left, so that
 * a slow reader slows the source instead of filling our memory.
 *
 * An error cuts the connection: the status has already been sent, and an answer
 * that merely stopped would look complete.
 *
 * @param stop Called once when the reader leaves before the end.
 */
export function byteStream(chunks: AsyncIterable<Uint8Array>, stop: () => void): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  let hasLeft = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await iterator.next();
          // A reader may leave while the next chunk is being made for it.
          if (hasLeft) return;
          if (next.done) controller.close();
          else controller.enqueue(next.value);
        } catch (error) {
          if (hasLeft) return;
          if (!isGridError(error)) log.error({ err: error }, "An answer broke off");
          controller.error(error);
        }
      },
      async cancel() {
        hasLeft = true;
        stop();
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
