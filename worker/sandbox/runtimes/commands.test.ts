import { sourceOf } from "../fake-stream";
import { mergeRuns } from "../merge";
import { describe, expect, test } from "vitest";
import { JobId, taskIdOf } from "../../../protocol/ids";
import type { Context } from "../context";
import type { Records } from "../program";
import { environmentOf, programOfCommands, type Command, type Commands } from "./commands";

const JOB = JobId.parse("job_0123456789abcdef");
const MAP_TASK = taskIdOf(JOB, "map", 3);
const identity: Command = (input) => input;

function recordsOf(...values: unknown[]): Records {
  return { count: values.length, first: 0, at: (index) => values[index], room: () => null, mark() {} };
}

function contextFor(pairs: [unknown, unknown][]): Context {
  const signal = new AbortController().signal;
  return {
    config: null,
    emit: (...pair) => void pairs.push(pair),
    progress() {},
    log() {},
    random: () => 0,
    signal,
  };
}

async function mapped(commands: Partial<Commands>, ...values: unknown[]) {
  const pairs: [unknown, unknown][] = [];
  const program = programOfCommands({
    map: identity,
    combine: null,
    reduce: identity,
    properties: {},
    ...commands,
  });
  await program.map(recordsOf(...values), contextFor(pairs), MAP_TASK);
  return pairs;
}

describe("a program of commands", () => {
  test("[RC1] hands every record over as a line, what is no text as JSON", async () => {
    const inputs: string[] = [];
    const map: Command = (input) => (inputs.push(input), "");
    await mapped({ map }, "a line", { a: 1 }, 7);
    expect(inputs).toEqual(['a line\n{"a":1}\n7\n']);
  });

  test("[RC2] cuts a line into key and value at its first tab; a line without one is a key without a value", async () => {
    expect(await mapped({}, "a\t1", "b\t1\t2", "c", "d\t", "")).toEqual([
      ["a", "1"],
      ["b", "1\t2"],
      ["c", null],
      ["d", ""],
      ["", null],
    ]);
  });

  test("[RC3] cuts after as many fields as the properties say, at the separator they name", async () => {
    const properties = { "stream.num.map.output.key.fields": "2", "stream.map.output.field.separator": "." };
    expect(await mapped({ properties }, "a.b.c.d", "a.b", "a")).toEqual([
      ["a.b", "c.d"],
      ["a.b", null],
      ["a", null],
    ]);
  });

  test("[RC4] gives the combiner what the mapper wrote, sorted by key, and only when there is a reducer", async () => {
    const inputs: string[] = [];
    const combine: Command = (input) => (inputs.push(input), "sum\t3\n");
    expect(await mapped({ combine }, "b\t1", "a\t2", "b\t0")).toEqual([["sum", "3"]]);
    expect(inputs).toEqual(["a\t2\nb\t1\nb\t0\n"]);
    expect(await mapped({ combine, reduce: null }, "b\t1")).toEqual([["b", "1"]]);
  });

  test("[RC5] gives the reducer the lines of all maps, by key, and takes its lines as the result", async () => {
    const pairs: [unknown, unknown][] = [];
    const { reduce } = programOfCommands({ map: identity, combine: null, reduce: identity, properties: {} });
    const merge = mergeRuns([sourceOf(["a", "1"], ["a", "2"], ["b", null])]);
    await reduce?.(merge, contextFor(pairs), taskIdOf(JOB, "reduce", 0));
    expect(pairs).toEqual([
      ["a", "1"],
      ["a", "2"],
      ["b", null],
    ]);
  });

  test("[RC6] sends keys that agree in the fields of the partitioner to one reducer", () => {
    const partition = (properties: Record<string, string>) =>
      programOfCommands({ map: identity, combine: null, reduce: identity, properties }).partitionText?.(
        "x\ty\tz",
      );
    expect(partition({ "mapreduce.partition.keypartitioner.options": "-k1,2" })).toBe("x\ty");
    expect(partition({ "num.key.fields.for.partition": "1" })).toBe("x");
    expect(partition({})).toBeUndefined();
  });

  test("[RC7] puts properties and the task's place into the environment, the same for every copy", () => {
    const environment = environmentOf({ "my.own-limit": "5" }, MAP_TASK);
    expect(environment).toMatchObject({
      my_own_limit: "5",
      mapreduce_task_id: `task_${JOB}_m_000003`,
      mapreduce_task_partition: "3",
      mapreduce_task_ismap: "true",
      map_input_file: `/${JOB}/input`,
    });
    expect(environmentOf({}, taskIdOf(JOB, "reduce", 0)).mapreduce_task_ismap).toBe("false");
  });
});
