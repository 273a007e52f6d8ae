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
  for (const aggregate of ["sum", "variance"]) {
    const jobs = [
      await submit({ source: JS(aggregate) }, 100),
      await submit({ source: JS(aggregate) }, 1_700),
      // One start of Python says enough: the table is the same.
      ...(aggregate === "sum" ? [await submit({ runtime: "python", source: PYTHON(aggregate) }, 999)] : []),
    ];
    const results: string[] = [];
    for (const { id } of jobs) {
      await rest.completed(id);
      results.push(await rest.result(id));
    }
    expect(results[0]?.split("\n")).toHaveLength(4);
    expect(new Set(results).size, `${aggregate}: ${results.join(" | ")}`).toBe(1);
  }

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
