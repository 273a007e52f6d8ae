/**
 * Walks over a structure in Thrift's compact protocol before a library makes objects of it.
 *
 * The library trusts lengths, depths and numbers as they come. After this walk every value lies within the bytes, and
 * what is made of them is bounded by the limits below.
 */
import { LIMITS } from "../../protocol/limits";
import { invalid } from "../invalid-data";

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Bytes of the longest number there is: 64 bits. */
const VARINT_BYTES = 10;
/** Of a length, or a number of 32 bits. */
const SHORT_VARINT_BYTES = 5;

/**
 * @returns Where the values of the outermost fields are, by their numbers.
 * @throws {GridError} `data-invalid` when it is no such structure, or too large a one.
 */
export function checkThrift(bytes: Uint8Array): Map<number, Span> {
  let at = 0;
  let values = 0;

  function fail(what: string): never {
    throw invalid(`The file's metadata cannot be read: ${what} at its byte ${at}`);
  }

  function byte(): number {
    const value = bytes[at++];
    return value ?? fail("it ends");
  }

  function skip(length: number): void {
    if (length > bytes.length - at) fail("it ends within a value");
    at += length;
  }

  function varint(most: number): number {
    let value = 0;
    for (let place = 0; place < most; place++) {
      const next = byte();
      value += (next & 127) * 2 ** (7 * place);
      if (next < 128) return value;
    }
    return fail("a number is too long");
  }

  function struct(depth: number, fields: Map<number, Span> | null): void {
    if (depth > LIMITS.parquetDepth)
      fail(`it is nested more than ${LIMITS.parquetDepth} deep (parquetDepth)`);
    let field = 0;
    for (;;) {
      const header = byte();
      const type = header & 15;
      if (type === 0) return;
      const delta = header >> 4;
      field = delta > 0 ? field + delta : zigzag(varint(SHORT_VARINT_BYTES));
      const start = at;
      value(type, depth, false);
      fields?.set(field, { start, end: at });
    }
  }

  function value(type: number, depth: number, isElement: boolean): void {
    values += 1;
    if (values > LIMITS.parquetValues)
      fail(`it has more than ${LIMITS.parquetValues} values (parquetValues)`);
    switch (type) {
      case 1:
      case 2:
        return isElement ? skip(1) : undefined;
      case 3:
        return skip(1);
      case 4:
      case 5:
        return void varint(SHORT_VARINT_BYTES);
      case 6:
        return void varint(VARINT_BYTES);
      case 7:
        return skip(8);
      case 8:
        return skip(varint(SHORT_VARINT_BYTES));
      case 9:
        return list(depth);
      case 12:
        return struct(depth + 1, null);
      default:
        fail(`type ${type} has no place in it`);
    }
  }

  function list(depth: number): void {
    const header = byte();
    const size = header >> 4 === 15 ? varint(SHORT_VARINT_BYTES) : header >> 4;
    // Every element has a byte at least.
    if (size > bytes.length - at) fail("a list has more elements than bytes");
    for (let place = 0; place < size; place++) value(header & 15, depth + 1, true);
  }

  const fields = new Map<number, Span>();
  struct(0, fields);
  return fields;
}

const zigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);
