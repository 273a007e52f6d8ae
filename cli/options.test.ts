import { Command } from "commander";
import { Readable, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { JobFailedError, RefusedError, UnreachableError } from "../sdk/errors";
import { JobId } from "../protocol/ids";
import { failureOf, InterruptedError, UsageError } from "./failures";
import { namesInput, openInput, parseRange, readInput } from "./input-options";
import { addJobOptions, readJobOptions, type JobOptionFlags } from "./job-options";
import type { Terminal } from "./terminal";

const terminal = (text: string): Terminal => ({
  version: "0",
  stdin: Readable.from([text]),
  stdout: new Writable(),
  stderr: new Writable(),
  env: {},
  signal: new AbortController().signal,
});

function jobOptions(...parameters: string[]) {
  const command = addJobOptions(new Command()).exitOverride();
  return readJobOptions(command.parse(parameters, { from: "user" }).opts<JobOptionFlags>());
}

describe("the command line's options", () => {
  it("[CL1] become those of the API, and what is not said is left to it", () => {
    expect(jobOptions()).toEqual({});
    expect(
      jobOptions(
        ...["--quorum", "1", "--chunk-size", "1_000", "--timeout", "500", "--tag", "lab", "gpu"],
        ...["-O", "sameEngine=true", "note=text"],
      ),
    ).toEqual({
      quorum: 1,
      chunkSize: 1000,
      taskTimeoutMs: 500,
      requires: { tags: ["lab", "gpu"] },
      sameEngine: true,
      note: "text",
    });
  });

  it("[CL2] that are wrong are refused with what was expected and what came", () => {
    expect(() => jobOptions("--quorum", "two")).toThrow('--quorum must be a number; got "two"');
    expect(() => jobOptions("-O", "nothing")).toThrow('--option must be name=value; got "nothing"');
    expect(() => parseRange("1:b")).toThrow("--range must be end, start:end or start:end:step; got 1:b");
  });

  it("[CL3] of a range are its end, its start and end, or these and its step", () => {
    expect(["9", "2:9", "9:2:-1", "1_000"].map((text) => parseRange(text))).toEqual([
      { start: 0, end: 9, step: 1 },
      { start: 2, end: 9, step: 1 },
      { start: 9, end: 2, step: -1 },
      { start: 0, end: 1000, step: 1 },
    ]);
  });

  it("[CL4] say what the input is: standard input unless something else is named, and one thing only", async () => {
    expect(await readInput({}, terminal("a\nb\n"))).toEqual({ text: "a\nb\n", format: "lines" });
    expect(await readInput({ inputFormat: "items" }, terminal("[1, 2]"))).toEqual({ items: [1, 2] });
    expect(await readInput({ items: ["1", "red"] }, terminal(""))).toEqual({ items: [1, "red"] });
    await expect(readInput({ range: "3", items: ["1"] }, terminal(""))).rejects.toThrow("give one of");
    await expect(readInput({ inputFormat: "items" }, terminal("{}"))).rejects.toThrow(
      "must be a list in JSON",
    );
  });

  it("[CL7] name another job's result or a sweep as the input, and are refused when they cannot be one", async () => {
    const result = "job_0123456789abcdef";
    expect(await readInput({ result }, terminal(""))).toEqual({ result });
    const sweep = '{"rate": ["low", "high"], "depth": {"end": 3}}';
    expect(await readInput({ sweep }, terminal(""))).toEqual({
      sweep: { rate: ["low", "high"], depth: { end: 3 } },
    });
    await expect(readInput({ result: "words" }, terminal(""))).rejects.toThrow(
      "--result must be a job's id, such as job_0123456789abcdef; got words",
    );
    await expect(readInput({ sweep: "{" }, terminal(""))).rejects.toThrow("--sweep must be JSON");
    await expect(readInput({ sweep, result }, terminal(""))).rejects.toThrow(
      "give one of --input, --range, --items, --dataset, --input-url, --result and --sweep, not several",
    );
    await expect(openInput({ sweep }, terminal(""))).rejects.toThrow("are for run, submit and program start");
    expect([{}, { columns: ["a"] }, { result }, { inputUrl: "https://example.org" }].map(namesInput)).toEqual(
      [false, false, true, true],
    );
  });
});

describe("failures", () => {
  it("[PQ32] choose columns of a dataset or of an address", async () => {
    const columns = ["station", "celsius"];
    expect(await readInput({ dataset: "/ada/weather@2", columns }, terminal(""))).toEqual({
      ...{ dataset: "/ada/weather", version: 2, columns },
    });
    const inputUrl = "https://data.example.org/weather.parquet";
    expect(await readInput({ inputUrl, columns }, terminal(""))).toEqual({ url: inputUrl, columns });
    await expect(readInput({ items: ["1"], columns }, terminal(""))).rejects.toThrow("--columns chooses");
  });

  it("[CL5] have the exit codes that are documented", () => {
    const problem = { type: "/problems/job-not-found", title: "There is no such job", status: 404 };
    const job = { id: JobId.parse("job_0123456789abcdef"), state: "cancelled", failure: null } as const;
    const codes = [
      new JobFailedError(job),
      new UsageError("wrong"),
      new UnreachableError("http://x", "refused"),
      new RefusedError(problem),
      new TypeError("a bug"),
      new InterruptedError("interrupted"),
    ].map((error) => failureOf(error).exitCode);
    expect(codes).toEqual([1, 2, 3, 4, 70, 130]);
  });

  it("[CL6] name kind and reason as JSON", () => {
    const problem = {
      type: "/problems/invalid-input",
      title: "Not valid",
      status: 400,
      detail: "quorum: no",
    };
    expect(failureOf(new RefusedError(problem)).json).toMatchObject({
      error: { exitCode: 4, code: "invalid-input", message: "Not valid: quorum: no", detail: "quorum: no" },
    });
  });
});
