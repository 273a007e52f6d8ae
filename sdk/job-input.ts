/** What a job works on, as a submission has it. */
import { LIMITS } from "../protocol/limits";
import type { Classes } from "../protocol/objects/classes";
import { toWire } from "../protocol/objects/wire";
import { isRange } from "./range";
import type { Items } from "./map";
import type { Submission } from "./submit";

type Input = Submission["input"];

/** Items, lines of text, or an input as the REST API takes it. */
export type JobItems<Item> = Items<Item> | Input;

/**
 * @returns The input, and how many records it is known to have.
 * @throws {CannotCarry} With the path of what cannot be sent; `RangeError` if there are more than fit a submission.
 */
export async function inputOf(
  items: JobItems<unknown>,
  classes: Classes,
): Promise<{ input: Input; count: number | null }> {
  if (typeof items === "string") return { input: { text: items }, count: null };
  if (isRange(items)) {
    const { start, end, step, length } = items;
    return { input: { range: { start, end, step } }, count: length };
  }
  if (!(Symbol.iterator in items) && !(Symbol.asyncIterator in items)) return { input: items, count: null };
  const all: unknown[] = [];
  let bytes = 0;
  for await (const item of items) {
    const sent = toWire(item, classes, `input[${all.length}]`);
    bytes += JSON.stringify(sent).length + 1;
    if (bytes > LIMITS.submitBytes)
      throw new RangeError(
        `input: the items of one job may have ${LIMITS.submitBytes} bytes; there are more`,
      );
    all.push(sent);
  }
  return { input: { items: all } as Input, count: all.length };
}
