/** Parquet from the file to a program's records: what one library writes, read by way of blocks and outlines. */
import * as fc from "fast-check";
import { ByteWriter, type ColumnSource } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { describe, expect, it } from "vitest";
import { digestOfText } from "../protocol/digest";
import { outlineBytes } from "../protocol/outline";
import type { Outline, SchemaElement } from "../protocol/parquet";
import { gatherColumns } from "../worker/agent/gather-columns";
import { crc32 } from "../worker/sandbox/parquet/crc32";
import { parquetRows } from "../worker/sandbox/parquet/rows";
import { openParquet, readRows, readTasks, TEST_CODECS, writeParquet } from "./parquet-files";

/** Columns of every simple type, some with nulls. */
const KINDS = {
  INT32: fc.integer(),
  INT64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  DOUBLE: fc.double({ noNaN: true }),
  BOOLEAN: fc.boolean(),
  STRING: fc.string({ unit: "grapheme" }),
  // Few of them: these get a dictionary.
  words: fc.constantFrom("oak", "elm", "yew"),
  BYTE_ARRAY: fc.uint8Array({ maxLength: 20 }),
  TIMESTAMP: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }),
} as const;

const anyTable = fc
  .record({
    kinds: fc.array(fc.constantFrom(...(Object.keys(KINDS) as (keyof typeof KINDS)[])), {
      minLength: 1,
      maxLength: 5,
    }),
    rows: fc.integer({ min: 1, max: 300 }),
    hasNulls: fc.boolean(),
  })
  .chain(({ kinds, rows, hasNulls }) =>
    fc.tuple(
      ...kinds.map((kind, place) => {
        const present: fc.Arbitrary<unknown> = KINDS[kind];
        const value = hasNulls ? fc.option(present, { nil: null }) : present;
        return fc.array(value, { minLength: rows, maxLength: rows }).map((data): ColumnSource => ({
          ...{ name: `${kind}${place}`, data, nullable: hasNulls },
          type: kind === "words" ? "STRING" : kind,
        }));
      }),
    ),
  );

const plain = (value: unknown) => (value instanceof Uint8Array ? [...value] : value);

function expectedRows(columns: readonly ColumnSource[]): unknown[] {
  const rows = columns[0]?.data.length ?? 0;
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(columns.map(({ name, data }) => [name, plain(data[row])])),
  );
}

const plainRow = (row: unknown) =>
  Object.fromEntries(Object.entries(row as object).map(([name, value]) => [name, plain(value)]));

describe("rows of a Parquet file", () => {
  it("[PQ1] are those that were written, whatever their types, the codec, the pages, the groups, the blocks and the columns chosen", async () => {
    const anyFile = fc.record({
      columns: anyTable,
      codec: fc.constantFrom(...TEST_CODECS),
      rowGroupSize: fc.integer({ min: 1, max: 200 }),
      pageSize: fc.integer({ min: 16, max: 2_000 }),
      blockBytes: fc.integer({ min: 50, max: 5_000 }),
      drop: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(anyFile, async ({ columns, codec, rowGroupSize, pageSize, blockBytes, drop }) => {
        const file = writeParquet(columns, { codec, rowGroupSize, pageSize });
        const chosen = columns
          .filter((_, place) => columns.length === 1 || place !== drop % columns.length)
          .reverse();
        const rows = await readRows(file, { columns: chosen.map(({ name }) => name), blockBytes });
        expect(rows.map(plainRow)).toEqual(expectedRows(chosen));
        expect(Object.keys(rows[0] ?? {})).toEqual(chosen.map(({ name }) => name));
      }),
      { numRuns: 30 },
    );
  });

  it("[PQ2] are read in any order, also across pages, and one twice is the same", async () => {
    const data = Array.from({ length: 1_000 }, (_, row) => `row ${row}`);
    const lists = data.map((_, row) => Array.from({ length: row % 4 }, (_, place) => row * place));
    const file = writeParquet(
      [
        { name: "text", data },
        { name: "list", data: lists },
      ],
      { pageSize: 100, codec: "UNCOMPRESSED", schema: LIST_SCHEMA },
    );
    const [task] = await readTasks(file);
    for (const row of [0, 999, 3, 500, 500, 499, 998, 1])
      expect(task?.at(row)).toEqual({ text: `row ${row}`, list: lists[row] });
  });

  it("[PQ3] have lists, structures and maps as lists and objects, and null where there is nothing", async () => {
    const rows = Array.from({ length: 200 }, (_, row) => ({
      place: row % 5 === 0 ? null : { name: `p${row}`, at: { x: row / 2, y: row % 3 === 0 ? null : row } },
      tags: row % 7 === 0 ? null : Array.from({ length: row % 3 }, (_, tag) => `t${tag}`),
    }));
    const file = writeParquet(
      [
        { name: "place", data: rows.map(({ place }) => place) },
        { name: "tags", data: rows.map(({ tags }) => tags) },
      ],
      { schema: NESTED_SCHEMA, pageSize: 64, rowGroupSize: 90 },
    );
    expect(await readRows(file, { blockBytes: 700 })).toEqual(rows);
    expect(await readRows(file, { columns: ["tags"] })).toEqual(rows.map(({ tags }) => ({ tags })));
  });

  it("[PQ4] have decimals as the nearest number, days as dates, JSON as values, and enumerations as text", async () => {
    const file = writeParquet(
      [
        { name: "price", data: [0.7, 11, -0.5] },
        { name: "day", data: [0, 1, 20_000] },
        { name: "json", data: [{ a: [1] }, null, "x"] },
        { name: "tree", data: ["OAK", "ELM", "OAK"].map((name) => new TextEncoder().encode(name)) },
        { name: "raw", data: [1, 2, 3].map((byte) => Uint8Array.of(byte, 255)) },
      ],
      {
        schema: [
          { name: "root", num_children: 5 },
          { name: "price", type: "INT32", converted_type: "DECIMAL", scale: 1, repetition_type: "REQUIRED" },
          { name: "day", type: "INT32", converted_type: "DATE", repetition_type: "REQUIRED" },
          { name: "json", type: "BYTE_ARRAY", converted_type: "JSON", repetition_type: "OPTIONAL" },
          { name: "tree", type: "BYTE_ARRAY", converted_type: "ENUM", repetition_type: "REQUIRED" },
          { name: "raw", type: "BYTE_ARRAY", repetition_type: "REQUIRED" },
        ],
      },
    );
    const day = (days: number) => new Date(days * 86_400_000);
    const rows = await readRows(file);
    expect(rows).toEqual([
      { price: 0.7, day: day(0), json: { a: [1] }, tree: "OAK", raw: Uint8Array.of(1, 255) },
      { price: 11, day: day(1), json: null, tree: "ELM", raw: Uint8Array.of(2, 255) },
      { price: -0.5, day: day(20_000), json: "x", tree: "OAK", raw: Uint8Array.of(3, 255) },
    ]);
  });

  it("[PQ5] of two columns need no block with only others in it, and small row groups share a task", async () => {
    const wide = ["a", "b", "c", "d"].map((name): ColumnSource => {
      const data = Float64Array.from(
        { length: 40_000 },
        (_, row) => row * name.charCodeAt(0) + 1 / (row + 1),
      );
      return { name, data, type: "DOUBLE" };
    });
    const file = writeParquet(wide, { rowGroupSize: 20_000, codec: "UNCOMPRESSED" });
    const blockBytes = 65_536;
    const tasks = await readTasks(file, { columns: ["b", "d"], blockBytes });
    expect(tasks).toHaveLength(1);
    const [task] = tasks;
    expect(task?.count).toBe(40_000);
    const columnBytes = 2 * 2 * 160_000;
    // Each of four chunks shares a block at both of its ends.
    expect(task?.fetched.size).toBeLessThanOrEqual(columnBytes / blockBytes + 4 + 2);
    expect(task?.fetched.size).toBeLessThan(Math.ceil(file.length / blockBytes) * 0.7);
  });

  it("[PQ6] of a damaged page are an error that names row group and column, or values, but never another kind of error", async () => {
    const columns: ColumnSource[] = [
      { name: "number", data: Array.from({ length: 500 }, (_, row) => row % 50), type: "INT32" },
      { name: "text", data: Array.from({ length: 500 }, (_, row) => `t${row}`), type: "STRING" },
    ];
    const good = writeParquet(columns, { rowGroupSize: 250, pageSize: 500 });
    const dataEnd = Math.max(
      ...openParquet(good).groups.flatMap(({ chunks }) => chunks.map(({ start, bytes }) => start + bytes)),
    );
    let errors = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 4, max: dataEnd - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          const bad = good.slice();
          bad[at] = (bad[at] ?? 0) ^ by;
          try {
            await readRows(bad);
          } catch (error) {
            errors += 1;
            expect(String(error)).toMatch(/^Error: Row group [01], column "(number|text)": /);
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(errors).toBeGreaterThan(30);
  });

  it("[PQ7] of pages of the first kind are read as those of the second, and compared with the checksum if they have one", async () => {
    const values = [5, 6, 7];
    expect(await rowsOfPage(onePage(values))).toEqual(values.map((n) => ({ n })));
    expect(await rowsOfPage(onePage(values, crc32(bytesOf(values))))).toHaveLength(3);
    await expect(rowsOfPage(onePage(values, 1))).rejects.toThrow(
      'Row group 0, column "n": a page is damaged: its checksum is another',
    );
  });
});

const bytesOf = (values: readonly number[]) => new Uint8Array(Int32Array.from(values).buffer);

/** A chunk of one page of the first kind: numbers of 32 bits as they are. */
function onePage(values: readonly number[], crc?: number): Uint8Array {
  const content = bytesOf(values);
  const writer = new ByteWriter();
  const about = { num_values: values.length, encoding: "PLAIN" } as const;
  writePageHeader(writer, {
    ...{ type: "DATA_PAGE", uncompressed_page_size: content.length, compressed_page_size: content.length },
    ...(crc !== undefined && { crc }),
    data_page_header: { ...about, definition_level_encoding: "RLE", repetition_level_encoding: "RLE" },
  });
  writer.appendBytes(content);
  return writer.getBytes();
}

async function rowsOfPage(chunk: Uint8Array): Promise<unknown[]> {
  const digest = digestOfText("the only block");
  const chunks = [
    { codec: "UNCOMPRESSED", values: 3, bytes: chunk.length, pieces: [[0, 0, chunk.length]] },
  ] as const;
  const outline: Outline = {
    schema: [
      { name: "root", num_children: 1 },
      { name: "n", type: "INT32", repetition_type: "REQUIRED" },
    ],
    ...{ columns: ["n"], blocks: [digest], groups: [{ number: 0, rows: 3, chunks }] },
  };
  const get = () => Promise.resolve(Uint8Array.from(chunk));
  const { count, at } = parquetRows(await gatherColumns({ get }, outlineBytes(outline)));
  return Array.from({ length: count }, (_, index) => at(index));
}

const list = (name: string, element: SchemaElement): SchemaElement[] => [
  { name, num_children: 1, converted_type: "LIST", repetition_type: "OPTIONAL" },
  { name: "list", num_children: 1, repetition_type: "REPEATED" },
  { ...element, name: "element" },
];

const LIST_SCHEMA: SchemaElement[] = [
  { name: "root", num_children: 2 },
  { name: "text", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" },
  ...list("list", { name: "", type: "INT32", repetition_type: "REQUIRED" }),
];

const NESTED_SCHEMA: SchemaElement[] = [
  { name: "root", num_children: 2 },
  { name: "place", num_children: 2, repetition_type: "OPTIONAL" },
  { name: "name", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" },
  { name: "at", num_children: 2, repetition_type: "REQUIRED" },
  { name: "x", type: "DOUBLE", repetition_type: "REQUIRED" },
  { name: "y", type: "INT32", repetition_type: "OPTIONAL" },
  ...list("tags", { name: "", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" }),
];
