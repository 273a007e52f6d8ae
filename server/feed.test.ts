import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { accepted, JOB, storedJob, taskId, volunteerId } from "../testing/facts";
import { taskIdOf, type JobId } from "../protocol/ids";
import type { GridStatus, JobView } from "../protocol/views";
import { openFeed, type Feed } from "./feed";
import type { GridEvent, JobEvent } from "./grid-api";
import { viewEnded } from "./job-views";
import { log } from "./log";

const STATUS: GridStatus = {
  version: "test",
  startedAt: 0,
  volunteers: 0,
  slots: 0,
  copiesOut: 0,
  jobs: { queued: 0, running: 0, paused: 0 },
  tasksPerSecond: 0,
};

const line = (text: string, id = taskId(0)) => ({ taskId: id, volunteerId: volunteerId("ada"), line: text });
const otherJob = (place: number) => `job_${String(place).padStart(16, "0")}` as JobId;

describe("openFeed", () => {
  let feed: Feed;
  let endedAt: number | null;
  let viewJob: (id: JobId) => Promise<JobView | null>;

  beforeEach(() => {
    vi.useFakeTimers();
    endedAt = null;
    viewJob = async (id) => view(id);
    feed = openFeed({
      viewJob: (id) => viewJob(id),
      activeJobs: () => (endedAt === null ? [JOB] : []),
      status: () => STATUS,
      volunteers: () => [],
    });
  });

  afterEach(() => {
    feed.close();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  function view(id: JobId): JobView {
    const state = endedAt === null ? ("running" as const) : ("completed" as const);
    const stored = {
      ...storedJob({ id }),
      state,
      startedAt: null,
      endedAt: null,
      failure: null,
      placing: null,
      trust: null,
      correction: null,
    };
    return { ...viewEnded(stored, new Map()), endedAt };
  }

  function watchJob(id = JOB) {
    const events: JobEvent[] = [];
    const stop = feed.watchJob(id, (event) => events.push(event));
    return { events, stop, kinds: () => events.map(({ type }) => type) };
  }

  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  it("[FE1] tells of many changes in one picture, four times a second at most", async () => {
    const { kinds } = watchJob();
    for (let change = 0; change < 1000; change++) {
      feed.note(accepted(change));
      await pass(1);
    }
    expect(kinds()).toEqual(["job", "job", "job", "job"]);
  });

  it("[FE2] sends a picture a second though nothing happens: rates fall and times pass", async () => {
    const { kinds } = watchJob();
    await pass(250);
    expect(kinds()).toEqual(["job"]);
    await pass(3_000);
    expect(kinds()).toHaveLength(4);
  });

  it("[FE3] ends with the last picture of the job, and looks no more", async () => {
    const { kinds } = watchJob();
    endedAt = 5;
    feed.noteJob(JOB);
    await pass(250);
    expect(kinds()).toEqual(["job", "end"]);
    feed.noteJob(JOB);
    await pass(2_000);
    expect(kinds()).toEqual(["job", "end"]);
  });

  it("[FE4] tells who comes after the end so", async () => {
    endedAt = 5;
    const { kinds } = watchJob();
    await pass(250);
    expect(kinds()).toEqual(["job", "end"]);
  });

  it("[FE5] tells of the end later when it could not be looked up", async () => {
    vi.spyOn(log, "error").mockReturnValue();
    const { kinds } = watchJob();
    endedAt = 5;
    viewJob = async () => Promise.reject(new Error("locked"));
    await pass(500);
    expect(kinds()).toEqual([]);
    viewJob = async (id) => view(id);
    await pass(500);
    expect(kinds()).toEqual(["job", "end"]);
  });

  it("[FE6] goes on telling the grid's state while a job takes long to look up, and asks for it once", async () => {
    const asked: JobId[] = [];
    viewJob = async (id) => {
      asked.push(id);
      return new Promise(() => {});
    };
    const events: GridEvent[] = [];
    feed.watchGrid((event) => events.push(event));
    await pass(3_000);
    expect(asked).toEqual([JOB]);
    expect(events.filter(({ type }) => type === "status").length).toBeGreaterThan(2);
  });

  it("[FE7] passes log lines on at once, and to those who come later the last 200", async () => {
    const { events } = watchJob();
    for (let place = 0; place < 450; place++) feed.addLog(line(`${place}`));
    expect(events).toHaveLength(450);
    const late = watchJob();
    expect(late.events.map((event) => event.type === "log" && event.log.line)).toEqual(
      Array.from({ length: 200 }, (_, place) => `${250 + place}`),
    );
  });

  it("[FE8] keeps the lines of the last 50 jobs that logged, ended or not", async () => {
    feed.addLog(line("old"));
    for (let place = 0; place < 49; place++) feed.addLog(line("x", taskIdOf(otherJob(place), "map", 0)));
    expect(watchJob().events).toHaveLength(1);
    feed.addLog(line("x", taskIdOf(otherJob(49), "map", 0)));
    expect(watchJob().events).toHaveLength(0);
  });

  it("[FE9] looks nothing up while nobody watches, nor after the last watcher has left", async () => {
    const asked = vi.fn(viewJob);
    viewJob = asked;
    feed.note(accepted(0));
    await pass(1_000);
    const { stop } = watchJob();
    stop();
    await pass(2_000);
    expect(asked).not.toHaveBeenCalled();
  });

  it("[FE10] tells who comes to the grid of its state, its volunteers and its jobs", async () => {
    const kinds: string[] = [];
    const stop = feed.watchGrid(({ type }) => kinds.push(type));
    expect(kinds).toEqual(["status", "volunteers"]);
    await pass(250);
    expect(kinds).toEqual(["status", "volunteers", "status", "job"]);
    stop();
    await pass(2_000);
    expect(kinds).toHaveLength(4);
  });
});
