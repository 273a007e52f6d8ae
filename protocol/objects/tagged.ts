/**
 * How a value that is not plain JSON stands where JSON is expected: `{"$tabgrid": …}`, what `encode.ts` makes of it, at the
 * outermost place of a config, a key, a value or a record. Plain JSON stands for itself.
 */
import type { Json } from "../json";
import { checkObjects } from "./decode";
import { CannotCarry } from "./cannot-carry";
import { encodeObjects, type EncodeOptions } from "./encode";

export const TAG = "$tabgrid";

export function isTagged(json: unknown): json is { readonly [TAG]: unknown } {
  return typeof json === "object" && json !== null && Object.hasOwn(json, TAG);
}

/** @throws {CannotCarry} With the path of what cannot be carried. */
export function tagged(value: unknown, options: EncodeOptions): Json {
  const flat = encodeObjects(value, options);
  // What would be refused there is refused here.
  try {
    checkObjects(flat);
  } catch (error) {
    throw new CannotCarry(options.name, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
  return { [TAG]: flat };
}
