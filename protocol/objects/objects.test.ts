import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../canonical";
import { CannotCarry } from "./cannot-carry";
import { openRegistry } from "./classes";
import { checkObjects, decodeObjects } from "./decode";
import { encodeObjects } from "./encode";

class Point {
  x: number;
  y: number;
  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
  get length() {
    return Math.hypot(this.x, this.y);
  }
}

class Secret {
  #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  reveal() {
    return this.#text;
  }
  static encode(secret: Secret) {
    return secret.#text;
  }
  static decode(text: string) {
    return new Secret(text);
  }
}

class Refusal extends Error {
  code: number;
  constructor(code: number) {
    super(`refused with ${code}`);
    this.code = code;
  }
}

const registry = openRegistry({ Point, Secret, Refusal });
const encode = (value: unknown) => encodeObjects(value, { registry, name: "config" });
/** By way of text, as it travels. */
const carried = (value: unknown): unknown => {
  const text = JSON.stringify(encode(value));
  checkObjects(JSON.parse(text));
  return decodeObjects(JSON.parse(text), registry);
};

test("[OJ1] carries every value that has a form, exactly", () => {
  const leaf = fc.oneof(
    fc.constantFrom(
      undefined,
      null,
      true,
      NaN,
      -0,
      Infinity,
      -Infinity,
      new Date(NaN),
      "",
      "\ud800",
      /a(?<b>c)/giu,
    ),
    fc.double(),
    fc.bigInt(),
    fc.string({ unit: "binary" }),
    fc.date(),
    fc.uint8Array(),
    fc.float64Array(),
    fc.bigInt64Array(),
    fc.record({ x: fc.double(), y: fc.double() }).map(({ x, y }) => new Point(x, y)),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, leaf, tie("list"), tie("object"), tie("map"), tie("set"), tie("point")),
    list: fc.array(tie("value"), { maxLength: 4 }),
    object: fc.dictionary(
      fc.string().filter((name) => name !== "__proto__"),
      tie("value"),
      { maxKeys: 4 },
    ),
    map: fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((entries) => new Map(entries)),
    set: fc.array(tie("value"), { maxLength: 4 }).map((items) => new Set(items)),
    point: fc
      .tuple(tie("value"), fc.double())
      .map(([x, y]) => Object.assign(new Point(0, y), { x, $class: x })),
  }));
  fc.assert(
    fc.property(value, (original) => {
      expect(carried(original)).toStrictEqual(original);
      expect(canonicalJson(encode(carried(original)))).toBe(canonicalJson(encode(original)));
    }),
    { numRuns: 60 },
  );
});

test("[OJ2] carries instances as objects of their class, by its own encode and decode where it has them", () => {
  const [point, secret] = carried([new Point(3, 4), new Secret("s")]) as [Point, Secret];
  expect(point).toBeInstanceOf(Point);
  expect(point.length).toBe(5);
  expect(secret.reveal()).toBe("s");
});

test("[OJ3] carries cycles and shared references, through lists, maps, sets, instances, errors and bare objects", () => {
  const point = new Point(1, 2);
  const error = new RangeError("r", { cause: point });
  const bare = Object.assign(Object.create(null) as object, { 7: [1] });
  const all = {
    point,
    error,
    bare,
    map: new Map<unknown, unknown>(),
    set: new Set<unknown>(),
    list: [] as unknown[],
  };
  Object.assign(point, { all });
  Object.assign(bare, { all });
  all.map.set(all, bare).set(point, error);
  all.set.add(all).add(all.map);
  all.list.push(all.list, bare, bare);
  const came = carried(all) as typeof all;
  expect(came).not.toBe(all);
  expect(Object.getPrototypeOf(came.bare)).toBeNull();
  expect((came.point as unknown as { all: unknown }).all).toBe(came);
  expect(came.error.cause).toBe(came.point);
  expect([...came.map]).toStrictEqual([
    [came, came.bare],
    [came.point, came.error],
  ]);
  expect([...came.set]).toStrictEqual([came, came.map]);
  expect(came.list[0]).toBe(came.list);
  expect(came.list[1]).toBe(came.list[2]);
});

test("[OJ4] carries errors with name, message, stack, cause and what else they have", () => {
  const error = Object.assign(new TypeError("t", { cause: new Refusal(7) }), { detail: { at: 3n } });
  const came = carried(error) as typeof error & { cause: Refusal };
  expect(came).toBeInstanceOf(TypeError);
  expect(Object.keys(came)).toEqual(["detail"]);
  expect([came.name, came.message, came.stack, came.detail]).toEqual([
    "TypeError",
    "t",
    error.stack,
    { at: 3n },
  ]);
  expect(came.cause).toBeInstanceOf(Refusal);
  expect([came.cause.message, came.cause.code]).toEqual(["refused with 7", 7]);
  const many = carried(new AggregateError([error, error], "m")) as AggregateError;
  expect(many).toBeInstanceOf(AggregateError);
  expect(many.errors[0]).toBe(many.errors[1]);
});

test("[OJ5] carries a part of a buffer alone, and a buffer that several views share as one", () => {
  const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
  const { part, whole, floats, view } = carried({
    part: bytes.subarray(2, 4),
    whole: bytes,
    floats: new Float64Array(bytes.buffer),
    view: new DataView(bytes.buffer),
  }) as { part: Uint8Array; whole: Uint8Array; floats: Float64Array; view: DataView };
  expect([part.buffer.byteLength, ...part]).toEqual([2, 3, 4]);
  expect(floats.buffer).toBe(whole.buffer);
  expect(view.buffer).toBe(whole.buffer);
  expect(carried(Buffer.from("ab"))).toStrictEqual(Uint8Array.from([97, 98]));
});

test("[OJ6] equal values have equal forms: members by name, maps and sets in their own order", () => {
  const text = (value: unknown) => canonicalJson(encode(value));
  expect(text({ b: new Map([[1, 2]]), a: [{ d: 1, c: 2 }] })).toBe(
    text({ a: [{ c: 2, d: 1 }], b: new Map([[1, 2]]) }),
  );
  expect(text(Object.assign(new Point(1, 2), { z: 1, a: 2 }))).toBe(
    text(Object.assign(new Point(1, 2), { a: 2, z: 1 })),
  );
  expect(text(new Set([1, 2]))).not.toBe(text(new Set([2, 1])));
});

test("[OJ7] refuses what cannot be carried, with its path and a reason", () => {
  class Unknown {}
  class MyMap extends Map {}
  const cases: [value: unknown, message: string][] = [
    [
      { model: { layers: [1, 2, { activate: () => 1 }] } },
      "config.model.layers[2].activate: a function cannot be carried",
    ],
    [[Symbol("s")], "config[0]: a symbol cannot be carried"],
    [{ seen: new WeakMap() }, "config.seen: a WeakMap cannot be carried"],
    [new Map([["k", Promise.resolve()]]), 'config.get("k"): a promise cannot be carried: await it first'],
    [
      { u: new Unknown() },
      "config.u: an instance of the class Unknown, which is not registered, cannot be carried: add it to classes",
    ],
    [
      new MyMap(),
      "config: an instance of the class MyMap, which is not registered, cannot be carried: add it to classes",
    ],
    [Math, "config: a Math cannot be carried"],
    [{ [Symbol("s")]: 1 }, "config: an object with symbols as keys cannot be carried"],
    [JSON.parse('{"a":{"__proto__":1}}'), "config.a: a member named __proto__ cannot be carried"],
    [
      { "a b": new Point(1, (() => 1) as unknown as number) },
      'config["a b"].y: a function cannot be carried',
    ],
    [new SharedArrayBuffer(8), "config: a SharedArrayBuffer cannot be carried"],
  ];
  for (const [value, message] of cases) {
    expect(() => encode(value)).toThrow(CannotCarry);
    expect(() => encode(value)).toThrow(expect.objectContaining({ message }));
  }
});

test("[OJ7] refuses what is nested deeper than the stack reaches", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 50_000; level++) deep = [deep];
  expect(() => encode(deep)).toThrow("config: it is nested too deeply to be carried");
});

test("[OJ8] refuses classes that could not be made again", () => {
  class Heap extends Array {}
  expect(() => openRegistry({ Heap })).toThrow("classes.Heap extends Array, so it must have static encode");
  expect(() =>
    openRegistry({
      half: class {
        static encode() {}
      },
    }),
  ).toThrow("classes.half must have both");
  expect(() => openRegistry({ f: () => 1 })).toThrow("classes.f must be a class; got function");
  expect(() => openRegistry({ Error: Refusal })).toThrow(
    "classes.Error: the language has an error of this name",
  );
  expect(() => openRegistry([])).not.toThrow();
  expect(() => openRegistry(3)).toThrow(
    "classes must be an object of classes, such as { Point }; got number",
  );
});

test("[OJ9] refuses hostile forms, and pollutes nothing", () => {
  const hostile: unknown[] = [
    ...[null, {}, "text", [], -2, 0, 1, true],
    ...[[[1]], [["Unknown", 1]], [{ a: 7 }], [[-7, 1e10]], [[-7, 2, 5, 0]]],
    ...[
      '[{"__proto__":1},1]',
      '[["null","$class",-1,"__proto__",1],1]',
      '[["null","x",1],1]',
      '[["null"]]',
    ].map((text): unknown => JSON.parse(text)),
    [["null", "$class", 1], 5],
    [["null", "$encoded", 1, "other", 1], "Point"],
    [["null", "$encoded", 1], "Point"],
    [["null", "$encoded", 1, "value", 0], "Point"],
    [["RegExp", "(", "g"]],
    [["RegExp", "a", "gg"]],
    [["BigInt", "x"]],
    [["ArrayBuffer", 5]],
    [["ArrayBuffer", "%%%"]],
    [["Uint8Array", 1], 1e9],
    [
      ["Float64Array", 1],
      ["ArrayBuffer", "AAA="],
    ],
    [["URL", "nothing"]],
    [["Temporal.Instant", "2020-01-01T00:00:00Z"]],
    [["Object", 0]],
    Array.from({ length: 100_000 }, (_, index) => [index + 1]),
  ];
  for (const flat of hostile) {
    expect(() => checkObjects(flat), JSON.stringify(flat).slice(0, 100)).toThrow(SyntaxError);
    expect(() => decodeObjects(flat, registry), JSON.stringify(flat).slice(0, 100)).toThrow(SyntaxError);
  }
  const members: unknown = JSON.parse(`[{"constructor":1,"prototype":1,"toString":1},{"polluted":-1}]`);
  expect(Object.keys(decodeObjects(members, registry) as object)).toEqual([
    "constructor",
    "prototype",
    "toString",
  ]);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test("[OJ9] takes any JSON for a form or refuses it, and never fails otherwise", () => {
  const heads = [
    "null",
    "Map",
    "Set",
    "Date",
    "Object",
    "RegExp",
    "BigInt",
    "ArrayBuffer",
    "Uint8Array",
    "DataView",
  ];
  const part = fc.oneof(
    fc.integer({ min: -8, max: 4 }),
    fc.constantFrom("$class", "$encoded", "Point", "Secret", "Error"),
  );
  const entry = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.array(part),
    fc.tuple(fc.constantFrom(...heads), fc.array(part)).map(([head, rest]) => [head, ...rest]),
  );
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), (flat) => {
      try {
        checkObjects(flat);
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
      }
    }),
    { numRuns: 3_000 },
  );
});

test("[OJ10] checks a form without making anything of a submitter's class, and names the classes", () => {
  expect([
    ...checkObjects(encode([new Point(1, 2), new Secret("s"), new Error("e"), new Refusal(1)])),
  ]).toEqual([...["Point", "Secret", "Refusal"]]);
  const flat = encode(new Point(1, 2));
  expect(() => decodeObjects(flat, openRegistry({}))).toThrow('the class "Point", which is not registered');
  expect(() => decodeObjects(flat, openRegistry({ Point: Secret }))).toThrow(
    "must have static encode and decode at both ends",
  );
});
