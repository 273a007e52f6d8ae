import { expect, test } from "vitest";
import { digestOfText } from "../../protocol/digest";
import { JobId, taskIdOf, type Digest, type TaskId } from "../../protocol/ids";
import { LIMITS } from "../../protocol/limits";
import type { Outcome } from "../../protocol/task";
import { settle } from "./fake-clock";
import { openOutbox } from "./outbox";
import { memoryOutboxStore, type OutboxStore, type Parcel } from "./outbox-store";
import { sizeOnWire } from "./wire-size";

const JOB = JobId.parse("job_0123456789abcdef");
const id = (index: number) => taskIdOf(JOB, "map", index);
const NO_BYTES = new Map<Digest, Uint8Array<ArrayBuffer>>();
const fail = (error: unknown) => {
  throw error;
};

const output = (index: number, text = "x"): Outcome => ({
  type: "output",
  taskId: id(index),
  parts: [{ text, records: 1 }],
  elapsedMs: 2,
});

function large(
  index: number,
  content: string,
): { outcome: Outcome; bytes: Map<Digest, Uint8Array<ArrayBuffer>> } {
  const digest = digestOfText(content);
  const bytes = new TextEncoder().encode(content);
  return {
    outcome: {
      type: "output",
      taskId: id(index),
      parts: [{ digest, bytes: bytes.byteLength, records: 1 }],
      elapsedMs: 1,
    },
    bytes: new Map([[digest, new Uint8Array(bytes)]]),
  };
}

/** Remembers what a browser's database would. */
function openFakeStore() {
  const inMemory = memoryOutboxStore();
  const parcels = new Map<number, Parcel>();
  let totals = { tasks: 0, computeMs: 0 };
  const store: OutboxStore = {
    ...inMemory,
    load: () => Promise.resolve({ parcels: [...parcels.values()], totals }),
    async save(parcel, bytes, newTotals) {
      parcels.set(parcel.key, parcel);
      totals = newTotals;
      await inMemory.save(parcel, bytes, newTotals);
    },
    async remove(keys, digests) {
      for (const key of keys) parcels.delete(key);
      await inMemory.remove(keys, digests);
    },
  };
  return { store, parcels };
}

const idsOf = (outcomes: readonly Outcome[]): TaskId[] => outcomes.map(({ taskId }) => taskId);

test("[OB1] keeps an outcome until it is answered done, also over a restart", async () => {
  const { store, parcels } = openFakeStore();
  const outbox = await openOutbox(store, fail);
  outbox.add([output(1), output(2)], NO_BYTES);
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
  outbox.add([output(1), output(2), output(3)], NO_BYTES);
  expect(idsOf(outbox.take(2))).toEqual([id(1), id(2)]);
  outbox.answered(id(2), "hold");
  expect(outbox.waitingCount).toBe(1);
  outbox.retryAll();
  expect(idsOf(outbox.take(LIMITS.batch)).sort()).toEqual([id(1), id(2), id(3)]);
});

test("[OB3] keeps a held output's bytes until its word has come, and those that others need", async () => {
  const outbox = await openOutbox(memoryOutboxStore(), fail);
  const [one, two] = [large(1, "same"), large(2, "same")];
  outbox.add([one.outcome], one.bytes);
  outbox.add([two.outcome], two.bytes);
  outbox.take(LIMITS.batch);
  expect(outbox.answered(id(1), "hold")).toBe(null);
  expect(outbox.answered(id(1), "upload")).toBe(one.outcome);
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
  outbox.add(
    Array.from({ length: 600 }, (_, index) => output(index, text)),
    NO_BYTES,
  );
  let count = 0;
  for (let taken = outbox.take(LIMITS.batch); taken.length > 0; taken = outbox.take(LIMITS.batch)) {
    count += taken.length;
    expect(JSON.stringify(taken).length).toBeLessThan(LIMITS.messageBytes);
  }
  expect(count).toBe(600);

  outbox.add(
    Array.from({ length: 2_000 }, (_, index) => output(index)),
    NO_BYTES,
  );
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
  outbox.add([output(1)], NO_BYTES);
  await settle();
  expect(outbox.take(LIMITS.batch)).toHaveLength(1);
  expect(bugs).toHaveLength(2);
});

test("[OB6] totals count outputs, and survive a restart", async () => {
  const { store } = openFakeStore();
  const outbox = await openOutbox(store, fail);
  outbox.add([output(1), output(2), { type: "released", reason: "stopped", taskId: id(3) }], NO_BYTES);
  await settle();
  expect((await openOutbox(store, fail)).totals).toEqual({ tasks: 2, computeMs: 4 });
});
