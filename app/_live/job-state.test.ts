import { expect, test } from "vitest";
import type { JobView } from "../../protocol/views";
import { later, taskCountOf } from "./job-state";

const running = { state: "running" } as JobView;
const completed = { state: "completed" } as JobView;

test("[UI16] a job's end, once shown, is not taken back by an answer that was overtaken", () => {
  expect(later(running, completed)).toBe(completed);
  expect(later(completed, running)).toBe(completed);
  expect(later(undefined, running)).toBe(running);
});

test("[FM5] how many tasks there are is not known before the program's own split is done, and is 0 only when it gave nothing", () => {
  const job = (state: "running" | "completed", tasks: number) =>
    ({
      stages: [
        { name: "split", state, tasks: 2 },
        { name: "map", state: "waiting", tasks },
        { name: "reduce", state: "waiting", tasks: 4 },
      ],
    }) as JobView;
  const counts = (view: JobView) =>
    [null, "split", "map", "reduce"].map((name) => taskCountOf(view, name as never));
  expect(counts(job("running", 0))).toEqual([null, 2, null, 4]);
  expect(counts(job("completed", 0))).toEqual([6, 2, 0, 4]);
  expect(counts(job("completed", 7))).toEqual([13, 2, 7, 4]);
});
