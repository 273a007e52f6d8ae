/** Pages and their links out of lines of `from to`. Every page has rank 1 to begin with, so that ranks are 1 on average. */
export function map(line, { emit }) {
  const [from, to] = line.split(" ");
  emit(from, to);
  emit(to, null);
}

export function reduce(page, targets) {
  const links = targets.filter((target) => target !== null);
  return { links, rank: 1, stuck: links.length === 0 ? 1 : 0, change: 1 };
}
