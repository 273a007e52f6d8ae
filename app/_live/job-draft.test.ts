import { describe, expect, test } from "vitest";
import { draftFrom, EMPTY_DRAFT, requestFrom } from "./job-draft";
import type { JobRequest } from "./samples";

describe("the form of a new job", () => {
  test("[UI8] a sample that is put into the form and submitted is the same job", () => {
    const request: JobRequest = {
      name: "gaps",
      program: { source: "export const map = (x) => x;" },
      input: { range: { start: 0, end: 10, step: 2 } },
      options: {
        quorum: 1,
        maxErrorRate: 0.001,
        reducers: 2,
        order: "total",
        chunkSize: 5,
        onError: "skip",
        priority: -1,
        weight: 2,
        compare: { relative: 1e-9, paths: { "/at": { ignore: true } } },
        sameEngine: true,
        onCorrection: "mark",
        taskTimeoutMs: 5_000,
        maxErrors: 5,
        maxCopies: 20,
        maxVolunteers: 8,
        maxInFlight: 100,
        requires: {
          tags: ["gpu", "lab"],
          slots: 2,
          memoryGb: 0.5,
          engine: "v8",
          wasm: ["simd", "relaxed-simd"],
        },
      },
      config: { width: 100 },
    };
    expect(requestFrom(draftFrom(request, null))).toEqual(request);
  });

  test("[FM9] an address with its format stays what it is, and is refused when it is empty", () => {
    const input: JobRequest["input"] = {
      url: "https://example.org/log",
      format: { type: "csv", delimiter: ";", quote: null, header: true },
    };
    const request: JobRequest = { program: { source: "export const map = (x) => x;" }, input };
    expect(requestFrom(draftFrom(request, null)).input).toEqual(input);
    expect(() => requestFrom({ ...EMPTY_DRAFT, inputKind: "url" })).toThrow(
      expect.objectContaining({ field: "input.url" }),
    );
  });

  test.each<[JobRequest["input"], JobRequest["options"]]>([
    [{ result: "job_0123456789abcdef" }, {}],
    [{ sweep: { rate: ["low", "high"], depth: { start: 1, end: 3, step: 0.5 } } }, { chunkSize: 7 }],
  ])(
    "[UI61] a result or a sweep that is put into the form and submitted is the same input: %o",
    (input, size) => {
      const program = { source: "export const map = (x) => x;" };
      const { input: sent, options } = requestFrom(draftFrom({ program, input, options: size }, null));
      expect(sent).toEqual(input);
      expect(options?.chunkSize).toBe(size?.chunkSize);
      expect(options?.chunkBytes).toBeUndefined();
    },
  );

  test.each<JobRequest["program"]>([
    { runtime: "ts", source: "export const map = (n: number) => n;" },
    { runtime: "wasm", wasm: "AGFzbQ==" },
    { runtime: "wasi", wasm: "AGFzbQ==", map: ["-v", "map"], combine: null, reduce: ["reduce"] },
    {
      runtime: "streaming",
      mapper: { language: "js", source: "1", fileName: "m.js" },
      reducer: { language: "python", source: "2" },
      properties: { "stream.num.map.output.key.fields": "2", "with.equals": "a=b" },
    },
  ])(
    "[UI60] a program in any language that is put into the form and submitted is the same: %o",
    (program) => {
      const request: JobRequest = { program, input: { items: [1] } };
      expect(requestFrom(draftFrom(request, null)).program).toEqual(program);
    },
  );

  test("[UI9] refuses only text that cannot be sent, and says in which field", () => {
    const range = { ...EMPTY_DRAFT, inputKind: "range", rangeEnd: "ten" } as const;
    expect(() => requestFrom(range)).toThrow(expect.objectContaining({ field: "input.range.end" }));
    const items = { ...EMPTY_DRAFT, inputKind: "items", items: '{"a": 1}' } as const;
    expect(() => requestFrom(items)).toThrow(expect.objectContaining({ field: "input.items" }));
    const sweep = { ...EMPTY_DRAFT, inputKind: "sweep", sweep: '{"a": []}' } as const;
    expect(() => requestFrom(sweep)).toThrow(expect.objectContaining({ field: "input.sweep" }));
    const result = { ...EMPTY_DRAFT, inputKind: "result", result: "words" } as const;
    expect(() => requestFrom(result)).toThrow(expect.objectContaining({ field: "input.result" }));
    expect(() => requestFrom({ ...EMPTY_DRAFT, config: "{" })).toThrow(
      expect.objectContaining({ field: "config" }),
    );
    const { more } = EMPTY_DRAFT;
    const fields = {
      "options.compare": { compare: '{ "relative": -1 }' },
      "options.maxCopies": { maxCopies: "many" },
      "options.requires.memoryGb": { memoryGb: "4 GB" },
      "options.requires.wasm": { wasm: "simd threads" },
    };
    for (const [field, typed] of Object.entries(fields)) {
      const draft = { ...EMPTY_DRAFT, more: { ...more, ...typed } };
      expect(() => requestFrom(draft)).toThrow(expect.objectContaining({ field }));
    }
    expect(requestFrom({ ...EMPTY_DRAFT, quorum: "0" }).options?.quorum).toBe(0);
    expect(requestFrom({ ...EMPTY_DRAFT, more: { ...more, maxErrors: "-1" } }).options?.maxErrors).toBe(-1);
  });
});
