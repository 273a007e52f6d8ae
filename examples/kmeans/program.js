/**
 * One round of k-means: every point goes to the centre nearest to it, and every centre to the mean of its points.
 *
 * `config.centres` is the result of the round before: `[{ key, value: { x, y } }]`. Of centres at the same distance
 * the first one is taken; one that no point is nearest to is left out from then on.
 */
export function map(point, { emit, config }) {
  const [x, y] = [Number(point.x), Number(point.y)];
  let nearest = null;
  let least = Infinity;
  for (const { key, value } of config.centres) {
    const distance = (x - value.x) ** 2 + (y - value.y) ** 2;
    if (distance >= least) continue;
    least = distance;
    nearest = key;
  }
  emit(nearest, { x, y, count: 1, error: least });
}

export function combine(_cluster, parts) {
  const sum = { x: 0, y: 0, count: 0, error: 0 };
  for (const part of parts) for (const name in sum) sum[name] += part[name];
  return sum;
}

export function reduce(cluster, parts, { config }) {
  const { x, y, count, error } = combine(cluster, parts);
  const centre = { x: x / count, y: y / count };
  const { value: before } = config.centres.find(({ key }) => key === cluster);
  const shift = Math.sqrt((centre.x - before.x) ** 2 + (centre.y - before.y) ** 2);
  return { ...centre, count, error, shift };
}
