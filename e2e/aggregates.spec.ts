/** Built-in aggregates, in JavaScript, in Python and as functions of the SDK: exact, and alike. */
import { RefusedError } from "../sdk/errors";
import { connect, range, type Context } from "../sdk/node/tabgrid";
import type { JobRequest } from "./fixtures/rest";
import { expect, test } from "./fixtures/test";

const COUNT = 3_000;

/** Sums of such values depend on the order in which they are added, unless nothing is rounded on the way. */
const JS = (aggregate: string) => `
  export const aggregate = "${aggregate}";
  export const map = (n, { emit }) => emit(n % 3, (n % 2 ? 1 : -1) * 10 ** (n % 17) * (n / 7));`;
const PYTHON = (aggregate: string) => `
aggregate = "${aggregate}"

def map(n, context):
    context.emit(n % 3, (1 if n % 2 else -1) * 10 ** (n % 17) * (n / 7))
`;

test("[E4502] an aggregate gives the same bytes in JavaScript and Python, however the input is cut; a wrong one is refused", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  await volunteer();
  const submit = (program: JobRequest["program"], chunkSize: number) =>
    rest.submit({
      program,
      input: { range: { end: COUNT } },
      options: { quorum: 1, reducers: 2, chunkSize },
    });
  const jobs = await Promise.all([
    submit({ source: JS("sum") }, 100),
    submit({ source: JS("sum") }, 1_700),
    // One start of Python says enough: the table is the same.
    submit({ runtime: "python", source: PYTHON("sum") }, 999),
    submit({ source: JS("variance") }, 100),
    submit({ source: JS("variance") }, 1_700),
  ]);
  const results: string[] = [];
  for (const { id } of jobs) {
    await rest.completed(id);
    results.push(await rest.result(id));
  }
  expect(results.map((result) => result.split("\n").length)).toEqual([4, 4, 4, 4, 4]);
  const [sum, sumOfLargeTasks, sumInPython, variance, varianceOfLargeTasks] = results;
  expect([sumOfLargeTasks, sumInPython]).toEqual([sum, sum]);
  expect(varianceOfLargeTasks).toBe(variance);

  const grid = connect(coordinator.origin);
  const map = (n: number, { emit }: Context<string, number>) => emit(n % 2 ? "odd" : "even", n);
  const job = { input: range(1_000), options: { quorum: 1 } } as const;
  const largest = await grid
    .job({ ...job, program: { map, aggregate: { top: 2 } } })
    .run()
    .toArray();
  expect(new Map(largest.map(({ key, value }) => [key, value]))).toEqual(
    new Map([
      ["even", [998, 996]],
      ["odd", [999, 997]],
    ]),
  );
  const unknown = `export const aggregate = "median"; export function map() {}`;
  const refused = await grid
    .submit({ program: { source: unknown }, input: { items: [1] } })
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RefusedError);
  expect(String(refused)).toMatch(/aggregate must be "sum", .* got "median"/);
});
