/** Programs in TypeScript, and bundles with source maps, in real tabs. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { failureOf, linesOf } from "./fixtures/programs";
import { sampleRequest } from "./fixtures/samples";
import { expect, test } from "./fixtures/test";

test("[E3001] TypeScript is made JavaScript at submission, and an error names the submitter's own file and line", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  expect(await linesOf(rest, sampleRequest("perfect-numbers"))).toEqual([
    { key: "abundant", value: { count: 4953, first: [12, 18, 20, 24, 30] } },
    { key: "deficient", value: { count: 15043, first: [1, 2, 3, 4, 5] } },
    { key: "perfect", value: { count: 4, first: [6, 28, 496, 8128] } },
  ]);
  const source = [
    "interface Point { x: number }",
    "type Name = string;",
    "export function map(n: number): Point {",
    "  if (n === 3) throw new RangeError(`no ${n}`);",
    "  return { x: n };",
    "}",
  ].join("\n");
  const input = { range: { end: 5 } };
  const failing = {
    program: { runtime: "ts" as const, source, fileName: "points.ts" },
    input,
    options: { quorum: 1 },
  };
  const failure = await failureOf(rest, failing);
  expect(failure).toMatchObject({ message: "RangeError: no 3", record: 3 });
  expect(failure.stack).toContain("points.ts:4:22");
  expect(failure.stack).not.toContain("program.js");

  const wrong = await rest.refusal({
    ...failing,
    program: { runtime: "ts", source: "export const map: = 1;" },
  });
  expect(wrong).toMatchObject({ type: "/problems/program-invalid", status: 422, line: 1, column: 19 });
});

test("[E3002] an error of a bundle with a source map names the files that went into it", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const folder = mkdtempSync(path.join(tmpdir(), "tabgrid-bundle-"));
  writeFileSync(
    path.join(folder, "double.js"),
    "// doubles\nexport function double(n) {\n  return n.twice();\n}\n",
  );
  writeFileSync(
    path.join(folder, "main.js"),
    'import { double } from "./double.js";\nexport const map = (n) => double(n);\n',
  );
  const bundle = execFileSync(
    path.resolve("node_modules/.bin/esbuild"),
    ["main.js", "--bundle", "--format=esm", "--minify", "--sourcemap=inline"],
    { cwd: folder, encoding: "utf8" },
  );
  const failure = await failureOf(rest, {
    program: { source: bundle },
    input: { items: [1] },
    options: { quorum: 1 },
  });
  expect(failure.stack).toMatch(/double\.js:3:12/);
  expect(failure.stack).toMatch(/main\.js:2:27/);
});
