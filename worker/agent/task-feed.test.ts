import { expect, test } from "vitest";
import { digestOf } from "../../protocol/digest";
import { JobId, taskIdOf, type Digest } from "../../protocol/ids";
import type { ToSlot } from "../sandbox/stream-messages";
import { settle } from "./fake-clock";
import { openOutbox } from "./outbox";
import { memoryOutboxStore } from "./outbox-store";
import { openTaskFeed } from "./task-feed";
import { Unreadable } from "./unreadable";

const taskId = taskIdOf(JobId.parse("job_0123456789abcdef"), "reduce", 0);
const bytes = (text: string) => new TextEncoder().encode(text);

async function open(later: string[][] = [], storeBytes = 1000) {
  const bugs: unknown[] = [];
  const answers: ToSlot[] = [];
  const blocks = new Map<Digest, Uint8Array<ArrayBuffer>>();
  const prefetched: Digest[] = [];
  const outbox = await openOutbox(memoryOutboxStore(storeBytes), (bug) => bugs.push(bug));
  const listed = later.map((run) =>
    run.map((text) => {
      blocks.set(digestOf(bytes(text)), bytes(text));
      return { digest: digestOf(bytes(text)), bytes: text.length };
    }),
  );
  const cache = {
    async get(digest: Digest) {
      const found = blocks.get(digest);
      if (!found) throw new Unreadable("block-not-found");
      return found;
    },
    prefetch: (digest: Digest) => void prefetched.push(digest),
  };
  const feed = openTaskFeed({ taskId, later: listed, cache, outbox, reportBug: (bug) => bugs.push(bug) });
  const say = async (message: Parameters<typeof feed.heard>[0]) => {
    feed.heard(message, (answer) => answers.push(answer));
    await settle();
  };
  return { feed, say, answers, blocks, prefetched, outbox, bugs };
}

test("[TF1] gives the blocks of a run one by one, fetches the next ahead, and says when it is over", async () => {
  const { say, answers, prefetched } = await open([["one", "two"], ["other"]]);
  await say({ op: "next", taskId, run: 0 });
  expect(answers.at(-1)).toMatchObject({ op: "block", run: 0, bytes: bytes("one") });
  expect(prefetched).toEqual([digestOf(bytes("two"))]);
  await say({ op: "next", taskId, run: 0 });
  await say({ op: "next", taskId, run: 0 });
  expect(answers.at(-1)).toMatchObject({ op: "block", run: 0, bytes: null });
});

test("[TF2] names the parts that were sent, in order, and keeps them only for an outcome", async () => {
  const { feed, say, answers, outbox } = await open();
  await say({ op: "keep", taskId, bytes: bytes("first") });
  await say({ op: "keep", taskId, bytes: bytes("second") });
  expect(answers).toEqual([
    { op: "stored", taskId, bytes: 5 },
    { op: "stored", taskId, bytes: 6 },
  ]);
  const parts = (await feed.parts()) ?? [];
  expect(parts.map(({ digest }) => digest)).toEqual([digestOf(bytes("first")), digestOf(bytes("second"))]);
  outbox.add([
    {
      type: "output",
      taskId,
      parts: parts.slice(0, 1).map((part) => ({ ...part, records: 1 })),
      elapsedMs: 1,
    },
  ]);
  feed.close();
  await settle();
  expect(await outbox.bytesOf(digestOf(bytes("first")))).not.toBe(null);
  expect(await outbox.bytesOf(digestOf(bytes("second")))).toBe(null);
});

test("[TF3] reads back what was spilt, run by run", async () => {
  const { say, answers } = await open([[]]);
  await say({ op: "spill", taskId, run: 1, bytes: bytes("a") });
  await say({ op: "spill", taskId, run: 1, bytes: bytes("b") });
  await say({ op: "next", taskId, run: 1 });
  expect(answers.at(-1)).toMatchObject({ op: "block", run: 1, bytes: bytes("a") });
  await say({ op: "next", taskId, run: 1 });
  await say({ op: "next", taskId, run: 1 });
  expect(answers.slice(-2)).toMatchObject([{ bytes: bytes("b") }, { bytes: null }]);
});

test("[TF4] a block that cannot be had fails the stream, not the program", async () => {
  const { feed, say, answers, blocks } = await open([["gone"]]);
  blocks.clear();
  await say({ op: "next", taskId, run: 0 });
  expect(answers).toEqual([{ op: "failed", taskId, message: "block-not-found" }]);
  expect(await feed.parts()).toBe(null);
  expect(feed.failure).toBe("unread");
});

test("[TF6] what its tab has no room for fails the stream, and lets go of the rest", async () => {
  const { feed, say, answers, outbox } = await open([], 6);
  await say({ op: "spill", taskId, run: 0, bytes: bytes("first") });
  expect(feed.failure).toBe(null);
  await say({ op: "spill", taskId, run: 0, bytes: bytes("second") });
  expect(answers).toMatchObject([
    { op: "stored" },
    { op: "failed", message: expect.stringContaining("unwrittenBytes") },
  ]);
  expect(feed.failure).toBe("full");
  expect(await feed.parts()).toBe(null);
  feed.close();
  await settle();
  expect(await outbox.bytesOf(digestOf(bytes("first")))).toBe(null);
  expect(await outbox.bytesOf(digestOf(bytes("second")))).toBe(null);
});

test("[TF5] lets go of what was spilt once it has been read, and of nothing that is a part of the output as well", async () => {
  const { feed, say, outbox } = await open();
  await say({ op: "spill", taskId, run: 0, bytes: bytes("alone") });
  await say({ op: "spill", taskId, run: 0, bytes: bytes("both") });
  await say({ op: "keep", taskId, bytes: bytes("both") });
  for (let n = 0; n < 2; n++) await say({ op: "next", taskId, run: 0 });
  expect(await outbox.bytesOf(digestOf(bytes("alone")))).toBe(null);
  expect(await outbox.bytesOf(digestOf(bytes("both")))).not.toBe(null);
  feed.close();
  await settle();
  expect(await outbox.bytesOf(digestOf(bytes("both")))).toBe(null);
});
