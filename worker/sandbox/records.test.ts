import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOfText } from "../../protocol/digest";
import { linesOf, openBlockReader, recordsIn, sweepPoint } from "./records";

const bytesOf = (text: string) => new TextEncoder().encode(text);

test("[SB2] splits on line ends, drops \\r before them, and makes no record of a final line end", () => {
  expect(linesOf("a\r\nb\n\nc")).toEqual(["a", "b", "", "c"]);
  expect(linesOf("a\n")).toEqual(["a"]);
  expect(linesOf("\n")).toEqual([""]);
  expect(linesOf("")).toEqual([]);
  expect(linesOf("a\rb\n")).toEqual(["a\rb"]);
});

test("[SB2] gives back any lines that hold no line end", () => {
  fc.assert(
    fc.property(fc.array(fc.string().filter((line) => !/[\r\n]/.test(line))), (lines) => {
      expect(linesOf(lines.map((line) => `${line}\n`).join(""))).toEqual(lines);
    }),
  );
});

test("[SB2] parses each line of jsonl by itself", () => {
  const first = (text: string, type: "lines" | "jsonl") => recordsIn(bytesOf(text), { type }).at(0);
  expect(first('{"a":1}', "jsonl")).toEqual({ a: 1 });
  expect(first('{"a":1}', "lines")).toBe('{"a":1}');
  expect(() => first("{", "jsonl")).toThrow(SyntaxError);
});

test("[SB3] reads a block's bytes once for tasks that follow one another", () => {
  const blocks = openBlockReader({ type: "lines" });
  const block = digestOfText("a\nb");
  const lines = blocks.records(block, bytesOf("a\nb"), 0);
  expect([lines.count, lines.at(1)]).toEqual([2, "b"]);
  expect(blocks.records(block, null, 0)).toBe(lines);
  expect(() => blocks.records(digestOfText("other"), null, 0)).toThrow("did not come along");
});

test("[SB70] makes the points of a sweep one by one, the last name varying fastest", () => {
  const axes = [
    { name: "a", values: ["x", { deep: 1 }] },
    { name: "b", start: 0, step: 0.5, count: 3 },
  ];
  expect(Array.from({ length: 6 }, (_, number) => sweepPoint(axes, number))).toEqual(
    ["x", { deep: 1 }].flatMap((a) => [0, 0.5, 1].map((b) => ({ a, b }))),
  );
});

test("[SB71] reads CSV rows by the header's names, and says when a row has other fields", () => {
  const reading = { type: "csv", delimiter: ",", quote: '"', columns: ["a", "b"] } as const;
  const rows = recordsIn(bytesOf('1,"x\ny"\n2\n'), { ...reading, columns: [...reading.columns] });
  expect([rows.count, rows.at(0)]).toEqual([2, { a: "1", b: "x\ny" }]);
  expect(() => rows.at(1)).toThrow("The row has 1 fields; the header names 2 columns");
});
