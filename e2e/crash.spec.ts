/** The coordinator loses its power at fifty random moments of one job: nothing is lost and nothing counts twice. */
import { setTimeout as sleep } from "node:timers/promises";
import { seededChance } from "../core/chance";
import type { TaskView } from "../protocol/views";
import { openSimulatedTab } from "./fixtures/simulated-tab";
import { expect, test } from "./fixtures/test";

const KILLS = 50;
/** From before it listens to well into the work, counted from when its process begins. */
const SHORT_LIFE_MS = { least: 300, most: 2_300 };
/** Then until the job ends, so that the shuffle and the reducers have their share. */
const LONG_LIFE_MS = { least: 4_000, most: 12_000 };
/** So many that the fastest machine is not done with them before the fiftieth kill. */
const LINES = 900;
const WORDS = ["salt", "tide", "wren", "moss", "flint"];
const QUORUM = 2;
/** Two browsers, and three that are none. */
const VOLUNTEERS = 5;

const COUNT_WORDS = `export function map(line, { config, emit }) {
  const end = performance.now() + config.ms;
  while (performance.now() < end);
  for (const word of line.split(" ")) emit(word.replace(/^x+/, ""), 1);
}
export const reduce = (word, counts) => counts.length;
`;

const acceptedOf = (tasks: TaskView[]) => tasks.filter(({ state }) => state === "accepted").length;

const text = Array.from(
  { length: LINES },
  (_, n) => `${WORDS[n % 5]} ${WORDS[n % 3]} ${"x".repeat(1_500)}${n % 200}`,
);

test("[E21101] a coordinator killed at fifty random moments of one job loses nothing and counts nothing twice", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  test.setTimeout(600_000);
  const chance = seededChance(20_261_124);
  await volunteer();
  await volunteer();
  const { origin } = coordinator;
  const tabs = [
    await openSimulatedTab(origin, { taskMs: 1_500 }),
    await openSimulatedTab(origin, { taskMs: 1_500, isForgetful: true }),
    await openSimulatedTab(origin, { taskMs: 2_000, isRepetitive: true }),
  ];
  const { id } = await rest.submit({
    name: "words, with power cuts",
    program: { source: COUNT_WORDS },
    input: { text: text.join("\n") },
    options: { quorum: QUORUM, chunkBytes: 4_096, reducers: 3 },
    config: { ms: 100 },
  });

  let kills = 0;
  /** On the disk, where the audit trail is read from: a job's progress is ahead of that by a commit. */
  let accepted = 0;
  for (let isOver = false; !isOver; kills++) {
    const life = kills < KILLS ? SHORT_LIFE_MS : LONG_LIFE_MS;
    await sleep(chance.between(life.least, life.most));
    const seen = await rest.job(id).catch(() => null);
    const now = await rest.tasks(id).then(acceptedOf, () => accepted);
    expect(now, "what was acknowledged is durable").toBeGreaterThanOrEqual(accepted);
    accepted = now;
    isOver = seen !== null && seen.endedAt !== null;
    await coordinator.kill();
    const started = coordinator.start();
    if (isOver) await started;
  }
  expect(kills).toBeGreaterThanOrEqual(KILLS);
  await rest.completed(id);

  const counts = new Map<string, number>();
  for (const padded of text.flatMap((line) => line.split(" "))) {
    const word = padded.replace(/^x+/, "");
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const lines = (await rest.result(id)).trimEnd().split("\n");
  const result = lines.map((line): { key: string; value: number } => JSON.parse(line));
  expect(result.length).toBe(counts.size);
  expect(new Map(result.map(({ key, value }) => [key, value]))).toEqual(counts);

  // A tab may be on its way back when others have done the last task, with outputs that it then hands over: they are paid, too.
  await expect(async () => {
    const volunteers = await rest.volunteers();
    expect(volunteers.map(({ state }) => state)).toEqual(
      Array.from({ length: VOLUNTEERS }, () => "connected"),
    );
    const acknowledged = tabs.map((tab) => [...tab.acknowledged]);
    const tasks = await rest.tasks(id);
    const copies = tasks.flatMap((task) => task.copies.map((copy) => ({ ...copy, taskId: task.id })));
    const valid = copies.filter(({ verdict }) => verdict === "valid");
    expect(valid.length).toBeGreaterThanOrEqual(tasks.length * QUORUM);
    const returned = tabs.map((tab) =>
      copies.filter(({ volunteerId, state }) => volunteerId === tab.id && state === "returned"),
    );
    for (const [place, own] of returned.entries()) {
      const ids = new Set(own.map(({ taskId }) => taskId));
      expect(acknowledged[place]?.filter((taskId) => !ids.has(taskId))).toEqual([]);
    }
    expect(
      Math.max(...returned.map(({ length }) => length)),
      "tabs that come back after each kill have their part in the job",
    ).toBeGreaterThan(0);
    for (const { id: volunteerId, acceptedTasks } of volunteers)
      expect(acceptedTasks, "the credit is what the audit trail says").toBe(
        valid.filter((copy) => copy.volunteerId === volunteerId).length,
      );
  }).toPass({ timeout: 60_000 });
  for (const tab of tabs) tab.close();
});
