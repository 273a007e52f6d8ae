/** Whole objects on their way through tasks: as config, records, keys and values. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { canonicalJson, useObjectForms, valueOfCanonical, valueOfJson } from "../../protocol/canonical";
import { openObjectForms } from "../../protocol/objects/forms";
import { toWire } from "../../protocol/objects/wire";
import { stackOf } from "./errors";

class Point {
  x: number;
  constructor(x: number) {
    this.x = x;
  }
}

class Decimal {
  toJSON() {
    return "1.5";
  }
}

beforeEach(() => useObjectForms(openObjectForms({ Point }, stackOf)));
afterEach(() => useObjectForms(null));

const again = (value: unknown): unknown => valueOfCanonical(canonicalJson(value));

test("[OT1] plain JSON is written as before: undefined members left out, -0 as 0, toJSON heeded", () => {
  const match = /(?<word>a)/.exec("a");
  for (const [value, text] of [
    [{ b: undefined, a: [-0, { c: null }] }, '{"a":[0,{"c":null}]}'],
    [[match?.groups, new Decimal()], '[{"word":"a"},"1.5"]'],
  ] as const) {
    expect(canonicalJson(value)).toBe(text);
  }
});

test("[OT2] what is no JSON comes back as what it was, exactly, wherever in a value it is", () => {
  for (const value of [
    ...[NaN, -Infinity, 2n ** 70n, new Date(5), /a/g, new Map([[{ a: 1 }, new Set([undefined, -0])]])],
    ...[new Point(3), { deep: [{ point: new Point(-0), gone: undefined }] }, [undefined, 1]],
    ...[new Float32Array([1, 2]), new URL("https://a.example/b"), new Error("e", { cause: new Point(1) })],
  ]) {
    const text = canonicalJson(value);
    expect(text).toMatch(/^\{"\$tabgrid":/);
    expect(again(value)).toEqual(value);
    expect(canonicalJson(again(value))).toBe(text);
  }
  expect(again(new Point(3))).toBeInstanceOf(Point);
});

test("[OT3] a plain object whose first name is the tag's is not taken for a form", () => {
  for (const value of [{ $tabgrid: 1 }, { $tabgrid: [["Date", "x"]], more: 1 }])
    expect(again(value)).toEqual(value);
  expect(canonicalJson([{ $tabgrid: 1 }])).toBe('[{"$tabgrid":1}]');
  expect(again([{ $tabgrid: 1 }])).toEqual([{ $tabgrid: 1 }]);
});

test("[OT4] what cannot be carried is refused by its path, and undefined by itself", () => {
  class Unknown {}
  expect(() => canonicalJson({ a: [() => 1] })).toThrow("value.a[0]: a function cannot be carried");
  expect(() => canonicalJson(new Unknown())).toThrow(
    "value: an instance of the class Unknown, which is not registered",
  );
  expect(() => canonicalJson(undefined)).toThrow("undefined cannot be carried by itself: say null");
});

test("[OT5] an error's stack has the program's own frames only, so that copies agree", () => {
  const error = new Error("no");
  error.stack =
    "Error: no\n    at f (blob:null/0f0e0d0c-0000-4000-8000-000000000000:3:5)\n    at x (data:text/javascript,y:1:1)";
  expect((again(error) as Error).stack).toBe("Error: no\n    at f (program.js:3:5)");
});

test("[OT6] what a client writes a slot reads, and plain JSON stays itself on the way", () => {
  const config = { words: new Set(["a"]), at: [undefined, -0] };
  expect(valueOfJson(toWire(config, {}, "config"))).toEqual(config);
  expect(toWire({ a: [1, "b", null] }, {}, "config")).toEqual({ a: [1, "b", null] });
  const shared = {};
  for (const value of [
    -0,
    [undefined],
    { a: undefined },
    [shared, shared],
    { $tabgrid: 1 },
    Object.create(null),
    [, 1],
  ]) {
    const wire = toWire(value, {}, "config");
    expect(Object.keys(wire as object)).toEqual(["$tabgrid"]);
    expect(valueOfJson(wire)).toEqual(value);
  }
});
