import { expect, it } from "vitest";
import { digestOf } from "../../protocol/digest";
import { PLAIN_JS } from "../../protocol/runtime";
import { InstanceId, RequestId, ServiceName } from "../../protocol/service";
import { JOB, mapTask, openFakeGrid, openFakePage } from "./fake-grid";

const SOURCE = new Uint8Array(new TextEncoder().encode("export const handle = () => 1"));
const ins = (place: number) => InstanceId.parse(`ins_00000000_${place}`);
const req = (place: number) => RequestId.parse(`req_00000000_${place}`);

async function openServing(slotCount = 2) {
  const grid = await openFakeGrid();
  grid.blocks.set(digestOf(SOURCE), SOURCE);
  const page = await openFakePage(grid, slotCount);
  await grid.connect();
  const startInstance = (place = 1) =>
    grid.startInstance({
      instanceId: ins(place),
      service: {
        ...{ name: ServiceName.parse("spell"), version: 1, program: digestOf(SOURCE), runtime: PLAIN_JS },
        ...{ config: null, timeoutMs: 1_000, data: null },
      },
    });
  const ask = (place: number, instance = 1) =>
    grid.ask({
      instanceId: ins(instance),
      requestId: req(place),
      request: { method: "POST", path: "/", query: "", headers: {}, body: btoa("hello") },
    });
  return { grid, page, startInstance, ask };
}

it("[SV24] an instance is up once its program is loaded, and takes the place of a slot; the last slot is left for tasks", async () => {
  const { grid, page, startInstance } = await openServing(2);
  expect(grid.heard.hellos[0]).toMatchObject({ slotCount: 2, instanceCount: 1 });
  await startInstance();
  expect(grid.heard.news).toEqual([]);
  await page.instances[0]?.loaded();
  expect(grid.heard.news[0]).toEqual({ state: "ready", instanceId: ins(1) });
  expect(grid.heard.heartbeats.at(-1)).toMatchObject({ slotCount: 1, instances: [{ id: ins(1) }] });
  await startInstance(2);
  await grid.assign([mapTask(1), mapTask(2)], [JOB]);
  expect(page.runs).toHaveLength(1);
});

it("[SV25] a program that cannot be loaded is told of with its error, and its worker ended", async () => {
  const { grid, page, startInstance } = await openServing();
  await startInstance();
  await page.instances[0]?.loaded({ type: "unloadable", message: "Error: no", stack: "at start" });
  expect(grid.heard.news).toEqual([
    { state: "ended", instanceId: ins(1), message: "Error: no", stack: "at start", isFault: true },
  ]);
  expect(page.instances[0]?.isClosed).toBe(true);
});

it("[SV26] answers each request once, gives back what it cannot answer or nobody waits for", async () => {
  const { grid, page, startInstance, ask } = await openServing();
  await ask(1);
  await startInstance();
  await page.instances[0]?.loaded();
  await ask(2);
  await ask(3);
  await grid.cancel({ instanceId: ins(1), requestId: req(2) });
  await page.instances[0]?.answer();
  await page.instances[0]?.answer({
    type: "response",
    status: 302,
    headers: { location: "x" },
    body: new Uint8Array(0),
  });
  expect(page.instances[0]?.cancelled).toEqual([req(2)]);
  const said = grid.heard.responses.map(({ requestId, answer }) => [requestId, answer.type]);
  expect(said).toEqual([
    [req(1), "returned"],
    [req(2), "returned"],
    [req(3), "error"],
  ]);
  await ask(4);
  await page.instances[0]?.answer({
    ...{ type: "response", status: 200, body: new TextEncoder().encode("hi") },
    headers: { "content-type": "text/plain", "set-cookie": "a=1" },
  });
  expect(grid.heard.responses.at(-1)?.answer).toEqual({
    type: "response",
    response: { status: 200, headers: { "content-type": "text/plain" }, body: btoa("hi") },
  });
});

it("[SV27] an instance whose worker does not answer pings is ended: at once when idle, after its request's time when at one", async () => {
  const { grid, page, startInstance, ask } = await openServing();
  await startInstance();
  await page.instances[0]?.loaded();
  await ask(1);
  page.instances[0]?.silence();
  await grid.clock.advance(9_000);
  expect(page.instances[0]?.isClosed).toBe(false);
  await grid.clock.advance(5_000);
  expect(grid.heard.news.at(-1)).toMatchObject({ state: "ended", isFault: true });
  expect(page.instances[0]?.isClosed).toBe(true);
});

it("[SV28] instances end with their page, and with the connection; what they write is told", async () => {
  const { grid, page, startInstance } = await openServing();
  await startInstance();
  await page.instances[0]?.loaded();
  expect(grid.heard.news.at(-1)).toEqual({ state: "logged", instanceId: ins(1), lines: ["a line"] });
  await page.vanish();
  expect(grid.heard.news.at(-1)).toMatchObject({ state: "ended", isFault: false });
  const other = await openFakePage(grid, 1);
  await startInstance(2);
  await other.instances[0]?.loaded();
  await grid.disconnect();
  expect(other.instances[0]?.isClosed).toBe(true);
  expect(grid.bugs).toEqual([]);
});
