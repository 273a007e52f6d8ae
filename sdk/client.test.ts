import { describe, expect, it } from "vitest";
import * as z from "zod";
import { fakeFetch, json, problem, unplugged, type FakeFetch } from "../testing/fake-fetch";
import { openClient } from "./client";
import { RefusedError, UnreachableError, UnreadableAnswerError } from "./errors";

const Answer = z.object({ ok: z.boolean() });
const open = ({ fetch }: FakeFetch) =>
  openClient("http://grid.test/base/", { fetch, retries: { attempts: 3, firstMs: 1, longestMs: 2 } });

describe("requests", () => {
  it("[SK5] go to the coordinator's address, below its path, without parameters that are undefined", async () => {
    const fake = fakeFetch(json({ ok: true }));
    await open(fake).json({ path: "/api/v1/jobs", query: { state: undefined, limit: 2 } }, Answer);
    expect(fake.asked).toEqual(["GET /base/api/v1/jobs?limit=2"]);
  });

  it("[SK6] are sent again when nobody answers, if they may arrive twice", async () => {
    const fake = fakeFetch(unplugged, unplugged, json({ ok: true }));
    expect(await open(fake).json({ path: "/x" }, Answer)).toEqual({ ok: true });
    expect(fake.asked).toHaveLength(3);
  });

  it("[SK7] are not sent again when nobody answers, if they may not arrive twice", async () => {
    const fake = fakeFetch(unplugged, json({ ok: true }));
    await expect(open(fake).json({ method: "POST", path: "/x", json: 1 }, Answer)).rejects.toThrow(
      "http://grid.test/base cannot be reached: connect ECONNREFUSED",
    );
    expect(fake.asked).toHaveLength(1);
  });

  it("[SK8] are sent again when the coordinator is busy, whatever they are, and no sooner than it asks for", async () => {
    const fake = fakeFetch(problem(503, "overloaded", { retryAfterMs: 30 }), json({ ok: true }));
    const startedAt = performance.now();
    await open(fake).json({ method: "POST", path: "/x", json: 1 }, Answer);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(29);
  });

  it("[SK9] are given up after the last attempt, with what was said then", async () => {
    const busy = fakeFetch(problem(503, "overloaded", { detail: "The disk is full" }));
    await expect(open(busy).open({ path: "/x" })).rejects.toThrow("overloaded: The disk is full");
    expect(busy.asked).toHaveLength(3);
    await expect(open(fakeFetch(unplugged)).open({ path: "/x" })).rejects.toBeInstanceOf(UnreachableError);
  });

  it("[SK10] that are refused say which rule was broken, what came, and where in a program", async () => {
    const fake = fakeFetch(
      problem(422, "program-invalid", { detail: "Unexpected token", line: 3, column: 7 }),
    );
    const refused = await open(fake)
      .open({ path: "/x" })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RefusedError);
    expect(refused).toMatchObject({
      code: "program-invalid",
      message: "program-invalid: Unexpected token (line 3, column 7)",
    });
    expect(fake.asked).toHaveLength(1);
  });

  it("[SK11] end with the signal's reason, also while they wait", async () => {
    const leaving = new AbortController();
    const fake = fakeFetch(() => {
      queueMicrotask(() => leaving.abort(new Error("enough")));
      return problem(503, "overloaded", { retryAfterMs: 60_000 })();
    });
    await expect(open(fake).open({ path: "/x", signal: leaving.signal })).rejects.toThrow("enough");
  });

  it("[SK12] that something else than a coordinator answers are told apart", async () => {
    const page = fakeFetch(() => new Response("<html>"));
    await expect(open(page).json({ path: "/x" }, Answer)).rejects.toBeInstanceOf(UnreadableAnswerError);
    const proxy = fakeFetch(() => new Response("no", { status: 403, statusText: "Forbidden" }));
    await expect(open(proxy).open({ path: "/x" })).rejects.toThrow("Answered 403 Forbidden");
  });

  it("[SK13] have an address of http or https", () => {
    expect(() => openClient("grid.test:3000")).toThrow("must be a URL of http or https; got grid.test:3000");
  });
});
