/** Cuts a body into lines as it comes. */

/** The connection went away in the middle. `cause` has what the platform says. */
export class StreamBrokenError extends Error {
  override readonly name = "StreamBrokenError";
}

/**
 * @param each Told of every chunk, before its lines.
 * @yields Each line without its end. What follows the last line end is left out: it may be half of something.
 * @throws {StreamBrokenError}
 */
export async function* linesOf(
  body: ReadableStream<Uint8Array>,
  each: (bytes: number) => void = () => {},
): AsyncGenerator<string, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(breakOff);
      if (done) return;
      each(value.byteLength);
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } finally {
    // Whoever stops in the middle wants no more of it; what has failed cannot be cancelled, which is as good.
    await reader.cancel().catch(() => {});
  }
}

function breakOff(cause: unknown): never {
  throw new StreamBrokenError("The connection broke off", { cause });
}
