import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { accepted, returned, taskId, volunteerId } from "../testing/facts";
import { openTestCoordinator, type TestCoordinator } from "../testing/open-coordinator";
import { openTestStore, type TestStore } from "../testing/open-store";
import { openRoster } from "./roster";
import type { Fact } from "./store/facts";

let store: TestStore;
let running: TestCoordinator;

beforeEach(async () => {
  store = await openTestStore();
  running = await openTestCoordinator(store);
  for (const name of ["ada", "bo", "cy"]) await running.join(name);
});

afterEach(async () => {
  await running.close();
  await store.close();
});

it("[CO52] shows what the database counts: of a pack every task, when it is accepted, late, wrong or taken back", async () => {
  const pack = { count: 40 };
  const lie = { ...pack, output: "lie" };
  await happens(returned("ada", 0, pack), accepted(0, { ...pack, valid: ["ada"] }));
  expect(shownOf("ada")).toMatchObject({ acceptedTasks: 40, invalidTasks: 0, computeMs: 5 });
  await happens({ ...returned("bo", 0, pack), verdict: "valid" });
  expect(shownOf("bo")).toMatchObject({ acceptedTasks: 40, computeMs: 5 });
  await happens({ ...returned("cy", 0, lie), verdict: "invalid" });
  expect(shownOf("cy")).toMatchObject({ acceptedTasks: 0, invalidTasks: 40, computeMs: 0 });

  await happens(returned("cy", 50, lie), accepted(50, { ...lie, valid: ["cy"] }));
  expect(shownOf("cy")).toMatchObject({ acceptedTasks: 40, invalidTasks: 40 });
  const replaces = { digest: accepted(50, lie).digest, volunteerIds: [volunteerId("cy")] };
  const corrected = accepted(50, { ...pack, valid: ["ada"], invalid: ["cy"] });
  await happens(returned("ada", 50, pack), { ...corrected, replaces });
  expect(shownOf("cy")).toMatchObject({ acceptedTasks: 0, invalidTasks: 80 });
  expect(shownOf("ada")).toMatchObject({ acceptedTasks: 80 });

  const valid = [{ volunteerId: volunteerId("bo"), elapsedMs: 5 }];
  const confirmed = { type: "task-confirmed", taskId: taskId(50, "map", 40), valid, invalid: [] } as const;
  await happens(returned("bo", 50, pack), { ...confirmed, at: corrected.at });
  expect(shownOf("bo")).toMatchObject({ acceptedTasks: 80 });

  const cleared = { type: "volunteer-cleared", taskId: taskId(50, "map", 40), elapsedMs: 5 } as const;
  await happens({
    ...cleared,
    volunteerId: volunteerId("cy"),
    isHonest: true,
    isNoSuspect: true,
    at: corrected.at,
  });
  expect(shownOf("cy")).toMatchObject({ acceptedTasks: 40, invalidTasks: 40, computeMs: 10 });
});

it("[CO56] takes credit from those who had said the same as what is corrected, also when it was accepted already", async () => {
  const lie = { count: 40, output: "lie" };
  await happens(returned("cy", 0, lie), accepted(0, { ...lie, valid: ["cy"] }));
  await happens({ ...returned("bo", 0, lie), verdict: "valid" });
  expect(shownOf("bo")).toMatchObject({ acceptedTasks: 40 });
  const replaces = { digest: accepted(0, lie).digest, volunteerIds: [volunteerId("cy")] };
  const right = { ...accepted(0, { count: 40, valid: ["ada"], invalid: ["cy"] }), replaces };
  const facts = [returned("ada", 0, { count: 40 }), right];
  const durable = running.ledger.record(facts, []);
  for (const fact of facts) running.roster.note(fact);
  await durable;
  await vi.waitUntil(() => shownOf("bo")?.acceptedTasks === 0, 5_000);
  await happens();
  expect(shownOf("bo")).toMatchObject({ invalidTasks: 40 });
});

it("[CO57] counts once what is committed while the credit of one who joins is read", async () => {
  await happens(returned("ada", 0), accepted(0, { valid: ["ada"] }));
  const facts = [returned("ada", 1), accepted(1, { valid: ["ada"] })];
  let durable: Promise<void> | null = null;
  /** The disk answers when more has come to it. */
  const slow = new Proxy(store.database, {
    get: (database, name) => (name === "volunteer" ? { findUnique: slowly } : Reflect.get(database, name)),
  });
  const slowly: typeof store.database.volunteer.findUnique = ((query) => {
    durable ??= record();
    return durable.then(() => store.database.volunteer.findUnique(query));
  }) as typeof store.database.volunteer.findUnique;
  const record = () => {
    for (const fact of facts) roster.note(fact);
    return running.ledger.record(facts, []);
  };
  const roster = openRoster(
    slow,
    () => true,
    () => running.ledger.record([], []),
  );
  await roster.load(volunteerId("ada"));
  expect(roster.list(running.coordinator.grid).find(({ id }) => id === volunteerId("ada"))).toMatchObject({
    acceptedTasks: 2,
    computeMs: 10,
  });
});

/** Tells both of it, and compares them. */
async function happens(...facts: Fact[]): Promise<void> {
  for (const fact of facts) running.roster.note(fact);
  await running.ledger.record(facts, []);
  for (const row of await store.database.volunteer.findMany()) {
    const { acceptedTasks, invalidTasks, computeMs } = row;
    const shown = running.roster.list(running.coordinator.grid).find(({ id }) => id === row.id);
    expect(shown).toMatchObject({ acceptedTasks, invalidTasks, computeMs });
  }
}

function shownOf(name: string) {
  return running.roster.list(running.coordinator.grid).find(({ id }) => id === volunteerId(name));
}
