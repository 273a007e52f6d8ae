/**
 * In how many ways can `config.size` queens stand on a chessboard of that size, none attacking another?
 *
 * A record is where the queens of the first two rows stand, `[column, column]`. For 15 queens the answer is
 * 2,279,184 ways; the result also tells how many of them start in each column.
 */

export function map([first, second], { emit, config }) {
  const full = 2 ** config.size - 1;
  const a = 1 << first;
  const b = 1 << second;
  // The queen of the first row bars a column and two diagonals of the second.
  if (((a | (a << 1) | (a >> 1)) & b) !== 0) return;
  const solutions = countFrom(full, a | b, ((a << 1) | b) << 1, ((a >> 1) | b) >> 1);
  emit(`first queen in column ${String(first + 1).padStart(2, "0")}`, solutions);
  emit("all", solutions);
}

export function reduce(key, counts) {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Fills the rows that are left. Each argument is a set of columns, as bits: taken, and barred by diagonals. */
function countFrom(full, columns, left, right) {
  if (columns === full) return 1;
  let solutions = 0;
  let free = full & ~(columns | left | right);
  while (free !== 0) {
    const queen = free & -free;
    free ^= queen;
    solutions += countFrom(full, columns | queen, (left | queen) << 1, (right | queen) >> 1);
  }
  return solutions;
}
