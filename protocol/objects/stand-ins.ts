/** Whole objects with a bare object in place of each instance of a class, for those who do not have the classes. */
import { hydrated } from "./decode";
import { TAG, type Tagged } from "./tag";

export interface StandIns {
  readonly root: unknown;
  /** The class that an object stands for an instance of; undefined for any other. What a class encoded itself is its member `value`. */
  classOf(object: object): string | undefined;
}

/** @throws {SyntaxError} If it is no sound form. */
export function openStandIns(form: Tagged): StandIns {
  const prototypes = new Map<object, string>();
  const root = hydrated(form[TAG], (name, isEncoded) => {
    const prototype = Object.create(null) as object;
    prototypes.set(prototype, name);
    const decode = (value: unknown) => Object.assign(Object.create(prototype) as object, { value });
    return { name, prototype, hooks: isEncoded ? { encode: () => null, decode } : null };
  });
  return {
    root,
    classOf: (object) =>
      prototypes.get(Object.getPrototypeOf(object) as object) ??
      (object instanceof Error ? object.name : undefined),
  };
}
