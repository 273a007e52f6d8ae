import { expect, test } from "vitest";
import { digestOf } from "../../protocol/digest";
import type { Digest } from "../../protocol/ids";
import type { BlockStore, BlockUse } from "./block-store";
import { noBlockStore } from "./block-store";
import { openCache, type CacheParts } from "./cache";
import { openFakeClock, settle } from "./fake-clock";
import { digestOfBytes } from "./hash";

const fail = (error: unknown) => {
  throw error;
};

function block(text: string): { digest: Digest; bytes: Uint8Array<ArrayBuffer> } {
  const bytes = new Uint8Array(new TextEncoder().encode(text));
  return { digest: digestOf(bytes), bytes };
}

function openFakeStore() {
  const uses = new Map<Digest, BlockUse>();
  const contents = new Map<Digest, Uint8Array<ArrayBuffer>>();
  const store: BlockStore = {
    uses: () => Promise.resolve([...uses.values()]),
    read: (digest) => Promise.resolve(contents.get(digest) ?? null),
    write(use, bytes) {
      uses.set(use.digest, use);
      contents.set(use.digest, bytes);
      return Promise.resolve();
    },
    touch: (use) => Promise.resolve(void uses.set(use.digest, use)),
    remove(digest) {
      uses.delete(digest);
      contents.delete(digest);
      return Promise.resolve();
    },
  };
  return { store, contents };
}

function openFakeServer(...blocks: { digest: Digest; bytes: Uint8Array<ArrayBuffer> }[]) {
  const asked: Digest[] = [];
  const contents = new Map(blocks.map(({ digest, bytes }) => [digest, bytes]));
  return {
    asked,
    server: {
      get(digest: Digest) {
        asked.push(digest);
        const bytes = contents.get(digest);
        return bytes ? Promise.resolve(bytes) : Promise.reject(new Error("not there"));
      },
      put: () => Promise.resolve(),
    },
  };
}

const open = (parts: Partial<CacheParts>) =>
  openCache({
    store: noBlockStore,
    server: openFakeServer().server,
    clock: openFakeClock(),
    quotaBytes: 1_000,
    memoryBytes: 1_000,
    reportBug: fail,
    ...parts,
  });

test("[CA1] hands out only bytes that their digest names, whoever sent them", async () => {
  const { digest } = block("right");
  const { server } = openFakeServer({ digest, bytes: block("wrong").bytes });
  const cache = await open({ server });
  await expect(cache.get(digest)).rejects.toThrow("sent other bytes");
});

test("[CA1] drops bytes that rotted in the database, and fetches them again", async () => {
  const right = block("right");
  const { store, contents } = openFakeStore();
  await store.write({ digest: right.digest, bytes: 5, usedAt: 1 }, block("wrong").bytes);
  const { server, asked } = openFakeServer(right);
  const cache = await open({ store, server });
  expect(await cache.get(right.digest)).toEqual(right.bytes);
  await settle();
  expect(asked).toEqual([right.digest]);
  expect(contents.get(right.digest)).toEqual(right.bytes);
});

test("[CA2] fetches a block once, for all who want it, and not again after a restart", async () => {
  const one = block("one");
  const { store } = openFakeStore();
  const { server, asked } = openFakeServer(one);
  const cache = await open({ store, server });
  await Promise.all([cache.get(one.digest), cache.get(one.digest)]);
  await cache.get(one.digest);
  await settle();
  await (await open({ store, server })).get(one.digest);
  expect(asked).toHaveLength(1);
});

test("[CA3] makes room by dropping what was used longest ago", async () => {
  const blocks = ["aaaa", "bbbb", "cccc"].map(block);
  const [a, b, c] = blocks;
  if (!a || !b || !c) throw new Error("three blocks");
  const { store, contents } = openFakeStore();
  const clock = openFakeClock();
  const cache = await open({
    store,
    clock,
    server: openFakeServer(...blocks).server,
    quotaBytes: 8,
    memoryBytes: 0,
  });
  for (const { digest } of [a, b, a, c]) {
    await cache.get(digest);
    await clock.advance(10);
  }
  expect([...contents.keys()].sort()).toEqual([a.digest, c.digest].sort());
});

test("[CA4] works from memory when the database fails", async () => {
  const one = block("one");
  const broken = () => Promise.reject(new Error("disk full"));
  const { server, asked } = openFakeServer(one);
  const store = { ...noBlockStore, uses: broken, write: broken, read: broken };
  const cache = await open({ store, server, reportBug: () => {} });
  await cache.get(one.digest);
  await settle();
  expect(await cache.get(one.digest)).toEqual(one.bytes);
  expect(asked).toHaveLength(1);
});

test("[CA5] counts a block as from the cache only when no fetch was made for its use", async () => {
  const one = block("one");
  const { server } = openFakeServer(one);
  const cache = await open({ server });
  cache.prefetch(one.digest);
  await settle();
  await cache.get(one.digest);
  expect(cache.traffic).toMatchObject({ blocksFetched: 1, blocksFromCache: 0 });
  await cache.get(one.digest);
  expect(cache.traffic).toMatchObject({ blocksFetched: 1, blocksFromCache: 1, bytesFromCache: 3 });
});

test("[CA6] names large and small bytes alike", async () => {
  for (const size of [0, 1, 16 * 1024 - 1, 16 * 1024, 100_000]) {
    const bytes = new Uint8Array(size).fill(7);
    expect(await digestOfBytes(bytes)).toBe(digestOf(bytes));
  }
});
