/** Scripts of Hadoop Streaming, in real tabs, beside what they give in a shell. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { linesOf, written } from "./fixtures/programs";
import type { JobRequest } from "./fixtures/rest";
import { readSampleFile, sampleRequest } from "./fixtures/samples";
import { expect, test } from "./fixtures/test";

type StreamingRequest = Extract<JobRequest["program"], { runtime: "streaming" }>;

/** What the same job gives in a shell: `cat input | mapper | sort | reducer`, as lines in order. */
function inShell(name: string, pipe: string, environment: Record<string, string> = {}): string[] {
  const output = execFileSync("sh", ["-c", pipe], {
    cwd: path.resolve("examples", name),
    env: { ...process.env, LC_ALL: "C", ...environment },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return output.trimEnd().split("\n").sort();
}

test("[E3007] scripts of Hadoop Streaming in Python give what they give in a shell", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const wanted = inShell("streaming-words", "cat text.txt | python3 mapper.py | sort | python3 reducer.py");
  const { id } = await rest.submit(sampleRequest("streaming-words"));
  await rest.completed(id);
  expect((await rest.result(id, "?format=tsv")).trimEnd().split("\n").sort()).toEqual(wanted);
  const { combiner: _combiner, ...program } = sampleRequest("streaming-words").program as StreamingRequest;
  const lines = await linesOf(rest, { ...sampleRequest("streaming-words"), program });
  expect(written(lines)).toEqual(wanted);
});

test("[E3008] scripts of Hadoop Streaming in JavaScript give what they give in a shell, keys of two fields included", async ({
  volunteer,
  rest,
}) => {
  await volunteer();
  const lines = await linesOf(rest, sampleRequest("streaming-temperatures"));
  // There is no package.json beside them in the places where such scripts live.
  const folder = mkdtempSync(path.join(tmpdir(), "tabgrid-scripts-"));
  for (const file of ["mapper.js", "reducer.js", "readings.csv"]) {
    writeFileSync(path.join(folder, file), readSampleFile("streaming-temperatures", file));
  }
  const pipe = `cd ${folder} && cat readings.csv | node mapper.js | sort | node reducer.js`;
  const wanted = inShell("streaming-temperatures", pipe, { highest_possible: "60" });
  expect(written(lines)).toEqual(wanted);
  expect(wanted).toHaveLength(48);
});
