/** Pando modules, in real tabs. */
import { failureOf, linesOf } from "./fixtures/programs";
import { sampleRequest } from "./fixtures/samples";
import { expect, test } from "./fixtures/test";

test("[E3003] a Pando module runs unchanged over numbers and over lines, with results in the order of the input", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const steps = await linesOf(rest, sampleRequest("collatz"));
  expect(steps).toHaveLength(1000);
  expect(steps.map(({ key }) => key)).toEqual(steps.map((_, index) => index));
  expect(steps[26]?.value).toBe(JSON.stringify({ n: 27, steps: 111 }));

  const source = `exports['/pando/1.0.0'] = (x, cb) => x === "bad" ? cb(new Error("no " + x)) : setTimeout(cb, 5 - x.length, null, x + "!");`;
  const program = { runtime: "pando" as const, source };
  const options = { quorum: 1 };
  const lines = await linesOf(rest, { program, input: { text: "one\ntwo\nthree\n" }, options });
  expect(lines.map(({ value }) => value)).toEqual(["one!", "two!", "three!"]);
  const failure = await failureOf(rest, { program, input: { text: "good\nbad\n" }, options });
  expect(failure).toMatchObject({ message: "Error: no bad", record: 1 });

  const nameless = await rest.refusal({
    program: { runtime: "pando", source: "module.exports = 1;" },
    input: { items: [] },
  });
  expect(nameless).toMatchObject({ type: "/problems/program-invalid", status: 422 });
  expect(nameless.detail).toContain("/pando/1.0.0");
  const importing = { runtime: "pando", source: `const fs = require("fs");\nexports['/pando/1.0.0'] = fs;` };
  const refused = await rest.refusal({ program: importing, input: { items: [] } });
  expect(refused).toMatchObject({ status: 422, line: 1, column: 20 });
  expect(refused.detail).toContain('imports "fs"');
});
