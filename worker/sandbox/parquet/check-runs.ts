/**
 * Looks at numbers in Parquet's mixture of repeated and packed runs before the library does, which believes any length of a run
 * and goes on for ever, or takes all memory, where a bit is wrong.
 */

/** Values of a packed run beyond those that are there: it has eight at a time, and writers fill up. */
const SPARE = 512;
const VARINT_BYTES = 5;

/**
 * @param bits Of each number.
 * @param most Numbers that there may be; when there are fewer, the bytes may end earlier.
 * @throws {Error}
 */
export function checkRuns(bytes: Uint8Array, bits: number, most: number): void {
  if (bits > 32) throw new Error(`numbers of ${bits} bits are none of Parquet`);
  const packedBytes = Math.ceil(bits / 8);
  let at = 0;
  for (let seen = 0; seen < most && at < bytes.length;) {
    let header = 0;
    for (let place = 0; ; place++) {
      const byte = bytes[at++];
      if (byte === undefined || place === VARINT_BYTES) throw new Error("a run has no length");
      header += (byte & 127) * 2 ** (7 * place);
      if (byte < 128) break;
    }
    const isPacked = header % 2 === 1;
    const groups = Math.floor(header / 2);
    const count = isPacked ? 8 * groups : groups;
    if (count > most - seen + (isPacked ? SPARE : 0))
      throw new Error(`a run is said to have ${count} values; ${most - seen} are left`);
    at += isPacked ? groups * bits : packedBytes;
    seen += count;
  }
}
