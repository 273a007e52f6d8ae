/**
 * Estimates π by throwing points at a square: the share that falls into the circle is π / 4.
 *
 * A record is one round of `config.points` throws. `context.random()` gives every copy of a task the same
 * numbers, so volunteers agree although they play at dice.
 */

export function map(round, { emit, random, config }) {
  let inside = 0;
  for (let point = 0; point < config.points; point++) {
    const x = random();
    const y = random();
    if (x * x + y * y < 1) inside++;
  }
  emit("pi", { inside, points: config.points });
}

export function combine(key, rounds) {
  return total(rounds);
}

export function reduce(key, rounds) {
  const { inside, points } = total(rounds);
  return { inside, points, estimate: (4 * inside) / points };
}

function total(rounds) {
  let inside = 0;
  let points = 0;
  for (const round of rounds) {
    inside += round.inside;
    points += round.points;
  }
  return { inside, points };
}
