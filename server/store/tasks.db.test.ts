import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { singly } from "../../testing/builders";
import { accepted, JOB, returned, taskId, volunteerId } from "../../testing/facts";
import { openTestStore, type TestStore } from "../../testing/open-store";
import type { Fact } from "./facts";
import { openLedger } from "./ledger";
import { countAccepted, readAcceptances, readAccepted, readAcceptedSpans } from "./acceptances";
import { readCopies, readHistory, readPendingVotes } from "./copies";
import { readUnanswered } from "./late-copies";

const MAP = { jobId: JOB, stage: "map" } as const;

describe("tasks as rows", () => {
  let store: TestStore;
  beforeEach(async () => (store = await openTestStore()));
  afterEach(() => store.close());

  const record = (...facts: Fact[]) => openLedger(store.database).record(facts, []);

  it("[ST6] gives accepted tasks in order of their number, from any of them", async () => {
    await record(accepted(5), accepted(1, { output: "one" }), accepted(0, { stage: "reduce" }), accepted(3));
    expect((await readAccepted(store.database, MAP, 2, 9)).map(({ index }) => index)).toEqual([3, 5]);
    const { digest, parts } = accepted(1, { output: "one" });
    expect(await readAccepted(store.database, MAP, 0, 1)).toEqual([
      { index: 1, count: 1, digest, records: 1, parts },
    ]);
    expect(await readAcceptedSpans(store.database, MAP)).toEqual(singly(1, 3, 5));
  });

  it("[ST7] counts accepted tasks and their records by stage", async () => {
    await record(accepted(0, { records: 2 }), accepted(1, { records: 3 }), accepted(0, { stage: "reduce" }));
    expect(Object.fromEntries(await countAccepted(store.database, JOB))).toEqual({
      map: { accepted: 2, skipped: 0, records: 5 },
      reduce: { accepted: 1, skipped: 0, records: 1 },
    });
  });

  it("[ST8] gives back votes on tasks that are not accepted, as they were cast", async () => {
    const error = { message: "m", stack: "s", record: 3 };
    const failed = { state: "failed", volunteerId: volunteerId("bo"), error, elapsedMs: 5 } as const;
    const at = returned("bo", 1).at;
    await record(
      returned("ada", 0),
      returned("ada", 1),
      { type: "copy-ended", taskId: taskId(1), copy: failed, verdict: "pending", leasedAt: null, at },
      accepted(0, { valid: ["ada"] }),
    );
    const place = { address: null, account: null, arithmetic: null };
    const votes = await readPendingVotes(store.database, JOB, async () => false);
    expect(votes.sort((a, b) => (a.copy.state < b.copy.state ? -1 : 1))).toEqual([
      { stage: "map", index: 1, count: 1, copy: { ...failed, place } },
      { stage: "map", index: 1, count: 1, copy: { ...returned("ada", 1).copy, place, bytesHere: false } },
    ]);
  });

  it("[KC17] gives what volunteers' records are made of again: votes, who failed, and which copies of accepted tasks gave no answer", async () => {
    const { copy, ...fact } = returned("cy", 0);
    const by = { volunteerId: copy.volunteerId };
    const error = { message: "no", stack: "", record: null };
    await record(returned("ada", 0), returned("bo", 0, { output: "y" }));
    await record({ ...fact, copy: { ...by, state: "failed", error, elapsedMs: 5 } });
    for (const index of [0, 1]) {
      const lost = { volunteerId: volunteerId("di"), state: "lost" } as const;
      await record({ ...fact, taskId: taskId(index), copy: lost, verdict: "none" });
    }
    await record(accepted(0, { valid: ["ada"], invalid: ["bo", "cy"] }));
    const { digest } = accepted(0);
    const [history, ...others] = await readHistory(store.database, MAP);
    expect(others).toEqual([]);
    expect(history).toMatchObject({ index: 0, digest, failed: [volunteerId("cy")] });
    // Their copies ended at the same time.
    const votes = history?.votes.map((vote) => [vote.volunteerId, vote.digest]) ?? [];
    expect(Object.fromEntries(votes)).toEqual({
      [volunteerId("ada")]: digest,
      [volunteerId("bo")]: accepted(0, { output: "y" }).digest,
    });
    expect(await readUnanswered(store.database, JOB)).toEqual([
      { stage: "map", index: 0, count: 1, volunteerId: volunteerId("di"), accepted: digest },
    ]);
  });

  it("[ST9] gives the copies of a run of tasks, without their outputs", async () => {
    await record(...[0, 1, 2, 3].map((index) => returned("ada", index)));
    const copies = await readCopies(store.database, MAP, 1, 3);
    expect(copies.map(({ index }) => index)).toEqual([1, 2]);
    expect(copies[0]).toMatchObject({
      state: "returned",
      verdict: "pending",
      volunteerId: volunteerId("ada"),
    });
    expect(copies[0]).not.toHaveProperty("partsJson");
  });

  it("[ST43] keeps a pack as one row, found by each of its tasks and counted as all of them", async () => {
    await record(
      returned("ada", 3, { count: 40 }),
      accepted(3, { count: 40, records: 40, valid: ["ada"] }),
      accepted(43, { valid: ["ada"] }),
    );
    expect(await readAcceptedSpans(store.database, MAP)).toEqual([
      { index: 3, count: 40 },
      { index: 43, count: 1 },
    ]);
    for (const index of [3, 20, 42]) {
      expect(await readAcceptances(store.database, MAP, index, index + 1)).toMatchObject([
        { index: 3, count: 40 },
      ]);
      expect(await readCopies(store.database, MAP, index, index + 1)).toMatchObject([
        { index: 3, verdict: "valid" },
      ]);
    }
    expect(await readAcceptances(store.database, MAP, 43, 44)).toMatchObject([{ index: 43, count: 1 }]);
    expect((await countAccepted(store.database, JOB)).get("map")).toEqual({
      accepted: 41,
      skipped: 0,
      records: 41,
    });
    const ada = await store.database.volunteer.findUniqueOrThrow({ where: { id: volunteerId("ada") } });
    expect(ada.acceptedTasks).toBe(41);
  });
});
