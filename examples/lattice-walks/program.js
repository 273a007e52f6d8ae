/**
 * How many walks of so many steps on a square lattice never come to the same place twice, and how far do they lead?
 *
 * The walks are a tree: `split` walks its first steps and yields the places that each beginning has seen; each item is a branch, which
 * `map` walks to its end. All walks begin with a step to the east: the others are the same, turned.
 *
 * Input: lengths of walks. `config.first`: how many steps `split` takes.
 */

export function* split(lengths, { config }) {
  for (const steps of lengths) for (const walk of beginnings(steps, config.first)) yield { steps, walk };
}

export function map({ steps, walk }, { emit }) {
  const { walks, squares } = endings(walk, steps);
  if (walks > 0) emit(steps, { walks, squares });
}

export function combine(steps, sums) {
  return {
    walks: sums.reduce((sum, { walks }) => sum + walks, 0),
    squares: sums.reduce((sum, { squares }) => sum + squares, 0),
  };
}

/** Each walk stands for four. */
export function reduce(steps, sums) {
  const { walks, squares } = combine(steps, sums);
  return { walks: 4 * walks, meanSquareDistance: squares / walks };
}

const TURNS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
];

/** Walks of at most `first` of the steps, as lists of places. */
function* beginnings(steps, first) {
  const start = [
    [0, 0],
    [1, 0],
  ];
  yield* longer(start, Math.max(1, Math.min(steps, first)));
}

function* longer(walk, steps) {
  if (walk.length > steps) return yield walk;
  const [x, y] = walk.at(-1);
  for (const [dx, dy] of TURNS) {
    const isSeen = walk.some(([seenX, seenY]) => seenX === x + dx && seenY === y + dy);
    if (!isSeen) yield* longer([...walk, [x + dx, y + dy]], steps);
  }
}

/** Goes on from the end of a walk in every way there is. */
function endings(walk, steps) {
  const width = 2 * steps + 3;
  const seen = new Uint8Array(width * width);
  const placeOf = (x, y) => (y + steps + 1) * width + x + steps + 1;
  for (const [x, y] of walk) seen[placeOf(x, y)] = 1;
  let walks = 0;
  let squares = 0;
  const go = (x, y, left) => {
    if (left === 0) {
      walks += 1;
      squares += x * x + y * y;
      return;
    }
    for (const [dx, dy] of TURNS) {
      const place = placeOf(x + dx, y + dy);
      if (seen[place] === 1) continue;
      seen[place] = 1;
      go(x + dx, y + dy, left - 1);
      seen[place] = 0;
    }
  };
  const [x, y] = walk.at(-1);
  go(x, y, steps + 1 - walk.length);
  return { walks, squares };
}
