import { expect, test } from "vitest";
import { blockKeyOf, unpackKeys } from "../../protocol/block-key";
import { digestOf } from "../../protocol/digest";
import type { Digest } from "../../protocol/ids";
import type { Content } from "../content";
import type { BlockStore, BlockUse } from "./block-store";
import { noBlockStore } from "./block-store";
import { openCache, type CacheParts } from "./cache";
import { openFakeClock, settle } from "./fake-clock";
import { digestOfBytes } from "./hash";
import { Unreadable } from "./unreadable";

const fail = (error: unknown) => {
  throw error;
};

function block(text: string): { digest: Digest; bytes: Uint8Array<ArrayBuffer> } {
  const bytes = new Uint8Array(new TextEncoder().encode(text));
  return { digest: digestOf(bytes), bytes };
}

function openFakeStore() {
  const uses = new Map<Digest, BlockUse>();
  const contents = new Map<Digest, Content>();
  const state = { writes: 0, mostBlocks: Infinity };
  const store: BlockStore = {
    uses: () => Promise.resolve([...uses.values()]),
    read: (digest) => Promise.resolve(contents.get(digest) ?? null),
    write(blocks) {
      if (contents.size + blocks.length > state.mostBlocks) return Promise.reject(full());
      for (const { use, content } of blocks) {
        uses.set(use.digest, use);
        contents.set(use.digest, content);
      }
      state.writes += 1;
      return Promise.resolve();
    },
    touch: (use) => Promise.resolve(void uses.set(use.digest, use)),
    remove(digests) {
      for (const digest of digests) for (const kept of [uses, contents]) kept.delete(digest);
      return Promise.resolve();
    },
  };
  return { store, contents, state };
}

const full = () => Object.assign(new Error("The quota has been exceeded"), { name: "QuotaExceededError" });
const used = ({ digest, bytes }: ReturnType<typeof block>, usedAt = 1) => ({
  digest,
  bytes: bytes.length,
  usedAt,
  isInput: true,
});

function openFakeServer(...blocks: { digest: Digest; bytes: Uint8Array<ArrayBuffer> }[]) {
  const asked: Digest[] = [];
  const contents = new Map(blocks.map(({ digest, bytes }) => [digest, bytes]));
  const get = (digest: Digest) => {
    asked.push(digest);
    const bytes = contents.get(digest);
    return bytes ? Promise.resolve(bytes) : Promise.reject(new Error("not there"));
  };
  return {
    asked,
    contents,
    server: {
      get,
      getLarge: async (digest: Digest): Promise<Content> => new Blob([await get(digest)]),
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
  await expect(cache.get(digest)).rejects.toBeInstanceOf(Unreadable);
});

test("[CA1] says so when it was sent other bytes, and takes the right ones then", async () => {
  const right = block("right");
  const suspects: boolean[] = [];
  const server = {
    ...openFakeServer().server,
    get(_: Digest, isSuspect = false) {
      suspects.push(isSuspect);
      return Promise.resolve(isSuspect ? right.bytes : block("wrong").bytes);
    },
  };
  expect(await (await open({ server })).get(right.digest)).toEqual(right.bytes);
  expect(suspects).toEqual([false, true]);
});

test("[CA1] drops bytes that rotted in the database, and fetches them again", async () => {
  const right = block("right");
  const { store, contents } = openFakeStore();
  await store.write([{ use: used(right), content: block("wrong").bytes }]);
  const { server, asked } = openFakeServer(right);
  const clock = openFakeClock();
  const cache = await open({ store, server, clock });
  expect(await cache.get(right.digest)).toEqual(right.bytes);
  await clock.advance(100);
  expect(asked).toEqual([right.digest]);
  expect(contents.get(right.digest)).toEqual(right.bytes);
});

test("[CA2] fetches a block once, for all who want it, and not again after a restart", async () => {
  const one = block("one");
  const { store } = openFakeStore();
  const { server, asked } = openFakeServer(one);
  const clock = openFakeClock();
  const cache = await open({ store, server, clock });
  await Promise.all([cache.get(one.digest), cache.get(one.digest)]);
  await cache.get(one.digest);
  await clock.advance(100);
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
    await clock.advance(100);
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

test("[CA7] writes many blocks in one transaction, and keeps nobody waiting for it", async () => {
  const blocks = Array.from({ length: 20 }, (_, index) => block(`block ${index}`));
  const { store, contents, state } = openFakeStore();
  const clock = openFakeClock();
  const cache = await open({ store, clock, server: openFakeServer(...blocks).server, memoryBytes: 0 });
  for (const { digest } of blocks) await cache.get(digest);
  expect([contents.size, state.writes]).toEqual([0, 0]);
  // What waits to be written need not be fetched again.
  await cache.get(blocks[0]?.digest ?? fail("no block"));
  expect(cache.traffic.blocksFetched).toBe(20);
  await clock.advance(100);
  expect([contents.size, state.writes]).toEqual([20, 1]);
  expect(cache.traffic.blocksStored).toBe(20);
});

test("[CA8] a disk that is full keeps what fits, and the rest is in memory", async () => {
  const blocks = Array.from({ length: 12 }, (_, index) => block(`block ${index + 10}`));
  const { store, contents, state } = openFakeStore();
  state.mostBlocks = 6;
  const clock = openFakeClock();
  const bugs: unknown[] = [];
  const { server, asked } = openFakeServer(...blocks);
  const cache = await open({ store, clock, server, reportBug: (bug) => bugs.push(bug) });
  for (const { digest } of blocks) {
    await cache.get(digest);
    await clock.advance(100);
  }
  expect(contents.size).toBeGreaterThanOrEqual(5);
  expect(contents.size).toBeLessThanOrEqual(6);
  // The latest ones are there.
  expect(contents.has(blocks.at(-1)?.digest ?? fail("no block"))).toBe(true);
  for (const { digest } of blocks) await cache.get(digest);
  expect(asked).toHaveLength(12);
  expect(bugs).toEqual([]);
});

test("[CA9] a database that has no room at all is left alone for a minute, and then tried again", async () => {
  const [one, two] = [block("one"), block("two")];
  const { store, contents, state } = openFakeStore();
  state.mostBlocks = 0;
  const clock = openFakeClock();
  const bugs: unknown[] = [];
  const { server } = openFakeServer(one, two);
  const cache = await open({ store, clock, server, reportBug: (bug) => bugs.push(bug) });
  await cache.get(one.digest);
  await clock.advance(100);
  expect([contents.size, bugs.length]).toEqual([0, 1]);
  state.mostBlocks = Infinity;
  await cache.get(two.digest);
  await clock.advance(100);
  expect(contents.size).toBe(0);
  await clock.advance(60_000);
  cache.keep(two.digest, two.bytes);
  await clock.advance(100);
  expect(contents.size).toBe(1);
});

test("[CA10] memory has a bound, whatever comes and however large it is", async () => {
  const blocks = Array.from({ length: 50 }, (_, index) => block(`${index}`.padStart(100, "x")));
  const { server, asked } = openFakeServer(...blocks);
  const cache = await open({ server, quotaBytes: 0, memoryBytes: 1_000 });
  for (const { digest } of blocks) await cache.get(digest);
  for (const { digest } of blocks.slice(-10)) await cache.get(digest);
  expect(asked).toHaveLength(50);
  await cache.get(blocks[0]?.digest ?? fail("no block"));
  expect(asked).toHaveLength(51);
});

test("[CA11] tells of the input blocks that are here: all at first, then what came and went", async () => {
  const [old, fresh, code] = [block("old one"), block("fresh"), block("code")];
  const { store } = openFakeStore();
  await store.write([{ use: used(old), content: old.bytes }]);
  const clock = openFakeClock();
  const server = openFakeServer(fresh, code).server;
  const cache = await open({ store, clock, server, quotaBytes: 12, memoryBytes: 0 });
  const keysOf = (packed = "") => unpackKeys(packed);
  expect(keysOf(cache.announceAll())).toEqual([blockKeyOf(old.digest)]);
  expect(cache.announceChanges()).toBeNull();
  await cache.get(fresh.digest, true);
  expect(keysOf(cache.announceChanges()?.added)).toEqual([blockKeyOf(fresh.digest)]);
  await cache.get(code.digest);
  expect(cache.announceChanges()).toBeNull();
  await clock.advance(100);
  // Twelve bytes hold two of the three.
  expect(keysOf(cache.announceChanges()?.dropped)).toEqual([blockKeyOf(old.digest)]);
  expect(keysOf(cache.announceAll())).toEqual([blockKeyOf(fresh.digest)]);
});

test("[CA12] a smaller quota makes room at once", async () => {
  const blocks = ["aaaa", "bbbb", "cccc"].map(block);
  const { store, contents } = openFakeStore();
  await store.write(blocks.map((one, at) => ({ use: used(one, at), content: one.bytes })));
  const cache = await open({ store });
  cache.setQuota(5);
  await settle();
  expect([...contents.keys()]).toEqual([blocks[2]?.digest]);
});

test("[CA13] a few blocks are fetched at a time, and what a task waits for before what is fetched ahead", async () => {
  const blocks = Array.from({ length: 12 }, (_, index) => block(`block ${index}`));
  const asked: Digest[] = [];
  const answers: (() => void)[] = [];
  const get = (digest: Digest) => {
    asked.push(digest);
    const found = blocks.find((one) => one.digest === digest) ?? fail("no block");
    return new Promise<Uint8Array<ArrayBuffer>>((resolve) => answers.push(() => resolve(found.bytes)));
  };
  const cache = await open({ server: { get, getLarge: get } });
  for (const { digest } of blocks) cache.prefetch(digest);
  await settle();
  expect(asked).toHaveLength(6);
  const last = blocks[11]?.digest ?? fail("no block");
  const wanted = cache.get(last);
  answers.shift()?.();
  await settle();
  expect(asked).toHaveLength(7);
  expect(asked[6]).toBe(last);
  for (let next = answers.shift(); next; next = answers.shift()) {
    next();
    await settle();
  }
  expect(asked).toHaveLength(12);
  await wanted;
});

/** Says that it has 32 MiB: so eight are all that may wait, and six three quarters of it. */
class LargeBlob extends Blob {
  override get size(): number {
    return 32 * 2 ** 20;
  }
}

test("[CA14] while the database is slow, what tasks wait for is fetched, what is fetched ahead waits, and all large blocks are kept", async () => {
  const blocks = Array.from({ length: 11 }, (_, index) => block(`block ${index}`));
  const digestAt = (place: number) => blocks[place]?.digest ?? fail("no block");
  const { store, contents } = openFakeStore();
  const writes: (() => void)[] = [];
  const slowly: BlockStore = {
    ...store,
    write: (batch) => new Promise((resolve) => writes.push(() => resolve(store.write(batch)))),
  };
  const fake = openFakeServer(...blocks);
  const getLarge = async (digest: Digest) => new LargeBlob([await fake.server.get(digest)]);
  const clock = openFakeClock();
  const cache = await open({
    ...{ store: slowly, server: { ...fake.server, getLarge }, clock },
    ...{ quotaBytes: 2 ** 40, memoryBytes: 0 },
  });
  for (let place = 0; place < 5; place++) await cache.lend(digestAt(place));
  cache.prefetch(digestAt(5), true);
  await clock.advance(100);
  expect([fake.asked.length, writes.length]).toEqual([6, 1]);

  for (let place = 6; place < 11; place++) cache.prefetch(digestAt(place), true);
  await settle();
  expect(fake.asked).toHaveLength(6);
  const hurried = [cache.lend(digestAt(10)), cache.lend(digestAt(9))];
  await Promise.all(hurried);
  expect(fake.asked.slice(6)).toEqual([digestAt(10), digestAt(9)]);

  for (let write = writes.shift(); write; write = writes.shift()) {
    write();
    await clock.advance(100);
  }
  expect(fake.asked).toHaveLength(11);
  expect([...contents.keys()].sort()).toEqual(blocks.map(({ digest }) => digest).sort());
});

const textOf = (content: Content) => new Blob([content]).text();

test("[BT1] lends a large block of an input unread, from the network, from memory and from the database", async () => {
  const one = block("one");
  const { store, contents } = openFakeStore();
  const { server, asked } = openFakeServer(one);
  const clock = openFakeClock();
  const cache = await open({ store, server, clock });
  for (let time = 0; time < 2; time++) expect(await cache.lend(one.digest)).toBeInstanceOf(Blob);
  await clock.advance(100);
  expect(contents.get(one.digest)).toBeInstanceOf(Blob);
  const later = await open({ store, server });
  const lent = await later.lend(one.digest);
  expect([lent instanceof Blob, await textOf(lent)]).toEqual([true, "one"]);
  expect(asked).toHaveLength(1);
  expect(cache.traffic).toMatchObject({ bytesFetched: 3, bytesFromCache: 3, bytesStored: 3 });
});

test("[BT2] verifies by itself what a taker suspects: right bytes are kept, wrong ones fetched once more", async () => {
  for (const stored of ["one", "two"]) {
    const one = block("one");
    const { store, contents } = openFakeStore();
    await store.write([{ use: used(one), content: new Blob([block(stored).bytes]) }]);
    const { server, asked } = openFakeServer(one);
    const clock = openFakeClock();
    const cache = await open({ store, server, clock });
    await cache.lend(one.digest);
    cache.suspect(one.digest);
    const again = await Promise.all([cache.lend(one.digest), cache.lend(one.digest)]);
    expect(again).toEqual([one.bytes, one.bytes]);
    await clock.advance(100);
    expect(asked).toHaveLength(stored === "one" ? 0 : 1);
    expect(await textOf(contents.get(one.digest) ?? fail("gone"))).toBe("one");
  }
});

test("[BT3] does not keep a suspect block that the coordinator has wrong, also when it was being written", async () => {
  const one = block("one");
  const { store, contents } = openFakeStore();
  const server = openFakeServer({ digest: one.digest, bytes: block("two").bytes });
  const clock = openFakeClock();
  let written = () => {};
  const slowly: BlockStore = {
    ...store,
    write: (blocks) => new Promise((resolve) => (written = () => resolve(store.write(blocks)))),
  };
  const cache = await open({ store: slowly, server: server.server, clock });
  await cache.lend(one.digest);
  await clock.advance(100);
  cache.suspect(one.digest);
  await expect(cache.lend(one.digest)).rejects.toThrow("sent other bytes");
  written();
  await settle();
  expect([contents.size, cache.traffic.blocksStored, cache.traffic.bytesStored]).toEqual([0, 0, 0]);
  server.contents.set(one.digest, one.bytes);
  expect(await cache.lend(one.digest)).toEqual(one.bytes);
});

test("[BT4] gives verified bytes to who asks for them, whatever lies in memory", async () => {
  const one = block("one");
  const { server, asked, contents } = openFakeServer(one);
  const cache = await open({ server });
  await cache.lend(one.digest);
  expect(await cache.get(one.digest)).toEqual(one.bytes);
  expect(asked).toHaveLength(1);
  contents.set(one.digest, block("two").bytes);
  const other = await open({ server });
  await other.lend(one.digest);
  await expect(other.get(one.digest)).rejects.toThrow("sent other bytes");
});
