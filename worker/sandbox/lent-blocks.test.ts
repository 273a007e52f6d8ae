import { expect, test } from "vitest";
import { digestOfText } from "../../protocol/digest";
import { JobId, taskIdOf } from "../../protocol/ids";
import { withBytes } from "./lent-blocks";
import type { SlotTask } from "./slot-api";
import type { Content } from "../content";

const JOB = JobId.parse("job_0123456789abcdef");
const LARGE = "x".repeat(100_000);

function task(index: number, text: string, bytes: Content | null): SlotTask {
  const input = { type: "records", block: digestOfText(text), from: 0, to: 1, firstRecord: 0 } as const;
  return { taskId: taskIdOf(JOB, "map", index), input: { ...input, bytes } };
}

/** What the tasks get, as text; null for those that do not run. */
async function arriving(tasks: readonly SlotTask[]): Promise<(string | null)[]> {
  const got: (string | null)[] = [];
  for await (const { taskId, task: own } of withBytes(tasks)) {
    expect(taskId).toBe(tasks[got.length]?.taskId);
    const bytes = own?.input.type === "records" ? own.input.bytes : null;
    got.push(bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : own && "as it is");
  }
  return got;
}

test("[BT5] a task gets the bytes that it was lent, when they are what their digest says", async () => {
  const ready = new TextEncoder().encode("ready");
  const range = { type: "range", start: 0, step: 1, count: 1, firstRecord: 0 } as const;
  const tasks = [
    task(0, LARGE, new Blob([LARGE])),
    task(1, LARGE, null),
    task(2, "ready", ready),
    { taskId: taskIdOf(JOB, "map", 3), input: range },
    task(4, "small", new Blob(["small"])),
  ];
  expect(await arriving(tasks)).toEqual([LARGE, "as it is", "ready", "as it is", "small"]);
  expect(await arriving([])).toEqual([]);
});

test("[BT6] tasks of a block that is spoilt, cut short or cannot be read do not run; others do", async () => {
  const lost = new Blob([LARGE]);
  lost.arrayBuffer = () => Promise.reject(new DOMException("gone", "NotReadableError"));
  const tasks = [
    task(0, LARGE, new Blob([LARGE.replace("x", "y")])),
    task(1, LARGE, null),
    task(2, "good", new Blob(["good"])),
    task(3, "good", null),
    task(4, LARGE, new Blob([LARGE]).slice(1)),
    task(5, LARGE, lost),
  ];
  expect(await arriving(tasks)).toEqual([null, null, "good", "as it is", null, null]);
});
