/** For each word the verses that it is in, in order: what a book has at its end. */

export function map(line, { emit }) {
  const [, verse, text] = /^(.+? \d+:\d+) (.*)$/.exec(line) ?? [];
  if (verse === undefined) return;
  const words = new Set(text.match(/[A-Za-z]+/g) ?? []);
  for (const word of words) emit(word.toLowerCase(), [verse]);
}

/** Lists of one task become one list, which a reducer reads as it would read them all. */
export function combine(word, lists) {
  return [...new Set(lists.flat())];
}

export const reduce = combine;
