import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fieldsOf, rowsIn, type CsvDialect } from "../protocol/csv";
import type { DatasetFormat } from "../protocol/format";
import { LIMITS } from "../protocol/limits";
import { openScanner } from "./scan-records";

const CSV = { type: "csv", delimiter: ",", quote: '"', header: false } as const;
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Blocks of about `size` bytes, of a text that comes in pieces of `piece` bytes. */
function blocksOf(text: string, format: DatasetFormat, size: number, piece: number) {
  const scanner = openScanner(format);
  const bytes = bytesOf(text);
  const blocks: { text: string; records: number }[] = [];
  let [block, records, start]: [number[], number, number] = [[], 0, 0];
  const end = () => {
    blocks.push({ text: new TextDecoder().decode(Uint8Array.from(block)), records });
    [block, records] = [[], 0];
  };
  for (; start < bytes.length; start += piece) {
    const part = bytes.subarray(start, start + piece);
    for (let at = 0; at < part.length;) {
      const scanned = scanner.scan(part, at, Math.max(1, size - block.length));
      block.push(...part.subarray(at, scanned.end));
      records += scanned.records;
      at = scanned.end;
      if (scanned.isCut) end();
    }
  }
  records += scanner.finish();
  if (block.length > 0) end();
  return blocks;
}

const sizes = { size: fc.integer({ min: 1, max: 30 }), piece: fc.integer({ min: 1, max: 12 }) };
const line = fc.string({ unit: fc.constantFrom("a", "é", ",", " ", "\r") });

describe("lines", () => {
  it("[DS1] come in blocks of whole lines, counted, however the bytes came", () => {
    fc.assert(
      fc.property(fc.array(line), fc.boolean(), fc.record(sizes), (lines, hasEnd, { size, piece }) => {
        const text = lines.join("\n") + (hasEnd ? "\n" : "");
        const blocks = blocksOf(text, { type: "lines" }, size, piece);
        expect(blocks.map((block) => block.text).join("")).toBe(text);
        for (const block of blocks.slice(0, -1)) {
          expect(block.text.endsWith("\n")).toBe(true);
          expect(bytesOf(block.text).length).toBeGreaterThanOrEqual(size);
        }
        for (const block of blocks) {
          expect(block.records).toBe(block.text.replace(/\n$/, "").split("\n").length);
        }
        // The same content gives the same blocks, or nothing would be found to be there already.
        expect(blocksOf(text, { type: "lines" }, size, 1000)).toEqual(blocks);
      }),
    );
  });

  it("[DS2] that are too long are refused with their number, before they end", () => {
    const scanner = openScanner({ type: "lines" });
    scanner.scan(bytesOf("one\ntwo\n"), 0, 1000);
    scanner.scan(new Uint8Array(LIMITS.recordBytes), 0, 1000);
    expect(() => scanner.scan(bytesOf("x"), 0, 1000)).toThrow(
      `A record may have at most ${LIMITS.recordBytes} bytes (recordBytes); record 2 has ${LIMITS.recordBytes + 1} or more`,
    );
  });
});

describe("fixed-size records", () => {
  it("[DS3] are cut at multiples of their size", () => {
    fc.assert(
      fc.property(fc.nat(60), fc.integer({ min: 1, max: 9 }), fc.record(sizes), (count, recordBytes, cut) => {
        const text = "x".repeat(count * recordBytes);
        const blocks = blocksOf(text, { type: "bytes", recordBytes }, cut.size, cut.piece);
        expect(blocks.map((block) => block.text).join("")).toBe(text);
        for (const block of blocks) expect(block.text.length).toBe(block.records * recordBytes);
      }),
    );
  });

  it("[DS4] refuse a last one that is short", () => {
    expect(() => blocksOf("x".repeat(25), { type: "bytes", recordBytes: 10 }, 10, 7)).toThrow(
      "A record must have 10 bytes; record 2, the last, has 5",
    );
  });
});

describe("CSV", () => {
  const field = fc.string({ unit: fc.constantFrom("a", "é", '"', ",", "\n", " ", "\r\n") });
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const row = fc.array(field, { minLength: 1, maxLength: 4 });

  it("[DS5] is cut between rows and never in a quoted line end, with the fields that csv-parse finds", () => {
    fc.assert(
      fc.property(
        fc.array(row),
        fc.constantFrom("\n", "\r\n"),
        fc.record(sizes),
        (rows, end, { size, piece }) => {
          const text = rows.map((fields) => fields.map(quoted).join(",") + end).join("");
          const blocks = blocksOf(text, CSV, size, piece);
          expect(blocks.map((block) => block.text).join("")).toBe(text);
          const found = blocks.flatMap((block) => {
            const spans = rowsIn(block.text, CSV);
            expect(spans.length).toBe(block.records);
            return spans.map((span) => fieldsOf(block.text, span, CSV));
          });
          const options = { record_delimiter: end, relax_column_count: true, skip_empty_lines: true };
          expect(found).toEqual(parse(text, options));
          expect(found).toEqual(rows);
        },
      ),
    );
  });

  const read = (text: string, dialect: CsvDialect = CSV) =>
    rowsIn(text, dialect).map((span) => fieldsOf(text, span, dialect));

  it("[DS6] has plain fields, empty ones and other delimiters; empty lines are no rows", () => {
    expect(read('a,,"b ""c"""\r\n\r\n,\n"x"')).toEqual([["a", "", 'b "c"'], ["", ""], ["x"]]);
    expect(read("a;b,c\n", { delimiter: ";", quote: null })).toEqual([["a", "b,c"]]);
    expect(blocksOf("a\n\n\r\nb", CSV, 100, 3)).toEqual([{ text: "a\n\n\r\nb", records: 2 }]);
  });

  it.each([
    ['a,b\n1,"2\n3,4\n', "Row 2 has a quote that is never closed"],
    ['a\n"b"c\n', "Row 2 has a quote that neither ends its field nor is doubled"],
    ['a\nb\nc"d"\n', "Row 3 has a quote within a field that does not begin with one"],
    ['a\n"b"\rc\n', "Row 2 has a quote that neither ends its field"],
  ])("[DS7] says which row has a quote too many: %j", (text, words) => {
    expect(() => blocksOf(text, CSV, 5, 2)).toThrow(words);
  });
});
