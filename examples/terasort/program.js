/**
 * Sorts records of 100 bytes by their first ten, as the sort benchmark of Jim Gray has them. The input is a dataset of such records,
 * or their numbers: what belongs to a number is made of it and of a seed, the same by anybody at any time.
 */

/** @param record Its bytes, or its number. */
export function map(record, { emit, config }) {
  const { key, value } = typeof record === "number" ? recordOf(record, config?.seed ?? 1) : partsOf(record);
  emit(key, value);
}

export function reduce(key, values, { emit }) {
  for (const value of values) emit(key, value);
}

/** A character for each byte, whatever it is: so texts are in order as their bytes are. */
function partsOf(record) {
  const text = String.fromCharCode(...record);
  return { key: text.slice(0, KEY_CHARS), value: text.slice(KEY_CHARS) };
}

/** @returns Ten printable characters of chance, and ninety that say which record it is. */
export function recordOf(number, seed) {
  let state = (Math.imul(number + 1, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca6b)) >>> 0;
  let key = "";
  for (let place = 0; place < KEY_CHARS; place++) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    key += PRINTABLE[((mixed ^ (mixed >>> 14)) >>> 0) % PRINTABLE.length];
  }
  const name = number.toString(16).toUpperCase().padStart(32, "0");
  return { key, value: ` ${name} ${FILLER}`.slice(0, VALUE_CHARS - 2) + "\r\n" };
}

const KEY_CHARS = 10;
const VALUE_CHARS = 90;
/** The characters of ASCII from the space to the tilde. */
const PRINTABLE = Array.from({ length: 95 }, (_, place) => String.fromCharCode(32 + place));
const FILLER = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
