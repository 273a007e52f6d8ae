/** What a web server's log tells: the paths that are asked for most, and errors in each hour of the day. */

/** Common Log Format: host, user and name, [date:hour:…], "METHOD path …", status. */
const LINE = /^\S+ \S+ \S+ \[[^:]+:(\d\d):[^\]]+\] "\S+ ([^ ?"]+)[^"]*" (\d{3}) /;

export function map(line, { emit }) {
  const [, hour, path, status] = LINE.exec(line) ?? [];
  if (status === undefined) return emit("lines that are none", { lines: 1 });
  emit("top paths", { [path]: 1 });
  if (Number(status) >= 500) emit("errors by hour", { [hour]: 1 });
}

/** Adds counts up, name by name. */
export function combine(name, counts) {
  const sums = new Map();
  for (const count of counts)
    for (const [own, times] of Object.entries(count)) sums.set(own, (sums.get(own) ?? 0) + times);
  return Object.fromEntries(sums);
}

export function reduce(name, counts, { config }) {
  const sums = Object.entries(combine(name, counts));
  if (name !== "top paths") return Object.fromEntries(sums.sort());
  // The most frequent first; those that are as frequent by name.
  sums.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return sums.slice(0, config?.top ?? 10);
}
