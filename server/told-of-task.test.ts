import { describe, expect, it } from "vitest";
import { JobOptions } from "../protocol/job";
import { TaskView } from "../protocol/views";
import { toldOf } from "./told-of-task";

const DIGEST = "a".repeat(64);
const COPY = {
  ...{ volunteerId: "v_0123456789abcdef", state: "returned", verdict: "pending", digest: DIGEST, reason: "" },
  ...{ leasedAt: 1, returnedAt: 2, elapsedMs: 1, error: null, account: null },
};

const viewOf = (changes: object) =>
  TaskView.parse({
    ...{ id: "job_0123456789abcdef/map/0", stage: "map", index: 0, pack: null },
    ...{ state: "open", digest: null, records: null, copies: [COPY], ...changes },
  });

const jobOf = (options: object, endedAt: number | null = null) => ({
  endedAt,
  options: JobOptions.parse(options),
});

const ACCEPTED = { state: "accepted", digest: DIGEST, records: 1, copies: [COPY, COPY] };

describe("what is told of a task", () => {
  it("[TT1] tells no digest before the task is accepted, so that nobody can repeat what others answered", () => {
    const told = toldOf(viewOf({}), jobOf({ quorum: 2 }));
    expect(told).toEqual(viewOf({ copies: [{ ...COPY, digest: null }] }));
    const agreed = toldOf(viewOf({ state: "agreed" }), jobOf({ quorum: 2 }));
    expect(JSON.stringify(agreed)).not.toContain(DIGEST);
    expect(toldOf(viewOf(ACCEPTED), jobOf({ quorum: 2 }))).toEqual(viewOf(ACCEPTED));
  });

  it("[TT2] tells nothing with an error bound by which a decided task differs from one that was just begun", () => {
    const job = jobOf({ maxErrorRate: 0.01 });
    const begun = toldOf(viewOf({ copies: [{ ...COPY, state: "leased", digest: null }] }), job);
    expect(begun).toEqual(viewOf({ state: "sealed", copies: [] }));
    for (const changes of [{}, ACCEPTED, { state: "agreed" }, { state: "waiting" }])
      expect(toldOf(viewOf(changes), job), JSON.stringify(changes)).toEqual(begun);
    const fresh = viewOf({ state: "waiting", copies: [] });
    expect(toldOf(fresh, job)).toEqual(fresh);
  });

  it("[TT3] tells everything when the job has ended", () => {
    for (const options of [{ quorum: 2 }, { maxErrorRate: 0.01 }])
      for (const changes of [{}, ACCEPTED])
        expect(toldOf(viewOf(changes), jobOf(options, 1))).toEqual(viewOf(changes));
  });
});
