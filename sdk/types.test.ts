/** What the compiler infers: these tests are checked by `tsc`, and fail there. */
import { describe, expect, expectTypeOf, it } from "vitest";
import { fakeFetch, json } from "../testing/fake-fetch";
import type * as words from "../testing/programs/words";
import type { Pair } from "./job-handle";
import type { ConfigOf, Context, OutputOf, RecordOf } from "./program-types";
import { range } from "./range";
import type { Results } from "./results";
import { connect } from "./tabgrid";

const grid = connect("http://grid.test", { fetch: fakeFetch(json({})).fetch });

async function* lines() {
  yield "a line";
}

describe("types", () => {
  it("[SK36] of a map come from its items and its function", () => {
    expectTypeOf(grid.map(range(9), (n) => n % 2 === 0)).toExtend<Results<boolean>>();
    expectTypeOf(
      grid.map(["a"], async (text) => ({ length: text.length })).toArray,
    ).returns.resolves.toEqualTypeOf<{ length: number }[]>();
    expectTypeOf(grid.map(lines(), (line) => line.length).entries()).toExtend<
      AsyncGenerator<[number, number], void>
    >();
    // @ts-expect-error The items are numbers.
    grid.map(range(9), (text: string) => text.length);
  });

  it("[BA10] of a job with an aggregate come from what is emitted, and what that is made into", () => {
    const emitting = (n: number, { emit }: Context<string, number>) => emit("all", n);
    const of = { input: range(9) };
    expectTypeOf(grid.job({ ...of, program: { map: emitting, aggregate: "mean" } }).run()).toExtend<
      Results<Pair<string, number>>
    >();
    expectTypeOf(grid.job({ ...of, program: { map: emitting, aggregate: { top: 3 } } }).run()).toExtend<
      Results<Pair<string, number[]>>
    >();
    // @ts-expect-error There is no such aggregate.
    expect(() => grid.job({ ...of, program: { map: emitting, aggregate: "median" } })).toThrow(TypeError);
  });

  it("[SK37] of a job that reduces come from its reduce", () => {
    const job = grid.job({
      input: ["a b", "b c"],
      program: {
        map(line, { emit }) {
          expectTypeOf(line).toEqualTypeOf<string>();
          for (const word of line.split(" ")) emit(word, 1);
          // @ts-expect-error Values are numbers: reduce says so.
          emit("word", "one");
        },
        reduce: (word: string, counts: number[]) => ({ word, count: counts.length }),
      },
    });
    expectTypeOf(job.run()).toExtend<Results<Pair<string, { word: string; count: number }>>>();
  });

  it("[SK38] of a job that maps come from what map returns, or else from what it may emit", () => {
    const squares = grid.job({ input: range(3), program: { map: (n) => n * n } });
    expectTypeOf(squares.run()).toExtend<Results<Pair<number, number>>>();
    const emitting = grid.job({
      input: { text: "a b" },
      program: {
        map(line: string, { emit }: Context<"line", string>) {
          emit("line", line);
        },
      },
    });
    expectTypeOf(emitting.run()).toExtend<Results<Pair<"line", string>>>();
  });

  it("[SK39] of a program in a file come from its module", () => {
    const job = grid.job<typeof words>({
      program: "./words.ts",
      input: ["a b"],
      config: { stopWords: ["a"] },
    });
    expectTypeOf(job.submit).returns.resolves.toHaveProperty("results");
    expectTypeOf(job.run()).toExtend<Results<Pair<string, { count: number }>>>();
    expectTypeOf<OutputOf<typeof words>>().toEqualTypeOf<readonly [string, { count: number }]>();
    expectTypeOf<RecordOf<typeof words>>().toEqualTypeOf<string>();
    expectTypeOf<ConfigOf<typeof words>>().toEqualTypeOf<words.Config>();
    // @ts-expect-error The records are lines.
    grid.job<typeof words>({ program: "./words.ts", input: range(3) });
    // @ts-expect-error stopWords is missing.
    grid.job<typeof words>({ program: "./words.ts", input: ["a"], config: {} });
  });

  it("[US31] of a job that splits its input come from what split yields", () => {
    const job = grid.job({
      input: [4, 5],
      program: {
        *split(sizes: number[]) {
          for (const size of sizes) yield { size, name: "a" };
        },
        map(item) {
          expectTypeOf(item).toEqualTypeOf<{ size: number; name: string }>();
          return item.name;
        },
      },
    });
    expectTypeOf(job.run()).toExtend<Results<Pair<number, string>>>();
    const counted = grid.job({
      input: ["a"],
      program: {
        split: (texts: string[]) => texts.flatMap((text) => text.split("")),
        map(letter: string, { emit }: Context<string, number>) {
          emit(letter, 1);
        },
        reduce: (letter: string, counts: number[]) => counts.length,
      },
    });
    expectTypeOf(counted.run()).toExtend<Results<Pair<string, number>>>();
    // @ts-expect-error The items are numbers: split says so.
    grid.job({ input: ["4"], program: { split: (sizes: number[]) => sizes, map: (size: number) => size } });
  });
});
