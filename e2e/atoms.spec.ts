/** Programs that are kept under a path: injected, started, updated while they run, rolled back. */
import { ProgramView, Started } from "../protocol/program";
import { expect, test } from "./fixtures/test";
import type { Rest } from "./fixtures/rest";

const SLOW = (word: string) => `export function map(n, { log, config }) {
  log("${word}", n);
  const end = performance.now() + config;
  while (performance.now() < end);
  return "${word}" + n;
}`;

const inject = async (rest: Rest, path: string, source: string, more = {}) =>
  ProgramView.parse(
    await (await rest.post("/api/v1/programs", { path, program: { source }, ...more })).json(),
  );

async function start(rest: Rest, path: string, body: object) {
  const response = await rest.post(`/api/v1/programs${path}/start`, body);
  expect(response.status).toBe(201);
  const started = Started.parse(await response.json());
  if (started.kind !== "batch") throw new Error("it is a service");
  return started.job;
}

test("[E3501] a program is injected, started, updated while it runs, rolled back; its results and output are there after a kill", async ({
  coordinator,
  rest,
  volunteer,
}) => {
  const call = (verb: string, body: object = {}) => rest.post(`/api/v1/programs/ada/words${verb}`, body);
  const early = await rest.problem("/api/v1/programs/ada/words/result");
  expect([early.status, early.detail]).toEqual([
    404,
    "Nothing was injected under /ada/words: POST /api/v1/programs first",
  ]);

  await inject(rest, "/ada/words", SLOW("old"), { options: { quorum: 1 }, config: 20 });
  const tooEarly = await rest.problem("/api/v1/programs/ada/words/result");
  expect([tooEarly.status, tooEarly.detail]).toEqual([
    409,
    "No run of /ada/words has been started: POST /api/v1/programs/ada/words/start first",
  ]);

  await volunteer(1);
  const first = await start(rest, "/ada/words", { input: { range: { end: 30 } } });
  await rest.jobUntil(first.id, "is under way", ({ progress }) => progress > 0);
  await call("/update", { program: { source: SLOW("new") } });
  const second = await start(rest, "/ada/words", { input: { range: { end: 3 } }, config: 0 });
  await rest.completed(first.id);
  await rest.completed(second.id);
  const values = async (address: string) =>
    (await (await rest.fetch(address)).text())
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { value: string }).value);
  expect(await values(`/api/v1/jobs/${first.id}/result`)).toEqual(
    Array.from({ length: 30 }, (_, n) => `old${n}`),
  );
  expect(await values("/api/v1/programs/ada/words/result")).toEqual(["new0", "new1", "new2"]);

  expect(ProgramView.parse(await (await call("/rollback")).json()).version).toBe(1);
  const third = await start(rest, "/ada/words", { input: { range: { end: 1 } }, config: 0 });
  await rest.completed(third.id);
  await coordinator.kill();
  await coordinator.start();
  expect(await values("/api/v1/programs/ada/words/result")).toEqual(["old0"]);
  const output = await rest.fetch(`/api/v1/jobs/${first.id}/output?format=text`);
  const lines = (await output.text()).trim().split("\n").sort();
  expect(lines).toEqual(Array.from({ length: 30 }, (_, n) => `old ${n}`).sort());
});
