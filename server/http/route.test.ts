import { afterEach, describe, expect, it, vi } from "vitest";
import { GridError } from "../../protocol/problems";
import { log } from "../log";
import { route } from "./route";

const context = { params: Promise.resolve({}) };
const request = (method: string) => new Request("http://grid/api/v1/things", { method });

afterEach(() => vi.restoreAllMocks());

describe("route", () => {
  it("[HT16] answers a method without a handler 405, with Allow", async () => {
    const response = await route({ GET: () => Response.json(1) }).DELETE(request("DELETE"), context);
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ type: "/problems/method-not-allowed", status: 405 });
  });

  it("[HT17] answers an expected failure with its problem and logs nothing", async () => {
    const error = vi.spyOn(log, "error");
    const { POST } = route({
      POST: () => Promise.reject(new GridError("overloaded", "Too many jobs", { retryAfterMs: 1500 })),
    });
    const response = await POST(request("POST"), context);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("2");
    expect(await response.json()).toMatchObject({ detail: "Too many jobs", retryAfterMs: 1500 });
    expect(error).not.toHaveBeenCalled();
  });

  it("[HT18] logs a bug with its cause and tells the caller only `internal`", async () => {
    const error = vi.spyOn(log, "error").mockImplementation(() => {});
    const bug = new Error("secret");
    const { GET } = route({
      GET: () => {
        throw bug;
      },
    });
    const response = await GET(request("GET"), context);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
    expect(error).toHaveBeenCalledWith(
      { err: bug, where: "GET /api/v1/things" },
      "A request failed by a bug",
    );
  });

  it("[HT19] answers HEAD like GET without the body, and lets go of the body", async () => {
    const cancel = vi.fn();
    const { HEAD } = route({
      GET: () => new Response(new ReadableStream({ cancel }), { headers: { "x-a": "1" } }),
    });
    const response = await HEAD(request("HEAD"), context);
    expect([response.status, response.headers.get("x-a"), response.body]).toEqual([200, "1", null]);
    expect(cancel).toHaveBeenCalledOnce();
  });

  it("[HT20] keeps answers out of caches unless the handler says otherwise", async () => {
    const { GET, POST } = route({
      GET: () => Response.json(1),
      POST: () => new Response(null, { headers: { "cache-control": "max-age=5" } }),
    });
    expect((await GET(request("GET"), context)).headers.get("cache-control")).toBe("no-store");
    expect((await POST(request("POST"), context)).headers.get("cache-control")).toBe("max-age=5");
  });

  it("[HT21] answers OPTIONS with the methods there are", async () => {
    const response = await route({ POST: () => Response.json(1) }).OPTIONS(request("OPTIONS"), context);
    expect([response.status, response.headers.get("allow")]).toEqual([204, "POST, OPTIONS"]);
  });
});
