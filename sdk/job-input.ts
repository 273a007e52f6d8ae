/** What a job works on, as a submission has it. */
import { LIMITS } from "../protocol/limits";
import { isRange } from "./range";
import type { Items } from "./map";
import type { Submission } from "./submit";

type Input = Submission["input"];

/** Items, lines of text, or an input as the REST API takes it. */
export type JobItems<Item> = Items<Item> | Input;

/**
 * @returns The input, and how many records it is known to have.
 * @throws {TypeError} If an item has no JSON form; `RangeError` if there are more than fit a submission.
 */
export async function inputOf(items: JobItems<unknown>): Promise<{ input: Input; count: number | null }> {
  if (typeof items === "string") return { input: { text: items }, count: null };
  if (isRange(items)) {
    const { start, end, step, length } = items;
    return { input: { range: { start, end, step } }, count: length };
  }
  if (!(Symbol.iterator in items) && !(Symbol.asyncIterator in items)) return { input: items, count: null };
  const all: unknown[] = [];
  let bytes = 0;
  for await (const item of items) {
    const text = JSON.stringify(item) as string | undefined;
    if (text === undefined)
      throw new TypeError(`input: item ${all.length} is ${typeof item}, which has no JSON form`);
    bytes += text.length + 1;
    if (bytes > LIMITS.submitBytes)
      throw new RangeError(
        `input: the items of one job may have ${LIMITS.submitBytes} bytes; there are more`,
      );
    all.push(item);
  }
  return { input: { items: all } as Input, count: all.length };
}
