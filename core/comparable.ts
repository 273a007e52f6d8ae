/**
 * Whole objects as JSON that can be compared place by place: numbers where the values have numbers, members under their own
 * names. What JSON has no form for is an object with one name that begins with `$`.
 *
 *   Map {"$map": [[key, value], …]}      Set {"$set": […]}          Float64Array {"$Float64Array": […]}
 *   Date {"$date": …}                    12n {"$bigint": "12"}      an instance {"$class": "Point", "x": 1}
 *   NaN {"$number": "NaN"}               undefined {"$undefined": true}    what was there before {"$same": 3}
 */
import type { Json } from "../protocol/json";
import { openStandIns } from "../protocol/objects/stand-ins";
import { isTagged } from "../protocol/objects/tag";

/** What may still be made of an output: a list with holes is short, and may be of any length. */
export interface PartsLeft {
  parts: number;
}

/** @throws {Error} If it has the tag of an object, and is none, or has more parts than may be made. */
export function comparable(value: Json, left: PartsLeft): Json {
  if (!isTagged(value)) return value;
  const { root, classOf } = openStandIns(value);
  const seen = new Map<object, number>();
  return viewOf(root);

  function viewOf(part: unknown): Json {
    left.parts -= 1;
    if (left.parts < 0) throw new RangeError("Larger than what is compared");
    switch (typeof part) {
      case "string":
      case "boolean":
        return part;
      case "number":
        return Number.isFinite(part) ? part + 0 : { $number: String(part) };
      case "bigint":
        return { $bigint: String(part) };
      case "object":
        return part === null ? null : viewOfObject(part);
      default:
        return { $undefined: true };
    }
  }

  function viewOfObject(part: object): Json {
    const before = seen.get(part);
    if (before !== undefined) return { $same: before };
    seen.set(part, seen.size);
    if (Array.isArray(part)) return listOf(part);
    if (part instanceof Map) return { $map: [...part].map((entry) => entry.map(viewOf)) };
    if (part instanceof Set) return { $set: [...part].map(viewOf) };
    if (part instanceof Date) return { $date: String(part.getTime()) };
    if (part instanceof RegExp) return { $regexp: String(part) };
    if (part instanceof URL || part instanceof URLSearchParams) return { $url: String(part) };
    if (part instanceof ArrayBuffer) return bytesOf("ArrayBuffer", new Uint8Array(part));
    if (ArrayBuffer.isView(part)) return bytesOf(part.constructor.name, part);
    if (BOXES.some((box) => part instanceof box)) return { $object: viewOf(part.valueOf()) };
    return membersOf(part);
  }

  function listOf(list: readonly unknown[]): Json {
    if (list.length > left.parts) throw new RangeError(`A list of ${list.length} items is not compared`);
    return Array.from(list, viewOf);
  }

  function bytesOf(name: string, view: ArrayBufferView): Json {
    const items =
      view instanceof DataView ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : view;
    return { [`$${name}`]: Array.from(items as unknown as ArrayLike<unknown>, viewOf) };
  }

  function membersOf(part: object): Json {
    const className = classOf(part);
    const names = part instanceof Error ? Object.getOwnPropertyNames(part) : Object.keys(part);
    const members = names.map((name): [string, Json] => [name, viewOf(Reflect.get(part, name))]);
    return Object.fromEntries(className === undefined ? members : [["$class", className], ...members]);
  }
}

const BOXES = [Number, String, Boolean, BigInt];
