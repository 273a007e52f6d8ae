/** What a submitter gets to read when a program, or what it is sent with, is wrong. */
import { LIMITS } from "../protocol/limits";
import { squares } from "./fixtures/jobs";
import type { JobRequest } from "./fixtures/rest";
import { expect, test } from "./fixtures/test";
import { within } from "./fixtures/within";

const THROWS_AT_13 = `export function map(n) {
  if (n === 13) {
    throw new RangeError("thirteen is too much");
  }
  return n;
}
`;

function ranging(source: string, end: number, options: JobRequest["options"] = {}): JobRequest {
  return {
    name: "ranging",
    program: { source },
    input: { range: { end } },
    options: { quorum: 1, ...options },
  };
}

test("[E2601] a map that throws fails its job with task, record, message and the program's own stack, by REST and on the page", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  await volunteer();
  const { id } = await rest.submit(ranging(THROWS_AT_13, 20, { chunkSize: 5 }));
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  const { state, failure } = await rest.jobUntil(id, "ends", ({ endedAt }) => endedAt !== null);
  expect(state).toBe("failed");
  expect(failure).toMatchObject({ code: "program-error", taskId: `${id}/map/2`, record: 13 });
  expect(failure?.message).toBe("RangeError: thirteen is too much");
  expect(failure?.stack).toMatch(/program\.js:3:11/);
  expect(failure?.stack).not.toMatch(/blob:|data:/);
  const failed = (await rest.tasks(id))[2];
  expect(failed).toMatchObject({ state: "failed", copies: [{ state: "failed" }] });

  const note = page.getByTestId("failure");
  await expect(note).toContainText("RangeError: thirteen is too much");
  await expect(note).toContainText("In map task 2, record 13");
  await expect(note).toContainText("program.js:3:11");
});

test("[E2602] an endless loop is ended after the job's taskTimeoutMs, and reported as such", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const endless = ranging("export function map() { for (;;); }", 1, { taskTimeoutMs: 500, maxErrors: 1 });
  const { id } = await rest.submit(endless);
  const { state, failure } = await rest.jobUntil(id, "ends", ({ endedAt }) => endedAt !== null);
  expect(state).toBe("failed");
  expect(failure?.message).toBe("The task ran longer than 500 ms");

  const { id: next } = await rest.submit(squares(4, 10));
  await rest.completed(next);
});

test("[E2603] a syntax error is refused with its line and column, by REST and in the form", async ({
  coordinator,
  page,
  rest,
}) => {
  const source = "export function map(n) {\n  return n +;\n}\n";
  const problem = await rest.refusal(ranging(source, 1));
  expect(problem).toMatchObject({ type: "/problems/program-invalid", status: 422, line: 2, column: 13 });

  await page.goto(`${coordinator.origin}/jobs/new`);
  await page.getByRole("textbox", { name: "Program" }).fill(source);
  await page.getByRole("button", { name: "Submit job" }).click();
  await expect(page.getByTestId("program-problem")).toContainText("Line 2, column 13");
});

test("[E2604] a program without `map` is refused", async ({ rest }) => {
  const problem = await rest.refusal(ranging("export function mapp(n) { return n; }", 1));
  expect(problem).toMatchObject({ type: "/problems/program-invalid", status: 422 });
  expect(problem.detail).toContain("map");
});

const WRONG_FIELDS: readonly [string, object, RegExp][] = [
  ["an unknown option", { options: { quorom: 2 } }, /quorom/],
  [
    "a negative chunk size",
    { options: { chunkSize: -1 } },
    /options\.chunkSize: .*whole number from 1.*got -1/,
  ],
  ["a quorum of none", { options: { quorum: 0 } }, /options\.quorum: .*whole number from 1.*got 0/],
  ["a step of 0", { input: { range: { end: 3, step: 0 } } }, /step/],
  ["two inputs", { input: { text: "a", items: [] } }, /input/],
  ["a field nobody knows", { priority: 9 }, /priority/],
];

test("[E2605] a field that is wrong or unknown is refused by its name, with the rule and what came", async ({
  rest,
}) => {
  for (const [what, change, words] of WRONG_FIELDS) {
    const problem = await rest.refusal({ ...ranging("export const map = (n) => n;", 3), ...change });
    expect(problem, what).toMatchObject({ type: "/problems/invalid-input", status: 400 });
    expect(problem.detail, what).toMatch(words);
  }
});

test("[E2606] a body that is too long, no JSON or of another type is refused as what it is", async ({
  rest,
}) => {
  const json = { "content-type": "application/json" };
  const post = (body: string, headers: Record<string, string>) =>
    rest.problem("/api/v1/jobs", { method: "POST", body, headers });

  expect(await post('{"program": {', json)).toMatchObject({
    type: "/problems/malformed-json",
    status: 400,
    detail: expect.stringContaining("line 1, column 14"),
  });
  expect(await post("{}", { "content-type": "text/plain" })).toMatchObject({
    type: "/problems/unsupported-media-type",
    status: 415,
    detail: expect.stringContaining("text/plain"),
  });
  const tooLong = await post(`"${"x".repeat(LIMITS.submitBytes)}"`, json);
  expect(tooLong).toMatchObject({ type: "/problems/too-large", status: 413 });
  expect(tooLong.detail).toContain(String(LIMITS.submitBytes));
});

test("[E2607] what does not exist is 404, and a method that is not known 405 with Allow", async ({
  rest,
}) => {
  const nobody = "job_0123456789abcdef";
  for (const path of [
    `/api/v1/jobs/${nobody}`,
    `/api/v1/jobs/${nobody}/tasks`,
    `/api/v1/jobs/${nobody}/result`,
  ]) {
    expect(await rest.problem(path)).toMatchObject({ type: "/problems/job-not-found", status: 404 });
  }
  const cancelling = await rest.problem(`/api/v1/jobs/${nobody}/cancel`, { method: "POST" });
  expect(cancelling).toMatchObject({ type: "/problems/job-not-found", status: 404 });
  expect(await rest.problem("/api/v1/nothing")).toMatchObject({ type: "/problems/not-found", status: 404 });
  const refused = await rest.problem("/api/v1/jobs", { method: "DELETE" });
  expect(refused).toMatchObject({ type: "/problems/method-not-allowed", status: 405 });
  expect(refused.headers.get("allow")).toContain("POST");
});

test("[E2608] a program that answers differently each time ends its job with no agreement, and with the key that differs", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  await volunteer();
  await volunteer();
  const source = "export function map(n) { return Math.random(); }";
  const { id } = await rest.submit(ranging(source, 1, { quorum: 2, maxCopies: 3 }));
  const { state, failure } = await rest.jobUntil(id, "ends", ({ endedAt }) => endedAt !== null);
  expect(state).toBe("failed");
  expect(failure).toMatchObject({ code: "no-agreement", taskId: `${id}/map/0` });
  expect(failure?.message).toMatch(/deterministic\? They differ in key 0/);
});

test("[E2609] a job that is cancelled stops in its volunteers within a second, has no result, and cannot be cancelled again", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  const tab = await volunteer();
  const { id } = await rest.submit(squares(1_000, 500));
  await rest.jobUntil(id, "is being computed", ({ progress }) => progress > 0);
  await page.goto(`${coordinator.origin}/jobs/${id}`);
  await page.getByRole("button", { name: "Cancel job" }).click();
  await page.getByRole("button", { name: "Yes, cancel it" }).click();
  await expect(page.getByTestId("job-state")).toHaveText("cancelled");
  const state = tab.page.getByTestId("volunteer-state");
  const isWaiting = async () => (await state.getAttribute("data-state")) === "waiting";
  await within(1_000, "the tab stops", rest, isWaiting);
  expect((await rest.status()).copiesOut).toBe(0);
  expect(await rest.problem(`/api/v1/jobs/${id}/result`)).toMatchObject({
    type: "/problems/job-ended",
    status: 409,
  });
  const again = await rest.problem(`/api/v1/jobs/${id}/cancel`, { method: "POST" });
  expect(again).toMatchObject({ type: "/problems/job-ended", status: 409 });
});
