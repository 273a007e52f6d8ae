/** Leaves out the first lines of a stream of bytes: for a reader who has them already. */

const LINE_END = 10;

/** @param bytes Lines, cut anywhere. @param count Lines to leave out; when there are fewer, nothing is left. */
export async function* skipLines(
  bytes: AsyncIterable<Uint8Array>,
  count: number,
): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of bytes) {
    let from = 0;
    while (left > 0 && from < chunk.length) {
      const end = chunk.indexOf(LINE_END, from);
      from = end === -1 ? chunk.length : end + 1;
      if (end !== -1) left -= 1;
    }
    if (from < chunk.length) yield chunk.subarray(from);
  }
}
