/** The config as a program is given it: JSON, or whole objects with the program's own classes. */
import { useObjectForms, valueOfJson } from "../../protocol/canonical";
import { openObjectForms } from "../../protocol/objects/forms";
import { stackOf } from "./errors";

/** @param classes What the program exports under that name; undefined where programs know no objects but JSON. */
export function useClasses(classes: unknown): void {
  if (classes !== undefined) useObjectForms(openObjectForms(classes, stackOf));
}

/** @throws {TypeError} With the reason, for an instance of a class that the program does not have. */
export function configOf(json: unknown): unknown {
  try {
    return valueOfJson(json);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TypeError(`The program cannot be given its config: ${reason}`, { cause: error });
  }
}
