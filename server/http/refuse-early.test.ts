import { request } from "node:http";
import { json } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listen } from "../../testing/listen";
import { refuseEarly } from "./refuse-early";

let server: Awaited<ReturnType<typeof listen>>;
beforeEach(async () => {
  server = await listen((request, response) => {
    if (!refuseEarly(request, response)) response.writeHead(299).end();
  });
});
afterEach(() => server.close());

const send = (path: string, method = "GET") => fetch(server.origin + path, { method });

describe("refuseEarly", () => {
  it("[HT41] refuses an address that cannot be decoded", async () => {
    const response = await send("/api/v1/jobs/%E0%A4%A");
    expect([response.status, response.headers.get("content-type")]).toEqual([
      400,
      "application/problem+json",
    ]);
  });

  it("[HT42] answers a method that no route can know 405, with Allow", async () => {
    const response = await send("/api/v1/jobs", "PURGE");
    expect([response.status, response.headers.get("allow")]).toEqual([
      405,
      "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    ]);
  });

  it.each(["*", "http://elsewhere.example/api/v1/status"])(
    "[HT46] refuses %s, which is no path",
    async (path) => {
      const answer = await new Promise<unknown>((resolve, reject) => {
        const asking = request(server.origin, { method: "OPTIONS", path }, (response) =>
          resolve(json(response)),
        );
        asking.on("error", reject).end();
      });
      expect(answer).toMatchObject({ status: 400, detail: `The address must begin with /; got "${path}"` });
    },
  );

  it("[HT43] leaves everything else to the routes", async () => {
    expect((await send("/api/v1/jobs/%C3%A4?x=%")).status).toBe(299);
    expect((await send("/", "DELETE")).status).toBe(299);
  });
});
