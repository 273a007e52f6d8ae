import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { JobId, taskIdOf } from "../../../protocol/ids";
import { WRONG_WASI, WRONG_WASM } from "../../../testing/wrong-modules";
import type { Context } from "../context";
import type { Records } from "../program";
import { readPando } from "./pando";
import { loadWasm } from "./wasm";
import { compileWasi, wasiCommand } from "./wasi";

const TASK = taskIdOf(JobId.parse("job_0123456789abcdef"), "map", 0);

function contextFor(pairs: [unknown, unknown][], logs: string[] = []): Context {
  const signal = new AbortController().signal;
  const log = (...values: unknown[]) => void logs.push(values.join(" "));
  return {
    config: null,
    emit: (...pair) => void pairs.push(pair),
    progress() {},
    log,
    random: () => 0.5,
    signal,
  };
}

function recordsOf(...values: unknown[]): Records {
  return { count: values.length, first: 10, at: (index) => values[index], room: () => null, mark() {} };
}

describe("modules of other kinds", () => {
  test("[MO1] a Pando module gets text, and its answers are emitted in the order of the records", async () => {
    const pairs: [unknown, unknown][] = [];
    const seen: unknown[] = [];
    const answer = (x: string, callback: (error: unknown, value: unknown) => void) => {
      seen.push(x);
      setTimeout(() => callback(null, x.length), 3 - x.length);
    };
    const { map } = readPando({ default: { "/pando/1.0.0": answer } });
    await map(recordsOf("aaa", 7, { a: 1 }), contextFor(pairs), TASK);
    expect(seen).toEqual(["aaa", "7", '{"a":1}']);
    expect(pairs).toEqual([
      [10, 3],
      [11, 1],
      [12, 7],
    ]);
    expect(() => readPando({ default: {} })).toThrow("'/pando/1.0.0'; got undefined");
  });

  test("[MO2] a WebAssembly module emits JSON, each task in an instance of its own", async () => {
    const program = await loadWasm(readFileSync("examples/prime-count-wasm/primes.wasm"));
    const pairs: [unknown, unknown][] = [];
    await program.map(recordsOf(0, 1), contextFor(pairs), TASK);
    expect(pairs).toEqual([
      ["primes", 168],
      ["primes", 135],
    ]);
    expect(program.combine?.("primes", [168, 135], contextFor([]))).toBe(303);
    await expect(async () =>
      program.map(recordsOf("x".repeat(5_000_000)), contextFor([]), TASK),
    ).rejects.toThrow(WebAssembly.RuntimeError);
  });

  test("[MO3] a WASI command has its arguments, reads its input, and what it writes to standard error is logged", async () => {
    const module = await compileWasi(readFileSync("examples/letters-wasi/letters.wasm"));
    const logs: string[] = [];
    const context = contextFor([], logs);
    expect(await wasiCommand(module, "letters", ["map"])("Abba\n", {}, context)).toBe("a\t2\nb\t2\n");
    expect(await wasiCommand(module, "letters", ["reduce"])("a\t2\na\t3\nb\t1\n", {}, context)).toBe(
      "a\t5\nb\t1\n",
    );
    expect(() => wasiCommand(module, "letters", [])("", {}, context)).toThrow("exit code 2");
    expect(logs).toEqual(["usage: letters map|reduce"]);
  });

  test("[MO4] a module that traps has done so in the record it was given; 4 GB more are not to be had", async () => {
    let last: number | null = null;
    const records: Records = {
      count: 2000,
      first: 0,
      at: (index) => (last = index),
      room: () => null,
      mark() {},
    };
    const trapped = await loadWasm(WRONG_WASM.thousandth);
    await expect(async () => trapped.map(records, contextFor([]), TASK)).rejects.toThrow(/^unreachable$/);
    expect(last).toBe(999);
    const greedy = await loadWasm(WRONG_WASM.memory);
    await expect(async () => greedy.map(recordsOf(1), contextFor([]), TASK)).rejects.toThrow("unreachable");
  });

  test("[MO5] a command that traps says how far it had read, and one that writes without end which limit it met", async () => {
    const run = async (bytes: Uint8Array, input: string) =>
      wasiCommand(await compileWasi(bytes), "wrong", [])(input, {}, contextFor([]));
    await expect(run(WRONG_WASI.thousandth, "line\n".repeat(1500))).rejects.toThrow(
      "unreachable, when it had read 1000 of its 1500 lines",
    );
    await expect(run(WRONG_WASI.memory, "a\n")).rejects.toThrow(
      "unreachable, when it had read 0 of its 1 lines",
    );
    await expect(run(WRONG_WASI.output, "")).rejects.toThrow(
      "One run may write 268435456 characters (heldOutputChars)",
    );
    expect(await run(WRONG_WASI.time, "")).toMatch(/^k\t[a-p]{8}\n$/);
  });
});
