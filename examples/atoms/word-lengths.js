/** How many words of each length a text has. Says on its output how far it is. */
export function map(line, { emit }) {
  for (const [word] of line.matchAll(/[\p{L}']+/gu)) emit(word.length, 1);
}

export function combine(length, counts) {
  return counts.reduce((sum, count) => sum + count, 0);
}

export function reduce(length, counts) {
  const sum = combine(length, counts);
  if (length > 16) console.log(`${sum} words of ${length} letters`);
  return sum;
}
