import { expect, test } from "vitest";
import { GridError, toProblem, type ProblemExtras } from "../../protocol/problems";
import { ApiProblem } from "./api";
import { pipelineProblems } from "./pipeline-problem";

const draft = {
  json: `{
  "steps": [
    { "name": "a",
      "program": { "file": "rank.js" },
      "input": { "step": "b" } }
  ]
}`,
  files: [{ name: "rank.js", text: "export const map = 1 +;" }],
};

const refusal = (
  code: "invalid-input" | "program-invalid" | "disk-full",
  detail: string,
  extras: ProblemExtras = {},
) => new ApiProblem(toProblem(new GridError(code, detail, extras)));

test("[FM15] shows every problem that is told at its field, with what came", () => {
  const detail =
    'steps.0.input.step: must be the name of a step; got "b"; name: must have 1 to 200 characters; got ""';
  expect(pipelineProblems(refusal("invalid-input", detail), draft)).toEqual([
    {
      path: "steps.0.input.step",
      message: 'must be the name of a step; got "b"',
      place: { line: 5, column: 26, file: null },
    },
    {
      path: "name",
      message: 'must have 1 to 200 characters; got ""',
      place: { line: 1, column: 1, file: null },
    },
  ]);
});

test("[FM16] of a program that does not parse, shows the place in its own file", () => {
  const error = refusal("program-invalid", "steps.0.program: Unexpected token", { line: 1, column: 23 });
  expect(pipelineProblems(error, draft)).toEqual([
    { path: "steps.0.program", message: "Unexpected token", place: { line: 1, column: 23, file: "rank.js" } },
  ]);
});

test("[FM17] what is about no field is told as it is", () => {
  const detail = "The coordinator's disk is full; free some space, then try again";
  expect(pipelineProblems(refusal("disk-full", detail), draft)).toEqual([
    { path: null, message: detail, place: null },
  ]);
  expect(pipelineProblems(new Error("odd"), draft)).toEqual([{ path: null, message: "odd", place: null }]);
});
