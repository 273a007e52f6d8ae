import { afterEach, beforeEach, expect, it } from "vitest";
import { SubmitJob } from "../protocol/job";
import { sampleRequest } from "../e2e/fixtures/samples";
import { openTestCoordinator } from "./open-coordinator";
import { openTestStore, type TestStore } from "./open-store";
import { findJob } from "../server/store/jobs";
import { submissionOf } from "../server/job-xml/read-job";

let store: TestStore;
beforeEach(async () => (store = await openTestStore()));
afterEach(() => store.close());

it("[JX9] a job of any runtime that is exported and submitted again is the same job", async () => {
  const { grid, close } = await openTestCoordinator(store);
  const requests = [
    ...[
      "streaming-words",
      "streaming-temperatures",
      "letters-wasi",
      "prime-count-wasm",
      "collatz",
      "leading-digits",
    ].map((name) => sampleRequest(name)),
    {
      program: { source: "export const map = (x) => x;" },
      input: { items: [1, { a: ["\u2028"] }] },
      config: { $tabgrid: [["Set", 1], 2] },
    },
    {
      program: { source: "export const map = (x) => x;" },
      input: { text: "" },
      name: " ${x} ",
      submitter: "alice",
    },
    {
      program: { source: "export const map = (x) => x;" },
      input: { range: { start: 5, end: -3.5, step: -0.5 } },
    },
  ];
  for (const request of requests) {
    const submitted = await grid.submitJob(SubmitJob.parse(request), null);
    const xml = await grid.exportJob(submitted.job.id);
    const again = await grid.submitJob(SubmitJob.parse(submissionOf(xml)), null);
    const [before, after] = await Promise.all(
      [submitted, again].map(({ job }) => findJob(store.database, job.id)),
    );
    if (!before || !after) throw new Error("a job is not there");
    // Scripts for Node.js are made modules anew: the same code, in other words.
    const { name, submitter, runtime, plan, stages, options, config } = before;
    expect(after).toMatchObject({ name, submitter, runtime, plan, stages, options, config });
    if (before.runtime.name !== "streaming" && before.runtime.name !== "pando")
      expect(after.program).toBe(before.program);
  }
  await expect(
    grid.exportJob("job_0123456789abcdef" as Parameters<typeof grid.exportJob>[0]),
  ).rejects.toMatchObject({
    code: "job-not-found",
  });
  await close();
});
