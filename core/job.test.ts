import { describe, expect, it } from "vitest";
import { at, taskId } from "../testing/builders";
import { advanceJob, hasEnded, type JobLife } from "./job";

const running: JobLife = { state: "running", startedAt: at(1) };
const failure = {
  code: "program-error",
  taskId: taskId("map/0"),
  message: "no",
  record: 0,
  stack: "",
} as const;

describe("advanceJob", () => {
  it("[JO1] starts once", () => {
    const started = advanceJob({ state: "queued" }, { type: "started", at: at(1) });
    expect(started).toEqual(running);
    expect(advanceJob(started, { type: "started", at: at(2) })).toBe(started);
  });

  it("[JO2] keeps when it was started as it ends", () => {
    expect(advanceJob(running, { type: "completed", at: at(5) })).toEqual({
      state: "completed",
      startedAt: at(1),
      endedAt: at(5),
    });
    expect(advanceJob(running, { type: "failed", at: at(5), failure })).toEqual({
      state: "failed",
      startedAt: at(1),
      endedAt: at(5),
      failure,
    });
  });

  it("[JO3] was never started when it was cancelled before", () => {
    expect(advanceJob({ state: "queued" }, { type: "cancelled", at: at(5) })).toEqual({
      state: "cancelled",
      startedAt: null,
      endedAt: at(5),
    });
  });

  it("[JO19] is paused and resumed to what it was, and keeps when it was started", () => {
    const paused = advanceJob(running, { type: "paused" });
    expect(paused).toEqual({ state: "paused", startedAt: at(1) });
    expect(advanceJob(paused, { type: "paused" })).toBe(paused);
    expect(advanceJob(paused, { type: "started", at: at(5) })).toBe(paused);
    expect(advanceJob(paused, { type: "resumed" })).toEqual(running);
    const fresh = advanceJob({ state: "queued" }, { type: "paused" });
    expect(fresh).toEqual({ state: "paused", startedAt: null });
    expect(advanceJob(fresh, { type: "resumed" })).toEqual({ state: "queued" });
    expect(advanceJob(paused, { type: "cancelled", at: at(5) })).toMatchObject({ startedAt: at(1) });
  });

  it("[JO4] stays as it ended", () => {
    const cancelled = advanceJob(running, { type: "cancelled", at: at(5) });
    expect(advanceJob(cancelled, { type: "completed", at: at(6) })).toBe(cancelled);
    expect(advanceJob(cancelled, { type: "started", at: at(6) })).toBe(cancelled);
    expect([{ state: "queued" } as const, running, cancelled].map(hasEnded)).toEqual([false, false, true]);
  });
});
