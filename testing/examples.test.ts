import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as grep from "../examples/grep/program.js";
import * as invertedIndex from "../examples/inverted-index/program.js";
import * as latticeWalks from "../examples/lattice-walks/program.js";
import * as join from "../examples/join/program.js";
import * as logAnalysis from "../examples/log-analysis/program.js";
import * as terasort from "../examples/terasort/program.js";
import { recordsOf } from "../examples/terasort/generate.mjs";
import { checkSorted, checksumOfInput } from "../examples/terasort/validate.mjs";
import { runPipeline } from "./run-pipeline";
import { runProgram } from "./run-program";

const read = (file: string) => readFileSync(`examples/${file}`, "utf8");
const linesIn = (text: string) => text.split("\n").slice(0, -1);

test.each(["numbers", "records"])(
  "[EX1] TeraSort gives every record once, in order within and across its partitions, given %s",
  async (given) => {
    const [count, seed] = [20_000, 3];
    const records = Buffer.concat([...recordsOf(count, seed)]);
    expect(records.length).toBe(100 * count);
    const partitions = await runProgram({
      ...{ module: terasort, input: given === "numbers" ? count : records, perTask: 1_700 },
      ...{ reducers: 7, isTotal: true, reading: { type: "bytes", recordBytes: 100 } },
      config: { seed },
    });
    const sizes = partitions.map(({ length }) => length);
    expect(Math.max(...sizes)).toBeLessThan((2 * count) / 7);
    const lines = partitions.flat().map(([key, value]) => JSON.stringify({ key, value }));
    const found = await checkSorted(lines);
    expect(found).toEqual({ records: count, checksum: checksumOfInput(count, seed) });
    const { key, value } = terasort.recordOf(5, seed);
    expect(key.length).toBe(10);
    expect(value.length).toBe(90);
  },
);

test("[EX7] TeraSort sorts keys that are no text in the order of their bytes", async () => {
  const keys = [0x00, 0x7f, 0x80, 0x9f, 0xa0, 0xff];
  const records = Buffer.concat([...keys].reverse().map((key) => Buffer.alloc(100, key)));
  const [sorted = []] = await runProgram({
    ...{ module: terasort, input: records, perTask: 2, reducers: 1, isTotal: true },
    reading: { type: "bytes", recordBytes: 100 },
  });
  expect(sorted.map(([key, value]) => Buffer.from(`${key}${value}`, "latin1"))).toEqual(
    keys.map((key) => Buffer.alloc(100, key)),
  );
});

test("[EX2] the validator of TeraSort notices a record out of order, and one that is missing or changed", async () => {
  const lines = Array.from({ length: 50 }, (_, number) => terasort.recordOf(number, 1))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map((record) => JSON.stringify(record));
  const whole = await checkSorted(lines);
  expect(whole).toEqual({ records: 50, checksum: checksumOfInput(50, 1) });
  await expect(checkSorted([...lines].reverse())).rejects.toThrow("Record 1 has the key");
  expect((await checkSorted(lines.slice(1))).checksum).not.toBe(whole.checksum);
  const changed = lines.map((line, place) => (place === 7 ? line.replace("0123", "0124") : line));
  expect((await checkSorted(changed)).checksum).not.toBe(whole.checksum);
});

test("[EX3] the index lists each word's verses, as looking for the word finds them", async () => {
  const text = read("inverted-index/proverbs.txt");
  const partitions = await runProgram({ module: invertedIndex, input: text, perTask: 100, reducers: 4 });
  const index = new Map(partitions.flat());
  for (const word of ["wisdom", "the", "jealousy", "lemuel"]) {
    const verses = linesIn(text).filter((line) => {
      const words = line.slice(line.search(/\d /) + 2).match(/[A-Za-z]+/g) ?? [];
      return words.some((own) => own.toLowerCase() === word);
    });
    expect(index.get(word), word).toEqual(verses.map((line) => line.slice(0, line.search(/\d /) + 1)));
  }
});

test("[EX4] the log's figures are those of a count by hand", async () => {
  const text = read("log-analysis/access.log");
  const partitions = await runProgram({
    ...{ module: logAnalysis, input: text, perTask: 500, reducers: 2, config: { top: 3 } },
  });
  const figures = new Map(partitions.flat());
  const requests = linesIn(text).filter((line) => line.startsWith("10."));
  const count = (path: string) =>
    requests.filter((line) => line.split(" ")[6]?.split("?")[0] === path).length;
  const paths = [...new Set(requests.map((line) => line.split(" ")[6]?.split("?")[0] ?? ""))];
  const top = paths.map((path) => [path, count(path)] as const).sort(([, a], [, b]) => b - a);
  expect(figures.get("top paths")).toEqual(top.slice(0, 3));
  const errors = requests.filter((line) => /" 5\d\d /.test(line));
  const at13 = errors.filter((line) => line.includes("2026:13:")).length;
  expect(figures.get("errors by hour")).toMatchObject({ 13: at13 });
  expect(figures.get("lines that are none")).toEqual({ lines: linesIn(text).length - requests.length });
});

test("[EX5] grep gives what matches, under the numbers of the lines", async () => {
  const text = read("grep/psalms.txt");
  const pattern = "\\b(harp|trumpet)\\b";
  const [found] = await runProgram({ module: grep, input: text, perTask: 300, config: { pattern } });
  const expected = linesIn(text).flatMap((line, place) =>
    /\b(harp|trumpet)\b/.test(line) ? [[place, line]] : [],
  );
  expect(expected.length).toBeGreaterThan(5);
  expect(found).toEqual(expected);
});

test("[EX6] the join has a row for each order of a customer that there is", async () => {
  const text = read("join/tables.csv");
  const partitions = await runProgram({ module: join, input: text, perTask: 200, reducers: 3 });
  const rows = linesIn(text).map((line) => line.split(","));
  const customers = new Map(
    rows.filter(([table]) => table === "customer").map(([, id, name, town]) => [id, { name, town }]),
  );
  const expected = rows.flatMap(([table, number, id, cents]) => {
    const customer = customers.get(id);
    return table === "order" && customer ? [[Number(number), { ...customer, cents: Number(cents) }]] : [];
  });
  const byNumber = (a: readonly unknown[], b: readonly unknown[]) => Number(a[0]) - Number(b[0]);
  expect(partitions.flat().sort(byNumber)).toEqual(expected.sort(byNumber));
  expect(expected.length).toBeLessThan(1_500);
});

test("[EX10] walks that never meet themselves are as many as is known, however their tree is split", async () => {
  for (const [first, perTask] of [
    [0, 1],
    [4, 3],
    [9, 1000],
  ] as const) {
    const run = { module: latticeWalks, input: [2, 7, 9], perTask, reducers: 2, config: { first } };
    const found = new Map((await runProgram(run)).flat());
    expect(found.get(2)).toEqual({ walks: 12, meanSquareDistance: 8 / 3 });
    expect(found.get(7)).toMatchObject({ walks: 2_172 });
    expect(found.get(9)).toMatchObject({ walks: 16_268 });
  }
});

test("[PI16] k-means finds the centres that a plain loop over all points finds, in as many iterations", async () => {
  const { iterations, records } = await runPipeline("examples/kmeans");
  const points = linesIn(read("kmeans/points.csv"))
    .slice(1)
    .map((line) => line.split(",").map(Number) as [number, number]);
  let centres: [number, number][] = [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ];
  let count = 0;
  for (let shift = Infinity; shift >= 0.000001; count++) {
    const nearest = points.map(([x, y]) => {
      const distances = centres.map(([cx, cy]) => (x - cx) ** 2 + (y - cy) ** 2);
      return distances.indexOf(Math.min(...distances));
    });
    const next = centres.map((_, at): [number, number] => {
      const own = points.filter((_point, place) => nearest[place] === at);
      const mean = (axis: 0 | 1) => own.reduce((sum, point) => sum + point[axis], 0) / own.length;
      return [mean(0), mean(1)];
    });
    shift = Math.max(
      ...next.map(([x, y], at) => Math.hypot(x - (centres[at]?.[0] ?? 0), y - (centres[at]?.[1] ?? 0))),
    );
    centres = next;
  }
  expect(iterations.cluster).toHaveLength(count);
  expect(count).toBeGreaterThan(3);
  const found = new Map(records("cluster").map(({ key, value }) => [key, value]));
  // Sums are taken in another order than in the loop.
  for (const [at, [x, y]] of centres.entries()) {
    const centre = found.get("abcd"[at] ?? "") as { x: number; y: number };
    expect(centre.x).toBeCloseTo(x, 9);
    expect(centre.y).toBeCloseTo(y, 9);
  }
});

test("[PI17] PageRank gives the ranks of a plain loop over all links, in as many iterations", async () => {
  const { iterations, records } = await runPipeline("examples/pagerank");
  const links = linesIn(read("pagerank/links.txt")).map((line) => line.split(" ") as [string, string]);
  const pages = [...new Set(links.flat())];
  const outOf = new Map(
    pages.map((page) => [page, links.filter(([from]) => from === page).map(([, to]) => to)]),
  );
  let ranks = new Map(pages.map((page) => [page, 1]));
  let count = 0;
  for (let change = Infinity; change >= 0.001; count++) {
    const stuck = pages.reduce(
      (sum, page) => sum + (outOf.get(page)?.length ? 0 : (ranks.get(page) ?? 0)),
      0,
    );
    const handed = new Map(pages.map((page) => [page, 0]));
    for (const [page, targets] of outOf)
      for (const to of targets)
        handed.set(to, (handed.get(to) ?? 0) + (ranks.get(page) ?? 0) / targets.length);
    const next = new Map(
      pages.map((page) => [page, 0.15 + 0.85 * ((handed.get(page) ?? 0) + stuck / pages.length)]),
    );
    change = Math.max(...pages.map((page) => Math.abs((next.get(page) ?? 0) - (ranks.get(page) ?? 0))));
    ranks = next;
  }
  expect(iterations.rank).toHaveLength(count);
  expect(count).toBeGreaterThan(5);
  const found = new Map(records("rank").map(({ key, value }) => [key, (value as { rank: number }).rank]));
  expect(found.size).toBe(pages.length);
  for (const [page, rank] of ranks) expect(found.get(page), page).toBeCloseTo(rank, 9);
  expect([...found.values()].reduce((sum, rank) => sum + rank, 0)).toBeCloseTo(pages.length, 6);
});
