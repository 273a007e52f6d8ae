import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ServiceAnswer } from "../../protocol/messages/respond";
import { GridError } from "../../protocol/problems";
import { InstanceId } from "../../protocol/service";
import type { ServiceRequest } from "../../protocol/service-call";
import { serveServices } from "./service-routes";
import { voteOf } from "./votes";

type Answer = Exclude<ServiceAnswer, { type: "returned" }>;
const response = (status: number, headers: object, body: string): Answer => ({
  type: "response",
  response: { status, headers, body: Buffer.from(body).toString("base64") },
});

describe("requests to services", () => {
  let asked: { name: string; request: ServiceRequest; quorum: number | null }[] = [];
  let answer: () => Promise<Answer> = () => Promise.resolve(response(200, {}, ""));
  let left: Promise<unknown> = Promise.resolve();
  const server = createServer((request, reply) => {
    const isTaken = serve(request, reply);
    if (!isTaken) reply.writeHead(418).end();
  });
  const serve = serveServices({
    async ask(name, request, quorum, signal) {
      asked.push({ name, request, quorum });
      left = new Promise((resolve) => signal.addEventListener("abort", resolve));
      return {
        answer: await answer(),
        instanceId: InstanceId.parse("ins_00000000_1"),
        version: 3,
        attempts: 2,
      };
    },
  });
  let url = "";
  beforeEach(async () => {
    asked = [];
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/services`;
  });
  afterEach(() => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())));

  it("[SV29] are handed on with path, query, type and body, and without what says who asks", async () => {
    const headers = { "content-type": "text/csv", cookie: "a=1", authorization: "x", "tabgrid-quorum": "2" };
    await fetch(`${url}/spell/a/b%20c?x=1&y=2`, { method: "POST", headers, body: "é" });
    const { name, request, quorum } = asked[0] ?? { name: "", request: null, quorum: null };
    expect([name, quorum, request?.method, request?.path, request?.query]).toEqual([
      ...["spell", 2, "POST", "/a/b%20c", "?x=1&y=2"],
    ]);
    expect(Buffer.from(request?.body ?? "", "base64").toString()).toBe("é");
    expect(Object.keys(request?.headers ?? {}).sort()).toEqual(["accept", "accept-language", "content-type"]);
  });

  it("[SV30] are answered with the program's status, type and body, contained; HEAD without the body", async () => {
    answer = () => Promise.resolve(response(201, { "content-type": "text/html", etag: '"x"' }, "<p>"));
    const got = await fetch(`${url}/spell/`);
    expect([got.status, got.headers.get("content-type"), got.headers.get("etag"), await got.text()]).toEqual([
      ...[201, "text/html", '"x"', "<p>"],
    ]);
    expect(got.headers.get("content-security-policy")).toMatch(/^sandbox; default-src 'none'/);
    expect([got.headers.get("tabgrid-version"), got.headers.get("tabgrid-attempts")]).toEqual(["3", "2"]);
    expect(await (await fetch(`${url}/spell/`, { method: "HEAD" })).text()).toBe("");
  });

  it("[SV31] are refused in words: a wrong method, name or quorum, too long a body, a failing program, a full queue", async () => {
    const problem = async (path: string, init: RequestInit = {}) => {
      const got = await fetch(`${url}${path}`, init);
      return [got.status, ((await got.json()) as { detail: string }).detail, got.headers.get("retry-after")];
    };
    expect(await problem("/spell/", { method: "DELETE" })).toEqual([
      ...[405, "DELETE is not known here; allowed: GET, HEAD, POST", null],
    ]);
    expect((await problem("/UP/"))[0]).toBe(404);
    expect((await problem("/spell/", { headers: { "tabgrid-quorum": "0" } }))[1]).toMatch(
      /whole number from 1 to 9; got 0/,
    );
    const long = "x".repeat(524_289);
    expect((await problem("/spell/", { method: "POST", body: long }))[1]).toMatch(
      /524288 bytes \(serviceBodyBytes\)/,
    );
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("x".repeat(100_000))),
    });
    const streamed = { method: "POST", body: stream, duplex: "half" } as RequestInit;
    expect((await problem("/spell/", streamed).catch(() => [413]))[0]).toBe(413);
    expect((await problem(`/spell/${"x".repeat(9_000)}`))[0]).toBe(413);
    answer = () => Promise.resolve({ type: "error", message: "Error: no", stack: "at handle" });
    expect(await problem("/spell/")).toEqual([502, "Error: no\nat handle", null]);
    answer = () => Promise.reject(new GridError("overloaded", "full", { retryAfterMs: 1_000 }));
    expect(await problem("/spell/")).toEqual([503, "full", "1"]);
    expect((await fetch(`${url}/spell`)).status).toBe(418);
  });

  it("[SV32] whose asker leaves are withdrawn", async () => {
    const begun = new Promise<void>((resolve) => {
      answer = () => (resolve(), new Promise(() => {}));
    });
    const leaving = new AbortController();
    const gone = fetch(`${url}/spell/`, { signal: leaving.signal }).catch(() => "gone");
    await begun;
    leaving.abort();
    await left;
    expect(await gone).toBe("gone");
  });
});

it("[SV33] answers are equal by status, type and bytes; JSON by its value, however it is written", () => {
  const json = { "content-type": "application/json" };
  const a = response(200, json, '{"a":1,"b":[2]}');
  expect(voteOf(response(200, json, '{ "b": [2.0], "a": 1 }'))).toBe(voteOf(a));
  expect(voteOf(response(200, { ...json, etag: "x" }, '{"a":1,"b":[2]}'))).toBe(voteOf(a));
  expect(voteOf(response(201, json, '{"a":1,"b":[2]}'))).not.toBe(voteOf(a));
  expect(voteOf(response(200, {}, '{"a":1,"b":[2]}'))).not.toBe(voteOf(a));
  expect(voteOf(response(200, {}, "{ }"))).not.toBe(voteOf(response(200, {}, "{}")));
  expect(voteOf({ type: "error", message: "x", stack: "1" })).toBe(
    voteOf({ type: "error", message: "x", stack: "2" }),
  );
});
