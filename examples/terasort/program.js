/**
 * Sorts records of 100 bytes by their first ten, as the sort benchmark of Jim Gray has them. The input is the records' numbers:
 * what belongs to a number is made of it and of a seed, the same by anybody at any time.
 */

export function map(number, { emit, config }) {
  const { key, value } = recordOf(number, config?.seed ?? 1);
  emit(key, value);
}

export function reduce(key, values, { emit }) {
  for (const value of values) emit(key, value);
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
