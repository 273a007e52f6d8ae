import { expect, test } from "vitest";
import { SubmitPipeline } from "../../protocol/pipeline";
import { EMPTY_PIPELINE, filesNamedIn, pipelineFrom } from "./pipeline-draft";

const json = (steps: unknown) => JSON.stringify({ name: "p", steps });
const files = [
  { name: "rank.js", text: "export const map = (n) => n;" },
  { name: "rank.py", text: "def map(n, context): pass" },
  { name: "points.csv", text: "x,y\n1,2\n" },
];

test("[FM12] what the form begins with is a pipeline", () => {
  expect(SubmitPipeline.safeParse(pipelineFrom(EMPTY_PIPELINE)).error).toBeUndefined();
});

test("[FM13] puts files in the place of their names, and leaves everything else as it is", () => {
  const steps = [
    { name: "a", program: { file: "rank.js" }, input: { file: "points.csv", format: "csv" } },
    { name: "b", program: { file: "rank.py" }, input: { step: "a" }, keep: "/ada/ranks" },
  ];
  expect(filesNamedIn(json(steps))).toEqual(["rank.js", "points.csv", "rank.py"]);
  expect(pipelineFrom({ json: json(steps), files })).toEqual({
    name: "p",
    steps: [
      { name: "a", program: { source: files[0]?.text }, input: { text: files[2]?.text, format: "csv" } },
      {
        name: "b",
        program: { runtime: "python", source: files[1]?.text },
        input: { step: "a" },
        keep: "/ada/ranks",
      },
    ],
  });
});

test("[FM14] says of what cannot be sent where it is: no JSON, a file that is not there, one that is no program", () => {
  const of = (text: string) => () => pipelineFrom({ json: text, files });
  expect(of('{\n  "steps": [}')).toThrow(
    expect.objectContaining({ name: "JsonError", place: { line: 2, column: 13 } }),
  );
  expect(of(json([{ program: { file: "lost.js" } }]))).toThrow(
    expect.objectContaining({
      field: "steps.0.program.file",
      message: expect.stringContaining("got lost.js"),
    }),
  );
  expect(of(json([{ program: { file: "points.csv" } }]))).toThrow(
    /must end in \.js, \.mjs, \.ts or \.py; got points\.csv/,
  );
  expect(of(json([{ program: { file: "rank.js", runtime: "ts" } }]))).toThrow(
    /nothing beside file; got runtime/,
  );
  expect(pipelineFrom({ json: "[1]", files }), "the coordinator says what is wrong with it").toEqual([1]);
});
