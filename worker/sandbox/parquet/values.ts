/** What values of a column are to programs, where the library has it otherwise. */
import { DEFAULT_PARSERS, parseDecimal } from "hyparquet/src/convert.js";
import type { SchemaElement } from "../../../protocol/parquet";

export type Finish = (value: unknown) => unknown;

/**
 * - Text is what says that it is, an enumeration too. Other bytes stay bytes, as copies: a program may write to them.
 * - A decimal is the number that is nearest; the library multiplies, which makes 0.7000000000000001 of 0.7.
 * - What can be changed is made for each row: a program may do so.
 * - Times are dates in whole milliseconds, and coordinates are the bytes that they were.
 */
export function adjust(element: SchemaElement): { element: SchemaElement; finish: Finish } {
  const { converted_type: converted, logical_type: logical, type, scale = 0 } = element;
  if (converted === "ENUM" || logical?.type === "ENUM")
    return { element: { ...element, converted_type: "UTF8" }, finish: present };
  if (converted === "DECIMAL" || logical?.type === "DECIMAL") {
    const digits = logical?.type === "DECIMAL" ? logical.scale : scale;
    return { element: plainly(element), finish: (value) => decimal(present(value), digits) };
  }
  if (logical?.type === "GEOMETRY" || logical?.type === "GEOGRAPHY")
    return { element: plainly(element), finish: bytesOf };
  if (logical?.type === "DATE" && converted === undefined)
    return { element: { ...element, converted_type: "DATE" }, finish: dateOf };
  if (converted === "JSON" || logical?.type === "JSON")
    return { element: { ...element, converted_type: "UTF8" }, finish: jsonOf };
  const isBytes = type === "BYTE_ARRAY" || type === "FIXED_LEN_BYTE_ARRAY";
  const isTime = logical?.type === "TIMESTAMP" || type === "INT96" || TIMES.has(converted ?? "");
  return { element, finish: isBytes ? bytesOf : isTime ? dateOf : present };
}

const TIMES: ReadonlySet<string> = new Set(["DATE", "TIMESTAMP_MILLIS", "TIMESTAMP_MICROS"]);

export const PARSERS = DEFAULT_PARSERS;

function plainly({
  converted_type: _converted,
  logical_type: _logical,
  ...element
}: SchemaElement): SchemaElement {
  return element;
}

/** @throws {Error} For a place in the dictionary that is not there. */
function present(value: unknown): unknown {
  if (value !== undefined) return value;
  throw new Error("a value is not in the dictionary");
}

function bytesOf(value: unknown): unknown {
  return present(value) instanceof Uint8Array ? (value as Uint8Array).slice() : value;
}

/** A dictionary has one for many rows. */
function dateOf(value: unknown): unknown {
  return present(value) instanceof Date ? new Date(value as Date) : value;
}

function jsonOf(value: unknown): unknown {
  if (present(value) === null) return null;
  return JSON.parse(String(value)) as unknown;
}

function decimal(value: unknown, digits: number): unknown {
  if (value === null) return null;
  const unscaled = value instanceof Uint8Array ? unscaledOf(value) : value;
  return Number(`${String(unscaled)}e${-digits}`);
}

/** In two's complement, its first byte the highest. */
function unscaledOf(bytes: Uint8Array): bigint | number {
  if (bytes.length <= 6) return parseDecimal(bytes);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex}`));
}
