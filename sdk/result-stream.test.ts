import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JobId } from "../protocol/ids";
import { fakeFetch, problem, streamed, unplugged } from "../testing/fake-fetch";
import { openClient } from "./client";
import { readResultLines } from "./result-stream";

const id = JobId.parse("job_0123456789abcdef");
const retries = { attempts: 5, firstMs: 0, longestMs: 0 };

async function read(fetch: typeof globalThis.fetch): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readResultLines(openClient("http://grid.test", { fetch, retries }), id, {
    retries,
  }))
    lines.push(line);
  return lines;
}

describe("a result's lines", () => {
  it("[SK14] come once and in order, wherever the connection breaks and however often", async () => {
    const all = Array.from({ length: 20 }, (_, n) => `{"key":${n},"value":"ä${"x".repeat(n)}"}\n`);
    const breaks = fc.array(fc.nat(30), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(breaks, fc.integer({ min: 1, max: 40 }), async (places, size) => {
        const answer = (place: number | null) => (path: string) => {
          const skip = Number(new URL(path, "http://x").searchParams.get("skip") ?? 0);
          const text = all.slice(skip).join("");
          // A cut may be in the middle of a line.
          const told = place === null ? text : text.slice(0, place * 7);
          const chunks = told.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
          return streamed(chunks, place === null ? "ends" : "breaks")();
        };
        const fake = fakeFetch(...places.map(answer), answer(null));
        expect((await read(fake.fetch)).map((line) => `${line}\n`)).toEqual(all);
      }),
    );
  });

  it("[SK15] are not waited for for ever: attempts that bring nothing are counted", async () => {
    const fake = fakeFetch(streamed([], "breaks"));
    await expect(read(fake.fetch)).rejects.toThrow("broke off 5 times in a row");
  });

  it("[SK16] are waited for while the coordinator is started again", async () => {
    const fake = fakeFetch(streamed(["1\n"], "breaks"), unplugged, unplugged, streamed(["2\n"], "ends"));
    expect(await read(fake.fetch)).toEqual(["1", "2"]);
    expect(fake.asked.at(-1)).toBe(`GET /api/v1/jobs/${id}/result?follow=1&skip=1`);
  });

  it("[SK17] end with the refusal when the job has failed meanwhile", async () => {
    const fake = fakeFetch(streamed(["1\n"], "breaks"), problem(409, "job-ended", { detail: "It failed" }));
    await expect(read(fake.fetch)).rejects.toMatchObject({ code: "job-ended" });
  });
});
