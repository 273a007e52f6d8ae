/** What goes to the program as `context.config`: checked before anything is sent. */
import type { Json } from "../protocol/json";
import type { Classes } from "../protocol/objects/classes";
import { toWire } from "../protocol/objects/wire";

/** @throws {CannotCarry} With the path of what cannot be sent. */
export function configOf(value: unknown, classes: Classes): Json {
  return toWire(value ?? null, classes, "config");
}
