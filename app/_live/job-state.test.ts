import { expect, test } from "vitest";
import type { JobView } from "../../protocol/views";
import { later } from "./job-state";

const running = { state: "running" } as JobView;
const completed = { state: "completed" } as JobView;

test("[UI16] a job's end, once shown, is not taken back by an answer that was overtaken", () => {
  expect(later(running, completed)).toBe(completed);
  expect(later(completed, running)).toBe(completed);
  expect(later(undefined, running)).toBe(running);
});
