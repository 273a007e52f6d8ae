import { describe, expect, test } from "vitest";
import { arrange } from "./result-order";

const rows = [
  { key: "the", value: 9 },
  { key: "Ark", value: 10 },
  { key: "of", value: "ark" },
];
const unsorted = { column: null, isDescending: false } as const;
const keysOf = (found: readonly { key: unknown }[]) => found.map(({ key }) => key);

describe("a result's table", () => {
  test("[UI1] keeps the order of the result until a column is chosen", () => {
    expect(arrange(rows, "", unsorted)).toEqual(rows);
  });

  test("[UI2] sorts numbers by size, before all else", () => {
    expect(keysOf(arrange(rows, "", { column: "value", isDescending: false }))).toEqual(["the", "Ark", "of"]);
    expect(keysOf(arrange(rows, "", { column: "value", isDescending: true }))).toEqual(["of", "Ark", "the"]);
  });

  test("[UI3] finds words in keys and values, upper and lower case alike", () => {
    expect(keysOf(arrange(rows, " ARK ", unsorted))).toEqual(["Ark", "of"]);
  });
});
