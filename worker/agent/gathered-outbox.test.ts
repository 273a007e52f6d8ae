import { expect, test } from "vitest";
import { digestOfText } from "../../protocol/digest";
import { JobId, taskIdOf } from "../../protocol/ids";
import type { Outcome } from "../../protocol/task";
import { openFakeClock, settle } from "./fake-clock";
import { gatherWrites } from "./gathered-outbox";
import type { OutboxChange } from "./outbox-store";

const JOB = JobId.parse("job_0123456789abcdef");
const TOTALS = { tasks: 1, computeMs: 2 };
const kept = (text: string) => [digestOfText(text), new TextEncoder().encode(text)] as const;
const parcel = (key: number) => {
  const outcome: Outcome = { type: "output", taskId: taskIdOf(JOB, "map", key), parts: [], elapsedMs: 1 };
  return { key, outcomes: [outcome] };
};

function open({ refuses = false, mostRefused = 2 ** 20 } = {}) {
  const clock = openFakeClock();
  const bugs: unknown[] = [];
  const changes: OutboxChange[] = [];
  const database = {
    load: () => Promise.resolve({ parcels: [], digests: [], totals: TOTALS }),
    bytesOf: () => Promise.resolve(null),
    async write(change: OutboxChange) {
      if (refuses) throw new Error("QuotaExceededError");
      changes.push(change);
    },
  };
  const store = gatherWrites(database, clock, (bug) => bugs.push(bug), mostRefused);
  return { clock, bugs, changes, store };
}

test("[OB10] writes what changes within a while at once", async () => {
  const { clock, changes, store } = open();
  for (const key of [1, 2, 3]) await store.save(parcel(key), TOTALS);
  await clock.advance(699);
  expect(changes).toEqual([]);
  await clock.advance(1);
  expect(changes.map(({ parcels }) => [...parcels.keys()])).toEqual([[1, 2, 3]]);
  await store.remove([2], []);
  await clock.advance(700);
  expect(changes.at(-1)).toMatchObject({ goneKeys: new Set([2]), parcels: new Map() });
});

test("[OB11] never writes what was acknowledged in the meantime", async () => {
  const { clock, changes, store } = open();
  void store.keep(...kept("x"));
  await store.save(parcel(1), TOTALS);
  await store.save(parcel(2), TOTALS);
  await store.remove([1], [digestOfText("x")]);
  await clock.advance(700);
  expect(changes).toHaveLength(1);
  expect([...(changes[0]?.parcels.keys() ?? [])]).toEqual([2]);
  expect(changes[0]?.bytes.size).toBe(0);
});

test("[OB12] has the bytes of an output at any moment, also when the database refuses them", async () => {
  const { clock, bugs, store } = open({ refuses: true });
  void store.keep(...kept("x"));
  await store.save(parcel(1), TOTALS);
  expect(await store.bytesOf(digestOfText("x"))).not.toBe(null);
  await clock.advance(700);
  await settle();
  expect(bugs).toHaveLength(1);
  expect(await store.bytesOf(digestOfText("x"))).not.toBe(null);
  await store.remove([1], [digestOfText("x")]);
  expect(await store.bytesOf(digestOfText("x"))).toBe(null);
});

test("[OB16] keeps so much of what the database refuses, says when there is no room for more, and has room again", async () => {
  const { store } = open({ refuses: true, mostRefused: 3 * 2 ** 20 });
  const large = new Uint8Array(2 ** 20);
  const first = digestOfText("1");
  for (const digest of [first, digestOfText("2"), digestOfText("3")]) {
    await Promise.all([store.keep(digest, large), store.keep(digest, large)]);
  }
  await expect(store.keep(digestOfText("4"), large)).rejects.toThrow(
    "256 MiB in memory for that (unwrittenBytes)",
  );
  expect(await store.bytesOf(first)).toEqual(large);
  expect(await store.bytesOf(digestOfText("4"))).toBe(null);
  await store.remove([], [first]);
  void store.keep(digestOfText("4"), large);
  expect(await store.bytesOf(digestOfText("4"))).toEqual(large);
});

test("[OB14] writes large parts as they come, and says when they no longer take memory", async () => {
  const { changes, store } = open();
  const large = new Uint8Array(1024 * 1024);
  const stored = [1, 2].map((place) => store.keep(digestOfText(String(place)), large));
  await Promise.all(stored);
  expect(changes.map(({ bytes }) => bytes.size)).toEqual([2]);
});
