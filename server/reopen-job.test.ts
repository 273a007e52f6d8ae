import { expect, it } from "vitest";
import { digestOfText } from "../protocol/digest";
import type { Digest, StageName } from "../protocol/ids";
import { storedJob, volunteerId } from "../testing/facts";
import { haveInputs } from "./reopen-job";
import { describeJob } from "./running-jobs";

it("[US26] a job is looked at again only if what its doubted tasks read is stored: blocks of a dataset, samples and items too", async () => {
  const blocks = ["a", "b", "c", "d"].map((name) => ({ digest: digestOfText(name), bytes: 9, records: 1 }));
  const plan = { type: "blocks", format: { type: "lines" }, blocks, recordsPerTask: null } as const;
  const stages = [
    { name: "sample" as const, taskCount: 4 },
    { name: "map" as const, taskCount: 4 },
    { name: "reduce" as const, taskCount: 2 },
  ];
  const job = storedJob();
  const read = describeJob({ ...job, plan, stages });
  const splitStages = [{ name: "split" as const, taskCount: 1 }, ...stages.slice(1)];
  const split = describeJob({ ...job, splitPlan: plan, stages: splitStages });
  const can = (of: typeof read, lost: string, stage: StageName, index: number) => {
    const answer = { stage, index, digest: digestOfText("x"), volunteerId: volunteerId("ada") };
    const isStored = (digest: Digest) => Promise.resolve(digest !== digestOfText(lost));
    return haveInputs(of, [answer], isStored);
  };
  for (const described of [read, split]) {
    expect(await can(described, "b", "map", 1)).toBe(false);
    expect(await can(described, "b", "map", 2)).toBe(true);
    expect(await can(described, "b", "reduce", 1)).toBe(true);
    expect(await can(described, "a program", "reduce", 1)).toBe(false);
  }
  expect(await can(read, "b", "sample", 1)).toBe(false);
  expect(await can(read, "b", "sample", 0)).toBe(true);
});
