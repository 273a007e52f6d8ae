/**
 * Keeps a config the same for all tasks of a slot.
 *
 * Objects are frozen, and maps, sets and dates lose the functions that change them. Bytes cannot be frozen, and a frozen
 * regular expression could not be used: those are put back as they were when the next task begins.
 */
export interface FrozenConfig {
  readonly value: unknown;
  /** To be called before each task. */
  restore(): void;
}

export function freezeConfig(value: unknown): FrozenConfig {
  const seen = new Set<object>();
  const restorers: (() => void)[] = [];
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    const restore = restorerOf(next);
    if (restore) restorers.push(restore);
    else {
      waiting.push(...partsOf(next));
      for (const name of changersOf(next)) forbid(next, name);
      Object.freeze(next);
    }
  }
  return {
    value,
    restore() {
      for (const restore of restorers) restore();
    },
  };
}

function restorerOf(value: object): (() => void) | null {
  if (value instanceof RegExp) {
    const { lastIndex } = value;
    return () => void (value.lastIndex = lastIndex);
  }
  const isView = ArrayBuffer.isView(value);
  if (!isView && !(value instanceof ArrayBuffer)) return null;
  const bytes = isView
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
  const before = bytes.slice();
  return () => bytes.set(before);
}

function partsOf(value: object): unknown[] {
  const fields = Reflect.ownKeys(value).map(
    (name) => Object.getOwnPropertyDescriptor(value, name)?.value as unknown,
  );
  if (value instanceof Map) return [...fields, ...[...value].flat()];
  return value instanceof Set ? [...fields, ...value] : fields;
}

/** Names of the functions by which the insides of an object could be changed. */
function changersOf(value: object): string[] {
  if (value instanceof Map) return ["set", "delete", "clear"];
  if (value instanceof Set) return ["add", "delete", "clear"];
  if (!(value instanceof Date)) return [];
  return Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith("set"));
}

function forbid(value: object, name: string): void {
  Object.defineProperty(value, name, {
    value() {
      throw new TypeError(`${name} cannot be called: the config is the same for all tasks; copy it first`);
    },
  });
}
