import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { JobOptions } from "../../protocol/job";
import { Sample } from "../../protocol/sample";

const FOLDER = path.join(import.meta.dirname, "../../examples");
/** Others, such as clients in other languages, are no samples of jobs. */
const names = readdirSync(FOLDER).filter((name) => existsSync(path.join(FOLDER, name, "example.json")));

const readSample = (name: string) =>
  Sample.parse(JSON.parse(readFileSync(path.join(FOLDER, name, "example.json"), "utf8")));

type Emit = (key: unknown, value: unknown) => void;
interface Program {
  map(record: unknown, context: { emit: Emit; config: unknown }): unknown;
  reduce(key: unknown, values: unknown[]): unknown;
}

/** The plainest grid there is: one machine, one task. */
async function resultOf(name: string, records: readonly unknown[], config: unknown = null) {
  const program: Program = await import(pathToFileURL(path.join(FOLDER, name, "program.js")).href);
  const groups = new Map<unknown, unknown[]>();
  const emit: Emit = (key, value) => void groups.set(key, [...(groups.get(key) ?? []), value]);
  for (const record of records) program.map(record, { emit, config });
  return new Map([...groups].map(([key, values]) => [key, program.reduce(key, values)]));
}

describe("the samples", () => {
  test.each(names)("[UI12] can be submitted as they are: %s", (name) => {
    const sample = readSample(name);
    expect(sample.name).toBe(name);
    expect(JobOptions.safeParse(sample.options).success).toBe(true);
    const { program } = sample;
    const scripts = "file" in program ? [program] : [program.mapper, program.combiner, program.reducer];
    for (const script of scripts) {
      if (script) expect(readFileSync(path.join(FOLDER, name, script.file)).length).toBeGreaterThan(0);
    }
  });

  test("[UI13] word-count counts runs of the letters a to z, and nothing else", async () => {
    const counts = await resultOf("word-count", ["Genesis 1:1 In the_beginning", "THE end. \u212Aelvin"]);
    expect(Object.fromEntries(counts)).toEqual({ genesis: 1, in: 1, the: 2, beginning: 1, end: 1, elvin: 1 });
  });

  test("[UI14] prime-gaps finds every prime once, however the numbers are cut", async () => {
    const total = (gaps: ReadonlyMap<unknown, unknown>) =>
      [...gaps.values()].reduce((sum: number, count) => sum + Number(count), 0);
    const whole = await resultOf("prime-gaps", [0], { width: 1_000_000 });
    const cut = await resultOf(
      "prime-gaps",
      Array.from({ length: 1000 }, (_, index) => index),
      { width: 1000 },
    );
    expect(total(whole)).toBe(78_498);
    expect(Object.fromEntries(cut)).toEqual(Object.fromEntries(whole));
  });

  test("[UI15] n-queens finds the 92 ways on a chessboard", async () => {
    const places = Array.from({ length: 64 }, (_, place) => [place % 8, Math.floor(place / 8)]);
    expect((await resultOf("n-queens", places, { size: 8 })).get("all")).toBe(92);
  });
});
