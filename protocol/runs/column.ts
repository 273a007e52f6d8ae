/**
 * Many keys, or many values, one after the other.
 *
 *   column := kinds  scalars  text  raw
 *   kinds    one byte when all items are of one kind; else 255 and a byte for each
 *   scalars  for each item in order: an integer (zigzag varint), a double (8 bytes), or a length (varint; text in UTF-16 units)
 *   text     its length in bytes (varint), then the UTF-8 of all texts without anything between them
 *   raw      all byte strings without anything between them
 *
 * All texts are decoded at once and then cut: a call of a decoder for each costs ten times as much as most of them.
 */
import { canonicalJson, valueOfCanonical } from "../canonical";
import type { ByteReader } from "./byte-reader";
import type { ByteWriter } from "./byte-writer";

/** A value that was encoded when it was emitted: the program may have changed it since. */
export class CanonicalText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const INTEGER = 3;
const DOUBLE = 4;
const TEXT = 5;
const BYTES = 6;
/** Whatever else has a canonical text, which is what is carried. */
const STRUCTURED = 7;
const MIXED = 255;

/** Whole numbers whose zigzag form is a safe integer. */
const MAX_INTEGER = 2 ** 52;

/**
 * What a run carries of an emitted value: itself when it cannot change, else a copy or its text. -0 becomes 0.
 * @throws {TypeError} If it has no canonical text.
 */
export function snapshotOf(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value)) return value === 0 ? 0 : value;
      return new CanonicalText(canonicalJson(value));
    default:
      if (value === null) return null;
      if (value instanceof Uint8Array) return value.slice();
      return value instanceof CanonicalText ? value : new CanonicalText(canonicalJson(value));
  }
}

/** About how many bytes a snapshot takes. */
export function sizeOf(snapshot: unknown): number {
  if (typeof snapshot === "string") return snapshot.length + 1;
  if (snapshot instanceof Uint8Array) return snapshot.length + 1;
  if (snapshot instanceof CanonicalText) return snapshot.text.length + 1;
  return typeof snapshot === "number" ? 4 : 1;
}

export function writeColumn(writer: ByteWriter, items: readonly unknown[]): void {
  const kinds = items.map(kindOf);
  const [first = NULL] = kinds;
  if (kinds.every((kind) => kind === first)) writer.byte(first);
  else {
    writer.byte(MIXED);
    writer.raw(Uint8Array.from(kinds));
  }
  const texts: string[] = [];
  const raws: Uint8Array[] = [];
  items.forEach((item, place) => {
    if (typeof item === "number") {
      if (kinds[place] === DOUBLE) writer.double(item);
      else writer.varint(item < 0 ? -2 * item - 1 : 2 * item);
    } else if (item instanceof Uint8Array) {
      writer.varint(item.length);
      raws.push(item);
    } else if (typeof item === "string" || item instanceof CanonicalText) {
      const text = textOf(item, kinds[place] === STRUCTURED);
      writer.varint(text.length);
      texts.push(text);
    }
  });
  const text = new TextEncoder().encode(texts.join(""));
  writer.varint(text.length);
  writer.raw(text);
  for (const raw of raws) writer.raw(raw);
}

/** Half a surrogate pair has no UTF-8; in canonical text it is escaped. */
function textOf(item: string | CanonicalText, isStructured: boolean): string {
  if (typeof item !== "string") return item.text;
  return isStructured ? canonicalJson(item) : item;
}

export interface Column {
  readonly items: unknown[];
  /** Canonical texts of the structured items, by place; null where there are none. */
  readonly texts: ReadonlyMap<number, string> | null;
}

/**
 * @param asSnapshots Gives what `snapshotOf` gave: structured items stay text.
 * @throws {Error} If the bytes are no column of so many items.
 */
export function readColumn(reader: ByteReader, count: number, asSnapshots = false): Column {
  const first = reader.byte();
  const kinds = first === MIXED ? reader.raw(count) : null;
  const items: unknown[] = new Array(count);
  const lengths = readScalars(reader, count, (place) => kinds?.[place] ?? first, items);
  const text = decoder.decode(reader.raw(reader.varint()));
  let from = 0;
  let texts: Map<number, string> | null = null;
  for (let place = 0; place < count; place++) {
    const kind = kinds?.[place] ?? first;
    const length = lengths[place] ?? 0;
    if (kind === BYTES) items[place] = reader.raw(length).slice();
    if (kind !== TEXT && kind !== STRUCTURED) continue;
    const own = text.slice(from, (from += length));
    if (own.length < length) throw new RangeError("A run's text is shorter than its lengths say");
    // A text that has no UTF-8 lies there as JSON, and its snapshot is the text.
    if (asSnapshots && kind === STRUCTURED && !own.startsWith('"')) {
      items[place] = new CanonicalText(own);
      continue;
    }
    items[place] = kind === TEXT ? own : valueOfCanonical(own);
    if (kind === STRUCTURED && typeof items[place] !== "string") (texts ??= new Map()).set(place, own);
  }
  return { items, texts };
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Fills in what is a scalar itself. @returns The lengths of the others. */
function readScalars(
  reader: ByteReader,
  count: number,
  kindAt: (place: number) => number,
  items: unknown[],
): number[] {
  const lengths: number[] = new Array<number>(count);
  for (let place = 0; place < count; place++) {
    switch (kindAt(place)) {
      case NULL:
        items[place] = null;
        break;
      case FALSE:
        items[place] = false;
        break;
      case TRUE:
        items[place] = true;
        break;
      case INTEGER: {
        const zigzag = reader.varint();
        items[place] = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
        break;
      }
      case DOUBLE:
        items[place] = reader.double();
        break;
      case TEXT:
      case BYTES:
      case STRUCTURED:
        lengths[place] = reader.varint();
        break;
      default:
        throw new RangeError(`A run holds an item of the unknown kind ${kindAt(place)}`);
    }
  }
  return lengths;
}

function kindOf(item: unknown): number {
  switch (typeof item) {
    case "string":
      return item.isWellFormed() ? TEXT : STRUCTURED;
    case "number":
      return Number.isInteger(item) && Math.abs(item) < MAX_INTEGER ? INTEGER : DOUBLE;
    case "boolean":
      return item ? TRUE : FALSE;
    default:
      if (item === null) return NULL;
      return item instanceof Uint8Array ? BYTES : STRUCTURED;
  }
}
