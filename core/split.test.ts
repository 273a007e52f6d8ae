import fc from "fast-check";
import { openScanner } from "./scan-records";
import { describe, expect, it } from "vitest";
import { digest } from "../testing/builders";
import {
  blocksOfTask,
  countRange,
  cutRecords,
  indexSplits,
  inputBlocksOf,
  taskInputAt,
  type InputPlan,
  type SplitIndex,
} from "./split";
import { blockKeyOf } from "../protocol/block-key";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const cut = (text: string, chunkBytes: number) =>
  [...cutRecords(bytesOf(text), openScanner({ type: "lines" }), chunkBytes)].map(({ bytes, records }) => ({
    text: textOf(bytes),
    records,
  }));

const anyText = fc
  .array(fc.constantFrom("a", "bc", "\n", "\r\n", "é", "🙂", ""), { maxLength: 60 })
  .map((pieces) => pieces.join(""));

describe("cutLines", () => {
  it("[SP1] cuts after the first line end at or beyond the size asked for", () => {
    expect(cut("aa\nbb\ncc\n", 4)).toEqual([
      { text: "aa\nbb\n", records: 2 },
      { text: "cc\n", records: 1 },
    ]);
    expect(cut("aa\nbb\n", 3).map(({ text }) => text)).toEqual(["aa\n", "bb\n"]);
  });

  it("[SP2] counts a last line without an end as a record, and makes no chunk of nothing", () => {
    expect(cut("a\nb", 1).map(({ records }) => records)).toEqual([1, 1]);
    expect(cut("", 1)).toEqual([]);
    expect(cut("\n\n", 100)).toEqual([{ text: "\n\n", records: 2 }]);
  });

  it("[SP3] gives chunks that, joined, are the text, and none of which is empty", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, chunkBytes) => {
        const chunks = cut(text, chunkBytes);
        expect(chunks.map((chunk) => chunk.text).join("")).toBe(text);
        expect(chunks.every((chunk) => chunk.text !== "")).toBe(true);
      }),
    );
  });

  it("[SP4] puts every record into exactly one chunk", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, chunkBytes) => {
        const recordsOf = (part: string) => part.replace(/\n$/, "").split("\n");
        const chunks = cut(text, chunkBytes);
        expect(chunks.flatMap((chunk) => recordsOf(chunk.text))).toEqual(text === "" ? [] : recordsOf(text));
        for (const chunk of chunks) expect(chunk.records).toBe(recordsOf(chunk.text).length);
      }),
    );
  });

  it("[SP5] makes chunks longer than asked for only to reach the end of a line", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, chunkBytes) => {
        for (const chunk of cut(text, chunkBytes).slice(0, -1)) {
          const lastLine = chunk.text.slice(0, -1).lastIndexOf("\n") + 1;
          expect(bytesOf(chunk.text).length).toBeGreaterThanOrEqual(chunkBytes);
          expect(bytesOf(chunk.text.slice(0, lastLine)).length).toBeLessThan(chunkBytes);
        }
      }),
    );
  });
});

const anyBlocks: fc.Arbitrary<InputPlan> = fc.record({
  type: fc.constant("blocks" as const),
  format: fc.constant({ type: "lines" } as const),
  blocks: fc
    .array(fc.integer({ min: 1, max: 9 }), { maxLength: 9 })
    .map((sizes) => sizes.map((records, place) => ({ digest: digest(`b${place}`), bytes: 1, records }))),
  recordsPerTask: fc.option(fc.integer({ min: 1, max: 5 })),
});

const allTasks = (index: SplitIndex) =>
  Array.from({ length: index.taskCount }, (_, task) => taskInputAt(index, task));

describe("taskInputAt", () => {
  it("[SP6] covers every record of the blocks once, in order, and no task crosses blocks", () => {
    fc.assert(
      fc.property(anyBlocks, (plan) => {
        if (plan.type !== "blocks") return;
        const index = indexSplits(plan);
        const covered = allTasks(index).flatMap((input) =>
          input.type === "records" ? recordsOf(input.from, input.to, input.block, input.firstRecord) : [],
        );
        const all = plan.blocks.flatMap((block) => recordsOf(0, block.records, block.digest, 0));
        expect(covered.map(({ name }) => name)).toEqual(all.map(({ name }) => name));
        expect(covered.map(({ number }) => number)).toEqual(all.map((_, number) => number));
        expect(index.recordCount).toBe(all.length);
      }),
    );
  });

  it("[SP7] covers every number of a range once, in order", () => {
    const sizes = { count: fc.nat(40), recordsPerTask: fc.integer({ min: 1, max: 9 }) };
    fc.assert(
      fc.property(fc.record({ ...sizes, start: fc.integer(), step: fc.integer() }), (range) => {
        const index = indexSplits({ type: "range", ...range });
        const numbers = allTasks(index).flatMap((input) => {
          if (input.type !== "range") return [];
          expect(input.firstRecord).toBeLessThan(range.count);
          return Array.from(
            { length: input.count },
            (_, place) => input.start + (input.firstRecord + place) * input.step,
          );
        });
        const expected = Array.from({ length: range.count }, (_, place) => range.start + place * range.step);
        expect(numbers.map((number) => number + 0)).toEqual(expected.map((number) => number + 0));
      }),
    );
  });

  it("[SP8] makes one task of a block when no size is given", () => {
    const blocks = [4, 2].map((records, place) => ({ digest: digest(`b${place}`), bytes: 1, records }));
    const index = indexSplits({ type: "blocks", format: { type: "jsonl" }, blocks, recordsPerTask: null });
    expect(allTasks(index)).toEqual([
      { type: "records", block: "b0", from: 0, to: 4, firstRecord: 0 },
      { type: "records", block: "b1", from: 0, to: 2, firstRecord: 4 },
    ]);
  });

  it("[SP9] refuses a task that the plan does not have", () => {
    const index = indexSplits({ type: "range", start: 0, step: 1, count: 10, recordsPerTask: 5 });
    expect(() => taskInputAt(index, 2)).toThrow("task 2 is beyond the plan's 2 tasks");
    expect(() => taskInputAt(indexSplits({ ...BLOCKS, blocks: [] }), 0)).toThrow("beyond");
  });
});

const BLOCKS = { type: "blocks", format: { type: "lines" }, recordsPerTask: 1 } as const;

function recordsOf(from: number, to: number, block: string, firstRecord: number) {
  return Array.from({ length: to - from }, (_, place) => ({
    name: `${block}:${from + place}`,
    number: firstRecord + place,
  }));
}

describe("countRange", () => {
  it("[SP10] counts the numbers before the end, upwards and downwards", () => {
    expect([countRange(0, 10, 3), countRange(10, 0, -5), countRange(5, 5, 1)]).toEqual([4, 2, 0]);
    expect([countRange(0, 5, -1), countRange(5, 0, 1)]).toEqual([0, 0]);
  });

  it("[SP11] does not miscount when steps are not exact in binary", () => {
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 200 }), (tenth, steps) => {
        const [start, step] = [tenth / 10, 0.1];
        const end = start + steps * step;
        const count = countRange(start, end, step);
        expect(start + (count - 1) * step).toBeLessThan(count === 0 ? Infinity : end);
        expect(start + count * step).toBeGreaterThanOrEqual(end);
      }),
    );
  });
});

describe("tasks on outlines", () => {
  const part = (name: string) => digest(`part ${name}`);
  const plan: InputPlan = {
    type: "blocks",
    format: { type: "parquet" },
    blocks: [
      { digest: digest("o1"), bytes: 90, records: 9, parts: [part("b"), part("a")] },
      { digest: digest("o2"), bytes: 10, records: 1, parts: [part("b")] },
    ],
    ...{ recordsPerTask: null, chunkBytes: 30 },
  };

  it("[PQ26] name the outline, are placed by the block with most of them, and read all that it lists", () => {
    const index = indexSplits(plan);
    expect(index.taskCount).toBe(4);
    expect(taskInputAt(index, 1)).toEqual({
      ...{ type: "records", block: digest("o1"), from: 3, to: 6, firstRecord: 3, isOutline: true },
    });
    expect(taskInputAt(index, 3)).toMatchObject({ block: digest("o2"), firstRecord: 9 });
    expect(inputBlocksOf(index)?.keys).toEqual([part("b"), part("b")].map(blockKeyOf));
    expect(blocksOfTask(index, 2)).toEqual([digest("o1"), part("b"), part("a")]);
    expect(blocksOfTask(index, 3)).toEqual([digest("o2"), part("b")]);
  });
});
