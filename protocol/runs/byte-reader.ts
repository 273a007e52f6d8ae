/** Reads bytes that somebody else wrote: nothing is believed about them. */
export interface ByteReader {
  /** How many are left. */
  readonly left: number;
  byte(): number;
  varint(): number;
  double(): number;
  /** A view, not a copy. */
  raw(count: number): Uint8Array;
}

/** Each of its functions throws a RangeError when the bytes end too early, or a number is larger than 2^53 - 1. */
export function openByteReader(bytes: Uint8Array): ByteReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;

  return {
    get left() {
      return bytes.length - at;
    },
    byte: () => view.getUint8(at++),
    varint() {
      let value = 0;
      let scale = 1;
      for (;;) {
        const byte = view.getUint8(at++);
        value += (byte & 0x7f) * scale;
        if (value > Number.MAX_SAFE_INTEGER) throw new RangeError("A run holds a number beyond 2^53 - 1");
        if (byte < 0x80) return value;
        scale *= 0x80;
      }
    },
    double() {
      const value = view.getFloat64(at);
      at += 8;
      return value;
    },
    raw(count) {
      if (count > bytes.length - at)
        throw new RangeError(
          `A run is cut short: ${count} bytes were to come, ${bytes.length - at} are there`,
        );
      at += count;
      return bytes.subarray(at - count, at);
    },
  };
}
