/** The coordinator is killed right before and right after every commit of a job's life; from each of these moments it goes on to the same end. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { volunteerId } from "../testing/facts";
import { connectTabs, openTab, type Answering, type Tab } from "../testing/lasting-tabs";
import {
  errorOf,
  openTestCoordinator,
  output,
  runOutput,
  type TestCoordinator,
} from "../testing/open-coordinator";
import { openTestStore, type TestStore } from "../testing/open-store";
import type { Moment } from "../testing/watched-database";
import { taskIdParts, type JobId, type StageName } from "../protocol/ids";
import { SubmitJob } from "../protocol/job";
import { readManifest } from "../protocol/runs/manifest";
import type { AssignedTask, Outcome } from "../protocol/task";
import { log } from "./log";
import type { Database } from "./store/database";

const MAPPING = "export function map(n) { return n; }";
const REDUCING = `${MAPPING} export function reduce(key, values) { return values[0]; }`;
const NAMES = ["ada", "bo", "cy", "di"];
const LIAR = "ada";
const REDUCERS = 2;
/** What the liar says of a reducer, and of a map task: what is made of the latter is honest work. */
const LIE = "a lie\n";
const MAP_LIE = "false\n";
/** So long that no two tasks are given out as one. */
const TASK_MS = 500;

/** What is done with a grid, from wherever it stands: whoever submits a job again finds the first. */
interface Play {
  lies(jobName: string, stage: StageName, index: number): boolean;
  /** The map task whose record no program can read. */
  unreadable: number | null;
  act: Act;
}

interface Act {
  /** With 1, every fact is committed by itself. */
  commitBytes: number;
  run(stage: Stage): Promise<void>;
}

interface Stage {
  running: TestCoordinator;
  database: Database;
  submit(name: string, tasks: number, options: object): Promise<JobId>;
  workUntil(isDone: () => Promise<boolean>): Promise<void>;
}

interface Crash {
  moment: Moment;
  /** Of the commit, from 1. */
  number: number;
  open: () => Promise<TestStore>;
  tabs: Tab[];
}

/** Every answer is compared. */
const COMPARED: Play = {
  lies: (_job, _stage, index) => index % 2 === 1,
  unreadable: 2,
  act: { commitBytes: 1, run: compare },
};

async function compare({ running, database, submit, workUntil }: Stage): Promise<void> {
  const id = await submit("compared", 5, { quorum: 2, reducers: REDUCERS, onError: "collect" });
  await workUntil(async () => (await running.grid.getJob(id)).state === "completed");
  expect(await running.grid.getJob(id)).toMatchObject({ resultRecords: 2, stages: [{ skipped: 1 }, {}] });
  expect(await resultOf(running, id)).toBe("0\n4\n1\n3\n");
  const accepted = await database.acceptance.findMany({ where: { jobId: id } });
  expect(accepted.map(({ stage, taskIndex }) => `${stage}/${taskIndex}`).toSorted()).toEqual([
    ...["map/0", "map/1", "map/2", "map/3", "map/4"],
    ...["reduce/0", "reduce/1"],
  ]);
}

const TASKS = 32;

/** Answers are believed alone, lies among them, until another job catches the liar. */
const BOUNDED: Play = {
  lies: (job, stage, index) => job !== "bounded" || (stage === "map" && index > 24 && index % 3 > 0),
  unreadable: null,
  act: { commitBytes: 2 ** 23, run: putRight },
};

async function believe({ running, submit, workUntil }: Stage): Promise<JobId> {
  const id = await submit("bounded", TASKS, { maxErrorRate: 0.1, reducers: REDUCERS });
  await workUntil(async () => (await running.grid.getJob(id)).state === "completed");
  return id;
}

async function putRight(stage: Stage): Promise<void> {
  const { running, database, submit, workUntil } = stage;
  const id = await believe(stage);
  const isCaught = async () => (await database.catch.count()) > 0;
  for (let others = 0; others < 5 && !(await isCaught()); others++) {
    const other = await submit(`other ${others}`, 6, { quorum: 2, reducers: REDUCERS });
    await workUntil(async () => (await running.grid.getJob(other)).state === "completed");
  }
  const isHandled = async () => (await database.catch.count({ where: { isHandled: false } })) === 0;
  await workUntil(async () => (await isHandled()) && running.coordinator.grid.jobs.size === 0);
  expect(await isCaught()).toBe(true);
  expect(await database.recheck.count({ where: { isDone: false } })).toBe(0);
  expect(await resultOf(running, id)).toBe([...ofParity(0), ...ofParity(1)].join(""));
}

const ofParity = (parity: number) => Array.from({ length: TASKS / 2 }, (_, n) => `${2 * n + parity}\n`);

// A hundred coordinators, one after the other.
describe("a coordinator that is killed at any commit", { timeout: 300_000 }, () => {
  beforeEach(() => {
    for (const level of ["info", "warn"] as const) vi.spyOn(log, level).mockReturnValue();
  });
  afterEach(() => void vi.restoreAllMocks());

  it("[CO70] goes on to the same result, with every record once, and credit for every copy once, and whoever was outvoted is caught: also between the commits of one event", async () => {
    await crashEverywhere(COMPARED);
  });

  it("[CO71] puts right what rests on a liar, wherever in its catch and the correction it is killed", async () => {
    await crashEverywhere(BOUNDED);
  });
});

/** Plays it once undisturbed, and once from each moment at which it could have been killed. */
async function crashEverywhere(play: Play): Promise<void> {
  const crashes: Crash[] = [];
  const tabs = NAMES.map(openTab);
  let commits = 0;
  let isWatched = false;
  const store = await openTestStore({
    onCommit(moment) {
      if (!isWatched) return;
      if (moment === "before") commits += 1;
      crashes.push({ moment, number: commits, open: store.crashNow(), tabs: structuredClone(tabs) });
    },
  });
  isWatched = true;
  await perform(store, tabs, play);
  isWatched = false;
  await checkCredit(store.database, tabs);
  expect(await store.database.copy.count({ where: { verdict: "invalid" } })).toBeGreaterThan(1);
  expect(commits).toBeGreaterThan(20);
  for (const crash of crashes) {
    const left = await crash.open();
    try {
      await checkCaught(left.database);
      const before = await decidedIn(left.database);
      await perform(left, crash.tabs, play);
      await checkCredit(left.database, crash.tabs);
      expect(await decidedIn(left.database)).toMatchObject(before);
    } catch (error) {
      throw new Error(`Killed ${crash.moment} commit ${crash.number} of ${commits}`, { cause: error });
    } finally {
      await left.close();
    }
  }
  await store.close();
}

async function perform(store: TestStore, tabs: readonly Tab[], play: Play): Promise<void> {
  const { database } = store;
  const running = await openTestCoordinator(store, play.act);
  try {
    const workUntil = await connectTabs(running, tabs, answersOf(running, play));
    await play.act.run({
      ...{ running, database, workUntil },
      async submit(name, tasks, options) {
        const input = { range: { end: tasks } };
        const request = SubmitJob.parse({
          name,
          program: { source: "reducers" in options ? REDUCING : MAPPING },
          input,
          options,
        });
        return (await running.grid.submitJob(request, name)).job.id;
      },
    });
    await running.ledger.record([], []);
  } finally {
    await running.close();
  }
}

function answersOf(running: TestCoordinator, play: Play): Answering {
  async function reduced(task: AssignedTask): Promise<string> {
    if (task.input.type !== "runs") throw new Error(`${task.taskId} reads no runs`);
    const area = await running.runs.of(taskIdParts(task.taskId).jobId);
    let text = "";
    for (const run of readManifest(await area.read(task.input.manifest)).flat())
      text += Buffer.from("digest" in run ? await area.read(run.digest) : run).toString();
    return text;
  }

  return async (name, task) => {
    const { taskId } = task;
    const { jobId, stage, index } = taskIdParts(taskId);
    const job = running.coordinator.jobs.get(jobId);
    if (!job) return null;
    if (index === play.unreadable) return { ...errorOf(taskId, "no number"), elapsedMs: TASK_MS };
    const isLying = name === LIAR && play.lies(job.record.name ?? "", stage, index);
    if (stage === "reduce")
      return { ...output(taskId, isLying ? LIE : await reduced(task)), elapsedMs: TASK_MS };
    const text = isLying ? MAP_LIE : `${index}\n`;
    if (job.spec.reducers === 0) return { ...output(taskId, text), elapsedMs: TASK_MS };
    const runs = Array.from({ length: REDUCERS }, (_, place) => (place === index % REDUCERS ? text : ""));
    return { ...runOutput(taskId, ...runs), elapsedMs: TASK_MS };
  };
}

async function resultOf(running: TestCoordinator, id: JobId): Promise<string> {
  const { signal } = new AbortController();
  let text = "";
  for await (const bytes of await running.grid.readResult(id, { follow: false, signal }))
    text += Buffer.from(bytes).toString();
  return text;
}

/** Whoever was outvoted is caught: who has lied once and no more would not be caught by anything later. */
async function checkCaught(database: Database): Promise<void> {
  const outvoted = await database.copy.count({
    where: { volunteerId: volunteerId(LIAR), verdict: "invalid" },
  });
  const caught = await database.catch.count({ where: { volunteerId: volunteerId(LIAR) } });
  expect(Math.min(outvoted, 1), "outvoted and caught in one commit").toBe(Math.min(caught, 1));
}

/** What was accepted, but for lies, which may be put right. */
async function decidedIn(database: Database): Promise<Record<string, string>> {
  const rows = await database.acceptance.findMany();
  const decided = rows.filter(({ partsJson }) => !isLie(partsJson));
  return Object.fromEntries(
    decided.map(({ jobId, stage, taskIndex, digest }) => [`${jobId}/${stage}/${taskIndex}`, digest]),
  );
}

const isLie = (json: string) =>
  [LIE, MAP_LIE].some(
    (lie) => json.includes(Buffer.from(lie).toString("base64")) || json.includes(lie.trim()),
  );

/** What volunteers have is what their copies say, and every right answer that a tab gave is among these. */
async function checkCredit(database: Database, tabs: readonly Tab[]): Promise<void> {
  // Reducers whose inputs were corrected have copies of before that, too.
  const copies = [...(await database.copy.findMany()), ...(await database.pastCopy.findMany())];
  const credits = await database.volunteer.findMany();
  for (const { name, handedOver } of tabs) {
    const own = copies.filter((copy) => copy.volunteerId === volunteerId(name));
    const valid = own.filter(({ verdict }) => verdict === "valid");
    const counted = {
      acceptedTasks: valid.length,
      invalidTasks: own.filter(({ verdict }) => verdict === "invalid").length,
      // What was believed and was wrong was computed, too.
      ...(name === LIAR ? {} : { computeMs: valid.length * TASK_MS }),
    };
    const credit = credits.find(({ id }) => id === volunteerId(name)) ?? NO_CREDIT;
    expect({ name, ...credit }).toMatchObject({ name, ...counted });
    for (const [taskId, outcome] of handedOver) {
      const { jobId, stage, index } = taskIdParts(taskId);
      const verdicts = own
        .filter((row) => row.jobId === jobId && row.stage === stage && row.taskIndex === index)
        .map(({ verdict }) => verdict);
      // An error that comes when others have decided the task earns nothing.
      if (outcome.type === "error" && verdicts.length === 0) continue;
      const said = `${name} of ${taskId}: ${verdicts.join()}`;
      expect(verdicts.includes("valid"), said).toBe(!isFalse(outcome));
    }
  }
}

const NO_CREDIT = { acceptedTasks: 0, invalidTasks: 0, computeMs: 0 };

function isFalse(outcome: Outcome): boolean {
  if (outcome.type !== "output") return false;
  return outcome.parts.some((part) =>
    "run" in part
      ? Buffer.from(part.run).toString() === MAP_LIE
      : "text" in part && [LIE, MAP_LIE].includes(part.text),
  );
}
