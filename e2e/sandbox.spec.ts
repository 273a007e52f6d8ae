/** Programs are anybody's code: what they try against the network, the page, the agent and other jobs. */
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import type { TaskView } from "../protocol/views";
import { expectSquares, squares } from "./fixtures/jobs";
import { INWARD_NAMES, OUTWARD_NAMES } from "./fixtures/probes.js";
import { openSink, type Sink } from "./fixtures/sink";
import { expect, test } from "./fixtures/test";
import { until } from "./fixtures/until";

const PROBES = readFileSync("e2e/fixtures/probes.js", "utf8");
const CONTROL = `onmessage = async ({ data: { record, config } }) => {
  const { map } = await import("/probes.js");
  postMessage(await map(record, { config }));
};`;
const FILES = {
  "/probes.js": PROBES,
  "/control.js": CONTROL,
  "/control.html": "<!doctype html>",
  "/favicon.ico": "",
};

/** What gets out of a worker of an ordinary page; the rest is not there in workers, or wants a real site. */
const GETS_OUT = [
  ...["fetch", "fetchNoCors", "fetchOfScope", "request", "xhr", "webSocket", "eventSource", "importScripts"],
  ...[
    "dynamicImport",
    "importOfBlob",
    "importOfData",
    "functionConstructor",
    "evaluated",
    "nestedWorker",
    "nestedDataWorker",
    "wasmStreaming",
    "preloadModule",
    "font",
  ],
];

/** Tries one thing in a worker of an ordinary page. */
function tryOutside(page: Page, name: string, sink: Sink): Promise<unknown> {
  const message = {
    record: { name, url: `${sink.origin}/control-${name}` },
    config: { stunUrl: sink.stunUrl },
  };
  return page.evaluate((data) => {
    return new Promise((resolve) => {
      const worker = new Worker("/control.js");
      worker.onmessage = (event) => resolve(event.data);
      worker.postMessage(data);
    });
  }, message);
}

/** Runs in the page: has the browser ask a STUN server for its address. */
async function offerWebRtc(stunUrl: string): Promise<void> {
  const peer = new RTCPeerConnection({ iceServers: [{ urls: stunUrl }] });
  peer.createDataChannel("control");
  await peer.setLocalDescription(await peer.createOffer());
}

test("[E2501] no attempt of a program to use the network succeeds, or makes any request; the same attempts do from an ordinary page", async ({
  coordinator,
  volunteer,
  page,
  rest,
}) => {
  const control = await openSink(FILES);
  await page.goto(`${control.origin}/control.html`);
  for (const name of GETS_OUT) await tryOutside(page, name, control);
  const seen = () => [...new Set(control.hits.map((url) => url.replace(/^\/control-|-events$/g, "")))];
  // Some come a while after they were sent.
  await expect.poll(() => seen().sort(), "the control").toEqual([...GETS_OUT].sort());
  await page.evaluate(offerWebRtc, control.stunUrl);
  await expect.poll(() => control.hits, "the control of UDP").toContain("udp");
  await page.goto("about:blank");
  await control.close();

  // Another one: what still tries again there must not be taken for a program's attempt.
  const sink = await openSink({});
  await volunteer();
  const targets = [`${sink.origin}/probe-`, `${coordinator.origin}/probe-`];
  const items = targets.flatMap((target) => OUTWARD_NAMES.map((name) => ({ name, url: target + name })));
  const { id } = await rest.submit({
    name: "ways out",
    program: { source: PROBES },
    input: { items },
    options: { quorum: 1, chunkSize: 4 },
    config: { stunUrl: sink.stunUrl },
  });
  await rest.completed(id);
  const values = valuesOf(await rest.result(id));
  expect(values.map((value, at) => [items[at]?.name, value])).toEqual(
    items.map(({ name }) => [name, expect.stringMatching(/^not reached: /)]),
  );
  expect(sink.hits).toEqual([]);
  expect((await coordinator.requestsSoFar()).filter((line) => line.includes("probe-"))).toEqual([]);
  await sink.close();
});

test("[E2502] a program reaches neither the page, nor the agent, nor what the browser keeps for the site", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const { id } = await rest.submit({
    name: "ways in",
    program: { source: PROBES },
    input: { items: INWARD_NAMES.map((name) => ({ name, url: "" })) },
    options: { quorum: 1, chunkSize: 4 },
  });
  await rest.completed(id);
  const values = valuesOf(await rest.result(id));
  expect(values.map((value, at) => [INWARD_NAMES[at], value])).toEqual(
    INWARD_NAMES.map((name) => [name, expect.stringMatching(/^not reached: /)]),
  );
});

/** Answers in the name of another job, by way of the harness's own port. */
const FORGER = `const { postMessage } = MessagePort.prototype;
const forged = (value, name) => JSON.parse(JSON.stringify(value).replaceAll(/job_\\w+\\/map\\/\\d+/g, name));
export function map(n, { config }) {
  MessagePort.prototype.postMessage = function (message, transfers) {
    return postMessage.call(this, forged(message, config.victim), transfers ?? []);
  };
  return "a lie";
}`;

test("[E2503] a program that answers in the name of another job's task is not believed, and changes nothing of that job", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const { id: victim } = await rest.submit(squares(4, 10, { quorum: 2 }));
  const areAnswered = (tasks: TaskView[]) =>
    tasks.every(({ copies }) => copies.some(({ state }) => state === "returned"));
  await until("it waits for a second volunteer", () => rest.tasks(victim), areAnswered);
  const { id: forging } = await rest.submit({
    name: "forger",
    program: { source: FORGER },
    input: { range: { end: 1 } },
    options: { quorum: 1 },
    config: { victim: `${victim}/map/0` },
  });
  const leasedAt = async () => (await rest.tasks(forging))[0]?.copies[0]?.leasedAt ?? 0;
  const firstLeasedAt = await until("it is begun", leasedAt, (at) => at > 0);
  await until("it was given back and is tried again", leasedAt, (at) => at > firstLeasedAt);
  expect((await rest.job(forging)).progress).toBe(0);
  await rest.fetch(`/api/v1/jobs/${forging}/cancel`, { method: "POST" });

  await volunteer();
  await rest.completed(victim);
  expectSquares(await rest.result(victim), 4);
});

/** Breaks what the harness might rely on, each in a way of its own. */
const VANDALS: Readonly<Record<string, string>> = {
  promise: `Promise.prototype.then = () => {}; Promise.resolve = null;`,
  json: `JSON.stringify = () => "lie"; JSON.parse = () => { throw 1; };`,
  array: `for (const name of ["map", "push", "flatMap", "join", "sort", "entries"]) Array.prototype[name] = () => [];
    Array.prototype[Symbol.iterator] = function* () {};`,
  object: `Object.defineProperty(Object.prototype, "taskId", { get: () => "job_0123456789abcdef/map/0", set() {} });
    Object.defineProperty(Object.prototype, "type", { value: "released" });`,
  messages: `for (const type of ["message", "error", "unhandledrejection"])
      addEventListener(type, (event) => event.stopImmediatePropagation(), true);
    MessagePort.prototype.postMessage = () => {};`,
  clock: `performance.now = () => NaN; Date.now = () => -1;`,
  flood: `setInterval(() => {}, 0); for (let i = 0; i < 1e5; i++) Promise.reject(i);`,
};

test("[E2504] a program that breaks its own worker's built-ins harms no job but its own", async ({
  volunteer,
  rest,
}) => {
  const { page } = await volunteer();
  for (const [name, vandalism] of Object.entries(VANDALS)) {
    const { id } = await rest.submit({
      name: `vandal: ${name}`,
      program: { source: `export function map(n) { ${vandalism}\nreturn n; }` },
      input: { range: { end: 2 } },
      options: { quorum: 1, maxErrors: 1, taskTimeoutMs: 500 },
    });
    const { id: honest } = await rest.submit(squares(4, 10));
    await rest.completed(honest);
    expectSquares(await rest.result(honest), 4);
    await rest.fetch(`/api/v1/jobs/${id}/cancel`, { method: "POST" });
  }
  await expect(page.getByTestId("volunteer-state")).toHaveAttribute("data-state", "waiting");
});

test("[E2505] a program that breaks the built-ins before it is read harms no job but its own", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  for (const [name, vandalism] of Object.entries(VANDALS)) {
    const { id } = await rest.submit({
      name: `vandal at its start: ${name}`,
      program: { source: `${vandalism}\nexport function map(n) { return n; }` },
      input: { range: { end: 2 } },
      options: { quorum: 1, maxErrors: 1, taskTimeoutMs: 500 },
    });
    const { id: honest } = await rest.submit(squares(4, 10));
    await rest.completed(honest);
    expectSquares(await rest.result(honest), 4);
    await rest.fetch(`/api/v1/jobs/${id}/cancel`, { method: "POST" });
  }
});

/** Take all they can get: of memory, of threads, of the event loop. */
const BOMBS: Readonly<Record<string, string>> = {
  objects: `const all = []; for (;;) all.push(new Array(1e6).fill({}));`,
  strings: `let all = "x"; for (;;) all = [all + all].join();`,
  wasm: `const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 }); while (memory.grow(1024)); for (;;);`,
  microtasks: `return new Promise(() => { const again = () => Promise.resolve().then(again); again(); });`,
  messages: `return new Promise(() => { const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port2.postMessage(0); port2.postMessage(0); }; port2.postMessage(0); });`,
  timers: `return new Promise(() => { const again = () => { setTimeout(again); setTimeout(again); }; again(); });`,
  workers: `for (;;) { try { new Worker("data:text/javascript,for(;;);"); } catch { for (;;); } }`,
};

test("[E2506] a program that takes all memory, threads or time it can get is ended, and the tab computes on", async ({
  volunteer,
  rest,
}) => {
  test.setTimeout(240_000);
  const { page } = await volunteer(1);
  for (const [name, bomb] of Object.entries(BOMBS)) {
    const { id } = await rest.submit({
      name: `bomb: ${name}`,
      program: { source: `export function map(n) { ${bomb} }` },
      input: { range: { end: 1 } },
      options: { quorum: 1, maxErrors: 1, taskTimeoutMs: 2_000 },
    });
    const { state } = await rest.jobUntil(id, `bomb ${name} ends`, ({ endedAt }) => endedAt !== null);
    expect(state, name).toBe("failed");
    const { id: honest } = await rest.submit(squares(4, 10));
    await rest.completed(honest);
  }
  await expect(page.getByTestId("volunteer-state")).toHaveAttribute("data-state", "waiting");
});

/** Each of them as lines of Python that end without an error only when they got somewhere. */
const PYTHON_PROBES: Readonly<Record<string, string>> = {
  urllib: "import urllib.request\nurllib.request.urlopen(url, timeout=1).read()",
  http: "import http.client, urllib.parse\nc = http.client.HTTPConnection(urllib.parse.urlparse(url).netloc, timeout=1)\nc.request('GET', '/probe-http')\nc.getresponse()",
  socket:
    "import socket, urllib.parse\nu = urllib.parse.urlparse(url)\nsocket.create_connection((u.hostname, u.port), 1).sendall(b'GET /probe-socket HTTP/1.0\\r\\n\\r\\n')",
  fetch: "import js\njs.fetch(url)",
  xhr: "import js\nx = js.XMLHttpRequest.new()\nx.open('GET', url, False)\nx.send()",
  webSocket: "import js\njs.WebSocket.new(url.replace('http', 'ws'))",
  eventSource: "import js\njs.EventSource.new(url)",
  worker: "import js\njs.Worker.new(url)",
  importScripts: "import js\njs.importScripts(url)",
  evaluated: "from pyodide.code import run_js\nrun_js('fetch(\"' + url + '\")')",
  constructor: "import js\njs.Function.new('return fetch(\"' + url + '\")')()",
  openUrl: "from pyodide.http import open_url\nopen_url(url).read()",
  pyxhr: "import pyodide.http\npyodide.http.pyxhr.get(url)",
  package: "import micropip",
  numpy: "import numpy",
  subprocess: "import subprocess\nsubprocess.run(['curl', url], check=True)",
  system: "import os\nif os.system('curl ' + url) != 0: raise OSError('no shell')",
  fork: "import os\nos.fork()",
  threads: "import threading\nthreading.Thread(target=lambda: None).start()",
  document: "import js\njs.document.title",
  storage: "import js\njs.indexedDB.open('tabgrid')",
  parent: "import js\njs.parent.postMessage('probe', '*')",
};

test("[E2507] no attempt from Python to use the network, the page or the machine succeeds, or makes any request", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  const sink = await openSink({});
  await volunteer();
  const source = `import json
PROBES = json.loads(${JSON.stringify(JSON.stringify(PYTHON_PROBES))})

def map(item):
    try:
        exec(PROBES[item["name"]], {"url": item["url"]})
        return "reached"
    except BaseException as error:
        return "not reached: " + type(error).__name__
`;
  const targets = [`${sink.origin}/probe-`, `${coordinator.origin}/probe-`];
  const items = targets.flatMap((target) =>
    Object.keys(PYTHON_PROBES).map((name) => ({ name, url: target + name })),
  );
  const { id } = await rest.submit({
    name: "ways out of Python",
    program: { runtime: "python", source },
    input: { items },
    options: { quorum: 1, chunkSize: items.length },
  });
  await rest.completed(id);
  const values = valuesOf(await rest.result(id));
  expect(values.map((value, at) => [items[at]?.name, value])).toEqual(
    items.map(({ name }) => [name, expect.stringMatching(/^not reached: /)]),
  );
  expect(sink.hits).toEqual([]);
  expect((await coordinator.requestsSoFar()).filter((line) => line.includes("probe-"))).toEqual([]);
  await sink.close();
});

test("[E2508] scripts reach no more than other programs, and modules can import nothing but what is documented", async ({
  coordinator,
  volunteer,
  rest,
}) => {
  const sink = await openSink({});
  await volunteer();
  const script = `const url = ${JSON.stringify(sink.origin)} + "/probe-script";
  const tries = {
    fetch: () => fetch(url), computed: () => import(url + "?"), worker: () => new Worker(url),
    file: () => require("fs").readFileSync("/etc/passwd"), socket: () => new WebSocket(url.replace("http", "ws")),
    constructed: () => process.constructor.constructor("return fetch")()(url),
  };
  (async () => {
    for (const [name, attempt] of Object.entries(tries)) {
      try { await attempt(); console.log(name + "\treached"); } catch { console.log(name + "\tnot reached"); }
    }
  })();`;
  const { id } = await rest.submit({
    program: { runtime: "streaming", mapper: { language: "js", source: script } },
    input: { text: "one line" },
    options: { quorum: 1 },
  });
  await rest.completed(id);
  const lines = (await rest.result(id)).trimEnd().split("\n");
  expect(lines).toHaveLength(6);
  for (const line of lines) expect(line).toContain('"not reached"');
  expect(sink.hits).toEqual([]);
  expect((await coordinator.requestsSoFar()).filter((line) => line.includes("probe-"))).toEqual([]);
  await sink.close();

  for (const source of ['require("/etc/passwd");', 'import "./server/main.ts";', 'require("net");']) {
    const program = { runtime: "streaming", mapper: { language: "js", source } };
    const refused = await rest.refusal({ program, input: { text: "" } });
    expect(refused).toMatchObject({ type: "/problems/program-invalid", status: 422 });
    expect(refused.detail).toContain("The program imports");
  }
  // (module (import "env" "system" (func)))
  const bytes = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 14, 1, 3, 101, 110, 118, 6, 115, 121, 115, 116, 101,
    109, 0, 0,
  ];
  const named = [
    ...bytes,
    5,
    3,
    1,
    0,
    1,
    7,
    24,
    3,
    6,
    ...Buffer.from("memory"),
    2,
    0,
    5,
    ...Buffer.from("alloc"),
    0,
    0,
    3,
    ...Buffer.from("map"),
    0,
    0,
  ];
  const wasm = Buffer.from(named).toString("base64");
  const refused = await rest.refusal({ program: { runtime: "wasm", wasm }, input: { items: [1] } });
  expect(refused.detail).toContain('it imports system from "env"');
});

function valuesOf(ndjson: string): unknown[] {
  return ndjson
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { value: unknown }).value);
}
