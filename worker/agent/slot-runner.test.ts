import { expect, test } from "vitest";
import { JobId, taskIdOf } from "../../protocol/ids";
import { answerOn } from "../comlink";
import type { SlotApi, SlotJob } from "../sandbox/slot-api";
import { runnersOn } from "./slot-runner";

const taskId = taskIdOf(JobId.parse("job_0123456789abcdef"), "map", 0);

test("[AG57] hears all that a bundle sent ahead before its outcomes, also when these come first", async () => {
  let stream: MessagePort | null = null;
  let hasAnswered = false;
  const worker: Pick<SlotApi, "ready" | "load" | "run"> = {
    ready: () => Promise.resolve(),
    load(job: SlotJob) {
      stream = job.stream;
      return Promise.resolve({ type: "loaded" });
    },
    run: () => {
      hasAnswered = true;
      return Promise.resolve([]);
    },
  };
  const spawn = (_slotId: string, port: MessagePort) => Promise.resolve(answerOn(port, worker));
  const heard: string[] = [];
  const open = runnersOn({ spawn, kill: () => Promise.resolve() }, () => {});
  const runner = open("slot-1", { noticed() {}, heard: ({ op }) => void heard.push(op) });
  await runner.start();
  await runner.load({} as Parameters<typeof runner.load>[0], new Uint8Array());
  const run = runner.run([]).then(() => void heard.push("outcomes"));
  await expect.poll(() => hasAnswered).toBe(true);
  const port = stream as MessagePort | null;
  port?.postMessage({ op: "keep", taskId, bytes: new Uint8Array(1) });
  port?.postMessage({ op: "end" });
  await run;
  expect(heard).toEqual(["keep", "outcomes"]);
  runner.close();
});
