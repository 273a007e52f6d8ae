/** Runs a program's own `split`: each item it gives becomes a line of JSON, and so a record that `map` is given. */
import { canonicalJson } from "../../protocol/canonical";
import { LIMITS } from "../../protocol/limits";
import type { TaskId } from "../../protocol/ids";
import type { Collector } from "./collect";
import type { Context } from "./context";
import type { Outlet } from "./outlet";
import type { Parts } from "./parts";
import type { Records } from "./program";
import type { SlotPart } from "./slot-answers";
import { isThenable } from "./thenable";

/** What `split` returned, whatever that is. */
export type Split = (records: Records, context: Context, taskId: TaskId) => unknown;

/** Items come in the order in which they are given. */
export type Items = Iterable<unknown> | AsyncIterable<unknown>;

/** Parts end with an item at about so many characters: each becomes a block. */
const PART_CHARS = 1024 * 1024;

/** The program's own function, which is given all records as a list. */
export function splitWith(split: (...values: unknown[]) => unknown): Split {
  return (records, context) => {
    const list = Array.from({ length: records.count }, (_, index) => records.at(index));
    records.mark(null);
    return split(list, context);
  };
}

/** @throws {TypeError} If `split` gave no items. @throws {RangeError} If it gives too many. */
export async function takeItems(
  returned: unknown,
  collector: Pick<Collector, "emit">,
  { room }: Pick<Outlet, "room">,
): Promise<void> {
  const items = itemsIn(isThenable(returned) ? await returned : returned);
  if (Symbol.asyncIterator in items) {
    for await (const item of items) {
      collector.emit(null, item);
      await room();
    }
    return;
  }
  for (const item of items) {
    collector.emit(null, item);
    const full = room();
    if (full) await full;
  }
}

function itemsIn(returned: unknown): Items {
  if (typeof returned === "object" && returned !== null && isIterable(returned)) return returned;
  const got = returned === null ? "null" : typeof returned;
  throw new TypeError(
    `split must be a generator, or return a list of the items that map is given; got ${got}`,
  );
}

const isIterable = (value: object): value is Items =>
  Symbol.iterator in value || Symbol.asyncIterator in value;

/** A line for each item. Keys are of no use here. */
export function openItemCollector(parts: Parts): Collector {
  const done: SlotPart[] = [];
  let lines: string[] = [];
  let [items, chars, partChars] = [0, 0, 0];

  return {
    emit(_, item) {
      const line = lineOf(item, items);
      items += 1;
      chars += line.length;
      if (items > LIMITS.splitItems) throw tooMuch(`${LIMITS.splitItems} items (splitItems)`);
      if (chars > LIMITS.splitBytes) throw tooMuch(`${LIMITS.splitBytes} bytes (splitBytes)`);
      lines.push(line);
      partChars += line.length;
      if (partChars >= PART_CHARS) close();
    },
    finish() {
      if (lines.length > 0) close();
      return Promise.resolve(done);
    },
  };

  function close(): void {
    done.push(parts.text(lines.join(""), lines.length));
    lines = [];
    partChars = 0;
  }
}

function lineOf(item: unknown, place: number): string {
  if (item === undefined) throw new TypeError(`split gave undefined as its item ${place}: say null`);
  const line = `${canonicalJson(item)}\n`;
  if (line.length <= LIMITS.recordBytes / 3) return line;
  const { byteLength } = new TextEncoder().encode(line);
  if (byteLength <= LIMITS.recordBytes) return line;
  throw new RangeError(
    `An item that split gives may have ${LIMITS.recordBytes} bytes as JSON (recordBytes); item ${place} has ${byteLength}`,
  );
}

function tooMuch(most: string): RangeError {
  return new RangeError(
    `split may give ${most} in one call, and it gave more: let each item stand for more work`,
  );
}
