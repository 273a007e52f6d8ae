import { expect, test } from "vitest";
import { digestOfText } from "../../protocol/digest";
import { JobId, taskIdOf, type Digest, type TaskId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { Outcome } from "../../protocol/task";
import { settle } from "./fake-clock";
import { openOutbox, type Outbox } from "./outbox";
import { memoryOutboxStore, type OutboxStore, type Parcel } from "./outbox-store";
import { sizeOnWire } from "./wire-size";

const JOB = JobId.parse("job_0123456789abcdef");
const id = (index: number) => taskIdOf(JOB, "map", index);
const fail = (error: unknown) => {
  throw error;
};

const output = (index: number, text = "x"): Outcome => ({
  type: "output",
  taskId: id(index),
  parts: [{ text, records: 1 }],
  elapsedMs: 2,
});

/** Keeps the bytes and adds their outcome, as the end of a task does. */
async function addLarge(outbox: Outbox, index: number, content: string): Promise<Outcome> {
  const bytes = new TextEncoder().encode(content);
  const { digest } = await outbox.keep(bytes);
  const parts = [{ digest, bytes: bytes.byteLength, records: 1 }];
  const outcome: Outcome = { type: "output", taskId: id(index), parts, elapsedMs: 1 };
  outbox.add([outcome]);
  outbox.release([digest]);
  return outcome;
}

/** Remembers what a browser's database would. */
function openFakeStore() {
  const inMemory = memoryOutboxStore();
  const parcels = new Map<number, Parcel>();
  const digests = new Set<Digest>();
  let totals = { tasks: 0, computeMs: 0 };
  const store: OutboxStore = {
    ...inMemory,
    load: () => Promise.resolve({ parcels: [...parcels.values()], digests: [...digests], totals }),
    save(parcel, newTotals) {
      parcels.set(parcel.key, parcel);
      totals = newTotals;
      return Promise.resolve();
    },
    keep(digest, bytes) {
      digests.add(digest);
      return inMemory.keep(digest, bytes);
    },
    async remove(keys, digestsGone) {
      for (const key of keys) parcels.delete(key);
      for (const digest of digestsGone) digests.delete(digest);
      await inMemory.remove(keys, digestsGone);
    },
  };
  return { store, parcels, digests };
}

const idsOf = (outcomes: readonly Outcome[]): TaskId[] => outcomes.map(({ taskId }) => taskId);

test("[OB1] keeps an outcome until it is answered done, also over a restart", async () => {
  const { store, parcels } = openFakeStore();
  const outbox = await openOutbox(store, fail);
  outbox.add([output(1), output(2)]);
  outbox.answered(id(1), "done");
  await settle();
  expect(parcels.size).toBe(1);

  const restarted = await openOutbox(store, fail);
  expect(idsOf(restarted.take(LIMITS.batch))).toContain(id(2));
  restarted.answered(id(1), "done");
  restarted.answered(id(2), "done");
  await settle();
  expect(parcels.size).toBe(0);
  expect(restarted.size).toBe(0);
});

test("[OB2] offers everything again after a new connection: sent and held too", async () => {
  const outbox = await openOutbox(memoryOutboxStore(), fail);
  outbox.add([output(1), output(2), output(3)]);
  expect(idsOf(outbox.take(2))).toEqual([id(1), id(2)]);
  outbox.answered(id(2), "hold");
  expect(outbox.waitingCount).toBe(1);
  outbox.retryAll();
  expect(idsOf(outbox.take(LIMITS.batch)).sort()).toEqual([id(1), id(2), id(3)]);
});

test("[OB3] keeps a held output's bytes until its word has come, and those that others need", async () => {
  const outbox = await openOutbox(memoryOutboxStore(), fail);
  const one = await addLarge(outbox, 1, "same");
  await addLarge(outbox, 2, "same");
  outbox.take(LIMITS.batch);
  expect(outbox.answered(id(1), "hold")).toBe(null);
  expect(outbox.answered(id(1), "upload")).toBe(one);
  outbox.answered(id(1), "done");
  await settle();
  expect(await outbox.bytesOf(digestOfText("same"))).not.toBe(null);
  outbox.answered(id(2), "done");
  await settle();
  expect(await outbox.bytesOf(digestOfText("same"))).toBe(null);
});

test("[OB4] one report is never longer than a message may be, nor more than a batch", async () => {
  const outbox = await openOutbox(memoryOutboxStore(), fail);
  const text = '"\n'.repeat(LIMITS.inlineBytes / 2);
  outbox.add(Array.from({ length: 600 }, (_, index) => output(index, text)));
  let count = 0;
  for (let taken = outbox.take(LIMITS.batch); taken.length > 0; taken = outbox.take(LIMITS.batch)) {
    count += taken.length;
    expect(JSON.stringify(taken).length).toBeLessThan(LIMITS.messageBytes);
  }
  expect(count).toBe(600);

  outbox.add(Array.from({ length: 2_000 }, (_, index) => output(index)));
  expect(outbox.take(LIMITS.batch)).toHaveLength(LIMITS.batch);
});

test("[OB4] sizes are estimated from above", () => {
  const outcomes: Outcome[] = [
    output(1, 'é€"\\'.repeat(500)),
    { ...output(1), logs: ["\u0001".repeat(900)] } as Outcome,
    {
      type: "error",
      taskId: id(1),
      message: "\u0002",
      stack: "x\n".repeat(99),
      record: 3,
      elapsedMs: 123.456789,
    },
    { type: "released", reason: "stopped", taskId: id(123_456_789) },
  ];
  for (const outcome of outcomes) {
    expect(sizeOnWire(outcome)).toBeGreaterThanOrEqual(
      new TextEncoder().encode(JSON.stringify(outcome)).byteLength,
    );
  }
});

test("[OB5] sends although nothing can be saved", async () => {
  const bugs: unknown[] = [];
  const broken = () => Promise.reject(new Error("disk full"));
  const outbox = await openOutbox({ ...memoryOutboxStore(), load: broken, save: broken }, (bug) =>
    bugs.push(bug),
  );
  outbox.add([output(1)]);
  await settle();
  expect(outbox.take(LIMITS.batch)).toHaveLength(1);
  expect(bugs).toHaveLength(2);
});

test("[OB6] totals count outputs, and survive a restart", async () => {
  const { store } = openFakeStore();
  const outbox = await openOutbox(store, fail);
  outbox.add([output(1), output(2), { type: "released", reason: "stopped", taskId: id(3) }]);
  await settle();
  expect((await openOutbox(store, fail)).totals).toEqual({ tasks: 2, computeMs: 4 });
});

test("[OB13] forgets what a task stored and no outcome names, also when the browser closed before it could", async () => {
  const { store, digests } = openFakeStore();
  const outbox = await openOutbox(store, fail);
  await addLarge(outbox, 1, "named");
  const { digest } = await outbox.keep(new TextEncoder().encode("unnamed"));
  expect(digests).toEqual(new Set([digestOfText("named"), digest]));
  await openOutbox(store, fail);
  expect(digests).toEqual(new Set([digestOfText("named")]));
  outbox.release([digest]);
  await settle();
  expect(await outbox.bytesOf(digest)).toBe(null);
});

test("[OB15] an answer to what a task said before does not count for what it says now", async () => {
  const outbox = await openOutbox(memoryOutboxStore(), fail);
  const released: Outcome = { type: "released", taskId: id(1), reason: "stopped" };
  outbox.add([released]);
  expect(outbox.take(LIMITS.batch)).toEqual([released]);
  // It was given out again, and has run, before the first word was answered.
  const large = await addLarge(outbox, 1, "much");
  outbox.take(LIMITS.batch);
  expect(outbox.answered(id(1), "done", released)).toBe(null);
  expect(outbox.size).toBe(1);
  expect(outbox.answered(id(1), "upload", large)).toBe(large);
  outbox.answered(id(1), "done", large);
  expect(outbox.size).toBe(0);
});

test("[OB19] says when as much waits as fits in one report, by number or by bytes, and no longer once that is taken", async () => {
  const outbox = await openOutbox(memoryOutboxStore(), fail);
  outbox.add(Array.from({ length: LIMITS.batch - 1 }, (_, index) => output(index)));
  expect(outbox.isReportFull).toBe(false);
  outbox.add([output(LIMITS.batch)]);
  expect(outbox.isReportFull).toBe(true);
  outbox.take(LIMITS.batch);
  expect(outbox.isReportFull).toBe(false);
  const large = "x".repeat(LIMITS.packBytes);
  for (let index = 0; !outbox.isReportFull; index++) outbox.add([output(2_000 + index, large)]);
  expect(outbox.waitingCount).toBeLessThan(12);
  outbox.drop(id(2_000));
  expect(outbox.isReportFull).toBe(false);
});
