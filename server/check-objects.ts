/** Whole objects in a submission: whether they are what the codec writes, and whether the program can be given them. */
import type { Json } from "../protocol/json";
import { LIMITS } from "../protocol/limits";
import { isTagged } from "../protocol/objects/tag";
import { classesInWire, faultInWire } from "../protocol/objects/wire";
import { GridError } from "../protocol/problems";
import type { Runtime } from "../protocol/runtime";

export interface Receiver {
  readonly runtime: Runtime;
  /** What it exports as `classes`, where that can be seen. */
  readonly classNames?: readonly string[] | null;
}

/** @throws {GridError} `invalid-input`. */
export function checkConfig(config: Json, receiver: Receiver): void {
  const { length } = JSON.stringify(config);
  if (length > LIMITS.configChars) {
    const rule = `may have at most ${LIMITS.configChars} characters as JSON (configChars)`;
    throw new GridError("invalid-input", `config: ${rule}; got ${length}`);
  }
  checkObject(config, "config", receiver);
}

/** @throws {GridError} `invalid-input`. */
export function checkItems(items: readonly Json[], receiver: Receiver): void {
  for (const [place, item] of items.entries()) checkObject(item, `input.items[${place}]`, receiver);
}

function checkObject(json: Json, name: string, { runtime, classNames }: Receiver): void {
  if (!isTagged(json)) return;
  const fault = faultInWire(json);
  if (fault !== null) throw new GridError("invalid-input", `${name}: ${fault}`);
  if (runtime.name !== "js" && runtime.name !== "pando") {
    const rule = "is more than JSON, which only programs in js, ts and pando can be given";
    throw new GridError("invalid-input", `${name}: ${rule}; this one is in ${runtime.name}`);
  }
  const missing = classNames && classesInWire(json).find((className) => !classNames.includes(className));
  if (missing === null || missing === undefined) return;
  const rule = `holds an instance of the class ${JSON.stringify(missing)}, which the program does not have`;
  throw new GridError("invalid-input", `${name}: ${rule}: export const classes = { … } with that name`);
}
