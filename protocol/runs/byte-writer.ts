/** Bytes that grow as they are written. */
export interface ByteWriter {
  readonly length: number;
  byte(value: number): void;
  /** @param value A whole number from 0 to 2^53 - 1: seven bits a byte, the lowest first. */
  varint(value: number): void;
  /** As IEEE 754, the highest byte first. */
  double(value: number): void;
  raw(bytes: Uint8Array): void;
  /** A copy, as long as what was written. */
  finish(): Uint8Array<ArrayBuffer>;
}

/** The longest varint of a safe integer, and longer than a double. */
const LONGEST = 8;

export function openByteWriter(firstCapacity = 1024): ByteWriter {
  let bytes = new Uint8Array(firstCapacity);
  let view = new DataView(bytes.buffer);
  let length = 0;

  return {
    get length() {
      return length;
    },
    byte(value) {
      reserve(1);
      bytes[length++] = value;
    },
    varint(value) {
      reserve(LONGEST);
      let rest = value;
      while (rest >= 0x80) {
        bytes[length++] = (rest % 0x80) | 0x80;
        rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 0x80);
      }
      bytes[length++] = rest;
    },
    double(value) {
      reserve(LONGEST);
      view.setFloat64(length, value);
      length += 8;
    },
    raw(added) {
      reserve(added.length);
      bytes.set(added, length);
      length += added.length;
    },
    finish: () => bytes.slice(0, length),
  };

  function reserve(count: number): void {
    if (length + count <= bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * bytes.length, length + count));
    larger.set(bytes);
    bytes = larger;
    view = new DataView(bytes.buffer);
  }
}
