import { beforeEach, describe, expect, it } from "vitest";
import { GridError } from "../../../protocol/problems";
import * as examples from "../../../server/http/openapi/examples";
import { volunteerIdFromCookies, volunteerIdOf } from "../../../server/volunteer-token";
import { call, findRoutes } from "./handlers";
import { JOB, MISSING_JOB, PROGRAM, SERVICE, publishFakeGrid } from "./fake-grid";

let calls: unknown[][];
beforeEach(() => void ({ calls } = publishFakeGrid()));

const submit = (headers: Record<string, string> = {}, body: unknown = examples.submission) =>
  call("POST", "/api/v1/jobs", {
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

describe("POST /api/v1/jobs", () => {
  it("[RT1] answers 201 and where the job is, and 200 when its key made it before", async () => {
    const first = await submit({ "idempotency-key": "k-1" });
    expect([first.status, first.headers.get("location")]).toEqual([201, `/api/v1/jobs/${JOB.id}`]);
    expect(await first.json()).toEqual(JOB);
    expect((await submit({ "idempotency-key": "k-1" })).status).toBe(200);
  });

  it("[RT2] hands the grid a submission with its defaults filled in, and the key", async () => {
    await submit({ "idempotency-key": "k-1" }, { program: { source: "…" }, input: { range: { end: 3 } } });
    expect(calls).toEqual([
      [
        expect.objectContaining({
          name: "unnamed",
          input: { range: { start: 0, end: 3, step: 1 } },
          options: expect.objectContaining({ quorum: 2 }),
          config: null,
        }),
        "k-1",
      ],
    ]);
  });

  it.each(["", "two words", "ä", "x".repeat(201)])("[RT3] refuses the Idempotency-Key %j", async (key) => {
    const response = await submit({ "idempotency-key": key });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      detail: expect.stringContaining("Idempotency-Key must be"),
    });
  });

  it("[RT40] takes a job.xml as a submission, and gives a job as one to who asks for XML first", async () => {
    const sent = await call("POST", "/api/v1/jobs", {
      headers: { "content-type": "text/xml; charset=UTF-8" },
      body: examples.jobXml,
    });
    expect(sent.status).toBe(201);
    expect(calls[0]?.[0]).toMatchObject({ name: "squares", input: { range: { end: 10 } } });
    const wanted = (accept: string) => call("GET", `/api/v1/jobs/${JOB.id}`, { headers: { accept } });
    expect(await (await wanted("application/xml")).text()).toBe(examples.jobXml);
    for (const accept of ["*/*", "text/html,application/xml;q=0.9", "application/json, text/xml"]) {
      expect(await (await wanted(accept)).json()).toEqual(JOB);
    }
  });

  it.each([
    ["application/xml; charset=utf-16", "<configuration/>", 415, "unsupported-media-type"],
    ["application/xml", Uint8Array.of(0xff, 0xfe), 400, "malformed-xml"],
    ["application/xml", "<configuration/>", 400, "invalid-input"],
    ["application/xml", "<!DOCTYPE x>", 400, "malformed-xml"],
  ])("[RT41] refuses XML that it cannot read: %s", async (type, body, status, code) => {
    const response = await call("POST", "/api/v1/jobs", { headers: { "content-type": type }, body });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ type: `/problems/${code}` });
  });

  it("[RT4] refuses what is no submission, naming the field, the rule and what came", async () => {
    const response = await submit({}, { ...examples.submission, options: { quorum: 0 } });
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({
      type: "/problems/invalid-input",
      detail: expect.stringMatching(/options\.quorum: must be a whole number from 1 to 9; got 0/),
    });
    const nameless = await submit({}, { ...examples.submission, name: " ", program: { source: "" } });
    expect(await nameless.json()).toMatchObject({
      detail:
        'name: must have 1 to 200 characters, spaces at its ends not counted; got " "; program.source: must not be empty; got ""',
    });
    expect(calls).toEqual([]);
  });
});

describe("accounts", () => {
  const cookie = `tabgrid_volunteer=${"a".repeat(43)}`;
  const withKey = { cookie, authorization: "Bearer a_0123456789abcdef.x" };
  const mine = "/api/v1/volunteers/me/account";

  it("[AC17] are made by POST, and told with their key once", async () => {
    const response = await call("POST", "/api/v1/accounts");
    expect([response.status, await response.json()]).toEqual([201, examples.newAccount]);
    expect(response.headers.get("location")).toBe("/api/v1/accounts/me");
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("[AC18] are joined and left by the volunteer of the cookie, with the key of the header", async () => {
    const id = volunteerIdOf("a".repeat(43));
    expect(await (await call("PUT", mine, { headers: withKey })).json()).toEqual({
      volunteerId: id,
      account: "a_0123456789abcdef",
    });
    await call("GET", "/api/v1/accounts/me", { headers: withKey });
    await call("PUT", mine, { headers: { cookie, authorization: "Basic x" } });
    await call("DELETE", mine, { headers: { cookie } });
    const key = "a_0123456789abcdef.x";
    expect(calls).toEqual([[id, key], [key], [id, null], [id]]);
    for (const method of ["GET", "PUT", "DELETE"]) {
      const refused = await call(method, mine, { headers: { authorization: withKey.authorization } });
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ detail: expect.stringContaining("needs the cookie") });
    }
  });
});

describe("lists", () => {
  it("[RT5] hand the grid what was asked for, with null for what was not", async () => {
    await call("GET", "/api/v1/jobs?state=running&limit=5");
    await call("GET", `/api/v1/jobs/${JOB.id}/tasks?stage=map&cursor=abc`);
    expect(calls).toEqual([
      [{ state: "running", cursor: null, limit: 5 }],
      [JOB.id, { stage: "map", cursor: "abc", limit: 100 }],
    ]);
  });
});

describe("GET /api/v1/jobs/{id}/result", () => {
  const result = (query = "", headers: Record<string, string> = {}) =>
    call("GET", `/api/v1/jobs/${JOB.id}/result${query}`, { headers });

  it("[RT6] streams NDJSON, as a file of its own name", async () => {
    const response = await result();
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    expect(response.headers.get("content-disposition")).toBe(`attachment; filename="${JOB.id}.ndjson"`);
    expect(await response.text()).toBe(examples.ndjson);
  });

  it("[RT7] gives CSV to who asks for it, by parameter or by Accept; the parameter wins", async () => {
    expect(await (await result("?format=csv")).text()).toBe(examples.csv);
    expect(await (await result("", { accept: "text/csv" })).text()).toBe(examples.csv);
    expect(await (await result("?format=ndjson", { accept: "text/csv" })).text()).toBe(examples.ndjson);
  });

  it("[RT43] says of a result that it was made of one which was corrected since, and which one takes its place", async () => {
    expect((await result()).headers.has("result-outdated")).toBe(false);
    const basedOn = [{ jobId: MISSING_JOB, use: "input" as const, isOutdated: true }];
    const seen = async (replacedBy: typeof JOB.replacedBy) => {
      publishFakeGrid({ getJob: () => Promise.resolve({ ...JOB, basedOn, replacedBy }) });
      const { headers } = await result();
      return [headers.get("result-outdated"), headers.get("link")];
    };
    expect(await seen(null)).toEqual(["?1", null]);
    const link = `</api/v1/jobs/${MISSING_JOB}/result>; rel="successor-version"`;
    expect(await seen(MISSING_JOB)).toEqual(["?1", link]);
  });

  it("[RT8] follows only when asked to, and stops the grid's reading when the reader leaves", async () => {
    await result();
    const response = await result("?follow=1");
    await response.body?.cancel();
    expect(calls).toEqual([
      [JOB.id, { follow: false, signal: expect.objectContaining({ aborted: false }) }],
      [JOB.id, { follow: true, signal: expect.objectContaining({ aborted: true }) }],
    ]);
  });
});

describe("events", () => {
  it("[RT9] of a job: its view, and `end` when it has ended", async () => {
    const response = await call("GET", `/api/v1/jobs/${JOB.id}/events`);
    expect(await response.text()).toBe(
      `retry: 2000\n\nevent: job\ndata: ${JSON.stringify(JOB)}\n\nevent: end\ndata: {}\n\n`,
    );
  });

  it("[RT10] of the grid: until the reader leaves", async () => {
    const response = await call("GET", "/api/v1/events");
    expect(response.headers.get("content-type")).toMatch("text/event-stream");
    await response.body?.cancel();
    expect(calls).toEqual([["stopped"]]);
  });
});

describe("POST /api/v1/volunteers/session", () => {
  const session = (headers: Record<string, string> = {}) =>
    call("POST", "/api/v1/volunteers/session", { headers });

  it("[RT11] makes a browser a volunteer, and knows it again", async () => {
    const first = await session();
    const cookie = first.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
    const { volunteerId } = await first.json();
    expect(volunteerId).toBe(volunteerIdFromCookies(cookie));

    const second = await session({ cookie });
    expect([await second.json(), second.headers.get("set-cookie")]).toEqual([{ volunteerId }, null]);
  });

  it("[RT12] replaces a malformed cookie", async () => {
    expect((await session({ cookie: "tabgrid_volunteer=x" })).headers.get("set-cookie")).toMatch(
      /^tabgrid_volunteer=/,
    );
  });

  it("[RT13] keeps the cookie to https when the browser came by it, also through a proxy", async () => {
    expect((await session()).headers.get("set-cookie")).not.toMatch("Secure");
    expect((await session({ "x-forwarded-proto": "https" })).headers.get("set-cookie")).toMatch("Secure");
  });
});

describe("health", () => {
  it("[RT14] healthz answers as long as the process does; readyz only while the grid takes work", async () => {
    publishFakeGrid({ whyNotReady: async () => "The database is locked" });
    expect((await call("GET", "/healthz")).status).toBe(200);
    const response = await call("GET", "/readyz");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      type: "/problems/overloaded",
      detail: "The database is locked",
    });
  });
});

describe("everywhere", () => {
  it("[RT15] an address under /api that nobody serves is a 404 problem, whatever the method", async () => {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
      const response = await call(method, "/api/v1/nonsense");
      expect([response.status, response.headers.get("content-type")]).toEqual([
        404,
        "application/problem+json",
      ]);
    }
  });

  it("[RT16] every route answers methods it does not know with 405 and Allow", async () => {
    for (const { path } of await findRoutes()) {
      const known = (await call("OPTIONS", path)).headers.get("allow") ?? "";
      const unknown = ["DELETE", "PUT", "PATCH"].find((method) => !known.includes(method)) ?? "POST";
      const response = await call(unknown, path.replace("{id}", JOB.id));
      expect([path, response.status, response.headers.get("allow")]).toEqual([path, 405, expect.any(String)]);
    }
  });

  it("[RT17] every route of the API refuses an unknown parameter by name", async () => {
    const addresses = ["jobs", "volunteers", "status", "events", "openapi.json", `jobs/${JOB.id}`];
    const ofAJob = ["events", "errors", "result", "statistics", "tasks"].map(
      (name) => `jobs/${JOB.id}/${name}`,
    );
    for (const address of [...addresses, ...ofAJob]) {
      const response = await call("GET", `/api/v1/${address}?colour=red`);
      expect(await response.json()).toMatchObject({ detail: expect.stringContaining('"colour"') });
    }
  });

  it.each(["", "/errors", "/events", "/result", "/statistics"])(
    "[RT18] a job that is not there is a 404 problem: {id}%s",
    async (rest) => {
      for (const id of [MISSING_JOB, "nonsense"]) {
        const response = await call("GET", `/api/v1/jobs/${id}${rest}`);
        expect([response.status, await response.json()]).toEqual([
          404,
          expect.objectContaining({ type: "/problems/job-not-found" }),
        ]);
      }
    },
  );

  it("[RT20] pause and resume answer with the job, and refuse parameters and jobs that are not there", async () => {
    for (const action of ["pause", "resume"]) {
      const response = await call("POST", `/api/v1/jobs/${JOB.id}/${action}`);
      expect([response.status, (await response.json()).id]).toEqual([200, JOB.id]);
      expect((await call("POST", `/api/v1/jobs/${JOB.id}/${action}?colour=red`)).status).toBe(400);
      expect((await call("POST", `/api/v1/jobs/${MISSING_JOB}/${action}`)).status).toBe(404);
    }
  });

  it("[RT21] a change of a job needs a priority or a weight, both within their bounds, and nothing else", async () => {
    const { calls } = publishFakeGrid();
    const patch = (body: unknown, id: string = JOB.id) => {
      const headers = { "content-type": "application/json" };
      return call("PATCH", `/api/v1/jobs/${id}`, { body: JSON.stringify(body), headers });
    };
    expect((await patch({ priority: -10, weight: 100 })).status).toBe(200);
    expect(calls).toEqual([[JOB.id, { priority: -10, weight: 100 }]]);
    for (const body of [{}, { priority: 11 }, { weight: 0 }, { weight: 1.5 }, { priority: 1, quorum: 1 }]) {
      expect([JSON.stringify(body), (await patch(body)).status]).toEqual([JSON.stringify(body), 400]);
    }
    expect((await patch({ weight: 2 }, MISSING_JOB)).status).toBe(404);
  });

  it("[RT42] answers 201 with the job that runs another again, and 200 when it did already", async () => {
    const again = async () => {
      const { status, headers } = await call("POST", `/api/v1/jobs/${JOB.id}/again`);
      return [status, headers.get("location")];
    };
    publishFakeGrid();
    expect(await again()).toEqual([201, `/api/v1/jobs/${JOB.id}`]);
    expect((await call("POST", `/api/v1/jobs/${MISSING_JOB}/again`)).status).toBe(404);
    publishFakeGrid({ runAgain: () => Promise.resolve({ job: JOB, created: false }) });
    expect(await again()).toEqual([200, `/api/v1/jobs/${JOB.id}`]);
  });

  it("[RT19] a refusal of the grid is answered with its problem", async () => {
    publishFakeGrid({ cancelJob: () => Promise.reject(new GridError("job-ended", "The job has completed")) });
    const response = await call("POST", `/api/v1/jobs/${JOB.id}/cancel`);
    expect([response.status, (await response.json()).detail]).toEqual([409, "The job has completed"]);
  });
});

describe("programs", () => {
  const post = (path: string, body: unknown, headers = {}) =>
    call("POST", `/api/v1/programs${path}`, {
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });

  it("[PG17] are injected with their defaults filled in, and answered with where they are", async () => {
    const response = await post("", { path: "/ada/primes", program: { source: "…" } });
    expect([response.status, response.headers.get("location")]).toEqual([
      201,
      `/api/v1/programs/${PROGRAM.id}`,
    ]);
    expect(calls).toEqual([
      [{ path: "/ada/primes", kind: "batch", program: { source: "…" }, options: {}, config: null }],
    ]);
  });

  it.each([
    [{ path: "primes" }, /path: must be \/user\/name/],
    [{ path: "/ada/start" }, /path: must not contain one of the words/],
    [
      { path: "/ada/primes", options: { quorum: 0 } },
      /options.quorum: must be a whole number from 1 to 9; got 0/,
    ],
    [{ path: "/ada/primes", program: { runtime: "cobol" } }, /program.runtime: runtime must be one of js/],
  ])("[PG18] refuses %j, naming field and rule", async (changes, words) => {
    const response = await post("", { program: { source: "…" }, ...changes });
    expect([response.status, (await response.json()).detail]).toEqual([400, expect.stringMatching(words)]);
  });

  it.each([PROGRAM.id, encodeURIComponent(PROGRAM.path)])(
    "[PG19] are called by id or path: %s",
    async (name) => {
      expect(await (await call("GET", `/api/v1/programs/${name}`)).json()).toEqual(PROGRAM);
      expect((await post(`/${name}/start`, {}, { "idempotency-key": "k" })).headers.get("location")).toBe(
        `/api/v1/jobs/${JOB.id}`,
      );
      expect(calls.at(-1)).toEqual([decodeURIComponent(name), { options: {}, waitMs: 5000 }, "k"]);
      for (const [action, body] of [
        ["stop", {}],
        ["update", { program: { source: "…" } }],
        ["rollback", {}],
      ] as const) {
        expect((await post(`/${name}/${action}`, body)).status).toBe(200);
      }
      expect((await call("DELETE", `/api/v1/programs/${name}`)).status).toBe(204);
      expect(await (await call("GET", `/api/v1/programs/${name}/result`)).text()).toBe(examples.ndjson);
    },
  );

  it("[PG20] that are not there are 404 problems, however they are called", async () => {
    for (const name of ["%2Fada%2Fnone", "prg_ffffffffffffffff", "x", "%2F%2F"]) {
      const response = await call("GET", `/api/v1/programs/${name}`);
      expect([response.status, (await response.json()).type]).toEqual([404, "/problems/program-not-found"]);
    }
  });

  it("[PG21] what tasks have written is lines with task and volunteer, or the bare lines of one copy of each", async () => {
    const lines = await (await call("GET", `/api/v1/jobs/${JOB.id}/output`)).text();
    expect(lines.split("\n")).toHaveLength(3);
    const text = await call("GET", `/api/v1/jobs/${JOB.id}/output?format=text`);
    expect(text.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await text.text()).toBe("begun\n");
  });
});

describe("services", () => {
  it("[SV23] are shown by name, and scaled; a name that there is not is a 404 problem", async () => {
    const address = `/api/v1/services/${SERVICE.name}`;
    expect(await (await call("GET", "/api/v1/services")).json()).toEqual({ services: [SERVICE] });
    expect(await (await call("GET", address)).json()).toEqual(SERVICE);
    const headers = { "content-type": "application/json" };
    const patch = (body: unknown) => call("PATCH", address, { headers, body: JSON.stringify(body) });
    expect((await patch({ instances: 3 })).status).toBe(200);
    expect(calls).toEqual([[SERVICE.name, { instances: 3 }]]);
    expect((await (await patch({ instances: -1 })).json()).detail).toBe(
      "instances: must be a whole number from 0 to 1000; got -1",
    );
    for (const name of ["none", "UPPER", "-"]) {
      expect((await call("GET", `/api/v1/services/${name}`)).status).toBe(404);
    }
  });
});
