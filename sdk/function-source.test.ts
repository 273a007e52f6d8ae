import { describe, expect, it } from "vitest";
import { moduleOfFunctions, moduleOfMap, type ModuleParts } from "./function-program";
import { sourceOf } from "./function-source";

const object = {
  method(n: number) {
    return n + 1;
  },
  async later(n: number) {
    return n + 1;
  },
  "not a name"(n: number) {
    return n + 1;
  },
};

/** What runs in a volunteer, run here. */
async function load({ source, values }: ModuleParts) {
  const url = `data:text/javascript,${encodeURIComponent(source)}`;
  const module = (await import(/* @vite-ignore */ url)) as Record<string, (...values: unknown[]) => unknown>;
  const context = { config: values && { with: values } };
  return (name: string, ...parameters: unknown[]) => module[name]?.(...parameters, context);
}

describe("a function's source", () => {
  it.each([
    ["an arrow", (n: number) => n + 1],
    ["an arrow without parentheses", eval("n => n + 1")],
    ["an async arrow", async (n: number) => n + 1],
    ["an async arrow without parentheses", eval("async n => n + 1")],
    [
      "a function",
      function (n: number) {
        return n + 1;
      },
    ],
    [
      "an async function",
      async function plusOne(n: number) {
        return n + 1;
      },
    ],
    ["a method", object.method],
    ["an async method", object.later],
    ["a method whose name is none", object["not a name"]],
  ])("[SK21] makes the same function again: %s", async (_kind, fn: (n: number) => unknown) => {
    const call = await load(moduleOfMap(fn));
    expect(await call("map", 41)).toBe(42);
  });

  it.each([
    ["a built-in", Math.sqrt, "sqrt is built in or bound; write (item) => sqrt(item)"],
    [
      "a bound one",
      object.method.bind(object),
      "bound method is built in or bound; write (item) => method(item)",
    ],
    ["a class", class Point {}, "got the class Point"],
    [
      "a generator",
      function* numbers() {
        yield 1;
      },
      "numbers is a generator",
    ],
    ["no function", 7, "fn must be a function; got number"],
  ])("[SK22] of %s is refused, in words that say what to write", (_kind, fn, words) => {
    expect(() => sourceOf(fn, "fn")).toThrow(words);
  });

  it("[SK23] is given the variables it uses by `with`: values by the config, functions by their source", async () => {
    const factor = 3;
    const double = (n: number) => n * 2;
    const parts = moduleOfMap((n: number) => double(n) * factor, { factor, double });
    expect(parts.values).toEqual({ factor: 3 });
    expect(await (await load(parts))("map", 7)).toBe(42);
    const reducing = moduleOfFunctions(
      {
        map: (n: number) => n * factor,
        reduce: (key: string, values: number[]) => key + values.length * factor,
      },
      { factor },
    );
    expect(await (await load(reducing))("reduce", "n", [1, 2])).toBe("n6");
  });

  it("[SK24] needs variables whose names are names", () => {
    expect(() => moduleOfMap((n: number) => n, { "a-b": 1 })).toThrow(
      '"a-b" cannot be the name of a variable',
    );
  });

  it("[SK25] makes a result of null where the function returns nothing, so that each item has one", async () => {
    expect(await (await load(moduleOfMap(() => undefined)))("map", 1)).toBeNull();
    expect(await (await load(moduleOfMap(async () => undefined)))("map", 1)).toBeNull();
  });
});
