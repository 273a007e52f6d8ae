/** Whole objects where a program runs, with the classes that it exports. */
import type { ObjectForms } from "../canonical";
import { openRegistry } from "./classes";
import { decodeObjects } from "./decode";
import { encodeObjects } from "./encode";
import { TAG } from "./tag";

/**
 * @param classes What the program exports under that name.
 * @param stackOf What travels of an error's stack: the same in every copy of a task.
 * @throws {TypeError} If something in it is no class that can be carried.
 */
export function openObjectForms(classes: unknown, stackOf: (error: Error) => string): ObjectForms {
  const registry = openRegistry(classes);
  return {
    write: (value) => ({ [TAG]: encodeObjects(value, { registry, name: "value", stackOf }) }),
    read: (form) => decodeObjects(form[TAG], registry),
    isOwn: (value) =>
      value instanceof Date ||
      value instanceof URL ||
      ArrayBuffer.isView(value) ||
      registry.of(value) !== undefined,
  };
}
