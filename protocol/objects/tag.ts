/**
 * How a value that is not plain JSON stands where JSON is expected: `{"$tabgrid": …}`, with what `encode.ts` makes of it, at the
 * outermost place of a config, a record, a key or a value. Plain JSON stands for itself.
 */
import type { Json } from "../json";

export const TAG = "$tabgrid";

export interface Tagged {
  readonly [TAG]: Json;
}

export function isTagged(json: unknown): json is Tagged {
  return typeof json === "object" && json !== null && Object.hasOwn(json, TAG);
}
