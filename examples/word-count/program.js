/** Counts the words of a text: runs of the letters a to z, upper and lower case alike. */

export function map(line, { emit }) {
  // Lower-cased after the match: lower-casing can make letters of signs that are none, like the Kelvin sign.
  for (const word of line.match(/[A-Za-z]+/g) ?? []) emit(word.toLowerCase(), 1);
}

/** Adds up what one task counted, so that each word leaves the volunteer once and not a thousand times. */
export function combine(word, counts) {
  return sum(counts);
}

export function reduce(word, counts) {
  return sum(counts);
}

function sum(numbers) {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
