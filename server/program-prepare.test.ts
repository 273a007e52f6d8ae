import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../protocol/limits";
import { isGridError } from "../protocol/problems";
import { Program } from "../protocol/runtime";
import { prepareProgram } from "./program-prepare";

const prepared = (program: object) => prepareProgram(Program.parse(program));

/** What a program is refused with: `line:column message`. */
async function refusalOf(program: object): Promise<string> {
  try {
    await prepared(program);
  } catch (error) {
    if (!isGridError(error)) throw error;
    const { line, column } = error.extras;
    return `${line ?? ""}:${column ?? ""} ${error.code}: ${error.message}`;
  }
  return "accepted";
}

const base64 = (file: string) => readFileSync(file).toString("base64");
const streaming = (change: object) => ({
  runtime: "streaming",
  mapper: { language: "python", source: "x" },
  ...change,
});

describe("programs at submission", () => {
  it("[PP1] are JavaScript unless they say otherwise, and stay as they are", async () => {
    const source = "export const map = (x) => x; // as it is";
    const { bytes, runtime, hasReduce } = await prepared({ source });
    expect(bytes.toString()).toBe(source);
    expect([runtime, hasReduce]).toEqual([{ name: "js", fileName: "program.js" }, false]);
  });

  it("[PP2] in TypeScript become JavaScript with a map to the lines as they were written", async () => {
    const source =
      "export function map(n: number): number {\n  return n as number;\n}\nexport const reduce = () => 1;";
    const { bytes, runtime, hasReduce } = await prepared({ runtime: "ts", source, fileName: "mine.ts" });
    const [code = "", map = ""] = bytes
      .toString()
      .split("//# sourceMappingURL=data:application/json;base64,");
    expect(code).not.toContain("number");
    expect(JSON.parse(Buffer.from(map, "base64").toString())).toMatchObject({ sources: ["mine.ts"] });
    expect([runtime.name, hasReduce]).toEqual(["js", true]);
  });

  it.each([
    [
      { runtime: "ts", source: "export function map(: number) {}" },
      /^1:21 program-invalid: Expected identifier/,
    ],
    [{ runtime: "ts", source: "export const mapp = 1;" }, /must export a function named `map`/],
    [{ runtime: "ts", source: 'import { x } from "./x";\nexport const map = () => x;' }, /imports ".\/x"/],
    [{ runtime: "pando", source: "module.exports = () => {};" }, /'\/pando\/1.0.0'; this one does not/],
    [{ runtime: "pando", source: "exports['/pando/1.0.0'] = (x, cb => {" }, /^1:\d+ program-invalid: /],
    [
      { runtime: "pando", source: "exports['/pando/1.0.0'] = require('./other');" },
      /^1:\d+ .*imports ".\/other"/,
    ],
    [
      { runtime: "pando", source: "exports['/pando/1.0.0'] = require('/etc/passwd');" },
      /imports "\/etc\/passwd"/,
    ],
    [{ runtime: "python", source: "def other(): pass" }, /this one defines `other`/],
    [{ runtime: "python", source: "import map" }, /this one defines nothing/],
    [
      { runtime: "python", source: "x".repeat(LIMITS.programBytes + 1) },
      /too-large: .*programBytes.*; got 4194305/,
    ],
    [{ runtime: "wasm", wasm: "AGFzbQ==" }, /This is no WebAssembly module: .*expected/],
    [
      { runtime: "wasm", wasm: base64("examples/letters-wasi/letters.wasm") },
      /named `alloc`; this one exports/,
    ],
    [
      { runtime: "wasi", wasm: base64("examples/prime-count-wasm/primes.wasm") },
      /named `_start`; this one exports/,
    ],
    [streaming({ mapper: { language: "js", source: "const x = ;" } }), /^1:11 program-invalid/],
    [
      streaming({ reducer: { language: "js", source: 'require("net")' } }),
      /imports "net".*there are fs, readline/,
    ],
    [streaming({ properties: { "mapreduce.job.reduces": "x" } }), /whole number from 0 to 256; got "x"/],
    [streaming({ properties: { "mapreduce.partition.keycomparator.options": "-nr" } }), /is not supported/],
    [streaming({ properties: { "mapreduce.partition.keypartitioner.options": "-k2,3" } }), /must be -k1,n/],
  ])("[PP3] are refused with what is wrong, and where when that is known: %o", async (program, words) => {
    expect(await refusalOf(program)).toMatch(words);
  });

  it("[PP4] in Python reduce when they define reduce, which is not the one of functools nor one in a text", async () => {
    const has = async (source: string) => (await prepared({ runtime: "python", source })).hasReduce;
    const map = "def map(n):\n    return n\n";
    expect(await has(`${map}def reduce(key, values):\n    return 1\n`)).toBe(true);
    expect(await has(`${map}reduce = sum\n`)).toBe(true);
    expect(await has(`from functools import reduce\n${map}`)).toBe(false);
    expect(await has(`"""\ndef reduce(key):\n"""\n${map}    def reduce(): pass\n`)).toBe(false);
  });

  it("[BA8] in Python reduce when they name an aggregate, which is written out and stands alone", async () => {
    const map = "def map(n):\n    return n\n";
    const of = (aggregate: string) => prepared({ runtime: "python", source: `${map}${aggregate}\n` });
    for (const aggregate of [
      `aggregate = "sum"`,
      `aggregate: str = 'mean'  # of all`,
      `aggregate = {"top": 10}`,
    ])
      expect(await of(aggregate)).toMatchObject({ hasReduce: true, hasCombine: true });
    for (const own of [
      "def aggregate(rows):\n    return 1",
      `"""\naggregate = "sum"\n"""`,
      `aggregate == "sum"`,
    ])
      expect(await of(own)).toMatchObject({ hasReduce: false, hasCombine: false });
    const refusal = (source: string) => refusalOf({ runtime: "python", source });
    expect(await refusal(`${map}aggregate = "median"\n`)).toMatch(
      /aggregate must be "sum", .*; got "median"/,
    );
    expect(await refusal(`${map}aggregate = NAME\n`)).toMatch(/; got "NAME"/);
    expect(await refusal(`${map}aggregate = "sum"\ndef reduce(key, values):\n    return 1\n`)).toMatch(
      /in place of combine and reduce/,
    );
  });

  it("[PP5] in WebAssembly reduce when they export reduce, and WASI commands when they are told how", async () => {
    const wasm = base64("examples/prime-count-wasm/primes.wasm");
    const module = await prepared({ runtime: "wasm", wasm });
    expect(module.bytes.toString("base64")).toBe(wasm);
    expect([module.runtime.name, module.hasReduce]).toEqual(["wasm", true]);
    const command = { runtime: "wasi", wasm: base64("examples/letters-wasi/letters.wasm") };
    expect((await prepared(command)).hasReduce).toBe(false);
    expect((await prepared({ ...command, reduce: [] })).hasReduce).toBe(true);
  });

  it("[PP6] of Hadoop Streaming take the number of reducers from their properties; none is a job of maps", async () => {
    const reducer = { language: "python", source: "y" };
    const of = (properties: object) => prepared(streaming({ reducer, properties }));
    expect(await of({})).toMatchObject({ hasReduce: true });
    expect(await of({ "mapreduce.job.reduces": "7" })).toMatchObject({ hasReduce: true, reducers: 7 });
    expect(await of({ "mapred.reduce.tasks": "0" })).toMatchObject({ hasReduce: false });
    expect((await of({})).reducers).toBeUndefined();
  });

  it("[PP7] of Hadoop Streaming may begin with the line that shells read", async () => {
    const mapper = { language: "js", source: "#!/usr/bin/env node\nconsole.log(1);" };
    const { bytes } = await prepared(streaming({ mapper }));
    expect(bytes.toString()).toContain("console.log(1)");
  });
});
