/** Programs that are kept under a path: injected, started, updated while they run, rolled back. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
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

const sample = (name: string) => readFile(`examples/atoms/${name}`, "utf8");
const put = async (rest: Rest, path: string, body: string) => {
  const response = await rest.fetch(`/api/v1/datasets${path}`, { method: "PUT", body });
  expect(response.status, await response.clone().text()).toBeLessThan(300);
};

test("[E3507] the dataset beside a program's path is what it works on, whichever came first; services too", async ({
  rest,
  volunteer,
}) => {
  await volunteer(2);
  const source = await sample("word-lengths.js");
  // The program first, then the data; and the other way round.
  await inject(rest, "/ada/first", source, { options: { quorum: 1, reducers: 1 } });
  const early = await rest.problem("/api/v1/programs/ada/first/start", json({}));
  expect([early.status, early.detail]).toEqual([
    409,
    expect.stringContaining("PUT a dataset to /api/v1/datasets/ada/first first"),
  ]);
  await put(rest, "/ada/first", "to be or not to be\n");
  await put(rest, "/ada/second", "that is the question\n");
  await inject(rest, "/ada/second", source, { options: { quorum: 1, reducers: 1 } });
  for (const [path, result] of [
    ["/ada/first", '{"key":2,"value":5}\n{"key":3,"value":1}\n'],
    ["/ada/second", '{"key":2,"value":1}\n{"key":3,"value":1}\n{"key":4,"value":1}\n{"key":8,"value":1}\n'],
  ] as const) {
    await rest.completed((await start(rest, path, {})).id);
    expect(await (await rest.fetch(`/api/v1/programs${path}/result`)).text()).toBe(result);
  }

  await put(rest, "/ada/spell", "to\nbe\nor\nnot\n");
  await inject(rest, "/ada/spell", await sample("spell-check.js"), { kind: "service" });
  await rest.post("/api/v1/programs/ada/spell/start", { waitMs: 30_000 });
  const checked = await rest.fetch("/api/v1/services/ada-spell/", { method: "POST", body: "to bee or not" });
  expect(await checked.json()).toEqual({ words: 4, unknown: ["bee"] });
  await rest.post("/api/v1/programs/ada/spell/stop", {});

  await inject(rest, "/ada/thumbnail", await sample("thumbnail.js"), { kind: "service" });
  await rest.post("/api/v1/programs/ada/thumbnail/start", { waitMs: 30_000 });
  const image = await readFile("docs/images/job.png");
  const small = await rest.fetch("/api/v1/services/ada-thumbnail/?width=100", {
    method: "POST",
    body: new Uint8Array(image),
  });
  expect([small.status, small.headers.get("content-type")]).toEqual([200, "image/png"]);
  // Width, in the header of a PNG.
  expect(Buffer.from(await small.arrayBuffer()).readUInt32BE(16)).toBe(100);
});

test("[E3508] programs and services are kept, started, scaled and tried on their pages and by the command line", async ({
  coordinator,
  rest,
  volunteer,
  page,
}) => {
  await volunteer(2);
  const command = (...parameters: string[]) =>
    promisify(execFile)(process.execPath, ["cli/bin.mjs", "--url", coordinator.origin, ...parameters]);
  await command("program", "inject", "/ada/hello", "examples/atoms/thumbnail.js", "--service");
  await page.goto(`${coordinator.origin}/programs`);
  const card = page.getByTestId("program");
  await card.getByRole("button", { name: "Start" }).click();
  await expect(card).toContainText("serving");
  await page.goto(`${coordinator.origin}/services`);
  const service = page.getByTestId("service");
  await expect(service.getByTestId("service-ready")).toHaveText("1 of 1");
  await service.getByRole("button", { name: "Try it" }).click();
  await expect(service.getByTestId("tried")).toContainText("POST an image");
  await service.getByRole("button", { name: "One more" }).click();
  await expect(service.getByTestId("service-waiting")).toContainText("1 of 2");
  expect((await command("service", "scale", "ada-hello", "1")).stdout).toMatch(
    /^ada-hello {2}running {2}1 of 1 up {2}version 1/,
  );
  expect((await command("program", "stop", "/ada/hello")).stdout).toMatch(/^\/ada\/hello {2}service/);
  const asked = await command("service", "ask", "ada-hello").catch((error: unknown) => error);
  expect(asked).toMatchObject({ code: 4 });
  expect((await rest.fetch("/api/v1/services")).status).toBe(200);
});

const json = (body: object) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
