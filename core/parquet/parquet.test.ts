import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../protocol/limits";
import { isGridError } from "../../protocol/problems";
import { cutBlocks, openParquet, withFooter, writeParquet } from "../../testing/parquet-files";
import { openScanner } from "../scan-records";
import { checkThrift } from "./check-thrift";
import { planGroups } from "./plan-groups";
import type { ParquetFile } from "./read-footer";

const numbers = (count: number) => Array.from({ length: count }, (_, row) => row);
const good = writeParquet(
  [
    { name: "n", data: numbers(100), type: "INT32" },
    { name: "text", data: numbers(100).map((row) => `row ${row}`), type: "STRING" },
  ],
  { rowGroupSize: 40 },
);

/** What the coordinator says; null when it takes it. */
function refusalOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    if (!isGridError(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

const tail = (length: number, magic = "PAR1") => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, length, true);
  bytes.set(Buffer.from(magic), 4);
  return bytes;
};

describe("the end of a Parquet file", () => {
  it("[PQ10] tells columns, rows and row groups, and where everything lies", () => {
    const { schema, rows, groups } = openParquet(good);
    expect(schema.columns).toEqual(["n", "text"]);
    expect(rows).toBe(100);
    expect(groups.map((group) => group.rows)).toEqual([40, 40, 20]);
    expect(groups.flatMap(({ chunks }) => chunks.map(({ codec }) => codec))).toEqual(Array(6).fill("SNAPPY"));
  });

  it("[PQ11] is refused with what is wrong: of another kind, cut short, encrypted, too large", () => {
    const refusals = [
      [Buffer.from("name,age\nada,36\n"), "ends with PAR1"],
      [good.subarray(0, good.length - 100), "ends with PAR1"],
      [Buffer.concat([good.subarray(0, 50), tail(10, "PARE")]), "encrypted"],
      [Buffer.concat([good.subarray(0, 50), tail(51)]), "51 bytes, and has 58 in all"],
      [Buffer.concat([good.subarray(0, 50), tail(LIMITS.parquetFooterBytes + 1)]), "parquetFooterBytes"],
      [Buffer.concat([good.subarray(0, 50), tail(0)]), "cannot be read"],
      [Buffer.from("PAR1PAR1"), "ends with PAR1"],
      [new Uint8Array(), "ends with PAR1"],
    ] as const;
    for (const [file, words] of refusals) {
      const refusal = refusalOf(() => openParquet(file));
      expect(refusal).toContain("data-invalid");
      expect(refusal).toContain(words);
    }
  });

  it("[PQ12] is either understood or refused, whatever bytes are in it", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
        const bad = withFooter(good, (footer) => {
          for (const [at, byte] of changes) footer[at % footer.length] = byte;
          return footer;
        });
        refusalOf(() => {
          const file = openParquet(bad);
          const { blocks } = cutBlocks(good, 1_000);
          for (const { outline } of planGroups(file, null, blocks))
            for (const { chunks } of outline.groups)
              for (const { bytes } of chunks) expect(bytes).toBeLessThan(good.length);
        });
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        refusalOf(() => openParquet(withFooter(good, () => bytes)));
      }),
    );
  });

  it("[PQ13] cannot claim lists, depths, numbers and lengths that are not there", () => {
    const nested = Uint8Array.from({ length: 1_000 }, () => 0x1c);
    const claims = [
      [Uint8Array.of(0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07), "more elements than bytes"],
      [nested, "parquetDepth"],
      [Uint8Array.of(0x16, ...Array<number>(20).fill(0xff)), "too long"],
      [Uint8Array.of(0x18, 0xff, 0xff, 0xff, 0xff, 0x07), "within a value"],
      [Uint8Array.of(0x1b, 0x01, 0x11), "no place"],
      [Uint8Array.of(0x15), "it ends"],
      [
        Buffer.concat([
          Uint8Array.of(0x19, 0xf3, 0x81, 0x89, 0x7a),
          new Uint8Array(LIMITS.parquetValues + 100),
        ]),
        "parquetValues",
      ],
    ] as const;
    for (const [bytes, words] of claims) expect(refusalOf(() => checkThrift(bytes))).toContain(words);
  });

  it("[PQ14] is looked for only in what begins as Parquet does", () => {
    const scan = (text: string) => openScanner({ type: "parquet" }).scan(Buffer.from(text), 0, 100);
    expect(scan("PAR1 and more")).toEqual({ end: 13, records: 0, isCut: false });
    expect(scan("PARE")).toMatchObject({ end: 4 });
    expect(refusalOf(() => scan("PK\u0003\u0004"))).toContain("begins with PAR1");
    expect(openScanner({ type: "parquet" }).scan(Buffer.from("PAR1PAR1"), 0, 5)).toMatchObject({
      ...{ end: 5, isCut: true },
    });
  });
});

describe("the tasks on a Parquet file", () => {
  const { blocks } = cutBlocks(good, 100);
  const plan = (columns: readonly string[] | null, file: ParquetFile = openParquet(good)) => [
    ...planGroups(file, columns, blocks),
  ];

  it("[PQ15] name a column that is not there, and those that are", () => {
    expect(refusalOf(() => plan(["n", "age"]))).toBe(
      'invalid-input: input.columns: there is no column "age" among "n", "text"',
    );
  });

  it("[PQ16] have one row group, several that are small, and none without rows", () => {
    const file = openParquet(good);
    const [small] = plan(null);
    expect(small).toMatchObject({
      rows: 100,
      outline: { groups: [{ number: 0 }, { number: 1 }, { number: 2 }] },
    });
    const large = LIMITS.datasetBlockBytes / 2 + 1;
    const [first] = file.groups;
    const chunk = { codec: "ZSTD", values: 10, start: 4, bytes: large, obstacle: null };
    const group = { rows: 10, chunks: [chunk, { ...chunk, bytes: 1 }] };
    const groups = [group, { ...group, rows: 0 }, group, ...(first ? [first, first] : [])];
    const plans = plan(["n"], { ...file, groups });
    expect(plans.map(({ outline }) => outline.groups.map(({ number }) => number))).toEqual([[0], [2, 3, 4]]);
    expect(plans.map(({ rows }) => rows)).toEqual([10, 90]);
  });

  it("[PQ17] cannot have what is encrypted, packed in an unknown way, or too much in one row group; other columns can be read", () => {
    const file = openParquet(good);
    const [group] = file.groups;
    const [own, other] = group?.chunks ?? [];
    if (!group || !own || !other) throw new Error("the file has no row group");
    const changes = [
      [{ codec: "LZO" }, "is compressed by LZO"],
      [{ obstacle: "it is encrypted" }, 'column "n" in row group 0 cannot be read: it is encrypted'],
      [{ bytes: LIMITS.parquetGroupBytes + 1 }, "parquetGroupBytes"],
    ] as const;
    for (const [change, words] of changes) {
      const changed = { ...file, groups: [{ ...group, chunks: [{ ...own, ...change }, other] }] };
      expect(refusalOf(() => plan(null, changed))).toContain(words);
      expect(plan(["text"], changed)).toHaveLength(1);
    }
  });
});
