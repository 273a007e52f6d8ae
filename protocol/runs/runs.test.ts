import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JobId, taskIdOf } from "../ids";
import { digestOfText } from "../digest";
import { packReport, ReportOnWire, type Report } from "../messages/report";
import { snapshotOf } from "./column";
import { openManifestWriter, readManifest, type ListedBlock } from "./manifest";
import {
  openRunWriter,
  pairsIn,
  readRunBlock,
  RUN_BLOCK_BYTES,
  RUN_BLOCK_VALUES,
  type RunBlock,
} from "./run-block";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const plain = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("\uFEFF", "\uFEFFx", "\uD800", "a\uDC00b", "\u0000"),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array(),
);
const value = fc.oneof(plain, fc.jsonValue());

function blocksOf(groups: readonly (readonly [unknown, readonly unknown[]])[]): RunBlock[] {
  const blocks: RunBlock[] = [];
  const writer = openRunWriter((block) => blocks.push(block));
  for (const [key, values] of groups) writer.add(snapshotOf(key), values.map(snapshotOf));
  writer.finish();
  return blocks;
}

const asJson = (value: unknown): unknown =>
  value instanceof Uint8Array || typeof value === "string" ? value : JSON.parse(JSON.stringify(value));

describe("runs", () => {
  it("[RN1] carry text, numbers, bytes and structured values unchanged", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, fc.array(value, { minLength: 1 }))), (groups) => {
        const pairs = blocksOf(groups).flatMap(({ bytes }) => [...pairsIn(bytes)]);
        const expected = groups.flatMap(([key, values]) =>
          values.map((own) => ({ key: asJson(key), value: asJson(own) })),
        );
        expect(pairs).toEqual(expected);
      }),
    );
  });

  it("[RN2] have the same bytes for equal values, whatever made them", () => {
    const one = blocksOf([["k", [{ b: 1, a: [-0, 1.0] }]]]);
    const other = blocksOf([["k", [{ a: [0, 1], b: 1 }]]]);
    expect(one).toEqual(other);
    expect(blocksOf([[1, [0]]])).toEqual(blocksOf([[1.0, [-0]]]));
    expect(blocksOf([["1", [0]]])).not.toEqual(blocksOf([[1, [0]]]));
  });

  it("[RN3] are cut into blocks by size and by count, and a key goes on in the next", () => {
    const nulls = Array.from({ length: 2 * RUN_BLOCK_VALUES + 1 }, () => null);
    const blocks = blocksOf([["a", nulls]]);
    expect(blocks.map(({ records }) => records)).toEqual([RUN_BLOCK_VALUES, RUN_BLOCK_VALUES, 1]);
    const long = Array.from({ length: 30 }, () => "x".repeat(100_000));
    for (const { bytes } of blocksOf([["a", long]]))
      expect(bytes.length).toBeLessThan(RUN_BLOCK_BYTES + 200_000);
  });

  it("[RN4] take less than a third of the bytes of their JSON lines, for a word count", () => {
    const words = Array.from({ length: 5_000 }, (_, place) => `word${(place * 7919) % 5_000}`).sort();
    const [block] = blocksOf(words.map((word, place) => [word, [place % 50]]));
    const lines = words.map((key, place) => `${JSON.stringify({ key, value: place % 50 })}\n`).join("");
    expect(block?.bytes.length).toBeLessThan(lines.length / 2.5);
  });

  it("[RN5] refuses bytes that are no block, and never hangs or asks for much memory", () => {
    const [{ bytes } = { bytes: new Uint8Array() }] = blocksOf([["a", [1, "b", null, { c: 1 }]]]);
    for (let length = 0; length < bytes.length; length++)
      expect(() => readRunBlock(bytes.subarray(0, length))).toThrow();
    expect(() => readRunBlock(Uint8Array.of(...bytes, 0))).toThrow("goes on for 1 bytes after its end");
    expect(() => readRunBlock(Uint8Array.of(9))).toThrow("must be of version 1; got 9");
    const endless = Uint8Array.of(1, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x7f);
    expect(() => readRunBlock(endless)).toThrow(`has 1 to ${RUN_BLOCK_VALUES} values`);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        try {
          readRunBlock(noise);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});

describe("manifests", () => {
  const digest = digestOfText("a block");

  it("[RN6] list the runs of a reducer in order, with the small ones in them", () => {
    const block = fc.oneof(fc.uint8Array(), fc.constant({ digest, bytes: 7 }));
    fc.assert(
      fc.property(fc.array(fc.array(block)), (runs: ListedBlock[][]) => {
        const writer = openManifestWriter();
        for (const run of runs) writer.addRun(run);
        expect(readManifest(writer.finish())).toEqual(runs);
      }),
    );
  });

  it("[RN7] says what is wrong with one that is cut short", () => {
    const writer = openManifestWriter();
    writer.addRun([bytesOf("run")]);
    const manifest = writer.finish();
    expect(() => readManifest(manifest.subarray(0, -1))).toThrow("cut short");
    expect(() => readManifest(bytesOf("[1]\n"))).toThrow("must have an empty line");
  });
});

describe("a report", () => {
  const taskId = taskIdOf(JobId.parse("job_0123456789abcdef"), "map", 0);

  it("[RN8] sends all runs that travel in it as one buffer, and has each with its part again", () => {
    const part = fc.oneof(
      fc.record({ run: fc.uint8Array(), records: fc.nat(9), partition: fc.nat(3) }),
      fc.record({ text: fc.string(), records: fc.nat(9) }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(part)), (outputs) => {
        const outcomes = outputs.map((parts) => ({ type: "output" as const, taskId, parts, elapsedMs: 1 }));
        const report: Report = { outcomes, want: 3 };
        expect(ReportOnWire.parse(packReport(report))).toEqual(report);
      }),
    );
  });

  it("[RN9] is refused when the buffer is not as long as its parts say", () => {
    const parts = [{ runBytes: 5, records: 1, partition: 0 }];
    const outcomes = [{ type: "output", taskId, parts, elapsedMs: 1 }];
    const parsed = ReportOnWire.safeParse({ outcomes, want: 0, runs: new Uint8Array(4) });
    expect(parsed.error?.issues[0]?.message).toBe("runs must have 5 bytes, as the parts say; got 4");
  });
});
