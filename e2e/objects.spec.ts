/** Whole objects on their way through a job in real tabs: as config, records, keys and values. */
import { fromWire, toWire } from "../protocol/objects/wire";
import type { JobRequest, Rest } from "./fixtures/rest";
import { readFileSync } from "node:fs";
import { expect, test } from "./fixtures/test";

class Range {
  from: number;
  to: number;
  constructor(from: number, to: number) {
    this.from = from;
    this.to = to;
  }
}

class Money {
  #cents: number;
  constructor(cents: number) {
    this.#cents = cents;
  }
  get cents() {
    return this.#cents;
  }
  static encode(money: Money) {
    return money.#cents;
  }
  static decode(cents: number) {
    return new Money(cents);
  }
}

const CLASSES = { Range, Money };

/** The program's own versions of these classes, and a map, combine and reduce that use whatever they are given. */
const SOURCE = `
class Range { has(n) { return n >= this.from && n < this.to; } }
class Money {
  #cents;
  constructor(cents) { this.#cents = cents; }
  plus(other) { return new Money(this.#cents + other.#cents); }
  static encode(money) { return money.#cents; }
  static decode(cents) { return new Money(cents); }
}
export const classes = { Range, Money };
export function map(sale, { config, emit }) {
  if (!(sale.at instanceof Date) || !(sale.price instanceof Money)) throw new TypeError("no sale");
  if (config.root.self !== config || config.again !== config.tags) throw new Error("not shared");
  const place = config.bands.findIndex((band) => band.has(sale.at.getUTCFullYear()));
  const kind = config.kinds.get(sale.kind) ?? config.kinds.get(undefined);
  if (config.word.test(sale.name)) emit({ place, kind }, new Map([["total", sale.price], ["names", new Set([sale.name])]]));
}
export function combine(key, values) {
  const [first, ...rest] = values;
  return rest.reduce((sum, value) => new Map([
    ["total", sum.get("total").plus(value.get("total"))], ["names", new Set([...sum.get("names"), ...value.get("names")])]]), first);
}
export function reduce(key, values, { config }) {
  const sum = combine(key, values);
  return { range: config.bands[key.place], total: sum.get("total"), names: sum.get("names"), big: config.big * 2n,
    weights: config.weights.map((weight) => weight * 2), odd: [NaN, -0, undefined, new RangeError("r", { cause: key })] };
}`;

function config() {
  const tags = new Set(["a"]);
  const whole: Record<string, unknown> = {
    bands: [new Range(1990, 2000), new Range(2000, 2100)],
    kinds: new Map<unknown, unknown>([
      ["book", 1n],
      [undefined, new Date(0)],
    ]),
    word: /^[a-z]+$/u,
    weights: new Float64Array([0.5, -0]),
    big: 2n ** 70n,
    tags,
    again: tags,
  };
  whole.root = { self: whole };
  return whole;
}

const sales = [
  { name: "one", kind: "book", at: new Date("1995-01-01"), price: new Money(100) },
  { name: "two", kind: "pen", at: new Date("2005-01-01"), price: new Money(30) },
  { name: "three", kind: "book", at: new Date("1996-01-01"), price: new Money(250) },
  { name: "NOT", kind: "book", at: new Date("1996-01-01"), price: new Money(250) },
];

const asItems = (values: readonly unknown[]) => ({
  items: values.map((value) => toWire(value, CLASSES, "input")),
});

async function failureOf(rest: Rest, request: JobRequest) {
  const { id } = await rest.submit(request);
  return (await rest.jobUntil(id, "ends", ({ endedAt }) => endedAt !== null)).failure;
}

test("[E3301] whole objects reach map, combine and reduce, agree by digest under a quorum of two, and come back whole in the result", async ({
  volunteer,
  rest,
}) => {
  await volunteer(1);
  await volunteer(1);
  const { id } = await rest.submit({
    name: "sales",
    program: { source: SOURCE },
    input: asItems(sales),
    options: { quorum: 2, reducers: 1, chunkSize: 3 },
    config: toWire(config(), CLASSES, "config"),
  });
  await rest.completed(id);
  const lines = (await rest.result(id)).trimEnd().split("\n");
  const records = lines.map((line) => {
    const { key, value } = JSON.parse(line) as { key: unknown; value: unknown };
    return [fromWire(key, CLASSES), fromWire(value, CLASSES)] as [
      { place: number; kind: unknown },
      Record<string, unknown>,
    ];
  });
  expect(lines[0]).toMatch(/^\{"key":\{"\$tabgrid":\[/);
  expect(records).toHaveLength(2);
  const [[books, booksTotal], [pens, pensTotal]] = records as [(typeof records)[0], (typeof records)[0]];
  expect([books, pens].sort((a, b) => a.place - b.place)).toEqual([
    { place: 0, kind: 1n },
    { place: 1, kind: new Date(0) },
  ]);
  const [old, recent] = books.place === 0 ? [booksTotal, pensTotal] : [pensTotal, booksTotal];
  expect(old).toMatchObject({
    range: new Range(1990, 2000),
    names: new Set(["one", "three"]),
    big: 2n ** 71n,
  });
  expect([(old.total as Money).cents, (recent.total as Money).cents]).toEqual([350, 30]);
  expect(old.weights).toEqual(new Float64Array([1, -0]));
  const [nan, zero, gone, error] = old.odd as [number, number, undefined, RangeError];
  expect([nan, zero, gone]).toEqual([NaN, -0, undefined]);
  expect(error).toBeInstanceOf(RangeError);
  expect([error.message, error.cause]).toEqual(["r", { place: 0, kind: 1n }]);
  expect(error.stack).toMatch(/program\.js:\d+/);
});

test("[E3302] a config is the same for every task, whatever tasks try to change of it", async ({
  volunteer,
  rest,
}) => {
  await volunteer(1);
  const source = `export function map(n, { config }) {
    const refused = [() => config.map.set(1, 2), () => config.set.clear(), () => config.at.setTime(1), () => (config.list[0] = 9)]
      .map((change) => { try { change(); return "changed"; } catch (error) { return error.name; } });
    const seen = [config.bytes[0], config.word.exec("ab ab").index];
    config.bytes[0] = 9;
    return [...refused, ...seen];
  }`;
  const whole = {
    map: new Map(),
    set: new Set([1]),
    at: new Date(0),
    list: [1],
    bytes: new Uint8Array([1]),
    word: /ab/g,
  };
  const { id } = await rest.submit({
    program: { source },
    input: { range: { end: 40 } },
    options: { quorum: 1 },
    config: toWire(whole, {}, "config"),
  });
  await rest.completed(id);
  const line = JSON.stringify(["TypeError", "TypeError", "TypeError", "TypeError", 1, 0]);
  const values = (await rest.result(id)).trimEnd().split("\n");
  expect(values).toEqual(Array.from({ length: 40 }, (_, key) => `{"key":${key},"value":${line}}`));
});

test("[E3303] what cannot be carried is refused: by its path at the client, as a form that is none at the coordinator, in its task in the tab", async ({
  volunteer,
  rest,
}) => {
  const layers = [{}, {}, { activate: () => 1 }];
  expect(() => toWire({ model: { layers } }, {}, "config")).toThrow(
    "config.model.layers[2].activate: a function cannot be carried",
  );
  const program = { source: "export function map(n) { return { deep: [n, () => 1] }; }" };
  const input = { range: { end: 1 } };
  const hostile: [body: string, words: RegExp][] = [
    ['{"$tabgrid":[{"a":7}]}', /^config: \$tabgrid: it is not what the codec writes/],
    ['{"$tabgrid":[{"__proto__":1},1]}', /^A member may not be named __proto__$/],
    [
      '{"$tabgrid":[["null","$class",1],"Point"]}',
      /^config: holds an instance of the class "Point", which the program does not have/,
    ],
    [
      `{"$tabgrid":[${Array.from({ length: 30_000 }, (_, place) => `[${place + 1}]`).join(",")}]}`,
      /nested too deeply/,
    ],
    [`{"$tabgrid":["${"x".repeat(300_000)}"]}`, /^config: may have at most 262144 characters/],
  ];
  for (const [config, words] of hostile) {
    const body = JSON.stringify({ program, input, config: 0 }).replace(
      '"config":0',
      () => `"config":${config}`,
    );
    const headers = { "content-type": "application/json" };
    const problem = await rest.problem("/api/v1/jobs", { method: "POST", headers, body });
    expect(problem).toMatchObject({ status: 400, type: "/problems/invalid-input" });
    expect(problem.detail).toMatch(words);
  }
  const python = { runtime: "python", source: "def map(n):\n    return n\n" };
  const refused = await rest.refusal({ program: python, input, config: toWire(new Set(), {}, "config") });
  expect(refused.detail).toContain("only programs in js, ts and pando can be given; this one is in python");

  await volunteer(1);
  const options = { quorum: 1, maxErrors: 1 };
  expect(await failureOf(rest, { program, input, options })).toMatchObject({
    message: "CannotCarry: value.deep[1]: a function cannot be carried",
    record: 0,
  });
  // A bundler's \`var\`: what it holds is not seen when the job is submitted.
  const bundled = { source: "var classes = {}; const map = (n) => n; export { classes, map };" };
  const config = toWire(new Range(1, 2), CLASSES, "config");
  expect(await failureOf(rest, { program: bundled, input, options, config })).toMatchObject({
    message: expect.stringContaining('an instance of the class "Range", which is not registered'),
  });
});

const XML = { "content-type": "application/xml" };
const base64 = (value: string) => Buffer.from(value).toString("base64");
const property = (name: string, value: string) =>
  `<property><name>${name}</name><value>${value}</value></property>`;

test("[E3304] a job is exported as job.xml and submitted again, and one that a real Hadoop wrote runs with its scripts", async ({
  volunteer,
  rest,
}) => {
  await volunteer(1);
  const first = await rest.submit({
    name: "a < b ${c}",
    program: { source: "export const map = (n, { config }) => [n, config.has(n)];" },
    input: { items: [1, 2] },
    options: { quorum: 1, reducers: 3, priority: 5 },
    config: toWire(new Set([2]), {}, "config"),
  });
  await rest.completed(first.id);
  const exported = await rest.fetch(`/api/v1/jobs/${first.id}`, { headers: { accept: "application/xml" } });
  expect(exported.headers.get("content-type")).toContain("application/xml");
  const again = await rest.fetch("/api/v1/jobs", {
    method: "POST",
    headers: XML,
    body: await exported.text(),
  });
  expect(again.status).toBe(201);
  const second = (await again.json()) as typeof first;
  expect(second).toMatchObject({ name: first.name, options: first.options, program: first.program });
  await rest.completed(second.id);
  expect(await rest.result(second.id)).toBe(await rest.result(first.id));

  const mapper =
    'import os, sys\nfor line in sys.stdin:\n    print(line.strip() + "\\t" + os.environ["highest_possible"])\n';
  const added = [
    property("tabgrid.mapper", base64(mapper)),
    property("tabgrid.reducer", base64("import sys\nfor line in sys.stdin:\n    print(line, end='')\n")),
    property("tabgrid.input", base64('{"text":"b\\na\\n"}')),
    property("tabgrid.options.quorum", "1"),
  ];
  const hadoop = readFileSync("testing/hadoop-job.xml", "utf8").replace(
    /<\/configuration>/,
    () => `${added.join("")}</configuration>`,
  );
  const streamed = await rest.fetch("/api/v1/jobs", { method: "POST", headers: XML, body: hadoop });
  const job = (await streamed.json()) as typeof first;
  expect(streamed.status, JSON.stringify(job)).toBe(201);
  expect(job).toMatchObject({
    name: "streamjob4711883096158320147.jar",
    options: { reducers: 2, priority: 1 },
  });
  await rest.completed(job.id);
  expect((await rest.result(job.id, "?format=tsv")).trimEnd().split("\n").sort()).toEqual(["a\t60", "b\t60"]);

  const attack = `<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]><configuration>${property("a", "&x;")}</configuration>`;
  expect(await rest.problem("/api/v1/jobs", { method: "POST", headers: XML, body: attack })).toMatchObject({
    status: 400,
    type: "/problems/malformed-xml",
    detail: expect.stringContaining("<!DOCTYPE"),
  });
});
