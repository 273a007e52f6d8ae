import { expect, it } from "vitest";
import { digestOfText } from "../../protocol/digest";
import { taskIdOf, type Digest, type JobId } from "../../protocol/ids";
import { outlineBytes } from "../../protocol/outline";
import { unpackOutline, type Outline } from "../../protocol/parquet";
import type { AssignedTask } from "../../protocol/task";
import { prepare, prefetchInputs } from "./prepare";

const here = digestOfText("here");
const there = digestOfText("there");
const listed = digestOfText("an outline");
const outline: Outline = {
  ...{ schema: [{ name: "root" }], columns: ["a"], blocks: [here, there] },
  groups: [
    {
      ...{ number: 0, rows: 2 },
      chunks: [
        {
          ...{ codec: "UNCOMPRESSED", values: 2, bytes: 5 },
          pieces: [
            [1, 2, 4],
            [0, 0, 3],
          ],
        },
      ],
    },
  ],
};
const contents = new Map<Digest, Uint8Array<ArrayBuffer>>([
  [here, Uint8Array.of(1, 2, 3, 4)],
  [there, Uint8Array.of(5, 6, 7, 8)],
  [listed, Uint8Array.from(outlineBytes(outline))],
]);

function openBlocks(blocks: ReadonlyMap<Digest, Uint8Array<ArrayBuffer>> = contents) {
  const got: Digest[] = [];
  const prefetched: Digest[] = [];
  return {
    got,
    prefetched,
    lend: () => Promise.reject(new Error("An outline is no input by itself")),
    prefetch: (digest: Digest) => void prefetched.push(digest),
    get(digest: Digest) {
      got.push(digest);
      const bytes = blocks.get(digest);
      return bytes ? Promise.resolve(bytes) : Promise.reject(new Error(`There is no ${digest}`));
    },
  };
}

const task = (index: number): AssignedTask => ({
  taskId: taskIdOf("job_0000000000000000" as JobId, "map", index),
  input: {
    ...{ type: "records", block: listed, from: index, to: index + 1, firstRecord: index, isOutline: true },
  },
});

it("[PQ27] a task on an outline gets the bytes that it lists, put together once for those that follow one another", async () => {
  const blocks = openBlocks();
  const { tasks, missing } = await prepare(blocks, [task(0), task(1)], () => {});
  expect(missing).toEqual([]);
  const [first, second] = tasks.map(({ input }) => (input.type === "records" ? input.bytes : null));
  if (!(first instanceof Uint8Array)) throw new Error("no bytes came along");
  expect(unpackOutline(first)).toMatchObject({ chunks: [[Uint8Array.of(7, 8, 1, 2, 3)]] });
  expect(second).toBeNull();
  expect(blocks.got.filter((digest) => digest === there)).toHaveLength(1);
});

it("[PQ28] the blocks that an outline lists are fetched ahead, and a block that lacks bytes is missed", async () => {
  const blocks = openBlocks();
  prefetchInputs(blocks, [task(0).input], 8);
  await expect.poll(() => blocks.prefetched).toEqual([here, there]);
  const short = openBlocks(new Map([...contents, [there, Uint8Array.of(5)]]));
  const reported: unknown[] = [];
  const { missing } = await prepare(short, [task(0)], (error) => void reported.push(error));
  expect(missing).toHaveLength(1);
  expect(String(reported)).toContain("has 1 bytes; 4 were expected");
});
