/** What a submitter reads when a program is wrong, in every language and by every client. */
import { each } from "./fixtures/each";
import { failureOf, linesOf } from "./fixtures/programs";
import { sampleRequest } from "./fixtures/samples";
import { expect, test } from "./fixtures/test";
import { expectToldAlike, type FailedJob } from "./fixtures/told";
import { FLOODS, INCONSTANT, LOOPS, WRONG } from "./fixtures/wrong-programs";

test("[E3009] an endless loop is ended and reported in every language, by every client, and the tab goes on", async ({
  coordinator,
  volunteer,
  rest,
  page,
}) => {
  await volunteer();
  const failed: FailedJob[] = [];
  await each(LOOPS, async ([what, program]) => {
    const options = { quorum: 1, maxErrors: 1, taskTimeoutMs: 500 };
    const failure = await failureOf(rest, { program, input: { items: [1] }, options });
    expect(failure.message, what).toBe("The task ran longer than 500 ms");
    failed.push({ what, id: failure.id, message: "The task ran longer than 500 ms" });
  });
  await expectToldAlike(coordinator.origin, page, failed);
  expect(await linesOf(rest, sampleRequest("prime-count-wasm"))).toHaveLength(1);
});

test("[E3010] what is wrong with a program is told in words that its submitter can act on, by every client", async ({
  coordinator,
  volunteer,
  rest,
  page,
}) => {
  // Fifteen programs that fill what they may, and three clients for each: on a busy machine that takes minutes.
  test.slow();
  await volunteer();
  const failed: FailedJob[] = [];
  await each([...WRONG, ...FLOODS], async ([what, program, message, record]) => {
    const options = { quorum: 1, maxErrors: 1, chunkSize: 1000 };
    const failure = await failureOf(rest, { program, input: { range: { end: 1000 } }, options });
    expect(failure.message, what).toMatch(message);
    if (record !== undefined) expect(failure.record, what).toBe(record);
    failed.push({ what, id: failure.id, message: failure.message ?? "" });
  });
  await expectToldAlike(coordinator.origin, page, failed);
});

test("[E3015] copies that differ under a quorum of two are told with the key that differs, in every language, by every client", async ({
  coordinator,
  volunteer,
  rest,
  page,
}) => {
  test.setTimeout(180_000);
  const failed: FailedJob[] = [];
  await Promise.all([volunteer(1), volunteer(1)]);
  await each(INCONSTANT, async ([what, program, where]) => {
    const options = { quorum: 2, maxCopies: 2 };
    const failure = await failureOf(rest, { program, input: { items: [1] }, options });
    expect(failure.code, what).toBe("no-agreement");
    expect(failure.message, what).toMatch(/is the program deterministic\? They differ in key .* in one, /);
    expect(failure.message, what).toMatch(where);
    failed.push({ what, id: failure.id, message: failure.message ?? "" });
  });
  await expectToldAlike(coordinator.origin, page, failed);
});
