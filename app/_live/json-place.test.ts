import { expect, test } from "vitest";
import { placeInJson } from "./json-place";

const TEXT = `{
  "name": "a \\" } name",
  "steps": [
    { "name": "one", "input": { "step": "two" } },
    { "name": "two",
      "options": { "quorum": 0, "reducers": -1 } }
  ],
  "last": true
}`;

/** What stands there. */
function at(...path: string[]): string {
  const { line, column } = placeInJson(TEXT, path);
  return (TEXT.split("\n")[line - 1] ?? "").slice(column - 1);
}

test("[FM10] finds the value at a path, whatever stands in texts and before it", () => {
  expect(at()).toBe("{");
  expect(at("name")).toMatch(/^"a /);
  expect(at("steps", "0", "input", "step")).toMatch(/^"two"/);
  expect(at("steps", "1", "options", "reducers")).toMatch(/^-1/);
  expect(at("last")).toBe("true");
});

test("[FM11] of what is not there, finds the deepest that is", () => {
  expect(at("steps", "0", "program")).toMatch(/^\{ "name": "one"/);
  expect(at("steps", "7", "name")).toBe("[");
  expect(at("last", "of", "all")).toBe("true");
});
