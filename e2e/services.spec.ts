/** Services in real tabs: they answer through the gateway, whatever becomes of tabs and coordinator. */
import { ServiceView } from "../protocol/service";
import { Started } from "../protocol/program";
import type { Rest } from "./fixtures/rest";
import { expect, test } from "./fixtures/test";
import { until } from "./fixtures/until";
import { openServiceLiar } from "./fixtures/service-liar";

const ECHO = (word: string) => `
let served = 0;
let go;
const going = new Promise((resolve) => (go = resolve));
export function start({ log, service }) { log("up", service.name); }
export async function handle(request, { signal }) {
  served += 1;
  if (request.path === "/throw") throw new Error("no such word");
  if (request.path === "/html") return new Response("<script>1</script>", { headers: { "content-type": "text/html", "set-cookie": "a=1" } });
  if (request.path === "/go") go();
  if (request.query.wait) await going;
  // In steps, so that it is not over when a machine that stood still for seconds goes on.
  for (let left = Number(request.query.ms ?? 0); left > 0; left -= 50) await new Promise((resolve) => setTimeout(resolve, 50));
  return { word: "${word}", path: request.path, body: request.text(), n: request.query.n };
}`;

async function injectAndStart(rest: Rest, source: string, start: object): Promise<ServiceView> {
  const injected = await rest.post("/api/v1/programs", {
    path: "/ada/echo",
    kind: "service",
    program: { source },
  });
  expect(injected.status).toBe(201);
  const response = await rest.post("/api/v1/programs/ada/echo/start", { waitMs: 30_000, ...start });
  expect(response.status, await response.clone().text()).toBe(201);
  const started = Started.parse(await response.json());
  if (started.kind !== "service") throw new Error("it is a job");
  return started.service;
}

const NAME = "/api/v1/services/ada-echo";
const service = async (rest: Rest) => ServiceView.parse(await (await rest.fetch(NAME)).json());
const ready = (rest: Rest, count: number, version = 1) =>
  until(
    `${count} instances of version ${version} are up`,
    () => service(rest),
    ({ instances }) => {
      const up = instances.filter((each) => each.state === "ready" && each.version === version);
      return up.length === count && instances.length === count;
    },
  );

test("[E3502] a service says what is up as it is started, answers through the gateway, and its answers are contained", async ({
  rest,
  volunteer,
}) => {
  const tab = await volunteer(2);
  const started = await injectAndStart(rest, ECHO("one"), { instances: 2 });
  expect(started).toMatchObject({ kind: "service", dataPath: "/ada/echo", version: 1, wanted: 2, ready: 1 });
  expect(started).toMatchObject({ state: "degraded", instances: [{ volunteerId: tab.id, state: "ready" }] });
  expect(started.waiting).toBe("1 of 2: no other volunteer that is connected can run it, or has room");

  const answer = await rest.post(`${NAME}/a/b?n=7`, { x: 1 });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json"]);
  expect(await answer.json()).toEqual({ word: "one", path: "/a/b", body: '{"x":1}', n: "7" });
  expect(answer.headers.get("tabgrid-version")).toBe("1");

  const html = await rest.fetch(`${NAME}/html`);
  expect(html.headers.get("content-security-policy")).toContain("sandbox; default-src 'none'");
  expect(html.headers.get("set-cookie")).toBeNull();
  const thrown = await rest.problem(`${NAME}/throw`);
  expect([thrown.status, thrown.type]).toEqual([502, "/problems/service-failed"]);
  expect(thrown.detail).toMatch(/^Error: no such word\n.*program\.js:8/s);
  const none = await rest.problem("/api/v1/services/none/");
  expect([none.status, none.type]).toEqual([404, "/problems/service-not-found"]);
  const large = await rest.problem(`${NAME}/`, { method: "POST", body: "x".repeat(600_000) });
  expect([large.status, large.detail]).toEqual([413, expect.stringContaining("serviceBodyBytes")]);
  await until(
    "its log is there",
    () => service(rest),
    ({ logs }) => logs.some((line) => line.endsWith("up ada-echo")),
  );
  await expect(tab.page.getByTestId("instance")).toContainText("ada-echo");
  const jobs = await rest.submit({
    program: { source: "export const map = (n) => n" },
    input: { range: { end: 3 } },
    options: { quorum: 1 },
  });
  await rest.completed(jobs.id);
});

test("[E3503] no request is lost and none is answered twice when a tab closes in the middle; a new tab takes its place", async ({
  rest,
  volunteer,
}) => {
  const [first] = [await volunteer(1), await volunteer(1)];
  await injectAndStart(rest, ECHO("one"), { instances: 2, service: { concurrency: 16 } });
  await ready(rest, 2);
  const answers = Array.from({ length: 12 }, async (_, n) => {
    const response = await rest.fetch(`${NAME}/?wait=1&n=${n}`);
    return [
      response.status,
      ((await response.json()) as { n: string }).n,
      response.headers.get("tabgrid-attempts"),
    ];
  });
  await until(
    "both are at it",
    () => service(rest),
    ({ instances }) => instances.every(({ outstanding }) => outstanding === 6),
  );
  await first.page.close();
  // The other one answers when it has been told to, with all of them.
  await until(
    "the other one has them all",
    () => service(rest),
    ({ instances }) => instances.length === 1 && instances[0]?.outstanding === 12,
  );
  expect((await rest.fetch(`${NAME}/go`)).status).toBe(200);
  const came = await Promise.all(answers);
  expect(came.map(([status, n]) => [status, n])).toEqual(
    Array.from({ length: 12 }, (_, n) => [200, String(n)]),
  );
  expect(came.filter(([, , attempts]) => attempts === "2")).toHaveLength(6);
  expect((await service(rest)).totals).toMatchObject({ answered: 13, retried: 6 });
  await volunteer(1);
  expect((await ready(rest, 2)).latency?.count).toBe(13);
});

test("[E3504] a service is updated while it answers, rolled back, scaled down and stopped; a kill of the coordinator brings it back", async ({
  coordinator,
  rest,
  volunteer,
}) => {
  await volunteer(1);
  await volunteer(1);
  await injectAndStart(rest, ECHO("one"), { instances: 2 });
  await ready(rest, 2);
  const word = async (query = "") =>
    ((await (await rest.fetch(`${NAME}/${query}`)).json()) as { word: string }).word;
  let answered = 0;
  /** A process that stood still may see it no more, which is all the same to what follows. */
  const isOut = () =>
    until(
      "it is out, or was answered already",
      () => service(rest),
      ({ outstanding, totals }) => outstanding === 1 || totals.answered > answered,
    );
  const slow = word("?ms=2500");
  await isOut();
  await rest.post("/api/v1/programs/ada/echo/update", { program: { source: ECHO("two") } });
  await until(
    "the new version answers",
    () => word(),
    (said) => said === "two",
  );
  expect(await slow).toBe("one");
  await ready(rest, 2, 2);
  await rest.post("/api/v1/programs/ada/echo/rollback", {});
  await ready(rest, 2, 1);
  expect(await word()).toBe("one");

  await coordinator.kill();
  await coordinator.start();
  await ready(rest, 2, 1);
  expect(await word()).toBe("one");

  const headers = { "content-type": "application/json" };
  await rest.fetch(NAME, { method: "PATCH", headers, body: JSON.stringify({ instances: 1 }) });
  await ready(rest, 1, 1);
  answered = (await service(rest)).totals.answered;
  const last = word("?ms=2500");
  await isOut();
  await rest.post("/api/v1/programs/ada/echo/stop", {});
  expect(await last).toBe("one");
  await until(
    "it is gone",
    () => rest.fetch(NAME),
    ({ status }) => status === 404,
  );
});

test("[E3505] an answer that a quorum must give is not that of the instance that lies", async ({
  coordinator,
  rest,
  volunteer,
}) => {
  const liar = await openServiceLiar(coordinator.origin);
  await volunteer(1);
  await volunteer(1);
  await injectAndStart(rest, ECHO("true"), { instances: 3, service: { quorum: 2 } });
  await ready(rest, 3);
  for (let n = 0; n < 4; n++) {
    const response = await rest.fetch(`${NAME}/?n=${n}`);
    expect(((await response.json()) as { word: string }).word).toBe("true");
  }
  await until(
    "the liar was asked, and is not asked any more",
    () => service(rest),
    ({ instances, errors }) =>
      instances.every(({ volunteerId }) => volunteerId !== liar.id) &&
      errors.some(({ volunteerId }) => volunteerId === liar.id),
  );
  const all = await rest.problem(`${NAME}/`, { headers: { "tabgrid-quorum": "10" } });
  expect(all.status).toBe(400);
  liar.close();
});

test("[E3506] a service that does not come up says why at once; one in Python answers too; a request that hangs is given up", async ({
  rest,
  volunteer,
}) => {
  await volunteer(1);
  const broken = await injectAndStart(
    rest,
    "export function start() { throw new Error('no words'); }\nexport const handle = () => 1;",
    { service: { timeoutMs: 8_000 } },
  );
  expect(broken).toMatchObject({ ready: 0, errors: [{ message: "Error: no words", version: 1 }] });
  expect(broken.errors[0]?.stack).toContain("program.js:1");
  const source =
    "def handle(request, context):\n    if request.path == '/hang':\n        while True: pass\n    return {'sum': sum(request.json()), 'name': context.service['name']}";
  await rest.post("/api/v1/programs/ada/echo/update", { program: { runtime: "python", source } });
  await ready(rest, 1, 2);
  expect(await (await rest.post(`${NAME}/`, [1, 2, 3])).json()).toEqual({ sum: 6, name: "ada-echo" });
  const hanging = await rest.problem(`${NAME}/hang`);
  expect([hanging.status, hanging.detail]).toEqual([504, "There was no answer of ada-echo in 8000 ms"]);
});
