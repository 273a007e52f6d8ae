import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonFaultAt } from "./json-fault";

describe("jsonFaultAt", () => {
  it.each([
    ["", 0],
    ["  ", 2],
    ['{"a":}', 5],
    ['{"a" 1}', 5],
    ["{a:1}", 1],
    ['{"a":1,}', 7],
    ["[1,]", 3],
    ["[1 2]", 3],
    ["[1}", 2],
    ["[", 1],
    ['"abc', 4],
    ['"a\\x"', 2],
    ['"a\nb"', 2],
    ["01", 1],
    ["nul", 0],
    ["1 2", 2],
    ['{"a":{"b":[1,{"c":tru}]}}', 18],
  ])("[HT1] says at which character %j stops being JSON", (text, at) => {
    expect(jsonFaultAt(text)).toBe(at);
  });

  it("[HT2] finds no fault inside JSON: the fault is what comes after it", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(jsonFaultAt(json)).toBe(json.length);
        expect(jsonFaultAt(`${json} !`)).toBe(json.length + 1);
      }),
    );
  });

  it("[HT3] takes any nesting without running out of stack", () => {
    expect(jsonFaultAt("[".repeat(1_000_000))).toBe(1_000_000);
  });
});
